package quota

import "time"

// Meter is the state of one limit. An account's day limit is one Meter shared
// by the Sets of all its pools.
type Meter struct {
	limit  Limit
	jitter int64 // ns

	requests requests
	tokens   tokens

	blocked     int64 // a throttle that the mirror did not explain holds the limit until then
	spacedUntil int64 // the rule for stricter laws is in force until then
}

const (
	// spacedWindows is how long a request limit believes in a stricter law.
	spacedWindows = 60
	// strictWindows is how long a token limit does. It is shorter, because the
	// rule costs more where holds exceed settlements.
	strictWindows = 15
)

// NewMeter makes the meter of a limit on which nothing has been charged. Jitter
// bounds how much the way to the upstream may differ between two calls; it is
// real time.
func NewMeter(l Limit, jitter time.Duration) *Meter {
	if l.Window == 0 {
		l.Window = l.Kind.Window()
	}
	m := &Meter{limit: l, jitter: int64(jitter)}
	if l.Kind == RequestsPerMinute {
		m.requests.spacing = pace{window: m.keep(), amount: l.Amount}
		return m
	}
	m.tokens = newTokens(l, m.jitter)
	return m
}

// Limit is what the meter enforces.
func (m *Meter) Limit() Limit { return m.limit }

// keep is how long a charge counts.
func (m *Meter) keep() int64 { return int64(m.limit.Window) + m.jitter }

// holds reports whether c can ever be admitted.
func (m *Meter) holds(c Charge) bool { return m.limit.Amount > 0 && c.Hold <= m.limit.Amount }

// capped is the charge as it is planned: a settlement above the whole limit
// counts as the limit, or such a call could never start, although Bedrock
// would take it.
func (m *Meter) capped(c Charge) Charge {
	return Charge{Hold: max(0, c.Hold), Forecast: min(max(0, c.Forecast), m.limit.Amount)}
}

func (m *Meter) fits(now int64, c Charge) int64 {
	at := max(now, m.blocked)
	if m.limit.Kind == RequestsPerMinute {
		return max(at, m.requests.fits(now, m.keep(), m.limit.Amount, m.spacedUntil > now))
	}
	return max(at, m.tokens.fits(now, m.capped(c), m.limit.Amount, m.spacedUntil > now))
}

func (m *Meter) add(now int64, id uint64, c Charge) {
	if m.limit.Kind == RequestsPerMinute {
		m.requests.add(now, id)
		return
	}
	m.tokens.add(now, m.capped(c))
}

func (m *Meter) started(h Hold, at int64) {
	if m.limit.Kind == RequestsPerMinute {
		m.requests.starts.move(h.ID, at)
		return
	}
	m.tokens.window.move(h.at, at, m.capped(h.Charges.of(m.limit)).Hold)
}

func (m *Meter) settle(now int64, h Hold, settled int64) {
	if m.limit.Kind == RequestsPerMinute {
		m.requests.starts.move(h.ID, 0) // whatever ends was sent
	} else {
		m.tokens.settle(now, h.at, m.capped(h.Charges.of(m.limit)), max(0, settled))
	}
}

func (m *Meter) release(now int64, h Hold) {
	if m.limit.Kind == RequestsPerMinute {
		m.requests.remove(now, h.at, h.ID)
		return
	}
	m.tokens.release(now, h.at, m.capped(h.Charges.of(m.limit)))
}

// throttled takes in that the upstream refused a call, which has been released,
// on this limit although the mirror had room: the limit rests for as long as it
// takes to earn the call. It returns when it may be tried again.
//
// What we sent ourselves shortly before, or beside it, is evidence of a law
// stricter than the window: a call that was granted first may be known to have
// started later, since starts are moved to when they arrived. Refusals after a quiet time are somebody else's traffic, which a
// stricter rule would not mend.
func (m *Meter) throttled(now int64, h Hold) int64 {
	var rest int64
	switch m.limit.Kind {
	case RequestsPerMinute:
		rest = m.requests.spacing.cost(1)
		if m.requests.startedWithin(h.at-rest, now) {
			m.spacedUntil = now + spacedWindows*int64(m.limit.Window)
		}
	case TokensPerDay, AccountTokensPerDay:
		rest = int64(m.limit.Window) / 96 // a quarter of an hour: when the day ends is not known
	default:
		hold := m.capped(h.Charges.of(m.limit)).Hold
		rest = m.tokens.pace.cost(min(hold, m.limit.Amount))
		if m.tokens.strict.fits(h.at, hold) > h.at {
			m.spacedUntil = now + strictWindows*int64(m.limit.Window)
		}
	}
	m.blocked = max(m.blocked, add(now, max(rest, 1)))
	return m.blocked
}
