package promexport

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

const namespace = "headgate"

// calls counts calls as they end. It is safe for concurrent use.
type calls struct {
	names *names

	requests, tokens, quota, cost, unpriced, attempts, throttles *prometheus.CounterVec
	cache, savedTokens, savedCost                                *prometheus.CounterVec
	duration, first, wait, missed                                *prometheus.HistogramVec
	tenantRequests, tenantTokens, tenantCost, tenantWaits        *prometheus.CounterVec

	// The handles that calls are counted by: to find one of them by its labels
	// costs as much as to count ten.
	pools   sync.Map // seriesKey → *series
	tenants sync.Map // label → *tenantSeries
}

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
}

func newCalls(n *names) *calls {
	pool := func(more ...string) []string { return append([]string{"region", "model", "path"}, more...) }
	return &calls{
		names:    n,
		requests: counter("requests_total", "Calls that have ended, by how they ended for the client.", pool("class", "outcome")...),
		tokens:   counter("tokens_total", "Tokens that Bedrock reported.", pool("direction")...),
		quota:    counter("quota_tokens_total", "Tokens of the quota that calls held when they were admitted, and were settled with at their end.", pool("kind")...),
		cost:     counter("cost_usd_total", "What calls with a known price cost, in US dollars.", pool()...),
		unpriced: counter("unpriced_requests_total", "Calls that used tokens and whose model has no known price.", pool()...),
		attempts: counter("upstream_attempts_total", "Requests sent to Bedrock.", pool()...),
		throttles: counter("throttles_total", "Refusals for want of quota: by Bedrock (upstream), which clients need not see, and by Headgate (local), which they do.",
			pool("source", "limit")...),
		cache: counter("cache_requests_total",
			"Calls that took part in the cache: answered from what was kept (hit), with another call under way (joined), or made (miss).", pool("result")...),
		savedTokens: counter("cache_saved_tokens_total", "Tokens that hits and joined calls would have used.", pool()...),
		savedCost:   counter("cache_saved_cost_usd_total", "What hits and joined calls would have cost, in US dollars, as far as it is known.", pool()...),
		duration:    histogram("request_duration_seconds", "From a call's arrival to its answer's end.", durations(), pool("class")...),
		first:       histogram("time_to_first_token_seconds", "From a streamed call's arrival to its answer's first byte, its wait included.", firstWords(), pool("class")...),
		wait:        histogram("queue_wait_seconds", "From a call's arrival to its first attempt.", waits(), pool("class")...),
		missed:      histogram("reservation_error_ratio", "How much more quota a call was expected to use than it did, as a share of what it did; below 0: less.", misses(), pool()...),

		tenantRequests: counter("tenant_requests_total", "Calls that have ended, by tenant.", "tenant"),
		tenantTokens:   counter("tenant_tokens_total", "Tokens that Bedrock reported, by tenant.", "tenant", "direction"),
		tenantCost:     counter("tenant_cost_usd_total", "What a tenant's calls with a known price cost, in US dollars.", "tenant"),
		tenantWaits:    counter("tenant_queue_wait_seconds_total", "How long a tenant's calls waited, added up.", "tenant"),
	}
}

func (c *calls) register(r prometheus.Registerer) {
	r.MustRegister(c.requests, c.tokens, c.quota, c.cost, c.unpriced, c.attempts, c.throttles, c.cache, c.savedTokens, c.savedCost,
		c.duration, c.first, c.wait, c.missed, c.tenantRequests, c.tenantTokens, c.tenantCost, c.tenantWaits)
}

// record counts one call that has ended.
func (c *calls) record(e *ledger.Entry) {
	c.of(e.Pool, e.Class).record(e)
	c.ofTenant(e.Tenant).record(e)
}

type seriesKey struct {
	pool  place
	class llm.Class
}

// of finds the series of a pool and class, and makes them at first sight.
func (c *calls) of(p llm.Pool, class llm.Class) *series {
	at, _ := c.names.pool(p)
	key := seriesKey{at, class}
	if s, ok := c.pools.Load(key); ok {
		return s.(*series) //nolint:forcetypeassert // it holds nothing else
	}
	s, _ := c.pools.LoadOrStore(key, c.newSeries(at, class, p.Path))
	return s.(*series) //nolint:forcetypeassert // likewise
}

func (c *calls) ofTenant(t llm.Tenant) *tenantSeries {
	label := c.names.tenant(t)
	if s, ok := c.tenants.Load(label); ok {
		return s.(*tenantSeries) //nolint:forcetypeassert // it holds nothing else
	}
	s, _ := c.tenants.LoadOrStore(label, &tenantSeries{
		requests: c.tenantRequests.WithLabelValues(label), cost: c.tenantCost.WithLabelValues(label), waits: c.tenantWaits.WithLabelValues(label),
		tokens: tokenCounters(func(direction string) prometheus.Counter { return c.tenantTokens.WithLabelValues(label, direction) }),
	})
	return s.(*tenantSeries) //nolint:forcetypeassert // likewise
}

// upstreamLimits are the limits that Bedrock's throttles name, in the order of
// throttled.
func upstreamLimits(p llm.Path) [3]string {
	tokens := quota.TokensPerMinute
	if p == llm.PathMantle {
		tokens = quota.InputTokensPerMinute
	}
	return [3]string{quota.RequestsPerMinute.String(), tokens.String(), quota.TokensPerDay.String()}
}

func throttled(e *ledger.Entry) [3]int {
	return [3]int{e.ThrottledRequests, e.ThrottledTokens, e.ThrottledDay}
}

// localLimit is the label of the limit for which Headgate refused a call. What is
// no name of one, it does not take over.
func localLimit(limit string) string {
	switch limit {
	case quota.RequestsPerMinute.String(), quota.TokensPerMinute.String(), quota.InputTokensPerMinute.String(), quota.OutputTokensPerMinute.String(),
		quota.TokensPerDay.String(), quota.AccountTokensPerDay.String(), "queue.max_depth", "queue.max_bytes":
		return limit
	}
	return other
}
