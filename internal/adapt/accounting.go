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

type waitingRefund struct {
	at   time.Time
	hold quota.Hold
	used quota.Settled
}

const refundSlots = 64

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
func (a *accounting) explains(now time.Time, kind quota.Kind, used int64, c quota.Charges, amount int64) bool {
	if kind != quota.TokensPerMinute || float64(used) > telling*float64(amount) {
		return false
	}
	switch {
	case c.Extra.CacheRead > 0 && a.fresh(a.overCacheRead, now):
		a.cacheRead = true
	case c.Extra.Burndown > 0 && a.fresh(a.overBurndown, now):
		a.burndown = true
	default:
		return a.late(now, used, amount)
	}
	return true
}

// late looks for the least delay of refunds that explains a throttle.
func (a *accounting) late(now time.Time, used, amount int64) bool {
	if a.delay >= refundSlots*a.second/2 {
		return false
	}
	a.roll(now)
	for i := range int64(refundSlots) {
		used += a.recent[(a.slot-i+refundSlots)%refundSlots]
		if used > amount {
			delay := time.Duration(i+2) * a.second
			if delay <= a.delay {
				return false
			}
			a.delay = delay + delay/4
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
