package quota

import "time"

// Rule is how a per-minute limit is kept, as far as that has been learned. The
// zero Rule is the one that is safe under every law of a whole window, with the
// published amount.
type Rule struct {
	// Share is the part of the amount that is believed to be there, in (0, 1].
	// Zero counts as 1.
	Share float64
	// NoWindow lets charges exceed the amount within a window: the limit is a
	// bucket, and only the bucket's rule is in force. Requests keep their window.
	NoWindow bool
	// Bucket puts the bucket's rule in force beside the window's: level and hold
	// stay within Burst.
	Bucket bool
	// Burst is what the bucket is known to hold, as the time that the limit takes
	// to earn it; at least half a second of a minute.
	Burst time.Duration
}

// SetRule replaces the rule. It holds from the next reservation on; what was
// charged stays charged.
func (m *Meter) SetRule(r Rule) {
	if r.Share <= 0 || r.Share > 1 {
		r.Share = 1
	}
	m.rule = r
	m.most = max(1, int64(float64(m.limit.Amount)*r.Share))
	if m.limit.Amount <= 0 {
		m.most = 0
	}
	if m.limit.Kind == RequestsPerMinute {
		m.requests.spacing.window = int64(float64(m.keep()) / r.Share)
		return
	}
	t := &m.tokens
	t.pace.amount, t.bucket.amount = m.most, m.most
	t.bucket.burst = max(int64(r.Burst), t.pace.burst)
}

// Rule is the rule in force.
func (m *Meter) Rule() Rule { return m.rule }

// Rest lets nothing start on the limit before the instant.
func (m *Meter) Rest(until time.Time) { m.blocked = max(m.blocked, until.UnixNano()) }

// Used is what counts now: starts, or holds and settlements.
func (m *Meter) Used(now time.Time) int64 {
	t := now.UnixNano()
	if m.limit.Kind == RequestsPerMinute {
		m.requests.starts.expire(t - m.keep())
		return int64(m.requests.starts.n)
	}
	m.tokens.window.advance(t)
	return m.tokens.window.sum
}

// Stricter reports whether a refusal of h's call, which has been released, is
// evidence of a law stricter than the rules in force.
func (m *Meter) Stricter(now time.Time, h Hold) bool { return m.stricter(now.UnixNano(), h) }

// Space puts even spacing in force for a while: an hour of minutes for requests.
func (m *Meter) Space(now time.Time) { m.space(now.UnixNano()) }

// Level is what a bucket would lack now of being full, as the time that the limit
// takes to earn it, holds included. Requests have none.
func (m *Meter) Level(now time.Time) time.Duration {
	return time.Duration(max(0, m.tokens.bucket.drained-now.UnixNano()))
}

// Spaced reports whether a throttle has shown a law stricter than the window,
// and its rule is in force.
func (m *Meter) Spaced(now time.Time) bool { return m.spacedUntil > now.UnixNano() }

// WindowCost is how much of a call's wait is lost for good to the rule for
// windows: the time in which what has been charged has been earned again, and the
// rule alone is in the way. It charges nothing.
func (m *Meter) WindowCost(now time.Time, c Charges) time.Duration {
	if m.limit.Kind == RequestsPerMinute || m.rule.NoWindow || !m.tokens.paced {
		return 0
	}
	t := now.UnixNano()
	own, r := m.capped(c.Of(m.limit)), m.regime(t)
	with := m.tokens.fits(t, own, r)
	r.window = false
	return time.Duration(max(0, with-max(m.blocked, m.tokens.pace.drained, m.tokens.fits(t, own, r))))
}
