package pacer

import (
	"time"

	"github.com/headgate/headgate/internal/sched"
)

const (
	// promiseShare is the part of the limits' speed at which runs are told to come
	// back: half, so that those who come now find room as well.
	promiseShare = 2
	// leastPromise is the shortest time after which a run is told to come back.
	leastPromise = time.Second
	// mostPromise is the longest. What would come later is told this, and promised
	// nothing.
	mostPromise = 24 * time.Hour
	// grace is how long a promise holds after its instant, in parts of the run's
	// own time: clients and their clocks are late. leastGrace is the least of it.
	grace      = 4
	leastGrace = time.Minute
	// maxPromises bounds those that are remembered, and sweepEach how often those
	// that are over are looked for when there is no room.
	maxPromises = 1 << 14
	sweepEach   = time.Minute
)

// promises are the runs that were refused and told when to come back.
//
// A run that returns when it was told to is let in, and what it displaces is
// refused in its turn. That keeps the word without a reservation, which would
// stand in the way of others for nothing when the client does not return. Times
// that a tenant is told lie apart by what the runs take at half its speed; another
// tenant's do not matter, or one that is refused without end would send all others
// away for a day.
type promises struct {
	until map[promiseKey]promise
	next  map[uint32]time.Time // by tenant: what has been promised is served by then
	swept time.Time
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

// kept forgets the promise of a run that was let in.
func (p *promises) kept(k promiseKey) { delete(p.until, k) }

// Promise is what a run is told that was not let in.
type Promise struct {
	// Again is how long it should stay away.
	Again time.Duration
	// Promised says that it is let in if it comes back then: the run has a number
	// by which it will be known.
	Promised bool
}

// make promises a run that it is let in after a while, at the earliest. Takes is
// how long the tenant's share of the limits needs for the run, and by how long the
// run may take.
func (p *promises) make(now time.Time, k promiseKey, after, takes, by time.Duration) Promise {
	if pr, ok := p.until[k]; ok && now.Before(pr.from) {
		return Promise{Again: pr.from.Sub(now), Promised: true} // it came too early: the promise stands
	}
	away := min(max(after, leastPromise, p.next[k.tenant].Sub(now)), mostPromise)
	if away == mostPromise || k.run == 0 || !p.room(now, k) {
		return Promise{Again: away}
	}
	at := now.Add(away)
	p.next[k.tenant] = at.Add(promiseShare * min(max(0, takes), mostPromise))
	// A retry that is told whole seconds may come a little early.
	p.until[k] = promise{from: at.Add(-leastPromise), to: at.Add(max(by/grace, leastGrace))}
	return Promise{Again: away, Promised: true}
}

// room reports whether one more promise can be remembered.
func (p *promises) room(now time.Time, k promiseKey) bool {
	if p.until == nil {
		p.until, p.next = map[promiseKey]promise{}, map[uint32]time.Time{}
	}
	if _, known := p.until[k]; known || len(p.until) < maxPromises {
		return true
	}
	if now.Sub(p.swept) < sweepEach {
		return false
	}
	p.swept = now
	for k, pr := range p.until {
		if !now.Before(pr.to) {
			delete(p.until, k)
		}
	}
	for tenant, at := range p.next {
		if !now.Before(at) {
			delete(p.next, tenant)
		}
	}
	return len(p.until) < maxPromises
}
