package adapt

// A bank holds, for each share of the limit that might be there, what level a
// bucket of that share could now have. A refusal of a call bounds the level from
// above, a call that was taken bounds it from below, and a share for which no
// level is left is ruled out. What remains is the bracket: no assumption about
// the level at the start, nor about how full the bucket was before, is needed.
//
// Shares are told apart in steps. A step's low end drains as the largest of its
// shares would leave it, and its high end fills as the smallest would not: it is
// ruled out only when every share in it is, however long the history.
//
// Amounts are in shares of the limit, time is in windows of it.
type bank struct {
	at    float64
	taken float64 // since at
	level [steps]interval
}

// interval is the levels that are possible. It is empty, and the share ruled
// out, when low > high.
type interval struct{ low, high float64 }

const (
	// steps and ratio span the shares from 1 down to about 0.3, each 1 % below the
	// one before.
	steps = 122
	ratio = 0.99
	// leastShare is below the smallest share that is told apart.
	leastShare = 0.29
	// leastCapacity is the least that a bucket is taken to hold, in windows: the
	// one second of the shortest that is known of.
	leastCapacity = 1.0 / 60
	// answering is how much of a window passes, at most, before a refusal of what
	// has been sent is known: about a second of a minute.
	answering = 0.02
)

// begin forgets everything but that a charge was refused now.
func (b *bank) begin(at, charge float64) {
	b.at, b.taken = at, 0
	for i := range b.level {
		b.level[i] = interval{0, charge}
	}
}

func (b *bank) take(charge float64) { b.taken += charge }

// advance lets time pass. Charge is that of a typical call.
func (b *bank) advance(at, charge float64) { b.give(at, 0, charge) }

// give lets time pass, and then gives an amount back. A bucket may have been full
// before any of what was taken meanwhile: that bounds the level from below.
func (b *bank) give(at, amount, charge float64) {
	passed := max(0, at-b.at)
	floor := -(charge + answering)
	f := 1.0
	for i := range b.level {
		l := &b.level[i]
		if l.low <= l.high {
			holds := max(f*ratio*leastCapacity, 4*charge)
			l.low = max(floor, min(min(l.low+f*ratio*passed, holds)-b.taken+amount, holds))
			l.high = min(l.high+f*passed-b.taken+amount, f)
			if l.high < floor {
				*l = interval{1, 0} // it would have refused by now
			}
		}
		f *= ratio
	}
	b.at, b.taken = at, 0
}

// refuse takes in that a charge was refused at the instant to which the bank has
// advanced, or up to late before it. Slack is what the amounts may be wrong by.
func (b *bank) refuse(charge, slack, late float64) {
	f := 1.0
	for i := range b.level {
		l := &b.level[i]
		most := charge + slack + f*late
		switch {
		case l.low > l.high:
		case l.low >= most:
			*l = interval{1, 0} // it would have taken it
		default:
			l.high = max(l.low, min(l.high, most))
		}
		f *= ratio
	}
}

// bounds are the smallest and the largest share that are left; ok is false when
// none is: the upstream is no bucket, or it has changed meanwhile.
func (b *bank) bounds() (lower, upper float64, ok bool) {
	f := 1.0
	for i := range b.level {
		if l := b.level[i]; l.low <= l.high {
			if !ok {
				upper = f
			}
			lower, ok = f*ratio, true
		}
		f *= ratio
	}
	return lower, upper, ok
}
