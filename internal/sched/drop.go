package sched

import (
	"slices"
	"time"
)

// AheadOfRun is what comes before a run with a FinishBy that is not here yet: as
// for Ahead, but for what its tenant is to have done later than that and has not
// begun. It takes time linear in the tenant's runs that have not begun.
func (s *Scheduler) AheadOfRun(spec Spec) RunAhead {
	ahead := s.ahead(&spec)
	ti, ok := s.tenantIndex[tenantKey{spec.Tenant, spec.Class}]
	if !ok || s.opts.Order == OrderFIFO {
		return ahead
	}
	ahead.thinking = s.tenants[ti].thinking
	by := spec.FinishBy.UnixNano()
	for _, item := range s.tenants[ti].fresh {
		if r := &s.runs[item.id]; item.key > by {
			ahead.own.Add(-r.work.Calls-r.future.Calls, -r.work.Tokens-r.future.Tokens)
		}
	}
	return ahead
}

// Knows reports whether the call's run has a call here that waits or runs, or has
// begun here.
func (s *Scheduler) Knows(spec *Spec) bool {
	if spec.Run == 0 {
		return false
	}
	ti, ok := s.tenantIndex[tenantKey{spec.Tenant, spec.Class}]
	if ok {
		_, ok = s.lookupRun(ti, spec.Run)
	}
	return ok
}

// Last reports whether a started call is the last one of a run: all that the run
// said it would make have started, and no other is under way. By is when the run
// was to be done; zero when it did not say.
func (s *Scheduler) Last(ref Ref) (by time.Time, last bool) {
	c := s.lookup(ref)
	if c == nil {
		return time.Time{}, false
	}
	r := &s.runs[c.run]
	if r.declared <= 0 || r.started < r.declared || r.running != 1 || r.waiting+r.resting > 0 {
		return time.Time{}, false
	}
	if r.finishes && !r.ordinary { // or it may have been put off
		by = time.Unix(0, r.deadline)
	}
	return by, true
}

// Drop is a run that could be given up to make room.
type Drop struct {
	// Call is the token of its first waiting call, and Ref that call.
	Call uint64
	Ref  Ref
	Work Work
	// FinishBy is when it was to be done.
	FinishBy time.Time
}

// Droppable finds the largest of the tenant's runs with a FinishBy that have not
// begun, were not promised, and have one waiting call: among those that come
// before spec's and are not chosen yet, and only one larger than the given tokens.
// To give up the largest lets the most runs be done in time (Moore 1968, one
// machine and late jobs). It takes time linear in the tenant's runs that have not
// begun.
func (s *Scheduler) Droppable(spec Spec, larger int64, chosen []Drop) (Drop, bool) {
	ti, ok := s.tenantIndex[tenantKey{spec.Tenant, spec.Class}]
	if !ok || s.opts.Order == OrderFIFO {
		return Drop{}, false
	}
	by := spec.FinishBy.UnixNano()
	best := absent
	for _, item := range s.tenants[ti].fresh {
		r := &s.runs[item.id]
		size := r.work.Tokens + r.future.Tokens
		if item.key <= by && size > larger && s.droppable(r) && !slices.ContainsFunc(chosen, func(d Drop) bool { return d.Ref.index == r.head }) {
			best, larger = item.id, size
		}
	}
	if best == absent {
		return Drop{}, false
	}
	r := &s.runs[best]
	c := &s.calls[r.head]
	return Drop{
		Call: c.token, Ref: Ref{r.head, c.gen},
		Work:     Work{Calls: r.work.Calls + r.future.Calls, Tokens: larger},
		FinishBy: time.Unix(0, r.deadline),
	}, true
}

// droppable reports whether all there is of a run is one call that waits.
func (s *Scheduler) droppable(r *run) bool {
	return r.finishes && !r.promised && !r.begun && r.waiting == 1 && r.resting+r.running == 0 && s.calls[r.head].state == stateWaiting
}
