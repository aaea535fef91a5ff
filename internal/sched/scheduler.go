package sched

import (
	"time"

	"github.com/headgate/headgate/internal/llm"
)

const (
	// floorShare is the part of what more urgent classes are given that each
	// waiting class is owed: a twentieth, 5 %.
	floorShare = 20
	// virtualScale keeps fractions when a share is divided by a weight.
	virtualScale = 16
	// defaultRunIdle is how long a begun run may think between two calls.
	defaultRunIdle = 5 * time.Minute
)

// Scheduler orders the calls of one pool. Make it with New.
type Scheduler struct {
	opts Options

	calls       []call
	freeCalls   []int32
	runs        []run
	freeRuns    []int32
	runPos      []int32
	runIndex    map[runKey]int32
	tenants     []tenant
	freeTenants []int32
	tenantPos   []int32
	tenantIndex map[tenantKey]int32
	tenantSweep int
	classes     [llm.Classes]class

	idleHead, idleTail int32

	deadlines alarms
	backoffs  alarms

	waiting      int   // calls that wait or back off
	asking       int32 // the call whose reservation was asked for, or absent
	blockedCall  Ref   // the head that did not fit
	blockedUntil int64 // and when it will
	wake         int64 // the wake that was last asked for; 0 when none
	seq          uint64
}

// New makes an empty scheduler.
func New(opts Options) *Scheduler {
	if opts.RunIdle == 0 {
		opts.RunIdle = defaultRunIdle
	}
	return &Scheduler{
		opts:        opts,
		runIndex:    map[runKey]int32{},
		tenantIndex: map[tenantKey]int32{},
		tenantSweep: 1024,
		idleHead:    absent,
		idleTail:    absent,
		asking:      absent,
	}
}

// Waiting is how many calls wait or back off.
func (s *Scheduler) Waiting() int { return s.waiting }

// Step takes one event at an instant and appends what is to be done to out.
// Instants must not go back. The Ref of an Enqueue event's call is in the
// effects that concern it; use Add to learn it at once.
func (s *Scheduler) Step(ev Event, now time.Time, out []Effect) []Effect {
	t := now.UnixNano()
	switch ev.Kind {
	case Enqueue:
		s.enqueue(&ev.New)
	case Granted:
		out = s.granted(ev.Call, t, out)
	case Refused:
		out = s.refused(ev.Call, ev.At, t, out)
	case Done:
		s.done(ev.Call, ev.Cost, t)
	case Returned:
		s.returned(ev.Call)
	case BackOff:
		s.backOff(ev.Call, ev.At.UnixNano())
	case Cancel:
		s.cancel(ev.Call, t)
	case Freed:
		s.blockedUntil = 0
	case Tick:
		s.wake = 0 // the timer has gone off, even if a little early
	}
	return s.proceed(t, now, out)
}

// Add enqueues a call as Step does, and returns its Ref.
func (s *Scheduler) Add(spec Spec, now time.Time, out []Effect) (Ref, []Effect) {
	t := now.UnixNano()
	i := s.enqueue(&spec)
	ref := Ref{i, s.calls[i].gen}
	return ref, s.proceed(t, now, out)
}

// proceed runs what is due, sets the wake, and asks for the head: in this
// order, so that a caller may answer a TryReserve while it follows the effects.
func (s *Scheduler) proceed(t int64, now time.Time, out []Effect) []Effect {
	out = s.due(t, out)
	if s.asking != absent {
		return s.rewake(t, now, out)
	}
	head := s.pick()
	if head == absent {
		return s.rewake(t, now, out)
	}
	c := &s.calls[head]
	ref := Ref{head, c.gen}
	if ref == s.blockedCall && t < s.blockedUntil {
		return s.rewake(t, now, out)
	}
	s.asking = head
	c.state = stateAsking
	out = s.rewake(t, now, out)
	return append(out, Effect{Kind: TryReserve, Call: ref, Token: c.token})
}

// due expires calls past their deadline, brings back those that backed off, and
// forgets runs that have been idle too long.
func (s *Scheduler) due(now int64, out []Effect) []Effect {
	for len(s.deadlines.items) > 0 && s.deadlines.items[0].at <= now {
		a := s.deadlines.pop()
		if c := s.lookup(a.ref); c != nil && (c.state == stateWaiting || c.state == stateBackingOff) && c.deadline <= now {
			out = append(out, Effect{Kind: Expired, Call: a.ref, Token: c.token})
			s.leave(a.ref.index, now)
		}
	}
	for len(s.backoffs.items) > 0 && s.backoffs.items[0].at <= now {
		a := s.backoffs.pop()
		if c := s.lookup(a.ref); c != nil && c.state == stateBackingOff {
			c.state = stateWaiting
			s.runs[c.run].resting--
			s.link(a.ref.index)
		}
	}
	for s.idleHead != absent && now-s.runs[s.idleHead].idleSince > int64(s.opts.RunIdle) {
		s.freeRun(s.idleHead)
	}
	if s.deadlines.crowded() {
		s.deadlines.sweep(s.isWaiting)
	}
	if s.backoffs.crowded() {
		s.backoffs.sweep(s.isWaiting)
	}
	return out
}

func (s *Scheduler) isWaiting(ref Ref) bool {
	c := s.lookup(ref)
	return c != nil && (c.state == stateWaiting || c.state == stateBackingOff || c.state == stateAsking)
}

// rewake asks for the next wake when it has changed.
func (s *Scheduler) rewake(t int64, now time.Time, out []Effect) []Effect {
	var next int64
	for _, a := range [...]*alarms{&s.deadlines, &s.backoffs} {
		for len(a.items) > 0 && !s.isWaiting(a.items[0].ref) {
			a.pop()
		}
		if len(a.items) > 0 && (next == 0 || a.items[0].at < next) {
			next = a.items[0].at
		}
	}
	if s.asking == absent && s.lookup(s.blockedCall) != nil && s.blockedUntil > t && (next == 0 || s.blockedUntil < next) {
		next = s.blockedUntil
	}
	if next == s.wake {
		return out
	}
	s.wake = next
	if next == 0 {
		return append(out, Effect{Kind: Wake})
	}
	return append(out, Effect{Kind: Wake, At: now.Add(time.Duration(next - t))})
}

func (s *Scheduler) lookup(ref Ref) *call {
	if ref.index < 0 || int(ref.index) >= len(s.calls) {
		return nil
	}
	if c := &s.calls[ref.index]; c.gen == ref.gen && c.state != stateFree {
		return c
	}
	return nil
}

// pick finds the head: the call that starts next. It changes nothing.
func (s *Scheduler) pick() int32 {
	first := absent
	for k := range s.classes {
		c := &s.classes[k]
		if len(c.tenants) == 0 {
			continue
		}
		head := s.headOf(c)
		if first == absent {
			first = head
			continue
		}
		if c.owed >= s.calls[head].cost {
			return head
		}
	}
	return first
}

func (s *Scheduler) headOf(c *class) int32 {
	t := &s.tenants[c.tenants[0].id]
	if len(t.begun) > 0 {
		return s.runs[t.begun[0].id].head
	}
	return s.runs[t.fresh[0].id].head
}
