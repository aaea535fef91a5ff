package quota

import (
	"math"
	"math/bits"
)

// pace is a leaky bucket in GCRA form: one number, the instant at which all
// that was charged will have drained. Its level is that instant less now.
//
// Charges c in any interval d then obey Σc ≤ burst + rate·d, with one exception:
// a call larger than the burst is admitted alone, at level zero.
type pace struct {
	drained int64 // ns; the theoretical arrival time
	window  int64 // ns
	amount  int64 // per window
	burst   int64 // ns of level that may stand when a call is admitted with it

	// A refund that finds less level than it gives back is lost to a bucket.
	// The two fields below are the two answers to that; at most one is in use.

	// saves keeps what a refund could not take from the level, up to the
	// larger of the burst and that refund, for the charges that follow: else
	// calls that are charged too much at first, and admitted at level zero,
	// would never get it back. credit is in ns of level.
	saves  bool
	credit int64

	recent recent
}

// recent is the level that the latest charges alone would make: a refund that
// the upstream made before it saw them cannot have lowered it. It covers at
// least the last span ns; zero span keeps nothing.
type recent struct {
	span, begun   int64
	newer, longer int64 // instants of drain: of this span's charges, and of the last span's too
}

// add returns a + b, at most the last instant there is.
func add(a, b int64) int64 {
	if b > math.MaxInt64-a {
		return math.MaxInt64
	}
	return a + b
}

// ceil is a × b ÷ c, rounded up, at most 2^62. All are positive.
func ceil(a, b, c int64) int64 {
	hi, lo := bits.Mul64(uint64(max(0, a)), uint64(max(0, b)))
	by := uint64(max(1, c))
	if hi >= by {
		return 1 << 62
	}
	q, r := bits.Div64(hi, lo, by)
	if r > 0 {
		q++
	}
	return int64(min(q, 1<<62))
}

// cost is how long the limit takes to earn n: n·window/amount ns, rounded up.
func (p *pace) cost(n int64) int64 {
	if n <= 0 || p.amount <= 0 {
		return 0
	}
	return ceil(n, p.window, p.amount)
}

func (p *pace) fits(now, n int64) int64 {
	return max(now, p.drained-max(0, p.burst-p.cost(n)))
}

func (p *pace) add(now, n int64) {
	c := p.cost(n)
	if p.recent.span > 0 {
		p.recent.add(now, c)
	}
	saved := min(p.credit, c)
	p.credit -= saved
	p.drained = add(max(p.drained, now), c-saved)
}

func (r *recent) add(now, cost int64) {
	if now-r.begun >= r.span {
		r.begun, r.longer, r.newer = now, r.newer, 0
	}
	r.newer = add(max(r.newer, now), cost)
	r.longer = add(max(r.longer, now), cost)
}

// correct charges delta more, or gives it back when it is negative: the
// upstream has done the same, at most half of recent's span ago.
func (p *pace) correct(now, delta int64) {
	if delta > 0 {
		p.add(now, delta)
	}
	if delta < 0 {
		p.refund(now, p.cost(-delta))
	}
}

// forget takes back a charge of n made at the instant at, which the upstream
// never made: no more of it than cannot have drained since.
func (p *pace) forget(now, at, n int64) {
	left := max(0, p.cost(n)-max(0, now-at))
	if p.recent.span > 0 {
		p.recent.newer, p.recent.longer = max(now, p.recent.newer-left), max(now, p.recent.longer-left)
	}
	p.refund(now, left)
}

func (p *pace) refund(now, cost int64) {
	left := p.drained - cost
	if p.saves && left < now {
		lost := now - max(left, now-cost) // the level was at least zero
		p.credit = min(p.credit+lost, max(p.burst, cost))
	}
	p.drained = max(now, left, p.recent.longer)
}

// level is what has been charged and has not drained, in the limit's unit, rounded up.
func (p *pace) level(now int64) int64 {
	ns := p.drained - now
	if ns <= 0 || p.amount <= 0 || p.window <= 0 {
		return 0
	}
	return ceil(ns, p.amount, p.window)
}
