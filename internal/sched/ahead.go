package sched

// Ahead estimates what would be served before a call if it were enqueued now:
// what is more urgent, its tenant's own earlier work, and of the other tenants
// of its class what their weights entitle them to meanwhile. Runs that declared
// their number of calls count with those to come. It changes nothing and takes
// constant time.
func (s *Scheduler) Ahead(spec Spec) Work {
	return s.ahead(&spec).Before(Work{Calls: 1, Tokens: spec.Tokens}, Work{})
}

// RunAhead is what would be served before a run. It is a value: what happens later
// does not change it.
type RunAhead struct {
	urgent Work    // of more urgent classes
	own    Work    // of its tenant
	others Work    // of the other tenants of its class
	turns  float64 // what these are entitled to for each of the tenant's

	thinking Work
}

// Thinking is what runs of the tenant have still to ask for that have begun, have no
// call here now, and said by when they are to be done. No call waits for it, but it
// comes before the end of a run that begins now.
func (a RunAhead) Thinking() Work { return a.thinking }

// Turns is how much the other tenants that wait are entitled to for each token of
// the run's tenant: 0 when it has the limits to itself.
func (a RunAhead) Turns() float64 { return a.turns }

// Before is the work that would be served before so much of the run, that itself
// not counted, if some of its tenant's work ahead were given up.
func (a RunAhead) Before(mine, freed Work) Work {
	own := Work{Calls: max(0, a.own.Calls-freed.Calls), Tokens: max(0, a.own.Tokens-freed.Tokens)}
	ahead := a.urgent
	ahead.Add(own.Calls, own.Tokens)
	if a.turns > 0 {
		ahead.Add(atMost(a.others.Calls, float64(own.Calls+mine.Calls)*a.turns), atMost(a.others.Tokens, float64(own.Tokens+mine.Tokens)*a.turns))
	}
	return Work{Calls: max(0, ahead.Calls), Tokens: max(0, ahead.Tokens)}
}

func (s *Scheduler) ahead(spec *Spec) RunAhead {
	if s.opts.Order == OrderFIFO {
		return RunAhead{urgent: s.classes[0].work}
	}
	var a RunAhead
	for k := range int(spec.Class) {
		a.urgent.Add(s.classes[k].work.Calls, s.classes[k].work.Tokens)
	}
	class := &s.classes[spec.Class]
	a.others = class.work
	weights := class.weights
	if ti, ok := s.tenantIndex[tenantKey{spec.Tenant, spec.Class}]; ok {
		t := &s.tenants[ti]
		a.own = t.work
		a.others.Add(-t.work.Calls, -t.work.Tokens)
		if s.tenantPos[ti] != absent {
			weights -= t.queuedWeight
		}
		if ri, ok := s.lookupRun(ti, spec.Run); ok && spec.Run != 0 {
			r := &s.runs[ri]
			if r.first() || spec.Begun && !spec.Ordinary {
				a.own = t.leading
			} else {
				a.own.Add(-r.future.Calls, -r.future.Tokens)
			}
		} else if spec.Begun && !spec.Ordinary {
			a.own = t.leading
		}
	}
	a.turns = float64(weights) / float64(max(1, spec.Weight))
	return a
}

// atMost is n, or less if what it is entitled to is less. The product of many
// tenants' weights and tokens exceeds an int64.
func atMost(n int64, entitled float64) int64 {
	if entitled < float64(n) {
		return int64(entitled)
	}
	return n
}

// addWork counts a waiting call in or out wherever waiting work is summed.
func (s *Scheduler) addWork(r *run, calls, tokens int64) {
	t := &s.tenants[r.tenant]
	r.work.Add(calls, tokens)
	t.work.Add(calls, tokens)
	s.classes[t.class].work.Add(calls, tokens)
	if r.queued && r.leading {
		t.leading.Add(calls, tokens)
	}
}

// refuture recounts what a run has declared and not yet asked for. A run that
// has no call here now is thinking, or gone: what it declared holds nobody up,
// since the quota is not left idle for it.
func (s *Scheduler) refuture(ri int32) {
	r := &s.runs[ri]
	if r.waiting == 0 && r.running == 0 && r.resting == 0 {
		s.setFuture(ri, 0)
		return
	}
	s.setFuture(ri, max(0, int64(r.declared)-int64(r.started)-int64(r.waiting)))
}

func (s *Scheduler) setFuture(ri int32, calls int64) {
	r := &s.runs[ri]
	next := Work{Calls: calls, Tokens: calls * r.callTokens}
	t := &s.tenants[r.tenant]
	t.work.Add(next.Calls-r.future.Calls, next.Tokens-r.future.Tokens)
	s.classes[t.class].work.Add(next.Calls-r.future.Calls, next.Tokens-r.future.Tokens)
	r.future = next
}
