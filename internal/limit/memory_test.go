package limit

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func tokens(n int64) quota.Charges {
	return quota.Charges{Tokens: quota.Charge{Hold: n, Forecast: n}}
}

// TestAccountLimitIsShared: pools of one account and Region draw on one day
// limit; another Region has its own.
func TestAccountLimitIsShared(t *testing.T) {
	t.Parallel()
	m := NewMemory(Options{Source: workload{day: 1000}.source})
	one, other, abroad := testPool(), testPool(), testPool()
	other.Model = "amazon.nova-lite-v1:0"
	abroad.Region = "eu-west-1"
	hold, v := m.Pool(one).Reserve(m.Pool(one).Now(), tokens(700))
	if !v.Granted {
		t.Fatalf("Reserve(700) = %+v", v)
	}
	if _, v := m.Pool(other).Reserve(m.Pool(other).Now(), tokens(400)); v.Granted || v.Kind != quota.AccountTokensPerDay {
		t.Errorf("Reserve(400) in another pool of the account = %+v, want refused by the account's day", v)
	}
	if _, v := m.Pool(abroad).Reserve(m.Pool(abroad).Now(), tokens(400)); !v.Granted {
		t.Errorf("Reserve(400) in another Region = %+v, want granted", v)
	}
	m.Pool(one).Settle(m.Pool(one).Now(), hold, quota.Settled{Tokens: 100})
	if _, v := m.Pool(other).Reserve(m.Pool(other).Now(), tokens(400)); !v.Granted {
		t.Errorf("Reserve(400) after a refund in the other pool = %+v, want granted", v)
	}
}

// TestPoolsAreFoundByEitherName: asked for with and without its account, a pool
// is one.
func TestPoolsAreFoundByEitherName(t *testing.T) {
	t.Parallel()
	m := NewMemory(Options{Source: func(p llm.Pool) Limits {
		p.Account = testPool().Account
		return workload{requests: 2}.source(p)
	}})
	bare := testPool()
	bare.Account = ""
	if first := m.Pool(bare); m.Pool(testPool()) != first || m.Pool(bare) != first {
		t.Error("Pool returned two pools for one")
	}
	if got := len(m.Pools()); got != 1 {
		t.Errorf("Pools lists %d, want 1", got)
	}
}

func TestTimeScale(t *testing.T) {
	t.Parallel()
	m := NewMemory(Options{Source: workload{requests: 2, day: 10}.source, TimeScale: 60})
	for i, want := range []time.Duration{time.Second, 24 * time.Minute} {
		if got := m.Pool(testPool()).Status()[i].Window; got != want {
			t.Errorf("limit %d: window %v at 60 ×, want %v", i, got, want)
		}
	}
	for scale, want := range map[float64]time.Duration{0: 250 * time.Millisecond, 1: 250 * time.Millisecond, 5: 50 * time.Millisecond, 60: 20 * time.Millisecond} {
		if got := DefaultJitter(scale); got != want {
			t.Errorf("DefaultJitter(%g) = %v, want %v", scale, got, want)
		}
	}
}

// TestPoolAnswers: what a pool passes on from its set.
func TestPoolAnswers(t *testing.T) {
	t.Parallel()
	p := NewMemory(Options{Source: workload{requests: 2, tokens: 1000}.source, Jitter: time.Millisecond}).Pool(testPool())
	if l, never := p.Never(tokens(1001)); !never || l.Kind != quota.TokensPerMinute {
		t.Errorf("Never(1001) = %+v, %t, want the tokens", l, never)
	}
	if _, never := p.Never(tokens(1000)); never {
		t.Error("Never(1000) of 1000")
	}
	if got, want := p.Share(quota.Settled{Tokens: 1}), int64(500_000_000); got != want {
		t.Errorf("Share of one of two requests = %d, want %d", got, want)
	}
	now := p.Now()
	at, kind := p.Forecast(now, quota.Work{Calls: 2}, tokens(1))
	if got := at.Sub(now); got != time.Minute+time.Millisecond || kind != quota.RequestsPerMinute {
		t.Errorf("Forecast behind two calls = %v by %s", got, kind)
	}
	h, _ := p.Reserve(now, tokens(600))
	if at := p.Throttled(now, quota.TokensPerMinute, h); !at.After(now) {
		t.Errorf("Throttled = %v, want later than now", at)
	}
	if st := p.Status()[1]; st.Used != 0 || st.Blocked.IsZero() {
		t.Errorf("Status after a throttle = %+v, want nothing used, and blocked", st)
	}
	h, _ = p.Reserve(now.Add(time.Hour), tokens(600))
	p.Release(now.Add(time.Hour), h)
	if _, v := p.Reserve(now.Add(time.Hour), tokens(1000)); !v.Granted {
		t.Errorf("Reserve after Release = %+v, want granted", v)
	}
}

// TestCleanStop: what Run saves at its end is all that there was, and costs the
// next process nothing more.
func TestCleanStop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := workload{requests: 100, tokens: 10_000, day: 50_000}
		j := &journal{}
		first := NewMemory(Options{Source: w.source, Journal: j})
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() {
			if err := first.Run(ctx); err != nil {
				t.Errorf("Run = %v", err)
			}
		})
		p := first.Pool(testPool())
		for range 3 {
			h, v := p.Reserve(p.Now(), tokens(400))
			if !v.Granted {
				t.Fatalf("Reserve = %+v", v)
			}
			p.Persist(ctx)
			<-time.After(2500 * time.Millisecond)
			p.Settle(p.Now(), h, quota.Settled{Tokens: 300})
		}
		stop()
		running.Wait()
		<-time.After(time.Second)

		next := NewMemory(Options{Source: w.source, Journal: j.dead()})
		if err := next.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i, want := range []int64{3, 900, 900} {
			if got := next.Pool(testPool()).Status()[i]; got.Used != want {
				t.Errorf("%s: %d used after a clean stop, want %d", got.Limit, got.Used, want)
			}
		}
	})
}

// TestSavesAreFew: at high rates a save covers many grants; at low ones each
// grant is saved before it is used.
func TestSavesAreFew(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		w        workload
		low, top int
	}{
		{workload{requests: 2}, 2, 2},
		{workload{requests: 10_000, tokens: 10_000_000}, 2, 12},
	} {
		synctest.Test(t, func(t *testing.T) {
			j := &journal{}
			p := NewMemory(Options{Source: c.w.source, Journal: j}).Pool(testPool())
			granted := 0
			for range 1000 {
				if _, v := p.Reserve(p.Now(), tokens(20)); v.Granted {
					granted++
					p.Persist(t.Context())
				}
			}
			if j.saves < c.low || j.saves > c.top {
				t.Errorf("%+v: %d grants were saved %d times, want %d to %d", c.w, granted, j.saves, c.low, c.top)
			}
		})
	}
}

// TestFailingJournal: calls go on, the log says it once without state, and as
// soon as the journal works again, it has everything.
func TestFailingJournal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var works atomic.Bool
		var log bytes.Buffer
		j := &journal{fails: func() bool { return !works.Load() }}
		w := workload{requests: 10}
		p := NewMemory(Options{Source: w.source, Journal: j, Logger: slog.New(slog.NewTextHandler(&log, nil))}).Pool(testPool())
		grant := func() {
			if _, v := p.Reserve(p.Now(), tokens(1)); !v.Granted {
				t.Fatalf("Reserve = %+v", v)
			}
			p.Persist(t.Context())
		}
		grant()
		grant()
		if got := strings.Count(log.String(), "level=WARN"); got != 1 {
			t.Errorf("%d warnings, want 1:\n%s", got, &log)
		}
		works.Store(true)
		grant()
		next := NewMemory(Options{Source: w.source, Journal: j.dead()})
		if err := next.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := next.Pool(testPool()).Status()[0].Used; got != 3 {
			t.Errorf("%d used after a restart, want 3", got)
		}
	})
}

// TestPersistGivesUp: a caller that leaves does not wait for somebody else's save.
func TestPersistGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := &journal{takes: func() time.Duration { return time.Hour }}
		p := NewMemory(Options{Source: workload{requests: 10}.source, Journal: j}).Pool(testPool())
		p.Reserve(p.Now(), tokens(1))
		var saving sync.WaitGroup
		saving.Go(func() { p.Persist(t.Context()) })
		synctest.Wait()
		p.Reserve(p.Now(), tokens(1))
		ctx, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		start := time.Now()
		p.Persist(ctx)
		if got := time.Since(start); got != time.Second {
			t.Errorf("Persist returned after %v, want 1s: its caller had left", got)
		}
		saving.Wait()
	})
}

// TestUnreadableState is passed over, with a warning.
func TestUnreadableState(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	j := &journal{kept: map[string][]byte{"pool " + testPool().String(): []byte(`{"meters": 7}`)}}
	m := NewMemory(Options{Source: workload{requests: 2}.source, Journal: j, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err := m.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := m.Pool(testPool())
	if _, v := p.Reserve(p.Now(), tokens(1)); !v.Granted {
		t.Errorf("Reserve = %+v, want granted", v)
	}
	if !strings.Contains(log.String(), "unreadable") {
		t.Errorf("log = %q, want a warning", &log)
	}
}

// TestConcurrentUse: many goroutines over pools that share an account, with saves
// under way, never exceed a limit, and leave nothing behind.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	w := workload{requests: 400, tokens: 1 << 40, day: 100_000}
	j := &journal{}
	m := NewMemory(Options{Source: w.source, Journal: j})
	ctx, stop := context.WithCancel(t.Context())
	var running, callers sync.WaitGroup
	running.Go(func() { _ = m.Run(ctx) })
	var held atomic.Int64
	for i := range 8 {
		id := testPool()
		if i%2 == 1 {
			id.Model = "amazon.nova-lite-v1:0"
		}
		callers.Go(func() {
			for n := range 100 {
				p := m.Pool(id)
				h, v := p.Reserve(p.Now(), tokens(500))
				if !v.Granted {
					continue
				}
				if got := held.Add(500); got > w.day {
					t.Errorf("%d tokens held, the limit is %d", got, w.day)
				}
				p.Persist(ctx)
				p.Started(h, p.Now())
				p.Forecast(p.Now(), quota.Work{Calls: 3}, tokens(1))
				p.Status()
				held.Add(-500)
				if n%2 == 0 {
					p.Release(p.Now(), h)
				} else {
					p.Settle(p.Now(), h, quota.Settled{})
				}
			}
		})
	}
	callers.Wait()
	stop()
	running.Wait()
	for _, p := range m.Pools() {
		for _, st := range p.Status()[1:] {
			if st.Used != 0 || st.Planned != 0 {
				t.Errorf("%s: used %d, planned %d after every call ended for nothing, want 0", st.Limit, st.Used, st.Planned)
			}
		}
	}
	if j.twice {
		t.Error("two saves of one name ran at a time")
	}
}

// TestTheEndIsOnlyWrittenOfWhatWasUsed: an orderly end says so of each pool that
// the journal knows, restored ones included, and nothing of pools that were only
// asked for.
func TestTheEndIsOnlyWrittenOfWhatWasUsed(t *testing.T) {
	t.Parallel()
	j := &journal{}
	used, unused := testPool(), testPool()
	unused.Model = "amazon.nova-lite-v1:0"
	for life := range 2 {
		m := NewMemory(Options{Source: workload{requests: 2}.source, Journal: j})
		if err := m.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		m.Pool(unused)
		if p := m.Pool(used); life == 0 {
			p.Reserve(p.Now(), tokens(1))
		}
		m.saveAll(t.Context(), true)
		kept, _ := j.Load(t.Context())
		if _, ok := kept["pool "+unused.String()]; ok {
			t.Errorf("life %d: the state of a pool that was never called was saved", life)
		}
		if got := string(kept["pool "+used.String()]); !strings.Contains(got, `"clean":true`) {
			t.Errorf("life %d: the state of the pool that was called is %s, want a clean one", life, got)
		}
		j = j.dead()
	}
}
