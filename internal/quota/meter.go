package quota

import "time"

// Meter is the state of one limit. An account's day limit is one Meter shared
// by the Sets of all its pools.
type Meter struct {
	limit  Limit
	jitter int64

	// requests
	starts      starts
	spacing     pace
	spacedUntil int64 // even spacing is in force until then
	lastStart   int64

	// tokens
	mirror, plan view

	blocked int64 // a throttle that the mirror did not explain holds the limit until then
}

// view is one account of a token limit: the window rule and the pace rule.
type view struct {
	window window
	pace   pace
	paced  bool
}

func newView(l Limit, jitter int64) view {
	v := view{window: newWindow(int64(l.Window) + jitter)}
	if l.Kind.Window() == time.Minute {
		v.paced = true
		// Half a second of a minute lets small calls go together; a bucket that
		// holds a second's worth, the shortest that is known of, takes it.
		v.pace = pace{window: int64(l.Window), amount: l.Amount, burst: int64(l.Window) / 120}
	}
	return v
}

func (v *view) fits(now, n, most int64) int64 {
	at := v.window.fits(now, n, most)
	if v.paced {
		at = max(at, v.pace.fits(now, n))
	}
	return at
}

func (v *view) add(now, n int64) {
	v.window.add(now, n)
	if v.paced {
		v.pace.add(now, n)
	}
}

func (v *view) correct(now, at, delta int64) {
	if delta == 0 {
		return
	}
	v.window.correct(now, at, delta)
	if v.paced {
		v.pace.correct(now, delta)
	}
}

// NewMeter makes the meter of a limit on which nothing has been charged. Jitter
// bounds how much the way to the upstream may differ between two calls; it is
// real time.
func NewMeter(l Limit, jitter time.Duration) *Meter {
	if l.Window == 0 {
		l.Window = l.Kind.Window()
	}
	m := &Meter{limit: l, jitter: int64(jitter)}
	if l.Kind == RequestsPerMinute {
		m.spacing = pace{window: int64(l.Window) + m.jitter, amount: l.Amount}
		return m
	}
	m.mirror, m.plan = newView(l, m.jitter), newView(l, m.jitter)
	return m
}

// Limit is what the meter enforces.
func (m *Meter) Limit() Limit { return m.limit }

// holds reports whether c can ever be admitted.
func (m *Meter) holds(c Charge) bool { return c.Hold <= m.limit.Amount }

// planned is the forecast as the plan charges it: no more than the limit, or a
// call whose settlement exceeds the whole limit could never start, although
// Bedrock would take it.
func (m *Meter) planned(c Charge) int64 { return min(c.Forecast, m.limit.Amount) }

func (m *Meter) fits(now int64, c Charge) int64 {
	at := max(now, m.blocked)
	if m.limit.Kind != RequestsPerMinute {
		at = max(at, m.mirror.fits(now, c.Hold, m.limit.Amount))
		return max(at, m.plan.fits(now, m.planned(c), m.limit.Amount))
	}
	m.starts.expire(now - m.keep())
	if free := int64(m.starts.n) - m.limit.Amount; free >= 0 {
		at = max(at, m.starts.at(int(free)).at+m.keep())
	}
	if m.spacedUntil > now {
		at = max(at, m.spacing.fits(now, 1))
	}
	return at
}

// keep is how long a start counts.
func (m *Meter) keep() int64 { return int64(m.limit.Window) + m.jitter }

func (m *Meter) add(now int64, id uint64, c Charge) {
	if m.limit.Kind != RequestsPerMinute {
		m.mirror.add(now, c.Hold)
		m.plan.add(now, m.planned(c))
		return
	}
	m.starts.push(start{at: now, id: id})
	m.spacing.add(now, 1)
	m.lastStart = now
}

func (m *Meter) settle(now int64, h Hold, settled int64) {
	if m.limit.Kind == RequestsPerMinute {
		return
	}
	c := h.Charges.of(m.limit)
	m.mirror.correct(now, h.at, settled-c.Hold)
	m.plan.correct(now, h.at, settled-m.planned(c))
}

func (m *Meter) release(now int64, h Hold) {
	if m.limit.Kind == RequestsPerMinute {
		m.starts.remove(h.ID)
		m.spacing.correct(now, -1)
		return
	}
	m.settle(now, h, 0)
}

// throttled takes in that the upstream refused a call on this limit although
// the mirror had room: the limit rests for as long as it takes to earn the
// call. It returns when it may be tried again.
func (m *Meter) throttled(now int64, h Hold) int64 {
	var rest int64
	switch m.limit.Kind {
	case RequestsPerMinute:
		// A burst that we sent ourselves, refused with room in the window, is
		// evidence of a law stricter than the window. Refusals after a quiet
		// time are somebody else's traffic, which spacing would not mend.
		gap := m.spacing.cost(1)
		if int64(m.starts.n) < m.limit.Amount && now-m.lastStart < gap && m.starts.n > 0 {
			m.spacedUntil = now + spacedWindows*int64(m.limit.Window)
		}
		rest = gap
	case TokensPerDay, AccountTokensPerDay:
		rest = int64(m.limit.Window) / 96 // a quarter of an hour: when the day ends is not known
	default:
		c := h.Charges.of(m.limit)
		rest = m.plan.pace.cost(max(1, min(c.Hold, m.limit.Amount)))
	}
	m.blocked = max(m.blocked, now+max(rest, 1))
	return m.blocked
}

// spacedWindows is how long evidence of a stricter law is believed.
const spacedWindows = 60
