package meter

import "time"

// Entry is where a charge was entered. It has a meaning only to the Counter
// that gave it out.
type Entry uint64

// Now is the entry of no charge: a refund to it goes to what is charged at
// present, wherever the charge was entered. No counter gives it out.
const Now Entry = 1 << 63

// minIndex is before every window that a clock can show.
const minIndex = -1 << 63

// Counter is the state of one limit under one law. It is not safe for
// concurrent use. A clock that steps back is taken to stand still.
//
// A call asks Fits once, and Take charges that call if it follows. Under a law
// that routes calls, that is how both speak of the same slice.
type Counter interface {
	// Fits reports whether n more units are allowed at now.
	Fits(now time.Time, n int64) bool
	// Take charges n units, whether they fit or not.
	Take(now time.Time, n int64) Entry
	// Correct gives back delta of the units charged at e when delta is above
	// zero, and charges -delta more when it is below: a debt, which may exceed
	// the limit.
	Correct(now time.Time, e Entry, delta int64)
	// Available is how many more units fit at now, at the most. It may be below
	// zero.
	Available(now time.Time) int64
	// Capacity is the most that Available can be.
	Capacity() int64
}

// state is what a Limit asks of its counter beyond what a call asks.
type state interface {
	Counter
	// resize changes the amount. What was spent stays spent; a bucket that
	// shrinks spills what it cannot hold, and one that grows is not filled by
	// that.
	resize(now time.Time, amount int64)
	// spent is what of the amount is not available on account of charges.
	spent(now time.Time) int64
	// carry charges what was spent under another law, as evenly as it can.
	carry(now time.Time, n int64) Entry
	// remembers reports whether a refund to e would have an effect, at the last
	// instant that the counter was asked about.
	remembers(e Entry) bool
}

// NewCounter starts a counter of amount units in each window under a law. The
// counter is full at now: nothing has been spent. Window must be above zero;
// an amount of zero or less never fits anything. The seed draws random phases
// and routes.
func NewCounter(law Law, amount int64, window time.Duration, seed uint64, now time.Time) Counter {
	return newState(law, amount, window, seed, now)
}

func newState(law Law, amount int64, window time.Duration, seed uint64, now time.Time) state {
	switch law.Kind {
	case Fixed:
		phase := law.Phase
		if law.RandomPhase {
			phase = time.Duration(seed % uint64(window)) //nolint:gosec // below window, so it fits
		}
		return newFixed(amount, window, phase)
	case First:
		return newFirst(amount, window)
	case Sliding:
		return newSliding(amount, window, 0)
	case SlidingCounter:
		return newEstimate(amount, window)
	case Dual:
		return newDual(amount, window, law.Capacity, now)
	case Shards:
		return newShards(amount, window, law.Shards, seed, now)
	default:
		return newBucket(amount, window, law.Capacity, now)
	}
}
