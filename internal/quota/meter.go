package quota

import "time"

// Meter is the state of one limit. An account's day limit is one Meter shared
// by the Sets of all its pools.
type Meter struct {
	limit  Limit
	jitter int64 // ns
	rule   Rule
	most   int64 // the amount that the rule believes in

	requests requests
	tokens   tokens

	born    int64    // holds made by then are not charged to it
	changes []change // former amounts, oldest first

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
	} else {
		m.tokens = newTokens(l, m.jitter)
	}
	m.SetRule(Rule{})
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
func (m *Meter) capped(c Charge) Charge { return c.capped(m.limit.Amount) }

func (c Charge) capped(amount int64) Charge {
	return Charge{Hold: max(0, c.Hold), Forecast: min(max(0, c.Forecast), amount)}
}

// charged is what a hold was charged when it was made.
func (m *Meter) charged(h Hold) Charge { return h.Charges.Of(m.limit).capped(m.amountAt(h.at)) }

func (m *Meter) fits(now int64, c Charge) int64 {
	at := max(now, m.blocked)
	if m.limit.Kind == RequestsPerMinute {
		return max(at, m.requests.fits(now, m.keep(), m.limit.Amount, m.spaced(now)))
	}
	return max(at, m.tokens.fits(now, m.capped(c), m.regime(now)))
}

// spaced reports whether calls of a request limit are spaced evenly: a smaller
// share than the whole is only kept that way.
func (m *Meter) spaced(now int64) bool { return m.spacedUntil > now || m.rule.Share < 1 }

// regime is which rules a token limit obeys now.
func (m *Meter) regime(now int64) regime {
	return regime{most: m.most, window: !m.rule.NoWindow, bucket: m.rule.Bucket || m.rule.NoWindow || m.spacedUntil > now}
}

func (m *Meter) add(now int64, id uint64, c Charge) {
	if m.limit.Kind == RequestsPerMinute {
		m.requests.add(now, id)
		return
	}
	m.tokens.add(now, m.capped(c))
}

func (m *Meter) started(h Hold, at int64) {
	if h.at <= m.born {
		return
	}
	if m.limit.Kind == RequestsPerMinute {
		m.requests.starts.move(h.ID, at)
		return
	}
	m.tokens.window.move(h.at, at, m.charged(h).Hold)
}

func (m *Meter) settle(now int64, h Hold, settled int64) {
	if h.at <= m.born {
		return
	}
	if m.limit.Kind == RequestsPerMinute {
		m.requests.starts.move(h.ID, 0) // whatever ends was sent
	} else {
		m.tokens.settle(now, h.at, m.charged(h), max(0, settled))
	}
}

func (m *Meter) release(now int64, h Hold) {
	if h.at <= m.born {
		return
	}
	if m.limit.Kind == RequestsPerMinute {
		m.requests.remove(now, h.at, h.ID)
		return
	}
	m.tokens.release(now, h.at, m.charged(h))
}

// throttled takes in that the upstream refused a call, which has been released,
// on this limit although the mirror had room. It returns when the limit may be
// tried again.
func (m *Meter) throttled(now int64, h Hold) int64 {
	if m.stricter(now, h) {
		m.space(now)
	}
	return m.rest(now, h)
}

// rest lets the limit rest for as long as it takes to earn the call, and returns
// until when.
func (m *Meter) rest(now int64, h Hold) int64 {
	var rest int64
	switch m.limit.Kind {
	case RequestsPerMinute:
		rest = m.requests.spacing.cost(1)
	case TokensPerDay, AccountTokensPerDay:
		rest = int64(m.limit.Window) / 96 // a quarter of an hour: when the day ends is not known
	default:
		hold := m.capped(h.Charges.Of(m.limit)).Hold
		rest = m.tokens.pace.cost(min(hold, m.limit.Amount))
	}
	m.blocked = max(m.blocked, add(now, max(rest, 1)))
	return m.blocked
}

// stricter reports whether a refusal is evidence of a law stricter than the
// window: the stricter rule would not have let the call go when it went.
//
// What we sent ourselves shortly before, or beside it, is such evidence: a call
// that was granted first may be known to have started later, since starts are
// moved to when they arrived. Refusals after a quiet time are somebody else's
// traffic, which a stricter rule would not mend.
func (m *Meter) stricter(now int64, h Hold) bool {
	switch m.limit.Kind {
	case RequestsPerMinute:
		return m.requests.startedWithin(h.at-m.requests.spacing.cost(1), now)
	case TokensPerDay, AccountTokensPerDay:
		return false
	default:
		return m.tokens.bucket.fits(h.at, m.capped(h.Charges.Of(m.limit)).Hold) > h.at
	}
}

// space puts the stricter rule in force for a while.
func (m *Meter) space(now int64) {
	windows := int64(strictWindows)
	switch m.limit.Kind {
	case RequestsPerMinute:
		windows = spacedWindows
	case TokensPerDay, AccountTokensPerDay:
		return
	default:
	}
	m.spacedUntil = now + windows*int64(m.limit.Window)
}
