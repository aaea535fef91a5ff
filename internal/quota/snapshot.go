package quota

import (
	"slices"
	"time"
)

// Snapshot is a meter's state, to be kept over a restart. Instants are Unix
// nanoseconds.
type Snapshot struct {
	Limit string `json:"limit"`
	// Starts are those of a request limit; many of them are put together in
	// Mirror instead.
	Starts []int64 `json:"starts,omitempty"`
	// Unsent are the starts of calls that were granted and not yet reported as
	// sent (Set.Started).
	Unsent []int64 `json:"unsent,omitempty"`
	Mirror []Spent `json:"mirror,omitempty"`
	// Owed is what calls in flight were expected to cost beyond their holds.
	Owed int64 `json:"owed,omitempty"`
	// Levels are those of the pace and of the bucket, in tokens, at At.
	Levels [2]int64 `json:"levels"`
	// Drained is when the even spacing of requests would let the next one go.
	Drained int64 `json:"drained,omitempty"`
	At      int64 `json:"at"`
	Blocked int64 `json:"blocked_until,omitempty"`
	Spaced  int64 `json:"spaced_until,omitempty"`
	// What has been learned of the limit: see Rule.
	Share    float64 `json:"share,omitempty"`
	NoWindow bool    `json:"no_window,omitempty"`
	Bucket   bool    `json:"bucket,omitempty"`
	Burst    int64   `json:"burst_ns,omitempty"`
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
	s := Snapshot{Limit: m.limit.Kind.String(), At: t, Blocked: m.blocked, Spaced: m.spacedUntil, NoWindow: m.rule.NoWindow, Bucket: m.rule.Bucket}
	if m.rule.Share < 1 {
		s.Share = m.rule.Share
	}
	if s.NoWindow || s.Bucket {
		s.Burst = int64(m.rule.Burst)
	}
	if m.limit.Kind == RequestsPerMinute {
		starts := &m.requests.starts
		if drained := m.requests.spacing.drained; drained > t {
			s.Drained = drained
		}
		starts.expire(t - m.keep())
		if starts.n <= keptSlots {
			for i := range starts.n {
				if e := starts.at(i); e.sent {
					s.Starts = append(s.Starts, e.at)
				} else {
					s.Unsent = append(s.Unsent, e.at)
				}
			}
			return s
		}
		s.Mirror = starts.grouped(max(1, m.keep()/keptSlots))
		return s
	}
	s.Mirror, s.Owed = m.tokens.window.spent(t), m.tokens.owed
	s.Levels = [2]int64{m.tokens.pace.level(t), m.tokens.bucket.level(t)}
	return s
}

// sending is within how long of a grant a call is taken to be sent, when it is
// not known that it was.
const sending = 5 * time.Second

// Interrupted is the snapshot of a process that was killed at an unknown instant
// since, at the latest now: what it had granted and may have been about to send
// is charged now.
func (s Snapshot) Interrupted(now time.Time) Snapshot {
	t := now.UnixNano()
	s.Unsent, s.Mirror = slices.Clone(s.Unsent), slices.Clone(s.Mirror)
	for i, at := range s.Unsent {
		s.Unsent[i] = max(at, t)
	}
	for i, e := range s.Mirror {
		if e.At > s.At-int64(sending) {
			s.Mirror[i].At = max(e.At, t)
		}
	}
	return s
}

// most bounds amounts that are read back, so that no sum of them overflows.
const most = 1 << 60

// Restore adds what a snapshot says was charged to a meter that has charged
// nothing yet. What calls in flight owed counts from now. The limit may have
// changed since; what has left the window by now is passed over, and so is what
// makes no sense.
func (m *Meter) Restore(now time.Time, s Snapshot) {
	t := now.UnixNano()
	w := int64(m.limit.Window)
	m.SetRule(Rule{Share: s.Share, NoWindow: s.NoWindow, Bucket: s.Bucket, Burst: time.Duration(min(max(0, s.Burst), w))})
	m.blocked, m.spacedUntil = min(s.Blocked, add(t, w)), min(s.Spaced, add(t, spacedWindows*w))
	if m.limit.Kind == RequestsPerMinute {
		m.requests.restore(t, s, m.limit.Amount)
		spacing := &m.requests.spacing
		spacing.drained = min(max(spacing.drained, s.Drained), add(t, spacedWindows*w))
		m.requests.starts.expire(t - m.keep())
		return
	}
	tk := &m.tokens
	for _, e := range s.Mirror {
		if e.Amount > 0 {
			tk.window.add(min(e.At, t), min(e.Amount, most-tk.window.sum))
		}
	}
	owed := max(0, min(s.Owed, most-tk.window.sum))
	tk.window.add(t, owed)
	if tk.paced {
		// The levels have drained since; a clock that was set back gives nothing.
		since := min(max(0, s.At), t)
		tk.pace.add(since, min(s.Levels[0], most))
		tk.bucket.add(since, min(s.Levels[1], most))
		tk.pace.add(t, owed)
		tk.bucket.add(t, owed)
		latest := add(t, spacedWindows*w)
		tk.pace.drained, tk.bucket.drained = min(tk.pace.drained, latest), min(tk.bucket.drained, latest)
	}
}

// Spend charges an amount that no hold stands for, such as the calls that may
// have been lost with the last moments before a crash.
func (m *Meter) Spend(now time.Time, amount int64) {
	t := now.UnixNano()
	if m.limit.Kind != RequestsPerMinute {
		m.tokens.spend(t, max(0, amount))
		return
	}
	m.requests.spend(t, min(amount, m.limit.Amount))
}
