package quota

import (
	"time"
)

// Set is every limit that one pool's calls must pass: checked and committed
// together. It is not safe for concurrent use, and neither is a Meter that it
// shares.
type Set struct {
	meters []*Meter
	own    int // how many of them are the set's own, from the first
	jitter time.Duration
	lastID uint64
}

// Hold is what a Set has charged for a call that has started and not ended. Its
// owner ends it once, with Settle or Release.
type Hold struct {
	ID      uint64
	Charges Charges
	at      int64
}

// Verdict answers a reservation.
type Verdict struct {
	Granted bool
	// Kind is the limit in the way when it was not granted.
	Kind Kind
	// At is the first instant at which the same call fits if nothing else
	// happens. Zero when it never will.
	At time.Time
}

// NewSet makes the set of the given limits, each with a meter of its own, and
// of the shared meters.
func NewSet(limits []Limit, jitter time.Duration, shared ...*Meter) *Set {
	s := &Set{own: len(limits), jitter: jitter}
	for _, l := range limits {
		s.meters = append(s.meters, NewMeter(l, jitter))
	}
	s.meters = append(s.meters, shared...)
	return s
}

// Meters returns the set's meters, in the order in which they are checked. The
// caller must not change the slice.
func (s *Set) Meters() []*Meter { return s.meters }

// Meter finds the meter of a kind, or nil.
func (s *Set) Meter(kind Kind) *Meter {
	for _, m := range s.meters {
		if m.limit.Kind == kind {
			return m
		}
	}
	return nil
}

// Never finds a limit that can never hold the call: one of nothing, or one
// smaller than its hold. Nil when every limit can.
func (s *Set) Never(c Charges) *Meter {
	for _, m := range s.meters {
		if !m.holds(c.Of(m.limit)) {
			return m
		}
	}
	return nil
}

// Reserve charges every limit with the call if all of them have room, and
// otherwise none of them.
func (s *Set) Reserve(now time.Time, c Charges) (Hold, Verdict) {
	t := now.UnixNano()
	at, kind := t, Kind(0)
	for _, m := range s.meters {
		charge := c.Of(m.limit)
		if !m.holds(charge) {
			return Hold{}, Verdict{Kind: m.limit.Kind}
		}
		if fits := m.fits(t, charge); fits > at {
			at, kind = fits, m.limit.Kind
		}
	}
	if at > t {
		return Hold{}, Verdict{Kind: kind, At: now.Add(time.Duration(at - t))}
	}
	s.lastID++
	for _, m := range s.meters {
		m.add(t, s.lastID, c.Of(m.limit))
	}
	return Hold{ID: s.lastID, Charges: c, at: t}, Verdict{Granted: true}
}

// Started says that the call of a hold reached the upstream no earlier than at.
// A window that began later also ends later, so instants only ever move on.
func (s *Set) Started(h Hold, at time.Time) {
	for _, m := range s.meters {
		m.started(h, at.UnixNano())
	}
}

// Settle ends a hold whose call was charged.
func (s *Set) Settle(now time.Time, h Hold, used Settled) {
	t := now.UnixNano()
	for _, m := range s.meters {
		m.settle(t, h, used.Of(m.limit))
	}
}

// Release ends a hold whose call was not charged: it never started, or the
// upstream refused it.
func (s *Set) Release(now time.Time, h Hold) {
	t := now.UnixNano()
	for _, m := range s.meters {
		m.release(t, h)
	}
}

// Throttled takes in that the upstream refused h's call on the limit of the
// given kind, and releases h. It returns when that limit may be tried again;
// zero when the set has no such limit.
func (s *Set) Throttled(now time.Time, kind Kind, h Hold) time.Time {
	t := now.UnixNano()
	s.Release(now, h)
	if m := s.refuser(kind); m != nil {
		return now.Add(time.Duration(m.throttled(t, h) - t))
	}
	return time.Time{}
}

// Rest lets the limit of the given kind rest after it refused a call, as
// Throttled does, but changes no rule; the hold must have been released. It
// returns until when; zero when the set has no such limit.
func (s *Set) Rest(now time.Time, kind Kind, h Hold) time.Time {
	t := now.UnixNano()
	if m := s.refuser(kind); m != nil {
		return now.Add(time.Duration(m.rest(t, h) - t))
	}
	return time.Time{}
}

// refuser is the limit that a throttle of the given kind speaks of.
func (s *Set) refuser(kind Kind) *Meter {
	if kind == TokensPerDay && s.Meter(kind) == nil {
		kind = AccountTokensPerDay
	}
	return s.Meter(kind)
}

// shareUnit is the whole of a limit, in Share's measure.
const shareUnit = 1_000_000_000

// Share is the largest part of any per-minute limit that a settled call uses,
// in billionths: the cost by which tenants are compared (dominant resource).
// At least 1.
func (s *Set) Share(used Settled) int64 {
	share := int64(1)
	for _, m := range s.meters {
		if m.limit.Amount > 0 && m.limit.Kind.Window() == time.Minute {
			share = max(share, int64(float64(used.Of(m.limit))*shareUnit/float64(m.limit.Amount)))
		}
	}
	return share
}

// Forecast returns the settlement that the charges expect.
func (c Charges) Forecast() Settled {
	return Settled{Tokens: c.Tokens.Forecast, Input: c.Input.Forecast, Output: c.Output.Forecast, Priced: c.Priced.Forecast}
}
