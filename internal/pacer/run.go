package pacer

import (
	"time"

	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
	"github.com/headgate/headgate/internal/sched"
)

// Run is what a call says of its run as a whole.
type Run struct {
	// By is how long from now the run may take until all of it is done; zero when
	// that was not said, and then the rest does not matter.
	By time.Duration
	// CallTime is how long a call like this one takes upstream.
	CallTime time.Duration
}

const (
	// maxDrops bounds how many waiting runs are given up for one.
	maxDrops = 64
	// farOff and muchWork bound what is reckoned with, so that sums of what callers
	// state stay in range.
	farOff   = 10 * 365 * 24 * time.Hour
	muchWork = 1 << 50
)

// entrant is a run whose first call asks to be let in.
type entrant struct {
	Request

	work  quota.Work // all of it
	takes time.Duration
	ahead sched.RunAhead
	freed quota.Work // by the runs that are to be given up for it

	// The forecast: how far off its first call's start and its end are, and the
	// limit that decides each.
	start, done time.Duration
	startBy, by quota.Kind
	before      int64 // calls expected before its first
}

func (e *entrant) outlook() Outlook { return Outlook{e.start, e.before} }

// enqueueRun puts the first call of a run in line that is to be done by some
// time, if all of it can be; perhaps at the price of larger ones that have not
// begun.
func (p *Pacer) enqueueRun(now time.Time, r Request) (Token, Refusal, bool) {
	e := p.entrant(now, r)
	dropped := p.makeRoom(now, e)
	switch {
	case e.done > e.Run.By:
		return 0, p.refuseRun(now, e), false
	case e.start > e.Wait: // and nothing has been given up for it
		return 0, Refusal{Outlook: e.outlook(), By: e.startBy}, false
	}
	p.promises.kept(key(&e.Spec))
	// What has not begun in time for the rest of it is better not begun.
	latest := max(e.start, e.Run.By-e.takes-e.takes/2)
	may := e.Wait
	e.Wait = min(may, latest)
	t, refusal, ok := p.enqueue(now, e.Request, e.outlook(), e.by)
	if pl := &p.places[t]; latest < may && !p.fifo && pl.state == stateWaiting {
		pl.bound, pl.bounded = bound{e.Spec.Class, e.Spec.Weight, e.work, e.Run}, true
	}
	for _, d := range dropped { // it stands in line by now: what they leave is its first
		p.drop(now, d, &e.Spec)
	}
	return t, refusal, ok
}

// bound is what is known of a run that waits to begin.
type bound struct {
	class  llm.Class
	weight int64
	work   quota.Work
	said   Run
}

// entrant is what is known of a run that wants to begin, until the next one does.
func (p *Pacer) entrant(now time.Time, r Request) *entrant {
	e := &p.entering
	*e = entrant{Request: r}
	spec := &e.Spec
	spec.FinishBy = now.Add(e.Run.By)
	spec.Promised = p.promises.holds(now, key(spec))
	calls := int64(max(1, spec.RunCalls))
	e.work = quota.Work{Calls: calls, Tokens: times(calls, spec.Tokens, muchWork)}
	e.Run.CallTime = min(max(0, e.Run.CallTime), farOff)
	e.takes = time.Duration(times(calls, int64(e.Run.CallTime), int64(farOff)))
	e.ahead = p.sched.AheadOfRun(*spec)
	p.forecastRun(now, e)
	return e
}

// times is n times each, or most.
func times(n, each, most int64) int64 {
	switch {
	case each <= 0:
		return 0
	case n > most/each:
		return most
	}
	return n * each
}

// makeRoom finds the runs to be given up so that the entrant is done in time:
// larger ones, or, for one that was told to come now, whichever are largest.
func (p *Pacer) makeRoom(now time.Time, e *entrant) []sched.Drop {
	larger := e.work.Tokens
	if e.Spec.Promised {
		larger = -1
	}
	var dropped []sched.Drop
	for len(dropped) < maxDrops && (e.done > e.Run.By || e.Spec.Promised && e.start > e.Wait) {
		d, ok := p.sched.Droppable(e.Spec, larger, dropped)
		if !ok {
			break
		}
		dropped = append(dropped, d)
		e.freed.Add(d.Work.Calls, d.Work.Tokens)
		p.forecastRun(now, e)
	}
	return dropped
}

// forecastRun forecasts the entrant with what has been freed for it.
func (p *Pacer) forecastRun(now time.Time, e *entrant) {
	var first quota.Work
	if p.sched.Waiting() > 0 { // with nobody waiting it is the head, whatever runs may still come back for
		first = e.ahead.Before(quota.Work{Calls: 1, Tokens: e.Spec.Tokens}, e.freed)
	}
	e.before = first.Calls
	last := e.ahead.Before(e.work, e.freed)
	last.Add(e.ahead.Thinking().Calls, e.ahead.Thinking().Tokens)
	last.Add(e.work.Calls-1, e.work.Tokens-e.work.Tokens/e.work.Calls)
	e.start, e.startBy = p.forecast(now, first, e.Charges)
	e.done, e.by = p.forecast(now, last, e.Charges)
	e.done += time.Duration(p.margin * float64(e.done))
	e.done = max(e.done, e.start+e.takes-e.Run.CallTime) + e.Run.CallTime
}

// forecast is how far off the start of a call is behind the work ahead.
func (p *Pacer) forecast(now time.Time, ahead quota.Work, c quota.Charges) (time.Duration, quota.Kind) {
	at, by := p.limits.Forecast(now, ahead, c)
	return late(min(at.Sub(now), farOff)), by
}

const (
	// lateShare is the part of runs that may end late.
	lateShare = 0.01
	// learnMargin is how fast the margin follows; mostMargin bounds it.
	learnMargin = 0.01
	mostMargin  = 0.5
)

// ended learns from the last call of a run whether forecasts of runs are too
// early. They are by nature: the largest forecasts are refused, so what is let in
// was more often taken for too small than for too large. The margin makes lateShare
// of them late in the long run, whatever the errors look like (adaptive conformal
// inference: Gibbs and Candès 2021).
func (p *Pacer) ended(now time.Time, pl *place) {
	by, last := p.sched.Last(pl.ref)
	if !last || by.IsZero() {
		return
	}
	miss := 0.0
	if now.After(by) {
		miss = 1
	}
	p.margin = min(max(0, p.margin+learnMargin*(miss-lateShare)), mostMargin)
}

// refuseRun promises the run a time to come back, unless it would not fit then
// either.
func (p *Pacer) refuseRun(now time.Time, e *entrant) Refusal {
	over, takes := e.done-e.Run.By, p.takes(now, e.work, e.Charges)
	r := Refusal{Outlook: e.outlook(), By: e.by, Run: true}
	// Limits give a window's worth at once at most.
	if alone := max(e.takes, takes-e.by.Window()); alone > e.Run.By {
		r.Alone = alone
	}
	if r.Alone > 0 || p.fifo { // in order of arrival no room can be made for it
		r.Again = min(max(leastPromise, over), mostPromise)
		return r
	}
	r.Promise = p.promises.make(now, key(&e.Spec), over, shared(takes, e.ahead.Turns()), e.Run.By)
	return r
}

// takes is how long the limits need for some work of calls like one with c.
func (p *Pacer) takes(now time.Time, work quota.Work, c quota.Charges) time.Duration {
	whole, _ := p.limits.Forecast(now, work, c)
	none, _ := p.limits.Forecast(now, quota.Work{}, c)
	return min(max(0, whole.Sub(none)), farOff)
}

// shared is how long something takes a tenant that shares the limits.
func shared(takes time.Duration, turns float64) time.Duration {
	return time.Duration(min(float64(takes)*(1+turns), float64(farOff)))
}

// drop gives up a waiting run of the tenant and class of like, that has not begun.
// The room that another one left may have let it begin meanwhile: then it stays.
func (p *Pacer) drop(now time.Time, d sched.Drop, like *sched.Spec) {
	pl := p.places[d.Call]
	if pl.state != stateWaiting || pl.ref != d.Ref {
		return
	}
	p.left(pl.tenant)
	p.step(sched.Event{Kind: sched.Cancel, Call: d.Ref}, now)
	b := bound{like.Class, like.Weight, d.Work, Run{By: d.FinishBy.Sub(now)}}
	if pl.bounded {
		b.said = pl.bound.said // what it will have when it comes back
	}
	again := p.promiseAgain(now, &pl, &b)
	p.tell(Outcome{Token: d.Call, By: pl.blocked, Waited: true, Dropped: true, Promise: again})
}

// promiseAgain promises another time to a run that had been let in and was given
// up: when it would be done in time behind what was let in since.
func (p *Pacer) promiseAgain(now time.Time, pl *place, b *bound) Promise {
	// Whatever is here now will be due before it, when it comes back with time anew.
	spec := sched.Spec{Class: b.class, Tenant: pl.tenant, Weight: b.weight, FinishBy: now.Add(farOff)}
	ahead := p.sched.AheadOfRun(spec)
	last := ahead.Before(b.work, quota.Work{})
	last.Add(ahead.Thinking().Calls+b.work.Calls-1, ahead.Thinking().Tokens+b.work.Tokens-b.work.Tokens/b.work.Calls)
	done, _ := p.forecast(now, last, pl.charges)
	takes := shared(p.takes(now, b.work, pl.charges), ahead.Turns())
	done += time.Duration(p.margin*float64(done)) + b.said.CallTime
	return p.promises.make(now, pl.run, done-b.said.By, takes, b.said.By)
}
