package cloudwatch

import (
	"time"

	"github.com/headgate/headgate/internal/llm"
)

// Namespace is where the metrics of Amazon Bedrock's runtime are.
const Namespace = "AWS/Bedrock"

// Call is one call of a model that has ended, or that was throttled.
type Call struct {
	// Model is the id that was called, such as an inference profile's.
	Model string
	// At is when it ended.
	At time.Time
	// Count is how many calls alike there were; 0 means one. What follows is of
	// all of them together.
	Count int64
	// Throttled calls were not accepted: nothing else of them is recorded.
	Throttled bool
	// Rejected calls were found wrong before anything was counted for them.
	Rejected bool
	// ClientError and ServerError say how an accepted call failed.
	ClientError, ServerError bool
	// Latency and FirstToken are nominal; 0 records none.
	Latency, FirstToken time.Duration
	Usage               llm.Usage
	// Charge is what the settlement took of the tokens per minute.
	Charge int64
}

// measure is a metric of the runtime.
type measure uint8

// The metrics, as docs.aws.amazon.com/bedrock, monitoring-runtime-metrics, lists
// them.
const (
	invocations measure = iota
	throttles
	clientErrors
	serverErrors
	latency
	firstToken
	inputTokens
	outputTokens
	cacheRead
	cacheWrite
	estimatedUsage
	measures
)

// names are the metrics' names and units.
func (m measure) names(older bool) (name, unit string) {
	switch m {
	case invocations:
		return "Invocations", "Count"
	case throttles:
		return "InvocationThrottles", "Count"
	case clientErrors:
		return "InvocationClientErrors", "Count"
	case serverErrors:
		return "InvocationServerErrors", "Count"
	case latency:
		return "InvocationLatency", "Milliseconds"
	case firstToken:
		return "TimeToFirstToken", "Milliseconds"
	case inputTokens:
		return "InputTokenCount", "Count"
	case outputTokens:
		return "OutputTokenCount", "Count"
	case cacheRead:
		if older {
			return "CacheReadInputTokens", "Count"
		}
		return "CacheReadInputTokenCount", "Count"
	case cacheWrite:
		if older {
			return "CacheWriteInputTokens", "Count"
		}
		return "CacheWriteInputTokenCount", "Count"
	case estimatedUsage, measures:
	}
	return "EstimatedTPMQuotaUsage", "Count"
}

// Traffic records the calls of one account and Region. It is safe for
// concurrent use and never waits.
type Traffic struct {
	scope *scope
	older bool
	feeds map[string]*feed // by model, and "" for all of them; guarded by the scope's lock
}

// feed is where the metrics of one model go; nil ones were not needed yet.
type feed [measures]*series

// Record counts a call, for its model and in the sum over all models.
func (t *Traffic) Record(c Call) {
	s := t.scope
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.store.slot(c.At)
	t.recordLocked(c.Model, at, &c)
	t.recordLocked("", at, &c)
}

// Spread counts many calls alike as if they had come evenly from an instant to
// c.At.
func (t *Traffic) Spread(c Call, from time.Time) {
	s := t.scope
	s.mu.Lock()
	defer s.mu.Unlock()
	all, last := float64(c.At.Sub(from)), s.store.slot(c.At)
	if all <= 0 {
		return
	}
	first := max(s.store.slot(from), last-retention+1)
	// before is the part of all that came before a minute.
	before := max(float64(s.store.instant(first).Sub(from))/all, 0)
	for at := first; at <= last; at++ {
		end := s.store.instant(at + 1)
		if end.After(c.At) {
			end = c.At
		}
		until := float64(end.Sub(from)) / all
		part := func(of int64) int64 { return int64(float64(of)*until) - int64(float64(of)*before) }
		one := c
		one.Count, one.Charge, one.Usage.Input = part(c.Count), part(c.Charge), part(c.Usage.Input)
		before = until
		if one.Count > 0 {
			t.recordLocked(c.Model, at, &one)
			t.recordLocked("", at, &one)
		}
	}
}

func (t *Traffic) recordLocked(model string, at int64, c *Call) {
	f := t.feeds[model]
	if f == nil {
		f = &feed{}
		t.feeds[model] = f
	}
	n := float64(max(c.Count, 1))
	add := func(m measure, value, weight float64) {
		if f[m] == nil || f[m].gone {
			f[m] = t.openLocked(m, model)
		}
		t.scope.store.add(f[m], at, value, weight)
	}
	some := func(m measure, total int64) {
		if total > 0 {
			add(m, float64(total)/n, n)
		}
	}
	if c.Throttled {
		add(throttles, 1, n)
		return
	}
	if c.Rejected {
		add(clientErrors, 1, n)
		return
	}
	add(invocations, 1, n)
	if c.ClientError {
		add(clientErrors, 1, n)
	}
	if c.ServerError {
		add(serverErrors, 1, n)
	}
	if c.Latency > 0 {
		add(latency, milliseconds(c.Latency), n)
	}
	if c.FirstToken > 0 {
		add(firstToken, milliseconds(c.FirstToken), n)
	}
	some(inputTokens, c.Usage.Input)
	some(outputTokens, c.Usage.Output)
	some(cacheRead, c.Usage.CacheRead)
	some(cacheWrite, c.Usage.CacheWrite)
	some(estimatedUsage, c.Charge)
}

func (t *Traffic) openLocked(m measure, model string) *series {
	name, unit := m.names(t.older)
	of := metric{namespace: Namespace, name: name}
	if model != "" {
		of.dimensions = []dimension{{"ModelId", model}}
	}
	return t.scope.store.open(of, unit)
}

// milliseconds are whole, as the service's are.
func milliseconds(d time.Duration) float64 { return float64(d.Round(time.Millisecond).Milliseconds()) }
