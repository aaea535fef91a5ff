package adapt

import (
	"time"

	"github.com/headgate/headgate/internal/quota"
)

// accounting is how the upstream is believed to count, and what it might do
// instead: variants that public texts tell of or that fit what was measured. Each
// is tracked beside the one in force, and taken up when it explains a throttle
// that the one in force does not.
type accounting struct {
	cacheRead, burndown bool
	delay               time.Duration

	newest  variant // the one taken up last
	found   time.Time
	once    bool          // it has explained one throttle only
	earlier time.Duration // the delay before
	wrong   [variants]bool

	// What the calls in flight would hold more under a variant.
	extraCacheRead, extraBurndown int64
	// Since when calls have been taken that a variant has no room for; zero when it
	// has room.
	overCacheRead, overBurndown time.Time

	// waiting are settlements whose refund is not believed to have come yet,
	// oldest first.
	waiting []waitingRefund
	// recent are the latest refunds, by second of a nominal minute.
	recent [refundSlots]int64
	slot   int64
	second time.Duration
}

// variant is another way to count.
type variant uint8

const (
	noVariant variant = iota
	cacheReadVariant
	burndownVariant
	lateVariant
)

const variants = int(lateVariant) + 1

type waitingRefund struct {
	at   time.Time
	hold quota.Hold
	used quota.Settled
}

const (
	refundSlots = 64
	// latest is within how many seconds of a nominal minute a late refund comes:
	// what is given back in more of them explains anything.
	latest = 16
)

// newAccounting starts with what is configured. Window is that of the limits per
// minute.
func newAccounting(a quota.Accounting, window time.Duration) accounting {
	return accounting{cacheRead: a.ReserveCacheRead, burndown: a.ReserveBurndown, delay: a.RefundDelay, second: max(1, window/60)}
}

// charges are a call's under the accounting in force. They are computed without
// the variants' extras, unless the configuration had them already.
func (a *accounting) charges(c quota.Charges) quota.Charges {
	if a.cacheRead {
		c.Tokens.Hold += c.Extra.CacheRead
		c.Extra.CacheRead = 0
	}
	if a.burndown {
		c.Tokens.Hold += c.Extra.Burndown
		c.Extra.Burndown = 0
	}
	return c
}

// telling is how full the mirror may be at a throttle that another way to count
// is to explain: in one that is all but full anything would.
const telling = 0.985

// proving is for how many windows a variant that was taken up must explain all
// throttles to stay.
const proving = 10

// granted takes in a call that is sent. Used is the mirror with its hold.
func (a *accounting) granted(now time.Time, c quota.Charges, used, amount int64) {
	a.extraCacheRead += c.Extra.CacheRead
	a.extraBurndown += c.Extra.Burndown
	a.overCacheRead = over(a.overCacheRead, now, used+a.extraCacheRead > amount)
	a.overBurndown = over(a.overBurndown, now, used+a.extraBurndown > amount)
}

func over(since, now time.Time, is bool) time.Time {
	switch {
	case !is:
		return time.Time{}
	case since.IsZero():
		return now
	}
	return since
}

// tolerated is for how long calls may have been taken beyond a variant's room
// before it is refuted: what flows into a bucket meanwhile, and the way to and fro.
const tolerated = 6 // seconds of a nominal minute

func (a *accounting) fresh(since, now time.Time) bool {
	return !since.IsZero() && now.Sub(since) <= tolerated*a.second
}

func (a *accounting) ended(c quota.Charges) {
	a.extraCacheRead -= c.Extra.CacheRead
	a.extraBurndown -= c.Extra.Burndown
}

// explains looks for a variant under which a throttle on tokens had to be
// expected, and takes it up. Used is the mirror with the call's own hold.
//
// The calls that were sent before a variant was taken up may be refused once more
// on its account, if the limit is full under it. Another refusal soon after shows
// that it was no explanation: it is dropped, and not taken up again.
//
// Only when the question is open is one taken up.
func (a *accounting) explains(now time.Time, used int64, c quota.Charges, amount int64, open bool) bool {
	if float64(used) > telling*float64(amount) {
		return false
	}
	if a.newest != noVariant {
		windows := float64(now.Sub(a.found)) / float64(60*a.second)
		if a.once && windows < 1 && float64(used+a.before(now)) > telling*float64(amount) {
			a.once = false
			return true
		}
		if windows < proving {
			a.drop()
		}
	}
	if !open {
		return false
	}
	a.newest = a.find(now, used, c, amount)
	if a.newest == noVariant {
		return false
	}
	a.found, a.once = now, true
	return true
}

// before is what the mirror lacks of what was sent before the newest variant was
// taken up.
func (a *accounting) before(now time.Time) int64 {
	switch a.newest {
	case cacheReadVariant:
		return a.extraCacheRead
	case burndownVariant:
		return a.extraBurndown
	case lateVariant:
		a.roll(now)
		var sum int64
		for i := range min(int64(a.delay/a.second), refundSlots) {
			sum += a.recent[(a.slot-i+refundSlots)%refundSlots]
		}
		return sum
	case noVariant:
	}
	return 0
}

// drop goes back to what was believed before the newest variant.
func (a *accounting) drop() {
	switch a.newest {
	case cacheReadVariant:
		a.cacheRead = false
	case burndownVariant:
		a.burndown = false
	case lateVariant:
		a.delay = a.earlier
	case noVariant:
	}
	a.wrong[a.newest], a.newest = true, noVariant
}

// find takes up the variant that explains a throttle best.
//
// The first throttle under a variant comes when the limit has just been exceeded
// under it. A variant by which it has been exceeded for long is refuted.
func (a *accounting) find(now time.Time, used int64, c quota.Charges, amount int64) variant {
	cacheRead := c.Extra.CacheRead > 0 && !a.wrong[cacheReadVariant] && a.fresh(a.overCacheRead, now)
	burndown := c.Extra.Burndown > 0 && !a.wrong[burndownVariant] && a.fresh(a.overBurndown, now)
	switch {
	case cacheRead && (!burndown || !a.overBurndown.After(a.overCacheRead)):
		a.cacheRead = true
		return cacheReadVariant
	case burndown:
		a.burndown = true
		return burndownVariant
	case !a.wrong[lateVariant] && a.late(now, used, amount):
		return lateVariant
	}
	return noVariant
}

// late looks for the least delay of refunds that explains a throttle.
func (a *accounting) late(now time.Time, used, amount int64) bool {
	a.roll(now)
	for i := range int64(latest) {
		used += a.recent[(a.slot-i+refundSlots)%refundSlots]
		if used > amount {
			delay := time.Duration(i+2) * a.second
			if delay <= a.delay {
				return false
			}
			a.earlier, a.delay = a.delay, delay+delay/4
			return true
		}
	}
	return false
}

// refunded notes what was given back now.
func (a *accounting) refunded(now time.Time, n int64) {
	a.roll(now)
	a.recent[a.slot%refundSlots] += max(0, n)
}

func (a *accounting) roll(now time.Time) {
	s := now.UnixNano() / int64(a.second)
	for i := max(a.slot+1, s-refundSlots+1); i <= s; i++ {
		a.recent[i%refundSlots] = 0
	}
	a.slot = max(a.slot, s)
}

func (a *accounting) later(now time.Time, h quota.Hold, used quota.Settled) {
	a.waiting = append(a.waiting, waitingRefund{now.Add(a.delay), h, used})
}

// due takes out the oldest refund that has come by now.
func (a *accounting) due(now time.Time) (quota.Hold, quota.Settled, bool) {
	if len(a.waiting) == 0 || a.waiting[0].at.After(now) {
		return quota.Hold{}, quota.Settled{}, false
	}
	w := a.waiting[0]
	a.waiting = a.waiting[1:]
	a.refunded(now, w.hold.Charges.Tokens.Hold-w.used.Tokens)
	return w.hold, w.used, true
}

// nextRefund is when the next refund comes.
func (a *accounting) nextRefund() (time.Time, bool) {
	if len(a.waiting) == 0 {
		return time.Time{}, false
	}
	return a.waiting[0].at, true
}
