package sched

import (
	events "container/heap"
	"fmt"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

// rig couples a scheduler with limits in virtual time, as a dispatcher does:
// it answers reservations, runs the calls, and keeps a timeline.
type rig struct {
	s     *Scheduler
	set   *quota.Set
	async bool // reservations are answered by answer only

	now   int64 // ns since the beginning
	queue alarmsOf
	seq   int
	calls []*job
	byRef map[Ref]*job
	wake  int64
	asks  *job
	log   *strings.Builder // nil: nothing is written down
	// onStart and onDone, when they are there, go on with what follows a call.
	onStart, onDone func(*job)
}

// job is one call of a rig, and what became of it.
type job struct {
	name    string
	spec    Spec
	charges quota.Charges
	takes   int64 // ns
	// throttled calls are refused upstream so many times, failing ones fail so
	// many times and back off.
	throttled, failing int
	backoff            int64

	ref     Ref
	hold    quota.Hold
	arrived int64
	starts  []int64
	ended   int64
	fate    string
}

type due struct {
	at  int64
	seq int
	do  func()
}

type alarmsOf []due

func (a alarmsOf) Len() int { return len(a) }
func (a alarmsOf) Less(i, j int) bool {
	return a[i].at < a[j].at || a[i].at == a[j].at && a[i].seq < a[j].seq
}
func (a alarmsOf) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a *alarmsOf) Push(x any)   { *a = append(*a, x.(due)) }
func (a *alarmsOf) Pop() any {
	last := (*a)[len(*a)-1]
	*a = (*a)[:len(*a)-1]
	return last
}

func newRig(opts Options, jitter time.Duration, limits ...quota.Limit) *rig {
	return &rig{s: New(opts), set: quota.NewSet(limits, jitter), byRef: map[Ref]*job{}, wake: -1}
}

func (r *rig) at(ns int64, do func()) {
	r.seq++
	events.Push(&r.queue, due{ns, r.seq, do})
}

func (r *rig) clock() time.Time { return time.Unix(0, epoch+r.now) }

// run lets time pass until nothing is left to happen, or an instant.
func (r *rig) run(until int64) {
	for len(r.queue) > 0 && r.queue[0].at <= until {
		next := events.Pop(&r.queue).(due)
		r.now = next.at
		next.do()
	}
}

func (r *rig) say(format string, args ...any) {
	if r.log == nil {
		return
	}
	fmt.Fprintf(r.log, "%8.2f  %s\n", float64(r.now)/1e9, fmt.Sprintf(format, args...))
}

// enqueue adds a call now. Its deadline is an hour away when it has none.
func (r *rig) enqueue(j *job) {
	if j.spec.Deadline.IsZero() {
		j.spec.Deadline = r.clock().Add(time.Hour)
	}
	j.spec.Token = uint64(len(r.calls))
	j.spec.Tokens = max(j.spec.Tokens, j.charges.Tokens.Forecast)
	j.spec.Cost = r.set.Share(j.charges.Forecast())
	j.arrived, j.ended, j.fate = r.now, -1, "waits"
	r.calls = append(r.calls, j)
	var out []Effect
	j.ref, out = r.s.Add(j.spec, r.clock(), nil)
	r.byRef[j.ref] = j
	r.follow(out)
}

func (r *rig) step(ev Event) { r.follow(r.s.Step(ev, r.clock(), nil)) }

func (r *rig) follow(out []Effect) {
	for _, e := range out {
		if e.Kind == Wake {
			r.setWake(e.At)
			continue
		}
		j := r.calls[e.Token]
		switch e.Kind {
		case TryReserve:
			r.asks = j
			if r.async {
				r.say("%s asks", j.name)
				continue
			}
			r.answer()
		case Start:
			r.start(j)
		case Release:
			r.say("%s was cancelled: released", j.name)
			r.set.Release(r.clock(), j.hold)
			r.end(j, "cancelled")
		case Expired:
			r.say("%s expires", j.name)
			r.end(j, "expired")
		case Wake: // taken above
		}
	}
}

func (r *rig) setWake(at time.Time) {
	if at.IsZero() {
		r.wake = -1
		return
	}
	wake := at.UnixNano() - epoch
	r.wake = wake
	r.at(wake, func() {
		if r.wake == wake {
			r.step(Event{Kind: Tick})
		}
	})
}

// answer asks the limits for the call whose reservation is outstanding.
func (r *rig) answer() {
	j := r.asks
	if j == nil {
		r.say("nothing is asked for")
		return
	}
	r.asks = nil
	hold, v := r.set.Reserve(r.clock(), j.charges)
	if v.Granted {
		j.hold = hold
		r.step(Event{Kind: Granted, Call: j.ref})
		return
	}
	if v.At.IsZero() {
		r.say("%s never fits: %s", j.name, v.Kind)
	} else {
		r.say("%s must wait until %.2f: %s", j.name, float64(v.At.UnixNano()-epoch)/1e9, v.Kind)
	}
	r.step(Event{Kind: Refused, Call: j.ref, At: v.At})
}

func (r *rig) start(j *job) {
	j.starts = append(j.starts, r.now)
	r.say("%s starts", j.name)
	if r.onStart != nil {
		r.at(r.now, func() { r.onStart(j) })
	}
	switch {
	case j.throttled > 0:
		j.throttled--
		r.at(r.now+int64(100*time.Millisecond), func() {
			until := r.set.Throttled(r.clock(), quota.RequestsPerMinute, j.hold)
			r.say("%s is throttled, requests rest until %.2f", j.name, float64(until.UnixNano()-epoch)/1e9)
			r.step(Event{Kind: Returned, Call: j.ref})
		})
	case j.failing > 0:
		j.failing--
		r.at(r.now+int64(100*time.Millisecond), func() {
			r.say("%s fails and backs off", j.name)
			r.set.Settle(r.clock(), j.hold, j.charges.Forecast())
			r.step(Event{Kind: BackOff, Call: j.ref, At: r.clock().Add(time.Duration(j.backoff))})
		})
	default:
		r.at(r.now+j.takes, func() {
			used := j.charges.Forecast()
			r.set.Settle(r.clock(), j.hold, used)
			r.end(j, "done")
			r.step(Event{Kind: Done, Call: j.ref, Cost: r.set.Share(used)})
			if r.onDone != nil {
				r.onDone(j)
			}
		})
	}
}

func (r *rig) end(j *job, how string) { j.ended, j.fate = r.now, how }

func (r *rig) cancel(j *job) {
	r.say("%s is cancelled", j.name)
	waits := r.s.lookup(j.ref) != nil && j.fate == "waits" && r.asks != j && r.s.calls[j.ref.index].state != stateRunning
	if waits {
		r.end(j, "cancelled")
	}
	r.step(Event{Kind: Cancel, Call: j.ref})
}

// standard is a plain call of one request and some tokens.
func standard(tenant uint32, run uint64, tokens int64, takes time.Duration) *job {
	return &job{
		spec:    Spec{Class: llm.ClassStandard, Tenant: tenant, Run: run},
		charges: quota.Charges{Tokens: quota.Charge{Hold: tokens, Forecast: tokens}},
		takes:   int64(takes),
	}
}
