package meter

import "time"

// fixed counts from zero at each boundary: a calendar minute, moved by a
// phase. Two windows' worth may pass within moments around a boundary.
type fixed struct {
	amount int64
	window int64 // nanoseconds
	phase  int64 // nanoseconds
	index  int64 // the window that used belongs to
	used   int64
}

func newFixed(amount int64, window, phase time.Duration) *fixed {
	return &fixed{amount: max(amount, 0), window: int64(window), phase: int64(phase), index: minIndex}
}

// minIndex is before every window that a clock can show.
const minIndex = -1 << 63

func (f *fixed) advance(now time.Time) {
	t := now.UnixNano() - f.phase
	index := t / f.window
	if t < 0 && t%f.window != 0 {
		index--
	}
	if index > f.index {
		f.index, f.used = index, 0
	}
}

func (f *fixed) Fits(now time.Time, n int64) bool {
	f.advance(now)
	return f.amount > 0 && n <= f.amount-f.used
}

func (f *fixed) Take(now time.Time, n int64) Entry {
	f.advance(now)
	f.used += n
	return Entry(f.index) //nolint:gosec // only compared with what the same conversion gives
}

// Correct gives back to the window of origin, if that is still the current
// one; a debt is charged to the current window.
func (f *fixed) Correct(now time.Time, e Entry, delta int64) {
	f.advance(now)
	if delta < 0 || e == Entry(f.index) { //nolint:gosec // see Take
		f.used -= delta
	}
}

func (f *fixed) Available(now time.Time) int64 {
	f.advance(now)
	return f.amount - f.used
}

func (f *fixed) Capacity() int64 { return f.amount }
