package sched

import "fmt"

// check recounts everything that the scheduler keeps twice, and returns the
// first thing that does not add up.
func (s *Scheduler) check() error {
	waiting, asking := 0, 0
	for i := range s.calls {
		switch s.calls[i].state {
		case stateWaiting, stateBackingOff:
			waiting++
		case stateAsking, stateAbandoned:
			waiting++
			asking++
			if s.asking != int32(i) {
				return fmt.Errorf("call %d asks, but the scheduler asks for %d", i, s.asking)
			}
		case stateFree, stateRunning:
		}
	}
	if waiting != s.waiting {
		return fmt.Errorf("%d calls wait, Waiting says %d", waiting, s.waiting)
	}
	if (s.asking != absent) != (asking == 1) {
		return fmt.Errorf("%d calls ask, asking = %d", asking, s.asking)
	}
	for _, f := range []func() error{s.checkRuns, s.checkTenants, s.checkIdle, s.checkAlarms} {
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}

func (s *Scheduler) freeSet(free []int32) map[int32]bool {
	set := map[int32]bool{}
	for _, i := range free {
		set[i] = true
	}
	return set
}

func (s *Scheduler) checkRuns() error {
	free := s.freeSet(s.freeRuns)
	var resting, running, linked [1 << 12]int32
	for i := range s.calls {
		switch c := &s.calls[i]; c.state {
		case stateBackingOff:
			resting[c.run]++
		case stateRunning:
			running[c.run]++
		case stateWaiting, stateAsking, stateAbandoned:
			linked[c.run]++
		case stateFree:
		}
	}
	for i := range s.runs {
		if free[int32(i)] {
			continue
		}
		r := &s.runs[i]
		var work Work
		n, last := int32(0), absent
		for ci := r.head; ci != absent; ci = s.calls[ci].next {
			c := &s.calls[ci]
			if c.prev != last || c.run != int32(i) || last != absent && s.calls[last].seq >= c.seq {
				return fmt.Errorf("run %d: call %d is linked wrongly", i, ci)
			}
			work.Add(1, c.tokens)
			n, last = n+1, ci
		}
		switch {
		case r.tail != last || n != r.waiting || n != linked[i]:
			return fmt.Errorf("run %d: %d calls in its list, waiting = %d, %d say that they are", i, n, r.waiting, linked[i])
		case r.resting != resting[i] || r.running != running[i]:
			return fmt.Errorf("run %d: resting %d of %d, running %d of %d", i, r.resting, resting[i], r.running, running[i])
		case work != r.work:
			return fmt.Errorf("run %d: work %+v, its calls make %+v", i, r.work, work)
		case r.queued != (n > 0) || r.queued && r.leading != r.first():
			return fmt.Errorf("run %d: %d waiting, queued %t, leading %t, first %t", i, n, r.queued, r.leading, r.first())
		case r.idle != (n+r.resting+r.running == 0):
			return fmt.Errorf("run %d: idle %t with %d waiting, %d resting, %d running", i, r.idle, n, r.resting, r.running)
		case r.started < 0 || r.future.Calls < 0:
			return fmt.Errorf("run %d: started %d, future %+v", i, r.started, r.future)
		}
		if j, ok := s.lookupRun(r.tenant, r.name); r.name != 0 && (!ok || j != int32(i)) {
			return fmt.Errorf("run %d is not to be found by its name", i)
		}
	}
	return nil
}

func (s *Scheduler) checkTenants() error {
	free, freeRuns := s.freeSet(s.freeTenants), s.freeSet(s.freeRuns)
	var classWork [len(s.classes)]Work
	var weights [len(s.classes)]int64
	for i := range s.tenants {
		if free[int32(i)] {
			continue
		}
		t := &s.tenants[i]
		var work, leading, thinking Work
		runs := int32(0)
		for j := range s.runs {
			r := &s.runs[j]
			if freeRuns[int32(j)] || r.tenant != int32(i) {
				continue
			}
			runs++
			if more := int64(r.declared - r.started); r.idle && r.finishes && more > 0 {
				thinking.Add(more, more*r.callTokens)
			}
			work.Add(r.work.Calls+r.future.Calls, r.work.Tokens+r.future.Tokens)
			if r.queued && r.leading {
				leading.Add(r.work.Calls, r.work.Tokens)
			}
		}
		queued := len(t.begun)+len(t.fresh) > 0
		switch {
		case work != t.work || leading != t.leading || runs != t.runs:
			return fmt.Errorf("tenant %d: work %+v of %+v, leading %+v of %+v, runs %d of %d", t.id, t.work, work, t.leading, leading, t.runs, runs)
		case thinking != t.thinking:
			return fmt.Errorf("tenant %d: thinking %+v of %+v", t.id, t.thinking, thinking)
		case queued != (s.tenantPos[i] != absent):
			return fmt.Errorf("tenant %d: queued %t, position %d", t.id, queued, s.tenantPos[i])
		}
		for _, h := range []heap{t.begun, t.fresh} {
			if err := checkHeap(h, s.runPos); err != nil {
				return fmt.Errorf("runs of tenant %d: %w", t.id, err)
			}
			for _, it := range h {
				if r := &s.runs[it.id]; it.key != r.deadline || r.tenant != int32(i) {
					return fmt.Errorf("tenant %d: run %d stands at %d, its deadline is %d", t.id, it.id, it.key, r.deadline)
				}
			}
		}
		classWork[t.class].Add(work.Calls, work.Tokens)
		if queued {
			weights[t.class] += t.queuedWeight
		}
	}
	for k := range s.classes {
		c := &s.classes[k]
		if err := checkHeap(c.tenants, s.tenantPos); err != nil {
			return fmt.Errorf("tenants of class %d: %w", k, err)
		}
		for _, it := range c.tenants {
			if it.key != s.tenants[it.id].virtual {
				return fmt.Errorf("class %d: tenant %d stands at %d, its virtual time is %d", k, it.id, it.key, s.tenants[it.id].virtual)
			}
		}
		if c.work != classWork[k] || c.weights != weights[k] || c.owed < 0 {
			return fmt.Errorf("class %d: work %+v of %+v, weights %d of %d, owed %d", k, c.work, classWork[k], c.weights, weights[k], c.owed)
		}
	}
	return nil
}

func checkHeap(h heap, pos []int32) error {
	for i, it := range h {
		if pos[it.id] != int32(i) {
			return fmt.Errorf("item %d stands at %d, its position says %d", it.id, i, pos[it.id])
		}
		if parent := (i - 1) / 4; i > 0 && it.before(h[parent]) {
			return fmt.Errorf("item %d stands below a later one", it.id)
		}
	}
	return nil
}

func (s *Scheduler) checkIdle() error {
	n, last := 0, absent
	for i := s.idleHead; i != absent; i = s.runs[i].idleNext {
		r := &s.runs[i]
		if !r.idle || r.idlePrev != last || last != absent && s.runs[last].idleSince > r.idleSince {
			return fmt.Errorf("run %d is in the idle list wrongly", i)
		}
		n, last = n+1, i
	}
	for i := range s.runs {
		if s.runs[i].idle {
			n--
		}
	}
	if n != 0 || s.idleTail != last {
		return fmt.Errorf("%d runs too many in the idle list, tail %d of %d", n, s.idleTail, last)
	}
	return nil
}

// checkAlarms: whatever waits has its deadline, and whatever backs off its end,
// among the alarms.
func (s *Scheduler) checkAlarms() error {
	deadlines, backoffs := map[Ref]bool{}, map[Ref]bool{}
	for _, a := range s.deadlines.items {
		deadlines[a.ref] = true
	}
	for _, a := range s.backoffs.items {
		backoffs[a.ref] = true
	}
	for i := range s.calls {
		c := &s.calls[i]
		ref := Ref{int32(i), c.gen}
		if (c.state == stateWaiting || c.state == stateBackingOff) && !deadlines[ref] {
			return fmt.Errorf("call %d waits without an alarm", i)
		}
		if c.state == stateBackingOff && !backoffs[ref] {
			return fmt.Errorf("call %d backs off without an alarm", i)
		}
	}
	return nil
}
