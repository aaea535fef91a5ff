package meter

import (
	"math/bits"
	"time"
)

// bucket refills by amount in each window and never above capacity. It counts
// in whole units with an exact remainder, so that it neither gains nor loses
// anything however often it is asked.
type bucket struct {
	amount   uint64
	window   uint64        // nanoseconds
	holds    time.Duration // what the capacity is worth; 0: a whole window
	capacity int64
	level    int64  // may be below zero: a debt
	rest     uint64 // the part of a unit that has flowed in, in window-ths
	at       int64  // Unix nanoseconds of level
}

func newBucket(amount int64, window, holds time.Duration, now time.Time) *bucket {
	b := &bucket{window: uint64(window), holds: holds, at: now.UnixNano()} //nolint:gosec // above zero
	b.size(amount)
	b.level = b.capacity
	return b
}

// size sets rate and capacity. A bucket of one unit at least holds one.
func (b *bucket) size(amount int64) {
	b.capacity = max(amount, 0)
	b.amount = uint64(b.capacity) //nolint:gosec // not below zero
	if b.holds > 0 {
		whole, _ := b.inflow(uint64(b.holds), 0)
		b.capacity = max(whole, min(b.capacity, 1))
	}
}

// inflow is what flows in during some nanoseconds, on top of a remainder. It
// never exceeds 2^62, which is more than any quota.
func (b *bucket) inflow(nanos, rest uint64) (whole int64, left uint64) {
	hi, lo := bits.Mul64(nanos, b.amount)
	lo, carry := bits.Add64(lo, rest, 0)
	hi += carry
	if hi >= b.window {
		return 1 << 62, 0
	}
	q, r := bits.Div64(hi, lo, b.window)
	return int64(min(q, 1<<62)), r
}

func (b *bucket) advance(now time.Time) {
	t := now.UnixNano()
	if t <= b.at {
		return
	}
	whole, rest := b.inflow(uint64(t-b.at), b.rest) //nolint:gosec // above zero
	b.at, b.rest = t, rest
	b.fill(whole)
}

// fill adds n units, up to the capacity. What overflows is lost, the part of a
// unit included.
func (b *bucket) fill(n int64) {
	if n >= b.capacity-b.level {
		b.level, b.rest = b.capacity, 0
		return
	}
	b.level += n
}

func (b *bucket) Fits(now time.Time, n int64) bool {
	b.advance(now)
	return b.amount > 0 && n <= b.level
}

func (b *bucket) Take(now time.Time, n int64) Entry {
	b.advance(now)
	b.level -= n
	return 0
}

func (b *bucket) Correct(now time.Time, _ Entry, delta int64) {
	b.advance(now)
	if delta > 0 {
		b.fill(delta)
		return
	}
	b.level += delta
}

func (b *bucket) Available(now time.Time) int64 {
	b.advance(now)
	return b.level
}

func (b *bucket) Capacity() int64 { return b.capacity }

func (b *bucket) resize(now time.Time, amount int64) {
	b.advance(now)
	b.size(amount)
	if b.level >= b.capacity {
		b.level, b.rest = b.capacity, 0
	}
}

func (b *bucket) spent(now time.Time) int64 { return b.capacity - b.Available(now) }

// carry empties a bucket that holds less than a window at the most: what was
// spent before its time to fill would have flowed in again.
func (b *bucket) carry(now time.Time, n int64) Entry {
	if uint64(b.capacity) < b.amount { //nolint:gosec // not below zero
		n = min(n, b.capacity)
	}
	return b.Take(now, n)
}

func (b *bucket) remembers(Entry) bool { return true }
