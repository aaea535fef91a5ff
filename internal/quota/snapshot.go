package quota

import "time"

// Snapshot is a meter's state, to be kept over a restart. Instants are Unix
// nanoseconds.
type Snapshot struct {
	Limit   string   `json:"limit"`
	Starts  []int64  `json:"starts,omitempty"`
	Mirror  []Spent  `json:"mirror,omitempty"`
	Plan    []Spent  `json:"plan,omitempty"`
	Drained [2]int64 `json:"drained"` // mirror, plan
	Blocked int64    `json:"blocked,omitempty"`
	Spaced  int64    `json:"spaced_until,omitempty"`
}

// Spent is an amount charged at an instant.
type Spent struct {
	At     int64 `json:"at"`
	Amount int64 `json:"amount"`
}

// Snapshot copies the meter's state. Holds are in it as they stand: a process
// that dies with calls in flight finds them fully charged.
func (m *Meter) Snapshot(now time.Time) Snapshot {
	t := now.UnixNano()
	s := Snapshot{Limit: m.limit.Kind.String(), Blocked: m.blocked, Spaced: m.spacedUntil}
	if m.limit.Kind == RequestsPerMinute {
		m.starts.expire(t - m.keep())
		for i := range m.starts.n {
			s.Starts = append(s.Starts, m.starts.at(i).at)
		}
		return s
	}
	s.Mirror, s.Plan = m.mirror.window.spent(t), m.plan.window.spent(t)
	s.Drained = [2]int64{m.mirror.pace.drained, m.plan.pace.drained}
	return s
}

// Restore adds what a snapshot says was charged to a meter that has charged
// nothing yet. The limit may have changed since; what has left the window by
// now is passed over.
func (m *Meter) Restore(now time.Time, s Snapshot) {
	t := now.UnixNano()
	m.blocked, m.spacedUntil = min(s.Blocked, t+int64(m.limit.Window)), min(s.Spaced, t+spacedWindows*int64(m.limit.Window))
	if m.limit.Kind == RequestsPerMinute {
		for _, at := range s.Starts {
			at = min(at, t)
			m.starts.push(start{at: at})
			m.spacing.add(at, 1)
			m.lastStart = at
		}
		m.starts.expire(t - m.keep())
		return
	}
	m.mirror.restore(t, s.Mirror, s.Drained[0])
	m.plan.restore(t, s.Plan, s.Drained[1])
}

func (v *view) restore(now int64, spent []Spent, drained int64) {
	for _, e := range spent {
		v.window.add(min(e.At, now), e.Amount)
	}
	v.window.advance(now)
	v.pace.drained = min(drained, now+v.pace.window)
}

// Spend charges an amount that no hold stands for, such as the calls that may
// have been lost with the last moments before a crash.
func (m *Meter) Spend(now time.Time, amount int64) {
	t := now.UnixNano()
	if m.limit.Kind != RequestsPerMinute {
		m.mirror.add(t, amount)
		m.plan.add(t, amount)
		return
	}
	for range min(amount, m.limit.Amount) {
		m.starts.push(start{at: t})
		m.spacing.add(t, 1)
	}
}

func (w *window) spent(now int64) []Spent {
	w.advance(now)
	var out []Spent
	for i := w.oldest; i <= w.newest; i++ {
		if n := w.slots[i%slotCount]; n != 0 {
			// The end of its slot: a restore into slots of another width may
			// only be late.
			out = append(out, Spent{At: (i+1)*w.width - 1, Amount: n})
		}
	}
	return out
}
