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

func (f *fixed) advance(now time.Time) {
	t := now.UnixNano() - f.phase
	index := windowOf(t, f.window)
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
// one, or to the current one whatever it is; a debt is charged to the current
// window.
func (f *fixed) Correct(now time.Time, e Entry, delta int64) {
	f.advance(now)
	switch {
	case delta < 0:
		f.used -= delta
	case e == Now || f.remembers(e):
		f.used -= min(delta, f.used)
	}
}

func (f *fixed) Available(now time.Time) int64 {
	f.advance(now)
	return f.amount - f.used
}

func (f *fixed) Capacity() int64 { return f.amount }

func (f *fixed) resize(_ time.Time, amount int64) { f.amount = max(amount, 0) }

func (f *fixed) spent(now time.Time) int64 {
	f.advance(now)
	return f.used
}

func (f *fixed) carry(now time.Time, n int64) Entry { return f.Take(now, n) }

func (f *fixed) remembers(e Entry) bool { return e == Entry(f.index) } //nolint:gosec // see Take

// windowOf numbers the clock's windows: that of Unix nanosecond 0 is 0.
func windowOf(t, window int64) int64 {
	index := t / window
	if t < 0 && t%window != 0 {
		index--
	}
	return index
}
