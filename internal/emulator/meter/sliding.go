package meter

import "time"

// sliding keeps every charge of the last window and forgets each when it is
// exactly one window old. Its memory grows with the charges in a window.
type sliding struct {
	amount  int64
	window  int64 // nanoseconds
	used    int64
	last    int64    // the latest instant seen, Unix nanoseconds
	charges []charge // oldest first; charges[0] has number first
	head    int      // charges before it are forgotten
	first   uint64   // number of charges[0]
}

type charge struct {
	at    int64 // Unix nanoseconds
	units int64
}

func newSliding(amount int64, window time.Duration) *sliding {
	return &sliding{amount: max(amount, 0), window: int64(window), last: minIndex}
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
	s.charges = append(s.charges, charge{at: s.last, units: n})
	s.used += n
	return Entry(s.first + uint64(len(s.charges)-1)) //nolint:gosec // at least one charge
}

// Correct gives back to the charge of origin, if it is not forgotten yet; a
// debt is a charge of its own, made now.
func (s *sliding) Correct(now time.Time, e Entry, delta int64) {
	s.advance(now)
	if delta < 0 {
		s.Take(now, -delta)
		return
	}
	if uint64(e) < s.first+uint64(s.head) { //nolint:gosec // an index, never below zero
		return
	}
	s.charges[uint64(e)-s.first].units -= delta
	s.used -= delta
}

func (s *sliding) Available(now time.Time) int64 {
	s.advance(now)
	return s.amount - s.used
}

func (s *sliding) Capacity() int64 { return s.amount }
