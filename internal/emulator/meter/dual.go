package meter

import "time"

// dual is a bucket that holds a window and a short one of the same rate. Both
// are charged, corrected and asked.
type dual struct {
	long, short *bucket
}

func newDual(amount int64, window, short time.Duration, now time.Time) *dual {
	if short == 0 {
		short = max(window/dualShare, 1)
	}
	return &dual{long: newBucket(amount, window, 0, now), short: newBucket(amount, window, short, now)}
}

func (d *dual) Fits(now time.Time, n int64) bool { return d.short.Fits(now, n) && d.long.Fits(now, n) }

func (d *dual) Take(now time.Time, n int64) Entry {
	d.short.Take(now, n)
	return d.long.Take(now, n)
}

// Correct corrects both. What the short one cannot hold of a refund is lost to
// it, as of any bucket.
func (d *dual) Correct(now time.Time, e Entry, delta int64) {
	d.short.Correct(now, e, delta)
	d.long.Correct(now, e, delta)
}

func (d *dual) Available(now time.Time) int64 {
	return min(d.short.Available(now), d.long.Available(now))
}

func (d *dual) Capacity() int64 { return min(d.short.Capacity(), d.long.Capacity()) }

func (d *dual) resize(now time.Time, amount int64) {
	d.short.resize(now, amount)
	d.long.resize(now, amount)
}

func (d *dual) spent(now time.Time) int64 { return d.long.spent(now) }

func (d *dual) carry(now time.Time, n int64) Entry {
	d.short.carry(now, n)
	return d.long.carry(now, n)
}

func (d *dual) remembers(Entry) bool { return true }
