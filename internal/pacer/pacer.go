package pacer

import (
	"time"

	"github.com/headgate/headgate/internal/quota"
	"github.com/headgate/headgate/internal/sched"
)

// Limits are the limits of one pool. *quota.Set is one; the process's shared
// store is another.
type Limits interface {
	// Reserve charges the call to every limit, or to none.
	Reserve(now time.Time, c quota.Charges) (quota.Hold, quota.Verdict)
	// Release ends the hold of a call that never started.
	Release(now time.Time, h quota.Hold)
	// Forecast estimates when a call would start behind the work ahead.
	Forecast(now time.Time, ahead quota.Work, c quota.Charges) (time.Time, quota.Kind)
	// Share is the part of the tightest per-minute limit that a call uses.
	Share(used quota.Settled) int64
}

// Token names an enqueued call until it has ended, and its caller has heard of
// that (Outcomes) or caused it; then it is used again.
type Token = uint64

// Request is a call that wants to start.
type Request struct {
	// Spec says who it is for. Its Token and Deadline are set by the pacer.
	Spec sched.Spec
	// Wait is the longest that it may wait.
	Wait    time.Duration
	Charges quota.Charges
	// Run matters with the first call of a run (Spec.Begun is false).
	Run Run
}

// Outlook is what a call has before it when it comes.
type Outlook struct {
	// Start is how far off its start was forecast to be.
	Start time.Duration
	// Ahead is how many calls were expected to go first.
	Ahead int64
}

// Refusal says why a call was not let in.
type Refusal struct {
	Outlook

	// By is the limit that decides it.
	By quota.Kind
	// Run says that it is the run as a whole that cannot be done in time.
	Run bool
	// Promise is when it may come back, if Run.
	Promise
	// Alone is how long the run would take with the limits to itself, when that is
	// already longer than it may: then no time to come back helps. Otherwise 0.
	Alone time.Duration
}

// Outcome is what became of a waiting call.
type Outcome struct {
	Token   Token
	Started bool // with Hold; else its deadline passed, or it can never fit
	Hold    quota.Hold
	// By is the limit that it waited for last, if Waited.
	By     quota.Kind
	Waited bool
	// Dropped says that its run, which had not begun, was given up so that more
	// runs can be done in time.
	Dropped bool
	// Promise is when it may come back, if Dropped.
	Promise
}

// Pacer paces the calls of one pool. Make it with New.
type Pacer struct {
	limits   Limits
	sched    *sched.Scheduler
	fifo     bool
	promises promises
	margin   float64 // the part by which runs were late beyond their forecasts; see ended

	places  []place // by token
	free    []Token
	told    []Token        // of Outcomes that are to be handed out: free from then on
	tenants map[uint32]int // waiting calls of each tenant

	// head is the call that the limits refused last, unless one was granted since.
	head    Token
	refused bool

	entering entrant // the run that is being let in or refused
	effects  []sched.Effect
	outcomes []Outcome
	wake     time.Time
	rewake   bool
}

// place is a call's place in line.
type place struct {
	ref      sched.Ref
	tenant   uint32
	run      promiseKey
	bound    bound // while bounded: the run's end decides the deadline, and nothing of it has begun
	charges  quota.Charges
	deadline time.Time // the last instant at which it may start
	outlook  Outlook
	blocked  quota.Kind
	waited   bool // for the limit blocked
	bounded  bool
	state    state
}

type state uint8

const (
	stateGone state = iota
	stateWaiting
	stateStarted
)

// New makes a pacer without calls.
func New(limits Limits, opts sched.Options) *Pacer {
	return &Pacer{limits: limits, sched: sched.New(opts), fifo: opts.Order == sched.OrderFIFO, tenants: map[uint32]int{}}
}

// Waiting is how many calls wait or back off.
func (p *Pacer) Waiting() int { return p.sched.Waiting() }

// Depth is how many calls wait, and how many of them are the tenant's.
func (p *Pacer) Depth(tenant uint32) (all, own int) { return p.sched.Waiting(), p.tenants[tenant] }

// Deadline is the last instant at which the call may start.
func (p *Pacer) Deadline(t Token) time.Time { return p.places[t].deadline }

// Outlook is what the call had before it when it came.
func (p *Pacer) Outlook(t Token) Outlook { return p.places[t].outlook }

// WaitedFor is the limit that a call waited for last, and whether it waited for
// one at all.
func (p *Pacer) WaitedFor(t Token) (quota.Kind, bool) {
	return p.places[t].blocked, p.places[t].waited
}

// Blocked is the limit that the head of the line waits for, and whether it waits
// for one.
func (p *Pacer) Blocked() (quota.Kind, bool) {
	if !p.refused {
		return 0, false
	}
	pl := p.places[p.head]
	return pl.blocked, pl.waited && pl.state == stateWaiting
}

// lateness is the part of a forecast by which a call may start later than it
// says: what timers and the network take in each of many windows. Without it a
// call that was let in for the last instant of its wait would miss it, and one
// that comes back when it was told to would be sent away again.
const lateness = 50

// Enqueue puts a call in line, unless its start is forecast for later than it
// may wait: then ok is false and the refusal says how far off it is. The call
// may be among the Outcomes at once.
func (p *Pacer) Enqueue(now time.Time, r Request) (t Token, refusal Refusal, ok bool) {
	if r.Run.By > 0 && !r.Spec.Begun && !p.sched.Knows(&r.Spec) {
		t, refusal, ok = p.enqueueRun(now, r)
	} else {
		t, refusal, ok = p.enqueueCall(now, r)
	}
	for i := range p.outcomes {
		if ok && p.outcomes[i].Token == t {
			p.outcomes[i].Waited = false // it went before those that the forecast had ahead of it
		}
	}
	return t, refusal, ok
}

// enqueueCall puts a call in line that is judged by its start alone: that of a run
// which was let in, or which says nothing of its end.
func (p *Pacer) enqueueCall(now time.Time, r Request) (Token, Refusal, bool) {
	if r.Run.By > 0 {
		r.Spec.FinishBy = now.Add(r.Run.By)
	}
	var ahead quota.Work
	if p.sched.Waiting() > 0 { // with nobody waiting it is the head, whatever runs may still come back for
		ahead = p.sched.Ahead(r.Spec)
	}
	start, by := p.forecast(now, ahead, r.Charges)
	return p.enqueue(now, r, Outlook{start, ahead.Calls}, by)
}

// late is a forecast with room for what comes late.
func late(d time.Duration) time.Duration { return d + d/lateness }

// enqueue puts a call in line whose start is forecast.
func (p *Pacer) enqueue(now time.Time, r Request, o Outlook, by quota.Kind) (t Token, refusal Refusal, ok bool) {
	if o.Start > r.Wait {
		return 0, Refusal{Outlook: o, By: by}, false
	}
	spec := r.Spec
	spec.Deadline = now.Add(r.Wait)
	t = p.newPlace()
	// A call behind others is never refused by a limit itself: what it waits
	// for is what they wait for.
	p.places[t] = place{tenant: spec.Tenant, run: key(&spec), charges: r.Charges, deadline: spec.Deadline, outlook: o, blocked: by, waited: o.Start > 0, state: stateWaiting}
	p.tenants[spec.Tenant]++
	spec.Token = t
	// The scheduler may ask for this very call at once, so its Ref must be
	// known before the effects are carried out.
	ref, out := p.sched.Add(spec, now, p.effects[:0])
	p.places[t].ref = ref
	p.carryOut(out, now)
	return t, Refusal{}, true
}

func (p *Pacer) newPlace() Token {
	if n := len(p.free); n > 0 {
		t := p.free[n-1]
		p.free = p.free[:n-1]
		return t
	}
	t := Token(len(p.places))
	p.places = append(p.places, place{})
	return t
}

// Outcomes returns what has become of calls since it was last asked. The slice
// is valid until the next call of any method.
func (p *Pacer) Outcomes() []Outcome {
	out := p.outcomes
	p.outcomes = p.outcomes[:0]
	p.free, p.told = append(p.free, p.told...), p.told[:0]
	return out
}

// Wake returns when Tick is wanted, zero for never, and whether that has
// changed since it was last asked.
func (p *Pacer) Wake() (at time.Time, changed bool) {
	changed, p.rewake = p.rewake, false
	return p.wake, changed
}

// Tick says that time has passed.
func (p *Pacer) Tick(now time.Time) { p.step(sched.Event{Kind: sched.Tick}, now) }

// Freed says that a limit has changed from outside: the head may fit.
func (p *Pacer) Freed(now time.Time) { p.step(sched.Event{Kind: sched.Freed}, now) }

// Done ends a started call whose hold has been ended, with what it cost.
func (p *Pacer) Done(now time.Time, t Token, used quota.Settled) {
	p.ended(now, &p.places[t])
	p.step(sched.Event{Kind: sched.Done, Call: p.places[t].ref, Cost: p.limits.Share(used)}, now)
	p.forget(t)
}

// ComeBack puts a started call that the upstream refused on a quota back to the
// head of the line. Its hold has been ended.
func (p *Pacer) ComeBack(now time.Time, t Token) {
	p.again(now, t, sched.Event{Kind: sched.Returned, Call: p.places[t].ref})
}

// BackOff makes a started call wait until an instant before it is in line again.
// Its hold has been ended.
func (p *Pacer) BackOff(now time.Time, t Token, until time.Time) {
	p.again(now, t, sched.Event{Kind: sched.BackOff, Call: p.places[t].ref, At: until})
}

func (p *Pacer) again(now time.Time, t Token, ev sched.Event) {
	p.places[t].state = stateWaiting
	p.tenants[p.places[t].tenant]++
	p.step(ev, now)
}

// Cancel takes a waiting call out of line. It reports false when the call is
// not waiting any more: it has started, or it has expired and is gone.
func (p *Pacer) Cancel(now time.Time, t Token) bool {
	if p.places[t].state != stateWaiting {
		return false
	}
	p.left(p.places[t].tenant)
	p.step(sched.Event{Kind: sched.Cancel, Call: p.places[t].ref}, now)
	p.forget(t)
	return true
}

func (p *Pacer) step(ev sched.Event, now time.Time) {
	p.carryOut(p.sched.Step(ev, now, p.effects[:0]), now)
}

func (p *Pacer) carryOut(out []sched.Effect, now time.Time) {
	for i := 0; i < len(out); i++ {
		switch fx := out[i]; fx.Kind {
		case sched.TryReserve:
			out = p.reserve(fx, now, out)
		case sched.Start:
			pl := &p.places[fx.Token]
			pl.state, pl.bounded = stateStarted, false
			p.left(pl.tenant)
		case sched.Expired:
			p.expired(fx.Token, now)
		case sched.Release: // only follows a Cancel while a reservation is outstanding: reserve answers at once
		case sched.Wake:
			p.wake, p.rewake = fx.At, true
		}
	}
	p.effects = out[:0]
}

// expired takes out a call whose deadline has passed.
func (p *Pacer) expired(t Token, now time.Time) {
	pl := &p.places[t]
	o := Outcome{Token: t, By: pl.blocked, Waited: pl.waited}
	if pl.bounded { // others of its tenant that are due earlier came after it
		o.Dropped, o.Promise = true, p.promiseAgain(now, pl, &pl.bound)
	}
	p.left(pl.tenant)
	p.tell(o)
}

// tell hands out the last word on a call that did not start.
func (p *Pacer) tell(o Outcome) {
	p.outcomes = append(p.outcomes, o)
	p.places[o.Token] = place{}
	p.told = append(p.told, o.Token) // before its caller has heard it must not name another
}

// reserve answers the scheduler's question and appends what follows.
func (p *Pacer) reserve(fx sched.Effect, now time.Time, out []sched.Effect) []sched.Effect {
	pl := &p.places[fx.Token]
	hold, v := p.limits.Reserve(now, pl.charges)
	p.head, p.refused = fx.Token, !v.Granted
	if v.Granted {
		p.outcomes = append(p.outcomes, Outcome{Token: fx.Token, Started: true, Hold: hold, By: pl.blocked, Waited: pl.waited})
		return p.sched.Step(sched.Event{Kind: sched.Granted, Call: fx.Call}, now, out)
	}
	pl.blocked, pl.waited = v.Kind, true
	return p.sched.Step(sched.Event{Kind: sched.Refused, Call: fx.Call, At: v.At}, now, out)
}

func (p *Pacer) forget(t Token) {
	p.places[t] = place{}
	p.free = append(p.free, t)
}

// left takes a call out of its tenant's count of waiting ones.
func (p *Pacer) left(tenant uint32) {
	if p.tenants[tenant]--; p.tenants[tenant] <= 0 {
		delete(p.tenants, tenant)
	}
}
