package meter

import (
	"time"

	"github.com/headgate/headgate/internal/llm"
)

// maxLimits is how many limits meet in one call: a pool's requests, tokens and
// day, and the account's day.
const maxLimits = 4

// Demand is what a call asks for: its input, and the most it may put out.
type Demand struct {
	Input     llm.Usage // its Output is not looked at
	MaxTokens int64
	Burndown  int64 // how many quota tokens one of output costs
}

// Ticket is what an admitted call has set aside. Settle it exactly once, by
// Settle or SettleUsage.
type Ticket struct {
	shares   [maxLimits]share
	n        int
	hold     int64
	burndown int64
	at       time.Time
}

// share is a call's part in one limit.
type share struct {
	limit *Limit
	entry Entry
	hold  int64
	plan  *plan // nil: none
}

// Admit checks a call that takes hold of every token limit, and one request,
// against every limit, and charges all of them or none. It returns the first
// measure that is in the way, or None. A limit of zero is reported as Day, as
// the service does. At most four limits are looked at.
func Admit(now time.Time, limits []*Limit, hold int64) (Ticket, Measure) {
	var holds [maxLimits]int64
	limits = limits[:min(len(limits), maxLimits)]
	for i, l := range limits {
		holds[i] = hold
		if l.Measure == Requests {
			holds[i] = 1
		}
	}
	t, blocked := admit(now, limits, &holds)
	t.hold, t.burndown = hold, 1
	return t, blocked
}

// AdmitCall is Admit for a call whose hold each limit reckons by its own
// accounting or weights.
func AdmitCall(now time.Time, limits []*Limit, d Demand) (Ticket, Measure) {
	var holds [maxLimits]int64
	limits = limits[:min(len(limits), maxLimits)]
	var most int64
	for i, l := range limits {
		holds[i] = l.hold(&d)
		if l.Measure == Tokens {
			most = holds[i]
		}
	}
	t, blocked := admit(now, limits, &holds)
	t.hold, t.burndown = most, d.Burndown
	return t, blocked
}

func admit(now time.Time, limits []*Limit, holds *[maxLimits]int64) (Ticket, Measure) {
	blocked := None
	for i, l := range limits {
		switch {
		case l.Amount <= 0:
			return Ticket{}, Day
		case l.Measure < blocked && !l.fits(now, holds[i]):
			blocked = l.Measure
		}
	}
	if blocked != None {
		return Ticket{}, blocked
	}
	t := Ticket{at: now, n: len(limits)}
	for i, l := range limits {
		t.shares[i] = share{limit: l, entry: l.take(now, holds[i]), hold: holds[i]}
	}
	return t, None
}

// Reject charges the request limits for a call that was refused.
func Reject(now time.Time, limits []*Limit) {
	for _, l := range limits {
		if l.Measure == Requests && l.Amount > 0 {
			l.take(now, 1)
		}
	}
}

// RejectCall charges a call that AdmitCall refused what each limit's accounting
// has it pay.
func RejectCall(now time.Time, limits []*Limit, d Demand) {
	for _, l := range limits {
		a := &l.Accounting
		if l.Amount > 0 && (a.ChargeRejectedHold || a.ChargeRejected && l.Measure == Requests) {
			l.take(now, l.hold(&d))
		}
	}
}

// Hold is what the ticket set aside: what was given to Admit, or what AdmitCall
// reckoned for the limit of tokens per minute.
func (t *Ticket) Hold() int64 { return t.hold }

// Expect tells what a call under way will have used when it ends, over after
// its admission. Limits with a ReleaseEvery then move what it has set aside
// towards what it will cost while it is under way: at each multiple of that
// time, the part of the difference that corresponds to the part of over that
// has passed. When it will cost more than it set aside, the difference is
// charged in the same way. What is left is corrected by the settlement,
// whatever that charges. A ticket expects once.
func (t *Ticket) Expect(used llm.Usage, over time.Duration) {
	for i := range t.n {
		s := &t.shares[i]
		l := s.limit
		every := int64(l.Accounting.ReleaseEvery)
		if every <= 0 || l.Measure == Requests || every >= int64(over) || l.next != nil || s.plan != nil {
			continue
		}
		start := t.at.UnixNano()
		s.plan = &plan{start: start, every: every, over: int64(over), total: s.hold - l.charge(used, t.burndown)}
		l.queue.push(pending{at: start + every, entry: l.Accounting.entry(s.entry), plan: s.plan})
	}
}

// Settle corrects every token limit from the hold to the final charge. The
// request stays spent. A second Settle does nothing.
func (t *Ticket) Settle(now time.Time, charge int64) {
	for i := range t.n {
		t.shares[i].settle(now, charge)
	}
	t.n = 0
}

// SettleUsage is Settle with what each limit reckons for the tokens that were
// used.
func (t *Ticket) SettleUsage(now time.Time, used llm.Usage) {
	for i := range t.n {
		s := &t.shares[i]
		s.settle(now, s.limit.charge(used, t.burndown))
	}
	t.n = 0
}

func (s *share) settle(now time.Time, charge int64) {
	if s.limit.Measure == Requests {
		return
	}
	delta := s.hold - charge
	if s.plan != nil {
		// What is due by now is done first, wherever it waits.
		last := s.limit
		for last.next != nil {
			last = last.next
		}
		last.due(now)
		delta -= s.plan.done
		s.plan.ended = true
	}
	if delta != 0 {
		s.limit.correct(now, s.entry, delta)
	}
}
