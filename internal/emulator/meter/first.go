package meter

import "time"

// first counts from zero in windows that calls begin: the first charge after a
// window has ended opens the next. The window [start, start+W) ends before its
// last instant.
type first struct {
	amount int64
	window int64 // nanoseconds
	end    int64 // Unix nanoseconds when the window ends; once passed, none is open
	number uint64
	used   int64
}

func newFirst(amount int64, window time.Duration) *first {
	return &first{amount: max(amount, 0), window: int64(window), end: minIndex}
}

// advance closes a window that has ended.
func (f *first) advance(now time.Time) {
	if f.end != minIndex && now.UnixNano() >= f.end {
		f.end, f.used = minIndex, 0
	}
}

func (f *first) Fits(now time.Time, n int64) bool {
	f.advance(now)
	return f.amount > 0 && n <= f.amount-f.used
}

func (f *first) Take(now time.Time, n int64) Entry {
	f.advance(now)
	if f.end == minIndex {
		f.end = now.UnixNano() + f.window
		f.number++
	}
	f.used += n
	return Entry(f.number)
}

// Correct gives back to the window of origin while it is open. A debt is
// charged to the open window, and opens one if there is none.
func (f *first) Correct(now time.Time, e Entry, delta int64) {
	f.advance(now)
	switch {
	case delta < 0:
		f.Take(now, -delta)
	case e == Now || f.remembers(e):
		f.used -= min(delta, f.used)
	}
}

func (f *first) Available(now time.Time) int64 {
	f.advance(now)
	return f.amount - f.used
}

func (f *first) Capacity() int64 { return f.amount }

func (f *first) resize(_ time.Time, amount int64) { f.amount = max(amount, 0) }

func (f *first) spent(now time.Time) int64 {
	f.advance(now)
	return f.used
}

// carry opens no window for nothing.
func (f *first) carry(now time.Time, n int64) Entry {
	if n == 0 {
		return Entry(f.number)
	}
	return f.Take(now, n)
}

func (f *first) remembers(e Entry) bool { return f.end != minIndex && e == Entry(f.number) }
