package adapt

import (
	"time"

	"github.com/headgate/headgate/internal/quota"
)

// Mode is what a Set may do to learn.
type Mode uint8

// The modes.
const (
	// ModeTrials learns from throttles, and tries what may cost one.
	ModeTrials Mode = iota
	// ModeThrottles learns from the throttles that come anyway.
	ModeThrottles
	// ModeOff keeps to what was configured.
	ModeOff
)

// Options are a Set's settings; the zero value works.
type Options struct {
	Mode       Mode
	Accounting quota.Accounting
}

// Set is a quota.Set that learns. Its methods are those of quota.Set, with the
// same promises. It is not safe for concurrent use.
type Set struct {
	set    *quota.Set
	opts   Options
	jitter time.Duration
	meters []metered // of the limits that are learned
	books  accounting
	lastID uint64
}

// metered is a limit that is learned.
type metered struct {
	*quota.Meter

	learner *learner
	trial   trial
	known   uint64 // the latest call that was sent before the last refusal was known
	next    uint64 // the first that was sent since
	scouts  int    // calls that still go alone

	throttles int
	last      time.Time // of them
}

// NewSet makes the set of the given limits, and of the shared meters, which are
// not learned.
func NewSet(limits []quota.Limit, jitter time.Duration, opts Options, shared ...*quota.Meter) *Set {
	window := time.Minute
	for _, l := range limits {
		if l.Kind.Window() == time.Minute && l.Window > 0 {
			window = l.Window
		}
	}
	s := &Set{set: quota.NewSet(limits, jitter, shared...), opts: opts, jitter: jitter, books: newAccounting(opts.Accounting, window)}
	s.learn(len(limits))
	return s
}

// Meters returns the set's meters, as quota.Set.Meters does.
func (s *Set) Meters() []*quota.Meter { return s.set.Meters() }

// Never finds a limit that can never hold the call.
func (s *Set) Never(c quota.Charges) *quota.Meter { return s.set.Never(s.books.charges(c)) }

// Share is the largest part of any per-minute limit that a settled call uses.
func (s *Set) Share(used quota.Settled) int64 { return s.set.Share(used) }

// Forecast estimates when a call would start behind the work ahead.
func (s *Set) Forecast(now time.Time, ahead quota.Work, c quota.Charges) (time.Time, quota.Kind) {
	s.refund(now)
	return s.set.Forecast(now, ahead, s.books.charges(c))
}

// Reserve charges every limit with the call if all of them have room, and
// otherwise none of them.
func (s *Set) Reserve(now time.Time, c quota.Charges) (quota.Hold, quota.Verdict) {
	s.refund(now)
	c = s.books.charges(c)
	h, v := s.set.Reserve(now, c)
	s.asked(now, c, v)
	if !v.Granted {
		if at, ok := s.books.nextRefund(); ok && !v.At.IsZero() && at.Before(v.At) {
			v.At = at
		}
		return h, v
	}
	s.lastID = h.ID
	used, amount := int64(0), int64(1<<60)
	if m := s.set.Meter(quota.TokensPerMinute); m != nil {
		used, amount = m.Used(now), m.Limit().Amount
	}
	s.books.granted(now, c, used, amount)
	for i := range s.meters {
		s.meters[i].granted(now, h)
	}
	return h, v
}

// asked lets the trials know what the rule for windows costs.
func (s *Set) asked(now time.Time, c quota.Charges, v quota.Verdict) {
	if s.opts.Mode != ModeTrials {
		return
	}
	for i := range s.meters {
		m := &s.meters[i]
		if m.Limit().Kind == quota.RequestsPerMinute {
			continue
		}
		until, longer := now, time.Duration(0)
		if !v.Granted && v.Kind == m.Limit().Kind && !v.At.IsZero() {
			until, longer = v.At, m.WindowCost(now, c)
		}
		if m.trial.asked(now, until, longer, m.Limit().Window) {
			m.apply()
		}
	}
}

func (m *metered) granted(now time.Time, h quota.Hold) {
	limit := m.Limit()
	if m.next == 0 {
		m.next = h.ID
	}
	if m.scouts > 0 && now.Sub(m.last) > trialWindows*limit.Window {
		m.scouts = 0
	}
	if m.scouts > 0 {
		// Whether the limit takes calls again is known when the first ones have
		// been: until then the others wait, or they would all be refused.
		m.scouts--
		m.Rest(now.Add(time.Duration(scouting * float64(limit.Window))))
	}
	m.learner.took(now, h.Charges.Of(limit).Hold)
	used := m.Used(now)
	over := limit.Kind != quota.RequestsPerMinute && m.trial.granted(now, used, limit.Amount, limit.Window)
	if m.trial.feels(used, limit.Amount) {
		m.Rest(now.Add(time.Duration(scouting * float64(limit.Window))))
	}
	if over || m.learner.share != m.Rule().Share {
		m.apply()
	}
}

const (
	// scouting is how long a first call after a refusal goes alone, in windows:
	// longer than an answer takes that refuses it.
	scouting = 0.01
	// scouts is how many go so.
	scouts = 3
)

// apply puts the rule in force that follows from what is believed.
func (m *metered) apply() { m.SetRule(m.trial.rule(m.learner.share, m.Limit().Window)) }

// Started says that the call of a hold reached the upstream no earlier than at.
func (s *Set) Started(h quota.Hold, at time.Time) { s.set.Started(h, at) }

// Settle ends a hold whose call was charged.
func (s *Set) Settle(now time.Time, h quota.Hold, used quota.Settled) {
	s.refund(now)
	s.books.ended(h.Charges)
	if s.books.delay > 0 && used.Tokens < h.Charges.Tokens.Hold {
		s.books.later(now, h, used)
		return
	}
	s.books.refunded(now, h.Charges.Tokens.Hold-used.Tokens)
	s.settle(now, h, used)
}

func (s *Set) settle(now time.Time, h quota.Hold, used quota.Settled) {
	s.set.Settle(now, h, used)
	for i := range s.meters {
		m := &s.meters[i]
		if m.Limit().Kind != quota.RequestsPerMinute {
			m.learner.took(now, used.Of(m.Limit())-h.Charges.Of(m.Limit()).Hold)
		}
	}
}

// refund makes the refunds that are due by now.
func (s *Set) refund(now time.Time) {
	for {
		h, used, ok := s.books.due(now)
		if !ok {
			return
		}
		s.settle(now, h, used)
	}
}

// Release ends a hold whose call was not charged: it never started.
func (s *Set) Release(now time.Time, h quota.Hold) {
	s.books.ended(h.Charges)
	s.set.Release(now, h)
	for i := range s.meters {
		m := &s.meters[i]
		m.learner.took(now, -h.Charges.Of(m.Limit()).Hold)
	}
}

// Throttled takes in that the upstream refused h's call on the limit of the
// given kind, learns from it, and releases h. It returns when that limit may be
// tried again; zero when the set has no such limit.
func (s *Set) Throttled(now time.Time, kind quota.Kind, h quota.Hold) time.Time {
	s.refund(now)
	r := refusal{now: now, hold: h}
	m := s.learned(kind)
	if m != nil {
		r.used, r.level = m.Used(now), m.Level(now)
	}
	if m != nil && m.news(h) && kind == quota.TokensPerMinute {
		r.explained = s.books.explains(now, r.used, h.Charges, m.Limit().Amount, m.open(h))
	}
	s.Release(now, h)
	again := s.set.Rest(now, kind, h)
	if s.opts.Accounting.ChargeRejected {
		s.chargeRejected(now)
	}
	if m != nil {
		if until := now.Add(m.refused(r, s.lastID)); until.After(again) {
			m.Rest(until)
			again = until
		}
	}
	return again
}

// learned is the limit of the given kind, if it is one that is learned, or nil.
func (s *Set) learned(kind quota.Kind) *metered {
	for i := range s.meters {
		if m := &s.meters[i]; m.Limit().Kind == kind {
			return m
		}
	}
	return nil
}

// news reports whether a refusal of h's call says anything: what was sent before
// another refusal was known does not.
func (m *metered) news(h quota.Hold) bool { return h.ID > m.known }

// inRow reports whether h's call is the first that was sent since the last
// refusal.
func (m *metered) inRow(h quota.Hold) bool { return m.known > 0 && h.ID == m.next }

// open reports whether a refusal may be for another way to count: what follows on
// a first one that was not is of the same kind, and so is what comes while only a
// part of the limit is believed in.
func (m *metered) open(h quota.Hold) bool {
	return m.trial.begun.IsZero() && !m.learner.learning && m.learner.share == 1 && !m.inRow(h)
}

// refusal is a throttle as its limit saw it.
type refusal struct {
	now       time.Time
	hold      quota.Hold // released
	used      int64      // in the window, the hold included
	level     time.Duration
	explained bool // by another way to count
}

// refused has the limit that refused draw its conclusion, and returns how long it
// should rest. Last is the latest call that was sent.
func (m *metered) refused(r refusal, last uint64) time.Duration {
	limit := m.Limit()
	if !m.news(r.hold) {
		return 0
	}
	m.throttles++
	m.last = r.now
	inRow := m.inRow(r.hold)
	m.known, m.next, m.scouts = last, 0, scouts
	rest := time.Duration(firstRest * float64(limit.Window))
	switch {
	case m.trial.failedBy(r.now, limit.Window), r.explained:
	case limit.Kind == quota.RequestsPerMinute && !m.Spaced(r.now) && m.Stricter(r.now, r.hold):
		m.Space(r.now) // a burst, not the amount, was too much
		m.trial.law = LawEven
	case limit.Kind != quota.RequestsPerMinute && !m.learner.learning && m.Stricter(r.now, r.hold) && m.trial.shortBucket(r.now, r.level, limit.Window, float64(r.used)/float64(limit.Amount)):
	default:
		rest = m.learner.refuse(r.now, inRow, r.hold.Charges.Of(limit).Hold, r.used)
	}
	m.apply()
	return rest
}

// chargeRejected counts a refused call as a request, as the upstream does.
func (s *Set) chargeRejected(now time.Time) {
	for _, m := range s.set.Meters() {
		if m.Limit().Kind == quota.RequestsPerMinute {
			m.Spend(now, 1)
		}
	}
}
