package meter

import "time"

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
	Amount  int64
	Law     Law
	counter Counter
	// next took this limit's place, and entered what was spent of it at carry.
	next  *Limit
	carry Entry
}

// NewLimit starts a limit of amount units in each window, full at now.
func NewLimit(m Measure, law Law, amount int64, window time.Duration, seed uint64, now time.Time) *Limit {
	return &Limit{Measure: m, Amount: amount, Law: law, counter: NewCounter(law, amount, window, seed, now)}
}

// Available is how many more units fit at now; below zero there is a debt.
func (l *Limit) Available(now time.Time) int64 { return l.counter.Available(now) }

// Capacity is the most that may be available.
func (l *Limit) Capacity() int64 { return l.counter.Capacity() }

// ReplaceBy puts next, a fresh limit, in l's place: what was spent of l is
// spent of next, and tickets that l has a part in settle with next.
func (l *Limit) ReplaceBy(now time.Time, next *Limit) {
	l.next = next
	l.carry = next.counter.Take(now, l.Capacity()-l.Available(now))
}

func (l *Limit) correct(now time.Time, e Entry, delta int64) {
	for l.next != nil {
		l, e = l.next, l.carry
	}
	l.counter.Correct(now, e, delta)
}

// units is what a call of some tokens takes of this limit.
func (l *Limit) units(tokens int64) int64 {
	if l.Measure == Requests {
		return 1
	}
	return tokens
}

// maxLimits is how many limits meet in one call: a pool's requests, tokens and
// day, and the account's day.
const maxLimits = 4

// Ticket is what an admitted call has set aside. Settle it exactly once.
type Ticket struct {
	limits  [maxLimits]*Limit
	entries [maxLimits]Entry
	n       int
	hold    int64
}

// Admit checks a call against every limit and charges all of them or none.
// It returns the first measure that is in the way, or None. A limit of zero is
// reported as Day, as the service does. At most four limits are looked at.
func Admit(now time.Time, limits []*Limit, hold int64) (Ticket, Measure) {
	blocked := None
	for _, l := range limits {
		switch {
		case l.Amount <= 0:
			return Ticket{}, Day
		case l.Measure < blocked && !l.counter.Fits(now, l.units(hold)):
			blocked = l.Measure
		}
	}
	if blocked != None {
		return Ticket{}, blocked
	}
	t := Ticket{hold: hold}
	for _, l := range limits[:min(len(limits), maxLimits)] {
		t.limits[t.n] = l
		t.entries[t.n] = l.counter.Take(now, l.units(hold))
		t.n++
	}
	return t, None
}

// Reject charges the request limits for a call that was refused.
func Reject(now time.Time, limits []*Limit) {
	for _, l := range limits {
		if l.Measure == Requests && l.Amount > 0 {
			l.counter.Take(now, 1)
		}
	}
}

// Hold is what the ticket set aside.
func (t *Ticket) Hold() int64 { return t.hold }

// Settle corrects every token limit from the hold to the final charge. The
// request stays spent. A second Settle does nothing.
func (t *Ticket) Settle(now time.Time, charge int64) {
	for i := range t.n {
		if t.limits[i].Measure != Requests {
			t.limits[i].correct(now, t.entries[i], t.hold-charge)
		}
	}
	t.n = 0
}
