package meter

import (
	"time"

	"github.com/headgate/headgate/internal/llm"
)

// Measure is what a limit counts.
type Measure uint8

// The measures, in the order in which a refusal names them.
const (
	Requests Measure = iota // per minute
	Tokens                  // per minute
	Day                     // tokens per day
	// None is the measure of no limit: the call was admitted.
	None
)

// String is the measure's name in statistics.
func (m Measure) String() string {
	switch m {
	case Requests:
		return "requests"
	case Tokens:
		return "tokens"
	case Day:
		return "day"
	default:
		return "none"
	}
}

// Limit is one quota with its state. It is not safe for concurrent use.
type Limit struct {
	Measure Measure
	// Amount is the published one. What is enforced may be less: see Follow.
	Amount int64
	Law    Law
	Day    DayLaw // of a limit from NewDay
	// Accounting may be changed at any time. It holds for what happens next,
	// settlements of calls under way included.
	Accounting Accounting
	// Weights count tokens in AdmitCall and SettleUsage in place of the
	// Accounting's hold and the burndown. Nil: no weights.
	Weights *Weights

	window  time.Duration
	seed    uint64
	counter state
	queue   queue
	factor  *Factor
	until   int64 // Unix nanoseconds before which the factor does not change
	// next took this limit's place, and entered what was spent of it at carry;
	// carried is what of that can still be given back.
	next    *Limit
	carry   Entry
	carried int64
}

// NewLimit starts a limit of amount units in each window, full at now.
func NewLimit(m Measure, law Law, amount int64, window time.Duration, seed uint64, now time.Time) *Limit {
	return &Limit{
		Measure: m, Amount: amount, Law: law, window: window, seed: seed,
		counter: newState(law, amount, window, seed, now),
	}
}

// Follow lets a factor say from now on how much of the amount is enforced.
// Nil: all of it.
func (l *Limit) Follow(now time.Time, f *Factor) {
	l.due(now)
	l.factor, l.until = f, now.UnixNano()
	if f == nil {
		l.counter.resize(now, l.Amount)
		return
	}
	l.due(now)
}

// Enforced is what of the amount is enforced at now.
func (l *Limit) Enforced(now time.Time) int64 {
	if l.factor == nil {
		return l.Amount
	}
	return enforced(l.Amount, l.factor.At(now))
}

// Available is how many more units fit at now, at the most; below zero there
// is a debt.
func (l *Limit) Available(now time.Time) int64 {
	l.due(now)
	return l.counter.Available(now)
}

// Capacity is the most that may be available.
func (l *Limit) Capacity() int64 { return l.counter.Capacity() }

// Alike reports whether two limits count the same in the same way, so that one
// may go on in place of the other.
func (l *Limit) Alike(o *Limit) bool {
	same := l.Weights == o.Weights || l.Weights != nil && o.Weights != nil && *l.Weights == *o.Weights
	return same && l.Measure == o.Measure && l.Amount == o.Amount && l.Law == o.Law && l.Day == o.Day &&
		l.window == o.window && l.seed == o.seed
}

// ReplaceBy puts next, a fresh limit, in l's place: what was spent of l is
// spent of next, what is due later comes due there, and tickets that l has a
// part in settle with next.
func (l *Limit) ReplaceBy(now time.Time, next *Limit) {
	l.due(now)
	next.due(now)
	l.carried = max(l.counter.spent(now), 0)
	l.next, l.carry = next, next.counter.carry(now, l.counter.spent(now))
	for len(l.queue.items) > 0 {
		p := l.queue.pop()
		refund := p.plan == nil || p.plan.total > 0
		if p.entry != Now {
			if refund && !l.counter.remembers(p.entry) {
				continue
			}
			p.entry = l.carry
			if p.plan == nil {
				p.delta = min(p.delta, l.carried)
				l.carried -= p.delta
			}
		}
		next.queue.push(p)
	}
}

// correct enters a correction, after a delay if it is a refund and there is
// one.
func (l *Limit) correct(now time.Time, e Entry, delta int64) {
	for l.next != nil {
		if delta > 0 {
			if !l.counter.remembers(e) {
				return
			}
			delta = min(delta, l.carried)
			l.carried -= delta
		}
		l, e = l.next, l.carry
	}
	l.due(now)
	if delta > 0 {
		e = l.Accounting.entry(e)
		if l.Accounting.RefundDelay > 0 {
			at := now.Add(time.Duration(l.Accounting.RefundDelay)).UnixNano()
			l.queue.push(pending{at: at, entry: e, delta: delta})
			return
		}
	}
	l.counter.Correct(now, e, delta)
}

// fits reports whether a call that takes n fits.
func (l *Limit) fits(now time.Time, n int64) bool {
	l.due(now)
	return l.counter.Fits(now, n)
}

// take charges a call n.
func (l *Limit) take(now time.Time, n int64) Entry {
	l.due(now)
	return l.counter.Take(now, n)
}

// hold is what a call takes of the limit when it is admitted.
func (l *Limit) hold(d *Demand) int64 {
	switch {
	case l.Measure == Requests:
		return 1
	case l.Weights != nil:
		u := d.Input
		u.Output = max(d.MaxTokens, l.Accounting.MinReservedOutput)
		return l.Weights.Units(u)
	}
	return l.Accounting.Hold(d.Input, d.MaxTokens, d.Burndown)
}

// charge is what a call finally costs of the limit.
func (l *Limit) charge(u llm.Usage, burndown int64) int64 {
	switch {
	case l.Measure == Requests:
		return 1
	case l.Weights != nil:
		return l.Weights.Units(u)
	}
	return Charge(u, burndown)
}
