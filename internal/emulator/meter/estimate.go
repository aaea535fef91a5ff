package meter

import (
	"math/bits"
	"time"
)

// estimate is the sliding counter: it knows what was charged in two of the
// clock's windows, and takes the older one's charges to have come evenly. It
// may let more or less than the amount through in a window of any other phase:
// charges late in the older window are forgotten too early, early ones too
// late.
type estimate struct {
	amount         int64
	window         int64 // nanoseconds
	at             int64 // Unix nanoseconds, the latest seen
	index          int64 // the window that current belongs to
	previous       int64
	current        int64
	previousWeighs int64 // of previous at at, rounded up
}

func newEstimate(amount int64, window time.Duration) *estimate {
	return &estimate{amount: max(amount, 0), window: int64(window), at: minIndex, index: minIndex}
}

func (s *estimate) advance(now time.Time) {
	t := now.UnixNano()
	if t <= s.at {
		return
	}
	s.at = t
	if index := windowOf(t, s.window); index > s.index {
		s.previous = 0
		if index-1 == s.index {
			s.previous = s.current
		}
		s.index, s.current = index, 0
	}
	s.weigh()
}

// weigh counts what is left of the older window: previous × (1 − elapsed/W).
// It is rounded up, so that whole units fit exactly when the estimate with
// them is at most the amount.
func (s *estimate) weigh() {
	left := s.window - (s.at - s.index*s.window)
	hi, lo := bits.Mul64(uint64(s.previous), uint64(left))        //nolint:gosec // neither is below zero
	whole, rest := bits.Div64(hi, lo, uint64(s.window))           //nolint:gosec // left is at most window
	s.previousWeighs = int64(whole) + int64(min(rest, uint64(1))) //nolint:gosec // at most previous
}

func (s *estimate) Fits(now time.Time, n int64) bool {
	return n <= s.Available(now) && s.amount > 0
}

func (s *estimate) Take(now time.Time, n int64) Entry {
	s.advance(now)
	s.current += n
	return Entry(s.index) //nolint:gosec // only compared with what the same conversion gives
}

// Correct gives back to the window of origin while it counts, be it the
// current or the previous one; a debt is charged to the current window.
func (s *estimate) Correct(now time.Time, e Entry, delta int64) {
	s.advance(now)
	switch {
	case delta < 0:
		s.current -= delta
	case e == Now || e == Entry(s.index): //nolint:gosec // see Take
		s.current -= min(delta, s.current)
	case s.remembers(e):
		s.previous -= min(delta, s.previous)
		s.weigh()
	}
}

func (s *estimate) Available(now time.Time) int64 {
	s.advance(now)
	return s.amount - s.current - s.previousWeighs
}

func (s *estimate) Capacity() int64 { return s.amount }

func (s *estimate) resize(_ time.Time, amount int64) { s.amount = max(amount, 0) }

func (s *estimate) spent(now time.Time) int64 {
	s.advance(now)
	return s.current + s.previousWeighs
}

func (s *estimate) carry(now time.Time, n int64) Entry { return s.Take(now, n) }

func (s *estimate) remembers(e Entry) bool {
	return e == Entry(s.index) || e == Entry(s.index-1) //nolint:gosec // see Take
}
