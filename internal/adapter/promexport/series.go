package promexport

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
)

// series counts the calls of one pool and class, by handles that are looked up
// once.
type series struct {
	outcomes        [9]prometheus.Counter // in the order of outcomes
	tokens          [4]prometheus.Counter // in the order of directions
	held, settled   prometheus.Counter
	cost, unpriced  prometheus.Counter
	attempts        prometheus.Counter
	throttles       [3]prometheus.Counter // in the order of upstreamLimits
	cache           [3]prometheus.Counter // in the order of cacheResults
	savedTokens     prometheus.Counter
	savedCost       prometheus.Counter
	duration, first prometheus.Observer
	wait, missed    prometheus.Observer
	refused         func(limit string) prometheus.Counter
}

func outcomes() [9]ledger.Outcome {
	return [9]ledger.Outcome{ledger.OK, ledger.Refused, ledger.Throttled, ledger.Invalid, ledger.Denied, ledger.UpstreamError, ledger.Cancelled, ledger.Broken, ledger.Internal}
}

// directions are the label values of tokens, in the order of used.
func directions() [4]string { return [4]string{"input", "output", "cache_read", "cache_write"} }

func used(u llm.Usage) [4]int64 { return [4]int64{u.Input, u.Output, u.CacheRead, u.CacheWrite} }

// cacheResults are how calls took part in the cache.
func cacheResults() [3]string { return [3]string{"hit", "joined", "miss"} }

func tokenCounters(of func(direction string) prometheus.Counter) (out [4]prometheus.Counter) {
	for i, d := range directions() {
		out[i] = of(d)
	}
	return out
}

// newSeries makes every series of a pool and class, those of what has not happened
// too: a rate over a counter that begins at 1 would miss the 1.
func (c *calls) newSeries(at place, class llm.Class, path llm.Path) *series {
	s := &series{
		tokens:      tokenCounters(func(d string) prometheus.Counter { return c.tokens.WithLabelValues(at.values(d)...) }),
		held:        c.quota.WithLabelValues(at.values("held")...),
		settled:     c.quota.WithLabelValues(at.values("settled")...),
		cost:        c.cost.WithLabelValues(at.values()...),
		unpriced:    c.unpriced.WithLabelValues(at.values()...),
		savedTokens: c.savedTokens.WithLabelValues(at.values()...),
		savedCost:   c.savedCost.WithLabelValues(at.values()...),
		attempts:    c.attempts.WithLabelValues(at.values()...),
		duration:    c.duration.WithLabelValues(at.values(class.String())...),
		first:       c.first.WithLabelValues(at.values(class.String())...),
		wait:        c.wait.WithLabelValues(at.values(class.String())...),
		missed:      c.missed.WithLabelValues(at.values()...),
		refused: func(limit string) prometheus.Counter {
			return c.throttles.WithLabelValues(at.values("local", localLimit(limit))...)
		},
	}
	for i, o := range outcomes() {
		s.outcomes[i] = c.requests.WithLabelValues(at.values(class.String(), string(o))...)
	}
	for i, result := range cacheResults() {
		s.cache[i] = c.cache.WithLabelValues(at.values(result)...)
	}
	for i, limit := range upstreamLimits(path) {
		s.throttles[i] = c.throttles.WithLabelValues(at.values("upstream", limit)...)
	}
	return s
}

func (s *series) record(e *ledger.Entry) {
	all := outcomes()
	s.outcomes[max(0, slices.Index(all[:], e.Outcome))].Inc()
	for i, n := range used(e.Usage) {
		add(s.tokens[i], n)
	}
	add(s.held, e.Hold)
	add(s.settled, e.Settled)
	switch {
	case e.Cost > 0:
		s.cost.Add(dollars(e.Cost))
	case e.Cost == ledger.UnknownCost && e.Usage.Total() > 0:
		s.unpriced.Inc()
	}
	add(s.attempts, int64(e.Attempts))
	for i, n := range throttled(e) {
		add(s.throttles[i], int64(n))
	}
	results := cacheResults()
	if i := slices.Index(results[:], e.Cache); i >= 0 {
		s.cache[i].Inc()
		add(s.savedTokens, e.Saved.Tokens)
		s.savedCost.Add(dollars(e.Saved.Cost))
	}
	if e.Outcome == ledger.Refused {
		s.refused(e.Limit).Inc()
	}
	s.duration.Observe(e.Latency.Seconds())
	if e.Attempts > 0 {
		s.wait.Observe(e.Queued.Seconds())
	}
	if e.Operation.Streams() && e.FirstByte > 0 {
		s.first.Observe(e.FirstByte.Seconds())
	}
	if e.Outcome == ledger.OK && e.Attempts == 1 && e.Settled > 0 {
		s.missed.Observe(float64(e.Forecast-e.Settled) / float64(e.Settled))
	}
}

// tenantSeries counts the calls of one tenant.
type tenantSeries struct {
	requests, cost, waits prometheus.Counter
	tokens                [4]prometheus.Counter
}

func (s *tenantSeries) record(e *ledger.Entry) {
	s.requests.Inc()
	for i, n := range used(e.Usage) {
		add(s.tokens[i], n)
	}
	if e.Cost > 0 {
		s.cost.Add(dollars(e.Cost))
	}
	s.waits.Add(e.Queued.Seconds())
}

// add skips what would not change a counter, and what would break it.
func add(c prometheus.Counter, n int64) {
	if n > 0 {
		c.Add(float64(n))
	}
}

// dollars is nano-USD as Prometheus wants money.
func dollars(nano int64) float64 { return float64(nano) / 1e9 }
