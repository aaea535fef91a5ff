package quota

import "math/bits"

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
}

// cost is how long the limit takes to earn n: n·window/amount ns, rounded up.
func (p *pace) cost(n int64) int64 {
	if n <= 0 || p.amount <= 0 {
		return 0
	}
	hi, lo := bits.Mul64(uint64(n), uint64(p.window))
	if hi >= uint64(p.amount) {
		return 1 << 62
	}
	q, r := bits.Div64(hi, lo, uint64(p.amount))
	if r > 0 {
		q++
	}
	return int64(min(q, 1<<62))
}

func (p *pace) fits(now, n int64) int64 {
	return max(now, p.drained-max(0, p.burst-p.cost(n)))
}

func (p *pace) add(now, n int64) {
	p.drained = max(p.drained, now) + p.cost(n)
}

func (p *pace) correct(now, delta int64) {
	if delta >= 0 {
		p.add(now, delta)
		return
	}
	p.drained = max(now, p.drained-p.cost(-delta))
}
