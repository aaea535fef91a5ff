package quota

import (
	"slices"
	"time"
)

// change is an amount that was in force until an instant.
type change struct {
	until  int64
	amount int64
}

// mostChanges bounds what is remembered of former amounts: more than change
// while any call is under way.
const mostChanges = 16

// SetAmount puts another amount in the place of the meter's. What was charged
// stays charged, in the limit's own unit; the rule stays. It holds from the next
// reservation on, which must be later than now.
func (m *Meter) SetAmount(now time.Time, amount int64) {
	if amount == m.limit.Amount {
		return
	}
	t := now.UnixNano()
	m.changes = append(m.changes, change{t, m.limit.Amount})
	m.changes = slices.Delete(m.changes, 0, max(0, len(m.changes)-mostChanges))
	m.limit.Amount = amount
	spacing, tk := &m.requests.spacing, &m.tokens
	was := [...]pace{*spacing, tk.pace, tk.bucket}
	spacing.amount = amount
	m.SetRule(m.rule)
	for i, p := range [...]*pace{spacing, &tk.pace, &tk.bucket} {
		p.rescale(t, was[i])
	}
}

// amountAt is the amount that was in force when a hold was made.
func (m *Meter) amountAt(at int64) int64 {
	for _, c := range m.changes {
		if at <= c.until {
			return c.amount
		}
	}
	return m.limit.Amount
}

// SetLimits puts other limits in the place of the set's own; its shared meters
// stay. A limit of a kind that was there keeps what it has been charged; a new
// one begins with nothing, and calls that are under way are not charged to it. It
// reports whether anything has changed.
func (s *Set) SetLimits(now time.Time, limits []Limit) bool {
	changed := len(limits) != s.own
	meters := make([]*Meter, 0, len(limits)+len(s.meters)-s.own)
	for _, l := range limits {
		m := s.ownMeter(l)
		switch {
		case m == nil:
			m = NewMeter(l, s.jitter)
			m.born = now.UnixNano()
			changed = true
		case m.limit.Amount != l.Amount:
			m.SetAmount(now, l.Amount)
			changed = true
		}
		meters = append(meters, m)
	}
	s.meters = append(meters, s.meters[s.own:]...)
	s.own = len(limits)
	return changed
}

// ownMeter finds the set's own meter of a limit, whatever its amount.
func (s *Set) ownMeter(l Limit) *Meter {
	for _, m := range s.meters[:s.own] {
		if m.limit.Kind == l.Kind && m.limit.Unit == l.Unit && (l.Window == 0 || m.limit.Window == l.Window) {
			return m
		}
	}
	return nil
}

// rescale gives the pace the level, in the limit's unit, that it had when it
// earned another amount. A limit of nothing has no level: it keeps its instants.
func (p *pace) rescale(now int64, was pace) {
	if p.amount <= 0 || was.amount <= 0 || p.amount == was.amount {
		return
	}
	instant := func(drained int64) int64 {
		w := was
		w.drained = drained
		return add(now, p.cost(w.level(now)))
	}
	p.drained = instant(was.drained)
	p.credit = p.cost(ceil(was.credit, was.amount, was.window))
	if was.recent.span > 0 {
		p.recent.newer, p.recent.longer = instant(was.recent.newer), instant(was.recent.longer)
	}
}
