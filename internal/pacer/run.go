package pacer

import (
	"time"

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
	// promiseShare is the part of the limits' speed at which runs are told to come
	// back: half, so that those who come now find room as well.
	promiseShare = 2
	// leastPromise is the shortest time after which a run is told to come back.
	leastPromise = time.Second
	// grace is how long a promise holds after its instant, in parts of the run's
	// own time: clients and their clocks are late.
	grace = 4
	// maxPromises bounds those that are remembered.
	maxPromises = 1 << 14
	// maxDrops bounds how many waiting runs are given up for one.
	maxDrops = 64
)

// promises are the runs that were refused and told when to come back.
//
// A run that returns when it was told to is let in, and what it displaces is
// refused in its turn. That keeps the word without a reservation, which would
// stand in the way of others for nothing when the client does not return. Times
// that are told lie apart by what the runs take at half the limits' speed.
type promises struct {
	until map[promiseKey]promise
	next  time.Time // what has been promised is served by then
}

type promiseKey struct {
	tenant uint32
	run    uint64
}

type promise struct{ from, to time.Time }

func key(spec *sched.Spec) promiseKey { return promiseKey{spec.Tenant, spec.Run} }

// holds reports whether the run was told to come now.
func (p *promises) holds(now time.Time, k promiseKey) bool {
	pr, ok := p.until[k]
	return ok && !now.Before(pr.from) && now.Before(pr.to)
}

// make promises a run that it is let in after a while, at the earliest, and
// returns how long it is to stay away. Takes is how long the limits need for the
// run, and by how long it may take.
func (p *promises) make(now time.Time, k promiseKey, after, takes, by time.Duration) time.Duration {
	if pr, ok := p.until[k]; ok && now.Before(pr.from) {
		return pr.from.Sub(now) // it came too early: the promise stands
	}
	at := now.Add(max(after, leastPromise))
	if p.next.After(at) {
		at = p.next
	}
	p.next = at.Add(promiseShare * takes)
	if k.run == 0 {
		return at.Sub(now)
	}
	if p.until == nil {
		p.until = map[promiseKey]promise{}
	}
	if len(p.until) >= maxPromises {
		p.sweep(now)
	}
	if len(p.until) < maxPromises {
		// A retry that is told whole seconds may come a little early.
		p.until[k] = promise{from: at.Add(-leastPromise), to: at.Add(max(by/grace, time.Minute))}
	}
	return at.Sub(now)
}

func (p *promises) sweep(now time.Time) {
	for k, pr := range p.until {
		if !now.Before(pr.to) {
			delete(p.until, k)
		}
	}
}

// enqueueRun puts the first call of a run in line that is to be done by some
// time, if all of it can be; perhaps at the price of a larger one that has not
// begun.
func (p *Pacer) enqueueRun(now time.Time, r Request) (Token, Refusal, bool) {
	spec := &r.Spec
	spec.FinishBy = now.Add(r.Run.By)
	spec.Promised = p.promises.holds(now, key(spec))
	calls := int64(max(1, spec.RunCalls))
	own := quota.Work{Calls: calls - 1, Tokens: (calls - 1) * spec.Tokens}
	size := calls * spec.Tokens
	larger := size
	if spec.Promised {
		larger = 0
	}
	start, done, by := p.forecastRun(now, r, own, quota.Work{})
	var dropped []sched.Drop
	var freed quota.Work
	for done > r.Run.By && len(dropped) < maxDrops {
		d, ok := p.sched.Droppable(*spec, larger, dropped)
		if !ok {
			break
		}
		dropped = append(dropped, d)
		freed.Add(d.Work.Calls, d.Work.Tokens)
		start, done, by = p.forecastRun(now, r, own, freed)
	}
	if done > r.Run.By {
		return 0, p.refuseRun(now, r, own, start, done-r.Run.By, by), false
	}
	for _, d := range dropped {
		p.drop(now, d)
	}
	delete(p.promises.until, key(spec))
	// What has not begun in time for the rest of it is better not begun.
	r.Wait = min(r.Wait, max(start, r.Run.By-time.Duration(calls)*r.Run.CallTime*3/2))
	return p.enqueue(now, r, start, by)
}

// forecastRun is how far off the start of the call and the end of its run are,
// if some work ahead were given up, and the limit that decides.
func (p *Pacer) forecastRun(now time.Time, r Request, own, freed quota.Work) (start, done time.Duration, by quota.Kind) {
	var ahead quota.Work
	if p.sched.Waiting() > 0 {
		ahead = p.sched.AheadOfRun(r.Spec)
		ahead = quota.Work{Calls: max(0, ahead.Calls-freed.Calls), Tokens: max(0, ahead.Tokens-freed.Tokens)}
	}
	first, _ := p.limits.Forecast(now, ahead, r.Charges)
	ahead.Add(own.Calls, own.Tokens)
	last, by := p.limits.Forecast(now, ahead, r.Charges)
	start, done = late(first.Sub(now)), late(last.Sub(now))
	done += time.Duration(p.margin * float64(done))
	done = max(done, start+time.Duration(own.Calls)*r.Run.CallTime) + r.Run.CallTime
	return start, done, by
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
	if pl.by.IsZero() {
		return
	}
	if started, declared := p.sched.Progress(pl.ref); declared == 0 || started < declared {
		return
	}
	miss := 0.0
	if now.After(pl.by) {
		miss = 1
	}
	p.margin = min(max(0, p.margin+learnMargin*(miss-lateShare)), mostMargin)
}

// refuseRun promises the run a time to come back.
func (p *Pacer) refuseRun(now time.Time, r Request, own quota.Work, start, over time.Duration, by quota.Kind) Refusal {
	own.Add(1, r.Spec.Tokens)
	again := p.promises.make(now, key(&r.Spec), over, p.takes(now, own, r.Charges), r.Run.By)
	return Refusal{Start: start, By: by, Run: true, Again: again}
}

// takes is how long the limits need for some work of calls like one with c.
func (p *Pacer) takes(now time.Time, work quota.Work, c quota.Charges) time.Duration {
	whole, _ := p.limits.Forecast(now, work, c)
	none, _ := p.limits.Forecast(now, quota.Work{}, c)
	return max(0, whole.Sub(none))
}

// drop gives up a waiting run that has not begun. The room that another one left
// may have let it begin meanwhile: then it stays.
func (p *Pacer) drop(now time.Time, d sched.Drop) {
	pl := p.places[d.Call]
	if pl.state != stateWaiting || pl.ref != d.Ref {
		return
	}
	again := p.promises.make(now, pl.run, leastPromise, p.takes(now, d.Work, pl.charges), d.FinishBy.Sub(now))
	p.left(pl.tenant)
	p.step(sched.Event{Kind: sched.Cancel, Call: d.Ref}, now)
	p.outcomes = append(p.outcomes, Outcome{Token: d.Call, By: pl.blocked, Waited: true, Dropped: true, Again: again})
	p.places[d.Call] = place{}
	p.told = append(p.told, d.Call) // the caller must hear of it before the token names another
}
