package sched

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/headgate/headgate/internal/llm"
)

const epoch = int64(1_800_000_000_000_000_000)

// at is an instant, in seconds since the tests' beginning.
func at(seconds float64) time.Time {
	return time.Unix(0, epoch+int64(seconds*float64(time.Second)))
}

// fate is what a call has met, as its caller sees it.
type fate uint8

const (
	queued fate = iota
	asked
	started
	backing
	over
)

// keeper plays the caller: it follows every effect, and fails when one makes no
// sense.
type keeper struct {
	s         *Scheduler
	now       time.Time
	calls     map[Ref]fate
	deadlines map[Ref]time.Time
	cancelled map[Ref]bool
	asking    Ref
	asks      bool
	wake      time.Time
	next      uint64
}

func newKeeper(order Order) *keeper {
	return &keeper{
		s: New(Options{Order: order, RunIdle: time.Minute}), now: at(0),
		calls: map[Ref]fate{}, deadlines: map[Ref]time.Time{}, cancelled: map[Ref]bool{},
	}
}

func (k *keeper) add(t *rapid.T, spec Spec) {
	ref, out := k.s.Add(spec, k.now, nil)
	if old, known := k.calls[ref]; known && old != over {
		t.Fatalf("Add returned %v, which is in use", ref)
	}
	k.calls[ref], k.deadlines[ref] = queued, spec.Deadline
	k.take(t, out)
}

func (k *keeper) step(t *rapid.T, ev Event) {
	if ev.Kind == Tick {
		k.wake = time.Time{} // the timer has gone off
	}
	live := k.s.lookup(ev.Call) != nil && k.s.lookup(ev.Call).state == stateRunning
	k.take(t, k.s.Step(ev, k.now, nil))
	// What gives quota back lets the head ask again.
	frees := ev.Kind == Freed || live && (ev.Kind == Done || ev.Kind == Returned || ev.Kind == BackOff)
	if frees && !k.asks && k.s.pick() != absent {
		t.Fatalf("after event %d the head was not asked for", ev.Kind)
	}
}

// take follows the effects of a step, and then looks whether the machine stands
// right.
func (k *keeper) take(t *rapid.T, out []Effect) {
	k.rested()
	for _, e := range out {
		state, known := k.calls[e.Call]
		if e.Kind != Wake && !known {
			t.Fatalf("%+v concerns a call that was never enqueued", e)
		}
		switch e.Kind {
		case TryReserve:
			if k.asks || state != queued {
				t.Fatalf("TryReserve for a call in state %d, while asking = %t", state, k.asks)
			}
			k.asks, k.asking, k.calls[e.Call] = true, e.Call, asked
		case Start:
			if state != asked || k.cancelled[e.Call] {
				t.Fatalf("Start of a call in state %d, cancelled = %t", state, k.cancelled[e.Call])
			}
			k.calls[e.Call] = started
		case Release:
			if state != asked || !k.cancelled[e.Call] {
				t.Fatalf("Release of a call in state %d, cancelled = %t", state, k.cancelled[e.Call])
			}
			k.calls[e.Call] = over
		case Expired:
			if state == started || state == over || k.cancelled[e.Call] {
				t.Fatalf("Expired for a call in state %d, cancelled = %t", state, k.cancelled[e.Call])
			}
			k.calls[e.Call] = over
		case Wake:
			k.wake = e.At
		}
	}
	if err := k.s.check(); err != nil {
		t.Fatal(err)
	}
	k.checkWork(t)
}

// checkWork: when a call could go, one is asked for, or is blocked and the pool
// will wake; and whatever waits for time has a wake that is not too late.
func (k *keeper) checkWork(t *rapid.T) {
	need := time.Time{}
	pickable := false
	for ref, state := range k.calls {
		if state != queued && state != backing {
			continue
		}
		pickable = pickable || state == queued
		if d := k.deadlines[ref]; need.IsZero() || d.Before(need) {
			need = d
		}
	}
	if pickable && !k.asks && k.s.blockedUntil <= k.now.UnixNano() {
		t.Fatal("a call waits, and nothing is asked for or blocked")
	}
	if pickable && !k.asks {
		if b := time.Unix(0, k.s.blockedUntil); b.Before(need) {
			need = b
		}
	}
	if !need.IsZero() && (k.wake.IsZero() || k.wake.After(need)) {
		t.Fatalf("something is due at %v, the wake is at %v", need, k.wake)
	}
}

// any draws a Ref in a state, or fails to.
func (k *keeper) any(t *rapid.T, want fate) (Ref, bool) {
	var refs []Ref
	for i := range k.s.calls { // in an order that repeats
		ref := Ref{int32(i), k.s.calls[i].gen}
		if state, ok := k.calls[ref]; ok && state == want {
			refs = append(refs, ref)
		}
	}
	if len(refs) == 0 {
		return Ref{}, false
	}
	return rapid.SampledFrom(refs).Draw(t, "call"), true
}

func drawSpec(t *rapid.T, now time.Time) Spec {
	return Spec{
		Class:    llm.Class(rapid.IntRange(0, llm.Classes-1).Draw(t, "class")),
		Tenant:   uint32(rapid.IntRange(0, 3).Draw(t, "tenant")),
		Weight:   rapid.Int64Range(-1, 5).Draw(t, "weight"),
		Run:      uint64(rapid.IntRange(0, 6).Draw(t, "run")),
		RunCalls: int32(rapid.IntRange(-1, 6).Draw(t, "run calls")),
		Begun:    rapid.IntRange(0, 9).Draw(t, "begun") == 0,
		Ordinary: rapid.IntRange(0, 9).Draw(t, "ordinary") == 0,
		Deadline: now.Add(time.Duration(rapid.Int64Range(-1, 300).Draw(t, "deadline")) * time.Second),
		Cost:     rapid.Int64Range(-5, 1_000_000).Draw(t, "cost"),
		Tokens:   rapid.Int64Range(0, 10_000).Draw(t, "tokens"),
		FinishBy: rapid.SampledFrom([]time.Time{{}, now.Add(time.Minute), now.Add(-time.Second), now.Add(time.Hour)}).Draw(t, "finish by"),
	}
}

// TestEveryCallEndsOnce: under random events, stale and nonsensical ones
// included, effects make sense, all that is counted twice agrees, no work waits
// for nothing, and in the end every call has ended exactly once.
func TestEveryCallEndsOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		k := newKeeper(Order(rapid.IntRange(0, 1).Draw(t, "order")))
		actions := map[string]func(*rapid.T){
			"enqueue": func(t *rapid.T) {
				for range rapid.IntRange(1, 8).Draw(t, "calls") {
					spec := drawSpec(t, k.now)
					k.next++
					spec.Token = k.next
					if w := k.s.Ahead(spec); w.Calls < 0 || w.Tokens < 0 {
						t.Fatalf("Ahead = %+v", w)
					}
					k.add(t, spec)
				}
			},
			"answer": func(t *rapid.T) { k.answer(t, rapid.IntRange(0, 3).Draw(t, "answer")) },
			"end": func(t *rapid.T) {
				ref, ok := k.any(t, started)
				if !ok {
					t.Skip()
				}
				k.end(t, ref, rapid.IntRange(0, 3).Draw(t, "how"))
			},
			"cancel": func(t *rapid.T) {
				ref, ok := k.any(t, rapid.SampledFrom([]fate{queued, asked, started, backing, over}).Draw(t, "state"))
				if !ok {
					t.Skip()
				}
				k.cancel(t, ref)
			},
			"nonsense": func(t *rapid.T) {
				ref := Ref{int32(rapid.IntRange(-2, 20).Draw(t, "index")), uint32(rapid.IntRange(0, 3).Draw(t, "gen"))}
				if state, known := k.calls[ref]; known && state != over && (state != queued || ref == k.asking) {
					t.Skip() // that would not be nonsense
				}
				kind := rapid.SampledFrom([]EventKind{Granted, Refused, Done, Returned, BackOff, 99}).Draw(t, "kind")
				k.step(t, Event{Kind: kind, Call: ref, At: k.now, Cost: 7})
			},
			"wait": func(t *rapid.T) {
				k.now = k.now.Add(time.Duration(rapid.Int64Range(0, 100_000).Draw(t, "ms")) * time.Millisecond)
				k.step(t, Event{Kind: rapid.SampledFrom([]EventKind{Tick, Freed}).Draw(t, "kind")})
			},
			"wake": func(t *rapid.T) {
				if k.wake.After(k.now) {
					k.now = k.wake
				}
				k.step(t, Event{Kind: Tick})
			},
		}
		for range 4 {
			t.Repeat(actions)
		}
		k.drain(t)
	})
}

func (k *keeper) answer(t *rapid.T, how int) {
	if !k.asks {
		t.Skip()
	}
	ref := k.asking
	k.asks = false
	gone := k.cancelled[ref]
	switch {
	case how <= 1:
		k.step(t, Event{Kind: Granted, Call: ref})
	default:
		ev := Event{Kind: Refused, Call: ref, At: k.now.Add(time.Second)}
		if how == 3 {
			ev.At = time.Time{}
		}
		k.calls[ref] = queued
		if gone {
			k.calls[ref] = over
		}
		k.step(t, ev)
		if how == 3 && k.calls[ref] != over {
			t.Fatalf("a call that never fits is still in state %d", k.calls[ref])
		}
	}
}

func (k *keeper) end(t *rapid.T, ref Ref, how int) {
	switch how {
	case 0:
		k.calls[ref] = queued
		k.step(t, Event{Kind: Returned, Call: ref})
	case 1:
		k.calls[ref] = backing
		until := k.now.Add(time.Duration(rapid.Int64Range(-1, 30).Draw(t, "backoff")) * time.Second)
		k.step(t, Event{Kind: BackOff, Call: ref, At: until})
	default:
		k.calls[ref] = over
		k.step(t, Event{Kind: Done, Call: ref, Cost: rapid.Int64Range(-1, 2_000_000).Draw(t, "cost")})
	}
}

// rested marks calls whose back-off is over before the effects are followed.
func (k *keeper) rested() {
	for ref, state := range k.calls {
		if c := k.s.lookup(ref); state == backing && c != nil && (c.state == stateWaiting || c.state == stateAsking) {
			k.calls[ref] = queued
		}
	}
}

func (k *keeper) cancel(t *rapid.T, ref Ref) {
	switch k.calls[ref] {
	case queued, backing:
		k.calls[ref] = over
	case asked:
		k.cancelled[ref] = true
	case started, over:
	}
	k.step(t, Event{Kind: Cancel, Call: ref})
}

// drain lets everything go that is left, and looks whether it does.
func (k *keeper) drain(t *rapid.T) {
	for range 10_000 {
		switch {
		case k.asks:
			k.answer(t, 0)
		default:
			ref, ok := k.anyRunning()
			if ok {
				k.calls[ref] = over
				k.step(t, Event{Kind: Done, Call: ref, Cost: 1})
				continue
			}
			if k.s.Waiting() == 0 {
				for ref, state := range k.calls {
					if state != over {
						t.Fatalf("%v is in state %d, and nothing waits", ref, state)
					}
				}
				return
			}
			if !k.wake.After(k.now) {
				t.Fatalf("%d calls wait, nothing is asked for, and the wake is at %v", k.s.Waiting(), k.wake)
			}
			k.now = k.wake
			k.step(t, Event{Kind: Tick})
		}
	}
	t.Fatal("the queue does not drain")
}

func (k *keeper) anyRunning() (Ref, bool) {
	for ref, state := range k.calls {
		if state == started {
			return ref, true
		}
	}
	return Ref{}, false
}
