package quota

import "time"

// Work is an amount of calls that will be served before another.
type Work struct {
	Calls  int64
	Tokens int64 // their forecast settlements
}

// Add adds calls and tokens, which may be negative.
func (w *Work) Add(calls, tokens int64) {
	w.Calls += calls
	w.Tokens += tokens
}

// Forecast estimates when a call would start if the work ahead of it were
// served first, at the full speed of the limits, and which limit decides. It
// charges nothing. More work ahead never makes it earlier. For request limits
// it is exact as long as calls start as soon as they may; for token limits it
// is the fluid estimate. A call that never fits has no forecast: ask Never.
func (s *Set) Forecast(now time.Time, ahead Work, c Charges) (time.Time, Kind) {
	t := now.UnixNano()
	at, kind := t, Kind(0)
	for _, m := range s.meters {
		if fits := m.forecast(t, ahead, c.Of(m.limit)); fits > at {
			at, kind = fits, m.limit.Kind
		}
	}
	return now.Add(time.Duration(at - t)), kind
}

func (m *Meter) forecast(now int64, ahead Work, own Charge) int64 {
	if !m.holds(own) {
		return now
	}
	base := max(now, m.blocked)
	if m.limit.Kind == RequestsPerMinute {
		return m.requests.forecast(now, base, m.keep(), m.limit.Amount, max(0, ahead.Calls)+1, m.spaced(now))
	}
	return max(base, m.tokens.forecast(now, ahead.Tokens, m.capped(own), m.regime(now)))
}
