package meter

import "time"

// sliding keeps every charge of the last window and forgets each when it is
// exactly one window old. Its memory grows with the charges in a window, unless
// it has a grain: then charges less than a grain apart are kept as one, and
// forgotten together when the last of them is a window old.
type sliding struct {
	amount  int64
	window  int64 // nanoseconds
	grain   int64 // nanoseconds
	used    int64
	last    int64    // the latest instant seen, Unix nanoseconds
	opened  int64    // when the latest charge began
	charges []charge // oldest first; charges[0] has number first
	head    int      // charges before it are forgotten
	first   uint64   // number of charges[0]
}

type charge struct {
	at    int64 // Unix nanoseconds
	units int64
}

func newSliding(amount int64, window, grain time.Duration) *sliding {
	return &sliding{amount: max(amount, 0), window: int64(window), grain: int64(grain), last: minIndex}
}

func (s *sliding) advance(now time.Time) {
	s.last = max(s.last, now.UnixNano())
	for s.head < len(s.charges) && s.last-s.charges[s.head].at >= s.window {
		s.used -= s.charges[s.head].units
		s.head++
	}
	// Moving the rest down once half is forgotten keeps the cost of a charge
	// constant.
	if s.head > 64 && s.head*2 >= len(s.charges) {
		n := copy(s.charges, s.charges[s.head:])
		s.charges = s.charges[:n]
		s.first += uint64(s.head)
		s.head = 0
	}
}

func (s *sliding) Fits(now time.Time, n int64) bool {
	s.advance(now)
	return s.amount > 0 && n <= s.amount-s.used
}

func (s *sliding) Take(now time.Time, n int64) Entry {
	s.advance(now)
	s.used += n
	if latest := len(s.charges) - 1; latest >= s.head && s.last-s.opened < s.grain {
		s.charges[latest].units += n
		s.charges[latest].at = s.last
	} else {
		s.charges = append(s.charges, charge{at: s.last, units: n})
		s.opened = s.last
	}
	return Entry(s.first + uint64(len(s.charges)-1)) //nolint:gosec // at least one charge
}

// Correct gives back to the charge of origin, if it is not forgotten yet, or to
// the latest charges. A debt is a charge of its own, made now.
func (s *sliding) Correct(now time.Time, e Entry, delta int64) {
	s.advance(now)
	switch {
	case delta < 0:
		s.Take(now, -delta)
	case e == Now:
		for i := len(s.charges) - 1; i >= s.head && delta > 0; i-- {
			delta -= s.refund(i, delta)
		}
	case s.remembers(e):
		s.refund(int(uint64(e)-s.first), delta) //nolint:gosec // an index
	}
}

// refund gives back what it can of delta to one charge.
func (s *sliding) refund(i int, delta int64) int64 {
	delta = min(delta, s.charges[i].units)
	s.charges[i].units -= delta
	s.used -= delta
	return delta
}

func (s *sliding) Available(now time.Time) int64 {
	s.advance(now)
	return s.amount - s.used
}

func (s *sliding) Capacity() int64 { return s.amount }

func (s *sliding) resize(_ time.Time, amount int64) { s.amount = max(amount, 0) }

func (s *sliding) spent(now time.Time) int64 {
	s.advance(now)
	return s.used
}

func (s *sliding) carry(now time.Time, n int64) Entry { return s.Take(now, n) }

func (s *sliding) remembers(e Entry) bool {
	return uint64(e) >= s.first+uint64(s.head) //nolint:gosec // an index, never below zero
}
