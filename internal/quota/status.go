package quota

import "time"

// Status is one limit as a person would ask about it.
type Status struct {
	Kind   Kind          `json:"-"`
	Limit  string        `json:"limit"`
	Amount int64         `json:"amount"`
	Window time.Duration `json:"window_ns"`
	// Used is what counts now: starts, or holds and settlements.
	Used int64 `json:"used"`
	// Planned is Used with the forecasts of calls in flight in place of their
	// holds. Requests: the same.
	Planned int64 `json:"planned"`
	// Spaced says that calls are spaced evenly, or by their whole holds, because
	// the upstream showed a law stricter than the window.
	Spaced bool `json:"spaced"`
	// Blocked is until when a throttle holds the limit; zero when none does.
	Blocked time.Time `json:"blocked_until,omitzero"`
}

// Status describes the limit at an instant.
func (m *Meter) Status(now time.Time) Status {
	t := now.UnixNano()
	s := Status{Kind: m.limit.Kind, Limit: m.limit.Kind.String(), Amount: m.limit.Amount, Window: m.limit.Window}
	if m.blocked > t {
		s.Blocked = now.Add(time.Duration(m.blocked - t))
	}
	s.Spaced = m.spacedUntil > t
	if m.limit.Kind == RequestsPerMinute {
		m.requests.starts.expire(t - m.keep())
		s.Used = int64(m.requests.starts.n)
		s.Planned = s.Used
		return s
	}
	m.tokens.window.advance(t)
	s.Used = m.tokens.window.sum
	s.Planned = max(0, s.Used+m.tokens.ahead)
	return s
}
