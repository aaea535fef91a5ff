package pacer

import (
	"testing"
	"time"

	"github.com/headgate/headgate/internal/quota"
	"github.com/headgate/headgate/internal/sched"
)

func TestPromises(t *testing.T) {
	t.Parallel()
	a, b, other := promiseKey{1, 1}, promiseKey{1, 2}, promiseKey{2, 1}
	var p promises
	give := func(s float64, k promiseKey, after, takes time.Duration) Promise {
		return p.make(clock(s), k, after, takes, 10*time.Minute)
	}
	want := func(what string, got Promise, again time.Duration, promised bool) {
		t.Helper()
		if got.Again != again || got.Promised != promised {
			t.Errorf("%s: %+v, want %v, %t", what, got, again, promised)
		}
	}
	holds := func(what string, s float64, k promiseKey, want bool) {
		t.Helper()
		if got := p.holds(clock(s), k); got != want {
			t.Errorf("%s: holds = %t, want %t", what, got, want)
		}
	}
	holds("nothing was promised", 0, a, false)
	want("the first", give(0, a, 30*time.Second, 20*time.Second), 30*time.Second, true)
	want("another, at half the speed behind it", give(0, b, time.Second, 20*time.Second), 70*time.Second, true)
	want("another tenant's has nothing to do with them", give(0, other, 0, 20*time.Second), leastPromise, true)
	want("who comes too early is told the rest", give(10, a, 99*time.Second, time.Hour), 19*time.Second, true)
	holds("too early", 28, a, false)
	holds("a second early: Retry-After is in whole seconds", 29, a, true)
	holds("in time", 31, a, true)
	holds("a little late", 30+149, a, true)
	holds("too late", 30+150, a, false)
	want("refused all the same", give(40, a, 5*time.Second, 0), 70*time.Second, true)
	holds("and promised anew", 110, a, true)
	p.kept(a)
	holds("what was kept is no promise any more", 110, a, false)
	want("a run without a number", give(0, promiseKey{1, 0}, 5*time.Second, time.Hour), 110*time.Second, false)
	want("which does not put others off", give(0, promiseKey{1, 3}, 0, 0), 110*time.Second, true)
	want("a run that takes for ever", give(200, b, 0, 1<<62), leastPromise, true)
	want("puts others off for a day at most", give(200, promiseKey{1, 4}, 0, 0), mostPromise, false)
}

// TestPromisesAreBounded: what is one too many is told a time without a promise,
// until others are over.
func TestPromisesAreBounded(t *testing.T) {
	t.Parallel()
	var p promises
	for i := range uint64(maxPromises) {
		if got := p.make(clock(0), promiseKey{uint32(i), i + 1}, 0, 0, time.Minute); !got.Promised {
			t.Fatalf("promise %d: %+v", i, got)
		}
	}
	over := promiseKey{1, 1 << 40}
	if got := p.make(clock(1), over, 0, 0, time.Minute); got.Promised || got.Again != leastPromise {
		t.Errorf("one too many: %+v, want a time without a promise", got)
	}
	if got := p.make(clock(59), over, 0, 0, time.Minute); got.Promised {
		t.Errorf("before any are over: %+v", got)
	}
	if got := p.make(clock(62), promiseKey{3, 4}, 0, 0, time.Minute); !got.Promised {
		t.Errorf("a run that has a promise: %+v, want another", got)
	}
	if got := p.make(clock(200), over, 0, 0, time.Minute); !got.Promised {
		t.Errorf("when the others are over: %+v, want a promise", got)
	}
	if len(p.until) > 2 || len(p.next) > 2 {
		t.Errorf("%d promises of %d tenants are remembered, want those that hold", len(p.until), len(p.next))
	}
}

// TestOneThatComesBackWhenToldIsLetIn, and one that comes early or under another
// name is not.
func TestOneThatComesBackWhenToldIsLetIn(t *testing.T) {
	t.Parallel()
	const by = 130 * time.Second
	for name, tc := range map[string]struct {
		run  uint64
		part float64 // of the time that it was told to stay away
		ok   bool
	}{
		"in time":       {2, 1, true},
		"late":          {2, 1.5, true},
		"early":         {2, 0.5, false},
		"far too late":  {2, 9, false},
		"another run":   {3, 1, false},
		"without a run": {0, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, _ := full(t, sched.Options{})
			first := mustEnter(t, p, 0, runCall(1, 6, by))
			_, refusal, ok := p.Enqueue(clock(0), runCall(2, 6, by))
			if ok || !refusal.Promised {
				t.Fatalf("Enqueue = %+v, %t; want a promise", refusal, ok)
			}
			p.Cancel(clock(0), first)
			back := refusal.Again.Seconds() * tc.part
			p.limits = usedUp(back)
			mustEnter(t, p, back, runCall(10, 6, by-time.Second)) // the line has filled again
			if _, refusal, ok := p.Enqueue(clock(back), runCall(tc.run, 6, by)); ok != tc.ok || !ok && refusal.Promised != (tc.run != 0) {
				t.Errorf("Enqueue = %+v, %t; want %t", refusal, ok, tc.ok)
			}
		})
	}
}

// TestTheMarginFollowsWhatWasLate: it grows by what ends late, shrinks slowly by
// what does not, and learns from the last call of a run alone.
func TestTheMarginFollowsWhatWasLate(t *testing.T) {
	t.Parallel()
	p := New(quota.NewSet(nil, 0), sched.Options{})
	end := func(at float64, r Request) {
		t.Helper()
		token := mustEnter(t, p, 0, r)
		p.Outcomes()
		p.Done(clock(at), token, quota.Settled{})
	}
	two := runCall(1, 2, time.Minute)
	end(61, two)
	if p.margin != 0 {
		t.Errorf("margin = %v after the first of two calls, want 0", p.margin)
	}
	two.Spec.Begun = true
	two.Run.By = time.Hour // as a client says that states the same time with each call
	end(61, two)
	const late, good = learnMargin * (1 - lateShare), learnMargin * lateShare
	if p.margin != late {
		t.Errorf("margin = %v after a run that ended late, want %v", p.margin, late)
	}
	end(59, runCall(2, 1, time.Minute))
	if want := late - good; p.margin < want-1e-12 || p.margin > want+1e-12 {
		t.Errorf("margin = %v after one in time, want %v", p.margin, want)
	}
	before := p.margin
	undeclared, unsaid := runCall(3, 0, time.Minute), runCall(4, 1, 0)
	end(61, undeclared)
	end(61, unsaid)
	if p.margin != before {
		t.Errorf("margin = %v after runs that did not say what they would do, want %v", p.margin, before)
	}
	for i := range uint64(200) {
		end(61, runCall(100+i, 1, time.Minute))
	}
	if p.margin != mostMargin {
		t.Errorf("margin = %v after 200 late runs, want %v", p.margin, mostMargin)
	}
}
