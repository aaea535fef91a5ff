package limit

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

const crashJitter = 250 * time.Millisecond

func testPool() llm.Pool {
	return llm.Pool{Account: "111122223333", Region: "us-east-1", Model: "anthropic.claude-haiku-4-5-20251001-v1:0", Path: llm.PathGeo}
}

// workload is one process's life against a service.
type workload struct {
	requests, tokens, day int64 // limits; 0: none
	hold, forecast, cost  int64 // of each call
	workers               int
	lasts                 time.Duration // up to so long
}

func (w workload) source(p llm.Pool) Limits {
	l := Limits{Pool: p, Provenance: Configured}
	if w.requests > 0 {
		l.Limits = append(l.Limits, quota.Limit{Kind: quota.RequestsPerMinute, Amount: w.requests})
	}
	if w.tokens > 0 {
		l.Limits = append(l.Limits, quota.Limit{Kind: quota.TokensPerMinute, Amount: w.tokens})
	}
	if w.day > 0 {
		l.Account = append(l.Account, quota.Limit{Kind: quota.AccountTokensPerDay, Amount: w.day})
	}
	return l
}

func (w workload) service(sliding bool) *service {
	s := &service{}
	enforce := func(amount int64, window time.Duration, request bool) {
		if amount > 0 {
			s.limits = append(s.limits, enforced{amount: amount, window: window, sliding: sliding, request: request, drained: time.Now()})
		}
	}
	enforce(w.requests, time.Minute, true)
	enforce(w.tokens, time.Minute, false)
	enforce(w.day, 24*time.Hour, false)
	return s
}

// live runs the workload until it is killed after some time. Calls under way
// end at the service whether anybody waits for them or not.
func (w workload) live(t *testing.T, j *journal, up *service, lasts time.Duration, r func(int64) int64, clean bool) {
	t.Helper()
	ctx, kill := context.WithTimeout(t.Context(), lasts)
	defer kill()
	m := NewMemory(Options{Source: w.source, Journal: j, Jitter: crashJitter})
	if err := m.Load(ctx); err != nil {
		t.Fatal(err)
	}
	p := m.Pool(testPool())
	for i, st := range p.Status() {
		if counted := up.counted(i); st.Used < counted {
			t.Fatalf("%s: a new process believes that %d are used, the service counts %d", st.Limit, st.Used, counted)
		}
	}
	var wg sync.WaitGroup
	if !clean {
		// What is killed does not save at its end.
		wg.Go(func() {
			ticker := time.NewTicker(saveEvery)
			defer ticker.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-ticker.C:
					m.saveAll(ctx, false)
				}
			}
		})
	}
	for range w.workers {
		wg.Go(func() {
			for ctx.Err() == nil {
				w.call(ctx, p, up, r)
			}
		})
	}
	<-ctx.Done()
	wg.Wait()
	if clean {
		m.saveAll(context.WithoutCancel(ctx), true)
	}
}

// call makes one call through the pool, as far as the process lives.
func (w workload) call(ctx context.Context, p *Pool, up *service, r func(int64) int64) {
	charges := quota.Charges{Tokens: quota.Charge{Hold: w.hold, Forecast: w.forecast}}
	hold, v := p.Reserve(p.Now(), charges)
	if !v.Granted {
		pause(ctx, v.At.Sub(p.Now()))
		return
	}
	p.Persist(ctx)
	if ctx.Err() != nil {
		return // killed before it was sent
	}
	p.Started(hold, p.Now())
	<-time.After(time.Duration(r(int64(crashJitter)))) // the network does not die with the process
	id, ok := up.arrive(w.hold, w.cost)
	if !ok {
		return
	}
	<-time.After(time.Duration(r(int64(w.lasts))))
	up.settle(id, w.hold, w.cost)
	if ctx.Err() == nil {
		p.Settle(p.Now(), hold, quota.Settled{Tokens: w.cost})
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(max(d, time.Millisecond)):
	case <-ctx.Done():
	}
}

// TestNoThrottleAfterKill: a process that is killed at any instant, again and
// again, and starts from what the journal last took, is never throttled.
func TestNoThrottleAfterKill(t *testing.T) {
	t.Parallel()
	for name, w := range map[string]workload{
		"two requests a minute": {requests: 2, tokens: 500_000, hold: 4000, forecast: 2000, cost: 1500, workers: 3, lasts: 6 * time.Second},
		"tokens with debt":      {tokens: 60_000, hold: 1000, forecast: 5000, cost: 4800, workers: 20, lasts: 40 * time.Second},
		"many requests":         {requests: 1200, tokens: 2_000_000, hold: 1000, forecast: 900, cost: 700, workers: 150, lasts: 6 * time.Second},
		"many tokens":           {tokens: 1_000_000, hold: 1000, forecast: 1000, cost: 1000, workers: 90, lasts: 6 * time.Second},
		"the account's day":     {day: 100_000, hold: 1000, forecast: 1000, cost: 900, workers: 5, lasts: 6 * time.Second},
	} {
		for _, sliding := range []bool{false, true} {
			for _, slow := range []time.Duration{0, 40 * time.Millisecond, 3 * time.Second} {
				t.Run(fmt.Sprintf("%s/sliding=%t/save=%v", name, sliding, slow), func(t *testing.T) {
					t.Parallel()
					for seed := range uint64(4) {
						synctest.Test(t, func(t *testing.T) { survive(t, w, sliding, slow, seed) })
					}
				})
			}
		}
	}
}

func survive(t *testing.T, w workload, sliding bool, slow time.Duration, seed uint64) {
	t.Helper()
	var mu sync.Mutex
	source := rand.New(rand.NewPCG(seed, 11))
	r := func(n int64) int64 {
		mu.Lock()
		defer mu.Unlock()
		return source.Int64N(n + 1)
	}
	up := w.service(sliding)
	j := &journal{}
	if slow > 0 {
		j.takes = func() time.Duration { return time.Duration(r(int64(slow))) }
	}
	for life := range 6 {
		w.live(t, j, up, time.Duration(r(int64(60*time.Second))), r, false)
		if up.refusals > 0 {
			t.Fatalf("seed %d, life %d: %d of %d calls were throttled", seed, life, up.refusals, up.calls)
		}
		if j.twice {
			t.Fatal("two saves of one name ran at a time")
		}
		j = j.dead()
		if seed%2 == 0 { // otherwise it starts again at once
			<-time.After(time.Duration(r(int64(10 * time.Second))))
		}
	}
	if up.calls < 3 {
		t.Fatalf("%d calls arrived in six lives: the trial shows nothing", up.calls)
	}
}
