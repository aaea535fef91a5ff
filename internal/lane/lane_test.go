package lane

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/pacer"
	"github.com/headgate/headgate/internal/quota"
	"github.com/headgate/headgate/internal/sched"
)

// locked is a quota.Set that many may use, by the bubble's clock.
type locked struct {
	mu  sync.Mutex // guards set
	set *quota.Set
}

func (l *locked) Now() time.Time { return time.Now() }

func (l *locked) Reserve(now time.Time, c quota.Charges) (quota.Hold, quota.Verdict) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.set.Reserve(now, c)
}

func (l *locked) Release(now time.Time, h quota.Hold) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.set.Release(now, h)
}

func (l *locked) Settle(now time.Time, h quota.Hold, used quota.Settled) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.set.Settle(now, h, used)
}

func (l *locked) Forecast(now time.Time, ahead quota.Work, c quota.Charges) (time.Time, quota.Kind) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.set.Forecast(now, ahead, c)
}

func (l *locked) Share(used quota.Settled) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.set.Share(used)
}

// perMinute are limits of so many requests, one of which has been made for each
// that is used.
func perMinute(requests, used int64) *locked {
	l := &locked{set: quota.NewSet([]quota.Limit{{Kind: quota.RequestsPerMinute, Amount: requests}}, 0)}
	l.set.Meters()[0].Spend(time.Now(), used)
	return l
}

func call(wait time.Duration) pacer.Request {
	return pacer.Request{Spec: sched.Spec{Class: llm.ClassStandard, Tenant: 1, Cost: 1, Tokens: 1}, Wait: wait}
}

func enqueue(t *testing.T, l *Lane, r pacer.Request) *Entry {
	t.Helper()
	e, refusal := l.Enqueue(r)
	if e == nil {
		t.Fatalf("refused: %+v", refusal)
	}
	return e
}

// told is the verdict that is on the way, if there is one.
func told(e *Entry) (Verdict, bool) {
	select {
	case v := <-e.Verdicts():
		return v, true
	default:
		return 0, false
	}
}

func want(t *testing.T, what string, e *Entry, v Verdict) {
	t.Helper()
	if got, ok := told(e); !ok || got != v {
		t.Errorf("%s: verdict %d, %t; want %d", what, got, ok, v)
	}
}

func silent(t *testing.T, what string, e *Entry) {
	t.Helper()
	if got, ok := told(e); ok {
		t.Errorf("%s: verdict %d, want none", what, got)
	}
}

// depth checks how many wait.
func depth(t *testing.T, l *Lane, want int) {
	t.Helper()
	if all, own := l.Depth(1); all != want || own != want {
		t.Errorf("Depth = %d, %d, want %d", all, own, want)
	}
}

func TestACallWaitsForItsTimer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limits := perMinute(1, 0)
		l := New(limits, nil, sched.Options{})
		defer l.Close()
		begin := time.Now()
		first, second := enqueue(t, l, call(time.Hour)), enqueue(t, l, call(time.Hour))
		want(t, "the first", first, Granted)
		if by, waited := first.WaitedFor(); waited {
			t.Errorf("the first waited for %v", by)
		}
		if by, calls := l.Waiting(); by != quota.RequestsPerMinute || calls != 1 {
			t.Errorf("Waiting = %v, %d; want requests, 1", by, calls)
		}
		if v := <-second.Verdicts(); v != Granted || time.Since(begin) != time.Minute {
			t.Errorf("the second: %d after %v, want Granted after a minute", v, time.Since(begin))
		}
		if by, waited := second.WaitedFor(); !waited || by != quota.RequestsPerMinute {
			t.Errorf("the second waited for %v, %t; want requests", by, waited)
		}
		for _, e := range []*Entry{first, second} {
			limits.Settle(time.Now(), e.Hold, quota.Settled{})
			l.Finish(e, quota.Settled{})
			silent(t, "after its end", e)
		}
		depth(t, l, 0)
	})
}

func TestACallIsRefusedOrExpires(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limits := perMinute(1, 1)
		l := New(limits, nil, sched.Options{})
		defer l.Close()
		if e, refusal := l.Enqueue(call(30 * time.Second)); e != nil || refusal.Start < time.Minute || refusal.By != quota.RequestsPerMinute {
			t.Errorf("Enqueue = %v, %+v; want a refusal of a minute and more", e, refusal)
		}
		begin := time.Now()
		e := enqueue(t, l, call(70*time.Second))
		if got := e.Deadline.Sub(begin); got != 70*time.Second {
			t.Errorf("its deadline is in %v, want 70s", got)
		}
		time.Sleep(59 * time.Second) // a bubble's
		limits.mu.Lock()
		limits.set.Meters()[0].Spend(time.Now(), 1) // others take its place
		limits.mu.Unlock()
		if v := <-e.Verdicts(); v != Expired || time.Since(begin) != 70*time.Second {
			t.Errorf("verdict %d after %v, want Expired after 70s", v, time.Since(begin))
		}
		if by, waited := e.WaitedFor(); !waited || by != quota.RequestsPerMinute {
			t.Errorf("it waited for %v, %t; want requests", by, waited)
		}
		depth(t, l, 0)
	})
}

// TestADroppedRunIsTold: the lane is told when it may come back, and its place is
// not another's before.
func TestADroppedRunIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := New(perMinute(1, 1), nil, sched.Options{})
		defer l.Close()
		run := func(id uint64, calls int32, by time.Duration) pacer.Request {
			r := call(time.Hour)
			r.Spec.Run, r.Spec.RunCalls, r.Run = id, calls, pacer.Run{By: by, CallTime: time.Second}
			return r
		}
		large := enqueue(t, l, run(1, 4, 5*time.Minute))
		if e, refusal := l.Enqueue(run(2, 5, 5*time.Minute+time.Second)); e != nil || !refusal.Run || !refusal.Promised {
			t.Fatalf("Enqueue = %v, %+v; want the run refused with a promise", e, refusal)
		}
		small := enqueue(t, l, run(3, 2, 5*time.Minute+time.Second))
		silent(t, "the small one", small)
		want(t, "the large one", large, Dropped)
		if p := large.Promise(); !p.Promised || p.Again < time.Second {
			t.Errorf("Promise = %+v, want one", p)
		}
		next := enqueue(t, l, call(time.Hour))
		silent(t, "the one with the place of the dropped", next)
		depth(t, l, 2)
		for _, e := range []*Entry{small, next} {
			if !l.Cancel(e) {
				t.Error("Cancel of a waiting call = false")
			}
			if _, waited := e.WaitedFor(); !waited {
				t.Error("a cancelled call did not wait for anything")
			}
		}
		depth(t, l, 0)
	})
}

// TestCancelAndGrantMeet: of a call that is cancelled at the instant of its grant,
// the one or the other has happened, and nothing is held that nobody knows of.
func TestCancelAndGrantMeet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limits := perMinute(1, 1)
		l := New(limits, nil, sched.Options{})
		defer l.Close()
		for range 200 {
			e := enqueue(t, l, call(time.Hour))
			time.Sleep(time.Minute - time.Nanosecond) // a bubble's: the timer goes off at the same instant as the cancellation
			done := make(chan bool)
			go func() {
				time.Sleep(time.Nanosecond)
				done <- l.Cancel(e)
			}()
			if <-done {
				silent(t, "cancelled", e)
				limits.mu.Lock()
				limits.set.Meters()[0].Spend(time.Now(), 1)
				limits.mu.Unlock()
				continue
			}
			want(t, "not cancelled", e, Granted)
			limits.Settle(time.Now(), e.Hold, quota.Settled{})
			l.Finish(e, quota.Settled{})
		}
		depth(t, l, 0)
		time.Sleep(time.Minute)
		if used := limits.set.Meters()[0].Used(time.Now()); used != 0 {
			t.Errorf("%d requests are charged a window later, want none", used)
		}
	})
}

// TestAGrantedCallComesBack to the head of its line, or later.
func TestAGrantedCallComesBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limits := perMinute(2, 0)
		l := New(limits, nil, sched.Options{})
		defer l.Close()
		begin := time.Now()
		back, off := enqueue(t, l, call(time.Hour)), enqueue(t, l, call(time.Hour))
		want(t, "the first", back, Granted)
		want(t, "the second", off, Granted)
		waits := enqueue(t, l, call(time.Hour))
		limits.Settle(time.Now(), back.Hold, quota.Settled{})
		l.ComeBack(back)
		limits.Settle(time.Now(), off.Hold, quota.Settled{})
		l.BackOff(off, 2*time.Minute)
		depth(t, l, 3)
		if v := <-back.Verdicts(); v != Granted || time.Since(begin) != time.Minute {
			t.Errorf("what came back: %d after %v, want Granted after a minute", v, time.Since(begin))
		}
		want(t, "the one behind", waits, Granted)
		if v := <-off.Verdicts(); v != Granted || time.Since(begin) != 2*time.Minute {
			t.Errorf("what backed off: %d after %v, want Granted after two minutes", v, time.Since(begin))
		}
	})
}

// TestAnotherLaneHearsOfTheAccountsLimit when it is what its head waits for.
func TestAnotherLaneHearsOfTheAccountsLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shared := quota.NewMeter(quota.Limit{Kind: quota.AccountTokensPerDay, Amount: 100, Window: 24 * time.Hour}, 0)
		limits := &locked{set: quota.NewSet(nil, 0, shared)}
		var account Account
		a, b := New(limits, &account, sched.Options{}), New(limits, &account, sched.Options{})
		defer a.Close()
		defer b.Close()
		big := call(48 * time.Hour)
		big.Charges.Tokens = quota.Charge{Hold: 80, Forecast: 80}
		first := enqueue(t, a, big)
		want(t, "the first", first, Granted)
		second := enqueue(t, b, big)
		silent(t, "the second", second)
		if !b.short.Load() || a.short.Load() {
			t.Errorf("short: a %t, b %t; want b alone to wait for the account", a.short.Load(), b.short.Load())
		}
		limits.Release(time.Now(), first.Hold)
		a.Finish(first, quota.Settled{})
		want(t, "the second, when the first gave its part back", second, Granted)
	})
}

// TestNothingHappensAfterClose: the timer is off, also when what waits is joined by
// others or a tick was under way.
func TestNothingHappensAfterClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := New(perMinute(1, 1), nil, sched.Options{})
		e := enqueue(t, l, call(time.Hour))
		l.Close()
		late := enqueue(t, l, call(time.Hour))
		time.Sleep(2 * time.Hour) // a bubble's
		synctest.Wait()
		silent(t, "what waited", e)
		silent(t, "what came after", late)
		l.Close()
	})
}
