package pacer

import (
	"container/heap"
	"time"

	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
	"github.com/headgate/headgate/internal/sched"
)

// limitsOf are what the world's pacer is made on: quota.Set or adapt.Set.
type limitsOf interface {
	Limits
	Settle(now time.Time, h quota.Hold, used quota.Settled)
}

// plan is a run of dependent calls in the world.
type plan struct {
	id      uint64
	tenant  uint32
	at      time.Duration // of its first call
	calls   int
	tokens  int64
	takes   time.Duration // each call
	by      time.Duration // 0: it says nothing of its end
	returns int           // how often it comes back when it was told to
	fails   map[int]int   // by call: how often the upstream refuses it first
	leaves  time.Duration // how long a call waits before its client gives up; 0: for ever

	made     int
	begun    bool
	admitted time.Time // by when it is to be done; zero before it was let in
	ended    time.Time
	refused  int
	dropped  int
	lost     bool // a call of it was refused, expired or cancelled after it had been let in
}

// turn is one call of a run on its way, with all that may become of it.
type turn struct {
	run      *plan
	number   int
	token    Token
	deadline time.Time
	fails    int
	hold     quota.Hold
	started  bool
	ends     int // how often its hold was ended, less how often it was given one
}

// world is a caller of the pacer in virtual time that believes nothing: what the
// pacer may not do, it reports to fail.
type world struct {
	p      *Pacer
	limits limitsOf
	fail   func(format string, args ...any)

	now    time.Time
	queue  happenings
	seq    int
	turns  map[Token]*turn // those that wait or run
	serial int             // of the wake that counts
	order  []uint64        // runs, as they began
}

type happening struct {
	at  time.Time
	seq int
	do  func()
}

type happenings []happening

func (h happenings) Len() int { return len(h) }
func (h happenings) Less(i, j int) bool {
	return h[i].at.Before(h[j].at) || h[i].at.Equal(h[j].at) && h[i].seq < h[j].seq
}
func (h happenings) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *happenings) Push(x any)   { *h = append(*h, x.(happening)) } //nolint:forcetypeassert // heap.Interface
func (h *happenings) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

func newWorld(limits limitsOf, opts sched.Options, fail func(string, ...any)) *world {
	return &world{p: New(limits, opts), limits: limits, fail: fail, now: clock(0), turns: map[Token]*turn{}}
}

func (w *world) after(d time.Duration, do func()) {
	w.seq++
	heap.Push(&w.queue, happening{w.now.Add(d), w.seq, do})
}

// run lets the plans happen to their end.
func (w *world) run(plans []*plan) {
	for _, r := range plans {
		w.after(r.at, func() { w.call(r, r.by) })
	}
	for n := 0; len(w.queue) > 0; n++ {
		if n > 200_000 {
			w.fail("the world does not come to an end: %d wait", w.p.Waiting())
			return
		}
		next := heap.Pop(&w.queue).(happening) //nolint:forcetypeassert // the heap holds nothing else
		w.now = next.at
		next.do()
	}
	if len(w.turns) != 0 || w.p.Waiting() != 0 {
		w.fail("%d calls never heard, %d wait", len(w.turns), w.p.Waiting())
	}
	if free := len(w.p.free) + len(w.p.told); free != len(w.p.places) {
		w.fail("%d of %d tokens are free at the end", free, len(w.p.places))
	}
	if len(w.p.tenants) != 0 {
		w.fail("tenants with waiting calls at the end: %v", w.p.tenants)
	}
}

// call makes the next call of a run, which has so long left.
func (w *world) call(r *plan, left time.Duration) {
	if left <= 0 && r.by > 0 {
		left = 1
	}
	c := quota.Charge{Hold: r.tokens, Forecast: r.tokens}
	req := Request{
		Spec: sched.Spec{
			Class: llm.ClassStandard, Tenant: r.tenant, Run: r.id, RunCalls: int32(r.calls), Begun: r.begun,
			Cost: w.limits.Share(quota.Settled{Tokens: r.tokens}), Tokens: r.tokens,
		},
		Wait: time.Hour, Charges: quota.Charges{Tokens: c}, Run: Run{By: left, CallTime: r.takes},
	}
	before := w.p.Waiting()
	t, refusal, ok := w.p.Enqueue(w.now, req)
	if !ok {
		if r.begun && r.by > 0 && refusal.Run {
			w.fail("run %d has begun and is refused as a run: %+v", r.id, refusal)
		}
		if w.p.Waiting() > before {
			w.fail("a refused call waits")
		}
		w.refused(r, refusal.Promise)
		w.follow()
		return
	}
	if r.by > 0 && r.admitted.IsZero() {
		r.admitted = w.now.Add(left)
	}
	if old := w.turns[t]; old != nil {
		w.fail("token %d was given to run %d while run %d has it", t, r.id, old.run.id)
	}
	now := &turn{run: r, number: r.made, token: t, deadline: w.p.Deadline(t), fails: r.fails[r.made]}
	r.made++
	w.turns[t] = now
	if r.leaves > 0 {
		w.after(r.leaves, func() { w.leave(now) })
	}
	w.follow()
}

// refused has a run that was not let in come back when it was told to, if it does.
func (w *world) refused(r *plan, again Promise) {
	r.refused++
	if r.begun {
		r.lost = true
		return
	}
	r.admitted, r.made = time.Time{}, 0
	if r.returns--; r.returns >= 0 {
		w.after(max(again.Again, time.Second), func() { w.call(r, r.by) })
	}
}

func (w *world) leave(t *turn) {
	if w.turns[t.token] != t || t.started {
		return
	}
	if !w.p.Cancel(w.now, t.token) {
		w.fail("a waiting call of run %d cannot be cancelled", t.run.id)
	}
	delete(w.turns, t.token)
	t.run.lost = true
	if p := w.p; p.Cancel(w.now, t.token) {
		w.fail("a call of run %d was cancelled twice", t.run.id)
	}
	w.follow()
}

// follow takes in what the pacer says has become of calls.
func (w *world) follow() {
	for _, o := range append([]Outcome(nil), w.p.Outcomes()...) {
		t := w.turns[o.Token]
		switch {
		case t == nil:
			w.fail("%+v is of nobody's token", o)
			continue
		case t.started:
			w.fail("%+v of a call of run %d that has started", o, t.run.id)
		case o.Started && w.now.After(t.deadline):
			w.fail("run %d started %v after its deadline", t.run.id, w.now.Sub(t.deadline))
		}
		if o.Started {
			w.start(t, o)
			continue
		}
		delete(w.turns, o.Token)
		if !o.Dropped {
			t.run.lost = true
			continue
		}
		if t.run.begun || t.run.by == 0 || t.number != 0 {
			w.fail("run %d was dropped: begun %t, by %v, call %d", t.run.id, t.run.begun, t.run.by, t.number)
		}
		t.run.dropped++
		w.refused(t.run, o.Promise)
	}
	if at, changed := w.p.Wake(); changed {
		w.serial++
		if serial := w.serial; !at.IsZero() {
			w.after(max(0, at.Sub(w.now)), func() {
				if serial == w.serial {
					w.p.Tick(w.now)
					w.follow()
				}
			})
		}
	}
}

func (w *world) start(t *turn, o Outcome) {
	t.started, t.hold = true, o.Hold
	t.ends--
	if !t.run.begun {
		t.run.begun = true
		w.order = append(w.order, t.run.id)
	}
	used := quota.Settled{Tokens: t.run.tokens}
	if t.fails > 0 {
		t.fails--
		w.after(100*time.Millisecond, func() {
			w.end(t, quota.Settled{})
			t.started = false
			if t.fails%2 == 0 {
				w.p.ComeBack(w.now, t.token)
			} else {
				w.p.BackOff(w.now, t.token, w.now.Add(2*time.Second))
			}
			w.follow()
		})
		return
	}
	w.after(t.run.takes, func() {
		w.end(t, used)
		delete(w.turns, t.token)
		w.p.Done(w.now, t.token, used)
		r := t.run
		if t.number == r.calls-1 {
			r.ended = w.now
		}
		w.follow()
		if t.number < r.calls-1 {
			w.call(r, r.admitted.Sub(w.now))
		}
	})
}

func (w *world) end(t *turn, used quota.Settled) {
	w.limits.Settle(w.now, t.hold, used)
	if t.ends++; t.ends != 0 {
		w.fail("a hold of run %d was ended %d times", t.run.id, t.ends+1)
	}
}
