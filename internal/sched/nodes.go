package sched

import "github.com/headgate/headgate/internal/llm"

type state uint8

const (
	stateFree state = iota
	stateWaiting
	stateAsking    // the head, whose reservation has been asked for
	stateAbandoned // cancelled while asking
	stateRunning
	stateBackingOff
)

// call is one enqueued call. Waiting calls of a run are linked in order.
type call struct {
	token      uint64
	seq        uint64
	deadline   int64
	cost       int64
	tokens     int64
	run        int32
	prev, next int32
	gen        uint32
	state      state
}

// run is one group of calls of one tenant. It lives while it has calls that
// wait or run, and, when it has a name, for RunIdle after them.
type run struct {
	name     uint64
	seq      uint64
	deadline int64 // orders runs: that of its first call, or an earlier one since
	tenant   int32
	head     int32 // waiting calls
	tail     int32
	waiting  int32
	resting  int32 // calls that back off
	running  int32
	started  int32
	declared int32
	begun    bool
	ordinary bool
	finishes bool // by deadline, which was said of all of it
	promised bool
	queued   bool // in one of its tenant's heaps
	leading  bool // and that heap is the one of begun runs

	work       Work  // its waiting calls
	future     Work  // what it will still ask for beyond them, if it said so
	callTokens int64 // of its latest call

	thinking           Work // what it has still to ask for while it is idle, if it said by when all is done
	idlePrev, idleNext int32
	idle               bool
	idleSince          int64
}

// tenant is one tenant within one class.
type tenant struct {
	id     uint32
	class  llm.Class
	weight int64
	// queuedWeight is the weight with which it stands in its class.
	queuedWeight int64
	virtual      int64 // share of quota received ÷ weight
	fresh        heap  // runs with waiting calls that have not begun
	begun        heap  // runs with waiting calls that have
	runs         int32 // that exist
	work         Work  // waiting and declared calls
	leading      Work  // the waiting calls of begun runs
	thinking     Work  // of idle runs
}

// class is one urgency level.
type class struct {
	tenants heap  // those with a call that can be picked, by virtual time
	virtual int64 // of the tenant served last, before it was charged
	owed    int64 // what the floor owes to this class, in share
	work    Work
	weights int64 // of the tenants in the heap
}

type runKey struct {
	tenant int32
	name   uint64
}

type tenantKey struct {
	id    uint32
	class llm.Class
}

func (s *Scheduler) newCall() int32 {
	if n := len(s.freeCalls); n > 0 {
		i := s.freeCalls[n-1]
		s.freeCalls = s.freeCalls[:n-1]
		return i
	}
	s.calls = append(s.calls, call{})
	return index(len(s.calls) - 1)
}

func (s *Scheduler) freeCall(i int32) {
	c := &s.calls[i]
	*c = call{gen: c.gen + 1, prev: absent, next: absent}
	s.freeCalls = append(s.freeCalls, i)
}

func (s *Scheduler) newRun(t int32, name uint64) int32 {
	var i int32
	if n := len(s.freeRuns); n > 0 {
		i = s.freeRuns[n-1]
		s.freeRuns = s.freeRuns[:n-1]
	} else {
		s.runs = append(s.runs, run{})
		s.runPos = append(s.runPos, absent)
		i = index(len(s.runs) - 1)
	}
	s.seq++
	s.runs[i] = run{name: name, seq: s.seq, tenant: t, head: absent, tail: absent}
	s.tenants[t].runs++
	if name != 0 {
		s.runIndex[runKey{t, name}] = i
	}
	return i
}

func (s *Scheduler) freeRun(i int32) {
	r := &s.runs[i]
	s.setFuture(i, 0)
	s.unidle(i)
	if r.name != 0 {
		delete(s.runIndex, runKey{r.tenant, r.name})
	}
	s.tenants[r.tenant].runs--
	s.freeRuns = append(s.freeRuns, i)
}

func (s *Scheduler) tenantOf(spec *Spec) int32 {
	key := tenantKey{spec.Tenant, spec.Class}
	if i, ok := s.tenantIndex[key]; ok {
		s.tenants[i].weight = max(1, spec.Weight)
		return i
	}
	s.sweepTenants()
	var i int32
	if n := len(s.freeTenants); n > 0 {
		i = s.freeTenants[n-1]
		s.freeTenants = s.freeTenants[:n-1]
	} else {
		s.tenants = append(s.tenants, tenant{})
		s.tenantPos = append(s.tenantPos, absent)
		i = index(len(s.tenants) - 1)
	}
	t := &s.tenants[i]
	*t = tenant{id: spec.Tenant, class: spec.Class, weight: max(1, spec.Weight), fresh: t.fresh[:0], begun: t.begun[:0]}
	s.tenantIndex[key] = i
	return i
}

// sweepTenants forgets tenants that have nothing here and are no longer ahead
// of their class: when they come back they start level all the same. It runs
// when there are twice as many as at its last run.
func (s *Scheduler) sweepTenants() {
	if len(s.tenantIndex) < s.tenantSweep {
		return
	}
	for key, i := range s.tenantIndex {
		t := &s.tenants[i]
		if t.runs == 0 && t.virtual <= s.classes[t.class].virtual {
			delete(s.tenantIndex, key)
			s.freeTenants = append(s.freeTenants, i)
		}
	}
	s.tenantSweep = max(1024, 2*len(s.tenantIndex))
}

// The idle list holds named runs that have no call here now, longest first.

func (s *Scheduler) setIdle(i int32, now int64) {
	r := &s.runs[i]
	r.idle, r.idleSince = true, now
	if more := int64(r.declared - r.started); r.finishes && more > 0 {
		r.thinking = Work{Calls: more, Tokens: more * r.callTokens}
		s.tenants[r.tenant].thinking.Add(r.thinking.Calls, r.thinking.Tokens)
	}
	r.idlePrev, r.idleNext = s.idleTail, absent
	if s.idleTail != absent {
		s.runs[s.idleTail].idleNext = i
	} else {
		s.idleHead = i
	}
	s.idleTail = i
}

func (s *Scheduler) unidle(i int32) {
	r := &s.runs[i]
	if !r.idle {
		return
	}
	r.idle = false
	s.tenants[r.tenant].thinking.Add(-r.thinking.Calls, -r.thinking.Tokens)
	r.thinking = Work{}
	if r.idlePrev != absent {
		s.runs[r.idlePrev].idleNext = r.idleNext
	} else {
		s.idleHead = r.idleNext
	}
	if r.idleNext != absent {
		s.runs[r.idleNext].idlePrev = r.idlePrev
	} else {
		s.idleTail = r.idlePrev
	}
}
