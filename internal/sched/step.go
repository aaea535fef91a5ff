package sched

import "time"

func (s *Scheduler) enqueue(spec *Spec) int32 {
	deadline := spec.Deadline.UnixNano()
	order := deadline
	if !spec.FinishBy.IsZero() {
		order = spec.FinishBy.UnixNano()
	}
	if s.opts.Order == OrderFIFO {
		spec = &Spec{Token: spec.Token, Deadline: spec.Deadline, Cost: spec.Cost, Tokens: spec.Tokens}
		order = 0
	}
	ri := s.runOf(spec, order)
	ci := s.newCall()
	c := &s.calls[ci]
	s.seq++
	c.token, c.seq, c.deadline = spec.Token, s.seq, deadline
	c.cost, c.tokens, c.run, c.state = max(1, spec.Cost), spec.Tokens, ri, stateWaiting
	s.waiting++
	s.link(ci)
	s.deadlines.push(deadline, Ref{ci, c.gen})
	return ci
}

// runOf finds or makes the run of a call, and takes in what the call says of it.
func (s *Scheduler) runOf(spec *Spec, deadline int64) int32 {
	ti := s.tenantOf(spec)
	ri, known := absent, false
	if spec.Run != 0 {
		ri, known = s.lookupRun(ti, spec.Run)
	}
	if !known {
		ri = s.newRun(ti, spec.Run)
		s.runs[ri].deadline = deadline
	}
	s.unidle(ri)
	r := &s.runs[ri]
	r.declared = max(r.declared, spec.RunCalls)
	r.callTokens = spec.Tokens
	r.begun = r.begun || spec.Begun
	r.ordinary = r.ordinary || spec.Ordinary
	r.promised = r.promised || spec.Promised
	s.order(ri, deadline, !spec.FinishBy.IsZero())
	s.reheap(ri)
	return ri
}

// order takes in what a call says of when its run is due: by when all of it is to
// be done, which goes before when the call itself must start; else the earliest.
func (s *Scheduler) order(ri int32, deadline int64, finishes bool) {
	r := &s.runs[ri]
	switch {
	case r.ordinary && !r.queued: // it comes after those that came while it was away
	case finishes && !r.finishes:
	case r.finishes && !finishes, deadline >= r.deadline:
		return
	}
	r.finishes = r.finishes || finishes
	r.deadline = deadline
	if r.queued {
		s.heapOf(r).rekey(s.runPos, ri, deadline)
	}
}

func (s *Scheduler) lookupRun(tenant int32, name uint64) (int32, bool) {
	i, ok := s.runIndex[runKey{tenant, name}]
	return i, ok
}

// link puts a waiting call into its run, by order of arrival, and the run into
// the order.
func (s *Scheduler) link(ci int32) {
	c := &s.calls[ci]
	r := &s.runs[c.run]
	after := r.tail
	for after != absent && s.calls[after].seq > c.seq {
		after = s.calls[after].prev
	}
	c.prev = after
	if after == absent {
		c.next, r.head = r.head, ci
	} else {
		c.next, s.calls[after].next = s.calls[after].next, ci
	}
	if c.next == absent {
		r.tail = ci
	} else {
		s.calls[c.next].prev = ci
	}
	r.waiting++
	s.addWork(r, 1, c.tokens)
	s.refuture(c.run)
	if !r.queued {
		s.queue(c.run)
	}
}

// unlink takes a call that could be picked out of its run, and the run out of
// the order when it was the last.
func (s *Scheduler) unlink(ci int32) {
	c := &s.calls[ci]
	r := &s.runs[c.run]
	if c.prev == absent {
		r.head = c.next
	} else {
		s.calls[c.prev].next = c.next
	}
	if c.next == absent {
		r.tail = c.prev
	} else {
		s.calls[c.next].prev = c.prev
	}
	c.prev, c.next = absent, absent
	r.waiting--
	s.addWork(r, -1, -c.tokens)
	if r.waiting == 0 {
		s.unqueue(c.run)
	}
}

// first reports whether a run goes before new ones.
func (r *run) first() bool { return r.begun && !r.ordinary }

func (s *Scheduler) heapOf(r *run) *heap {
	if r.leading {
		return &s.tenants[r.tenant].begun
	}
	return &s.tenants[r.tenant].fresh
}

// queue puts a run with waiting calls into its tenant's order, and the tenant
// into its class's.
func (s *Scheduler) queue(ri int32) {
	r := &s.runs[ri]
	r.queued, r.leading = true, r.first()
	s.heapOf(r).push(s.runPos, item{key: r.deadline, tie: r.seq, id: ri})
	t := &s.tenants[r.tenant]
	if r.leading {
		t.leading.Add(r.work.Calls, r.work.Tokens)
	}
	if s.tenantPos[r.tenant] == absent {
		c := &s.classes[t.class]
		t.virtual = max(t.virtual, c.virtual)
		t.queuedWeight = t.weight
		c.weights += t.weight
		c.tenants.push(s.tenantPos, item{key: t.virtual, tie: uint64(max(0, r.tenant)), id: r.tenant})
	}
}

func (s *Scheduler) unqueue(ri int32) {
	r := &s.runs[ri]
	s.heapOf(r).remove(s.runPos, ri)
	t := &s.tenants[r.tenant]
	if r.leading {
		t.leading.Add(-r.work.Calls, -r.work.Tokens)
	}
	r.queued, r.leading = false, false
	if len(t.begun) == 0 && len(t.fresh) == 0 {
		c := &s.classes[t.class]
		c.weights -= t.queuedWeight
		c.tenants.remove(s.tenantPos, r.tenant)
		if len(c.tenants) == 0 {
			c.owed = 0
		}
	}
}

// reheap moves a run to the other heap when it has begun, or lost its
// precedence.
func (s *Scheduler) reheap(ri int32) {
	r := &s.runs[ri]
	if !r.queued || r.leading == r.first() {
		return
	}
	t := &s.tenants[r.tenant]
	s.heapOf(r).remove(s.runPos, ri)
	r.leading = !r.leading
	s.heapOf(r).push(s.runPos, item{key: r.deadline, tie: r.seq, id: ri})
	if r.leading {
		t.leading.Add(r.work.Calls, r.work.Tokens)
	} else {
		t.leading.Add(-r.work.Calls, -r.work.Tokens)
	}
}

func (s *Scheduler) granted(ref Ref, now int64, out []Effect) []Effect {
	c := s.lookup(ref)
	if c == nil || s.asking != ref.index {
		return out
	}
	s.asking = absent
	s.waiting--
	s.unlink(ref.index)
	if c.state == stateAbandoned {
		out = append(out, Effect{Kind: Release, Call: ref, Token: c.token})
		s.end(ref.index, now)
		return out
	}
	r := &s.runs[c.run]
	s.charge(r.tenant, c.cost)
	r.started++
	r.running++
	r.begun = true
	s.reheap(c.run)
	s.refuture(c.run)
	c.state = stateRunning
	return append(out, Effect{Kind: Start, Call: ref, Token: c.token})
}

// charge moves a tenant's virtual time on by a share of the quota, and pays the
// floor of the classes that had to wait for it.
func (s *Scheduler) charge(ti int32, cost int64) {
	t := &s.tenants[ti]
	own := &s.classes[t.class]
	own.virtual = max(own.virtual, t.virtual)
	for k := int(t.class) + 1; k < len(s.classes); k++ {
		if len(s.classes[k].tenants) > 0 {
			s.classes[k].owed += cost / floorShare
		}
	}
	own.owed = max(0, own.owed-cost)
	s.advance(ti, cost)
}

func (s *Scheduler) advance(ti int32, cost int64) {
	t := &s.tenants[ti]
	t.virtual += cost * virtualScale / t.weight
	if s.tenantPos[ti] != absent {
		s.classes[t.class].tenants.rekey(s.tenantPos, ti, t.virtual)
	}
}

func (s *Scheduler) refused(ref Ref, at time.Time, now int64, out []Effect) []Effect {
	c := s.lookup(ref)
	if c == nil || s.asking != ref.index {
		return out
	}
	s.asking = absent
	abandoned := c.state == stateAbandoned
	c.state = stateWaiting
	switch {
	case abandoned:
		s.leave(ref.index, now)
	case at.IsZero():
		out = append(out, Effect{Kind: Expired, Call: ref, Token: c.token})
		s.leave(ref.index, now)
	default:
		s.blockedCall, s.blockedUntil = ref, max(at.UnixNano(), now+1)
		if c.deadline <= now { // its alarm may have gone off while it asked
			s.deadlines.push(c.deadline, ref)
		}
	}
	return out
}

func (s *Scheduler) done(ref Ref, cost, now int64) {
	c := s.lookup(ref)
	if c == nil || c.state != stateRunning {
		return
	}
	s.blockedUntil = 0
	r := &s.runs[c.run]
	s.advance(r.tenant, max(1, cost)-c.cost)
	r.running--
	s.end(ref.index, now)
}

// returned puts a call that the upstream refused back to where it was.
func (s *Scheduler) returned(ref Ref) {
	if c := s.unstart(ref); c != nil {
		c.state = stateWaiting
		s.link(ref.index)
	}
}

// backOff does so too, but the call is not picked before the instant.
func (s *Scheduler) backOff(ref Ref, until int64) {
	if c := s.unstart(ref); c != nil {
		c.state = stateBackingOff
		s.runs[c.run].resting++
		s.refuture(c.run)
		s.backoffs.push(until, ref)
	}
}

func (s *Scheduler) unstart(ref Ref) *call {
	c := s.lookup(ref)
	if c == nil || c.state != stateRunning {
		return nil
	}
	r := &s.runs[c.run]
	r.started--
	r.running--
	s.advance(r.tenant, -c.cost)
	s.waiting++
	s.deadlines.push(c.deadline, ref)
	s.blockedUntil = 0
	return c
}

func (s *Scheduler) cancel(ref Ref, now int64) {
	c := s.lookup(ref)
	if c == nil {
		return
	}
	switch c.state {
	case stateAsking:
		c.state = stateAbandoned
	case stateWaiting, stateBackingOff:
		s.leave(ref.index, now)
	default: // it has started: Done will come
	}
}

// leave takes a call that has not started out for good.
func (s *Scheduler) leave(ci int32, now int64) {
	s.waiting--
	if s.calls[ci].state != stateBackingOff {
		s.unlink(ci)
	}
	s.end(ci, now)
}

// end frees a call that is linked nowhere, and its run when that has no more to
// do here.
func (s *Scheduler) end(ci int32, now int64) {
	backingOff := s.calls[ci].state == stateBackingOff
	ri := s.calls[ci].run
	s.freeCall(ci)
	r := &s.runs[ri]
	if backingOff {
		r.resting--
	}
	s.refuture(ri)
	if r.waiting > 0 || r.running > 0 || r.resting > 0 {
		return
	}
	finished := r.declared > 0 && r.started >= r.declared
	if r.name == 0 || finished || r.started == 0 {
		s.freeRun(ri)
		return
	}
	s.setIdle(ri, now)
}
