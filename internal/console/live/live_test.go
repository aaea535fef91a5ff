package live_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/console/live"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/limit"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

// kept is a ledger that sums up entries.
type kept []ledger.Entry

func (k kept) Sums(_ context.Context, q ledger.SumQuery) (ledger.Sums, error) {
	var s ledger.Sums
	for _, e := range k {
		if !e.Time.Before(q.Since) {
			s.Add(e)
		}
	}
	return s, nil
}

func (k kept) Usage(_ context.Context, q ledger.UsageQuery) (ledger.Usage, error) {
	var u ledger.Usage
	for _, e := range k {
		if !e.Time.Before(q.Since) {
			p := ledger.UsagePoint{Time: e.Time.Truncate(q.Step.Length())}
			p.Add(e)
			u.Points = append(u.Points, p)
		}
	}
	return u, nil
}

// ended is a call that ends now, after it has waited for a limit.
func ended(outcome ledger.Outcome, waited time.Duration, throttles int) *ledger.Entry {
	e := &ledger.Entry{
		Time: time.Now(), Outcome: outcome, Queued: waited, Attempts: 1 + throttles, ThrottledTokens: throttles, Cost: 1000,
		Operation: llm.OpConverse, MaxTokens: ledger.UnsetTokens,
	}
	if waited > 0 {
		e.Reason = "waited its turn"
	}
	return e
}

func watch(t *testing.T, scale float64) *live.Watch {
	t.Helper()
	return live.New(live.Options{Limits: limit.NewMemory(limit.Options{TimeScale: scale}), TimeScale: scale, Zone: time.FixedZone("", 3600)})
}

func TestCountsAreOfTodayAndOfTheLastMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		// Bubbles begin at midnight in UTC, which is one o'clock here.
		w := watch(t, 1)
		if err := w.Load(t.Context(), kept{
			{Time: time.Now().Add(-90 * time.Minute), Cost: 1, Outcome: ledger.OK}, // yesterday
			{Time: time.Now().Add(-50 * time.Minute), Cost: 10, Outcome: ledger.OK, ThrottledRequests: 1},
			{Time: time.Now().Add(-30 * time.Second), Cost: 100, Outcome: ledger.Broken},
		}, time.Now()); err != nil {
			t.Fatal(err)
		}
		w.Record(ended(ledger.OK, 200*time.Millisecond, 0))
		w.Record(ended(ledger.OK, 100*time.Millisecond, 2))
		w.Record(ended(ledger.Refused, 0, 0))
		got := w.Counts(time.Now())
		if got.Today.Calls != 5 || got.Today.OK != 3 || got.Today.Refused != 1 || got.Today.Failed != 1 || got.Today.Throttles != 3 || got.Today.Avoided != 1 {
			t.Errorf("today: %+v", got.Today)
		}
		if got.Today.NanoUSD != 3110 || got.NanoUSDLastHour != 3110 {
			t.Errorf("cost %d today, %d in the last hour; want 3110", got.Today.NanoUSD, got.NanoUSDLastHour)
		}
		// The ledger has it by the minute: the call of half a minute ago is in the one before.
		if got.CallsLastMinute != 3 || got.ThrottlesLastMinute != 2 {
			t.Errorf("last minute: %d calls, %d throttles, want 3 and 2", got.CallsLastMinute, got.ThrottlesLastMinute)
		}
		if got.P50Queued != 100*time.Millisecond || got.P95Queued != 200*time.Millisecond {
			t.Errorf("waits %v and %v", got.P50Queued, got.P95Queued)
		}
		if got.SentLastHour != 3 || got.UnsetLastHour != 3 {
			t.Errorf("%d of %d sent calls without max_tokens, want 3 of 3", got.UnsetLastHour, got.SentLastHour)
		}
		if got := w.Counts(time.Now().Add(time.Minute)); got.CallsLastMinute != 0 || got.Today.Calls != 5 || got.NanoUSDLastHour != 3110 || got.P50Queued < 0 {
			t.Errorf("a minute later: %+v", got)
		}
		if got := w.Counts(time.Now().Add(time.Hour)); got.NanoUSDLastHour != 0 || got.P50Queued >= 0 {
			t.Errorf("an hour later: %+v", got)
		}
		// Midnight here: what began before and ends after is yesterday's.
		late := ended(ledger.OK, 0, 0)
		time.Sleep(23 * time.Hour)
		w.Record(late)
		w.Record(ended(ledger.OK, 0, 0))
		if got := w.Counts(time.Now()); got.Today.Calls != 1 || !got.Midnight.Equal(time.Now()) {
			t.Errorf("after midnight: %d calls since %v, want 1 since now", got.Today.Calls, got.Midnight)
		}
	})
}

// TestMinutesAreNominal: under a time scale of 60 a minute lasts a second.
func TestMinutesAreNominal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := watch(t, 60)
		w.Record(ended(ledger.OK, time.Second, 1))
		if got := w.Counts(time.Now().Add(900 * time.Millisecond)); got.CallsLastMinute != 1 || got.P50Queued != time.Second {
			t.Errorf("after 0.9 s: %+v", got)
		}
		if got := w.Counts(time.Now().Add(1100 * time.Millisecond)); got.CallsLastMinute != 0 {
			t.Errorf("after 1.1 s: %+v", got)
		}
	})
}

func TestWhoIsSlowMissesCallsAndNobodyWaits(t *testing.T) {
	t.Parallel()
	w := watch(t, 1)
	w.Record(&ledger.Entry{ID: "before"})
	here := w.Here()
	for i := range 1000 {
		w.Record(&ledger.Entry{ID: llm.CallID(fmt.Sprint(i))})
	}
	w.Adopted()
	news, next := w.Since(here, 3)
	var ids []llm.CallID
	for _, e := range news.Calls {
		ids = append(ids, e.ID)
	}
	if diff := cmp.Diff([]llm.CallID{"997", "998", "999"}, ids); diff != "" || news.Skipped != 997 || !news.Adopted {
		t.Errorf("%d skipped, adopted %t, calls (-want +got):\n%s", news.Skipped, news.Adopted, diff)
	}
	if all, _ := w.Since(here, 1000); len(all.Calls)+int(all.Skipped) != 1000 || len(all.Calls) == 1000 {
		t.Errorf("%d calls and %d skipped, want 1000 together, and not all kept", len(all.Calls), all.Skipped)
	}
	if news, _ := w.Since(next, 3); len(news.Calls) != 0 || news.Skipped != 0 || news.Adopted {
		t.Errorf("nothing has happened since, but %+v is told", news)
	}
}

func TestTheUseOfLimitsIsSampled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source := func(p llm.Pool) limit.Limits {
			return limit.Limits{
				Pool: p, Provenance: limit.Configured,
				Limits:  []quota.Limit{{Kind: quota.RequestsPerMinute, Amount: 100}},
				Account: []quota.Limit{{Kind: quota.AccountTokensPerDay, Amount: 1000}},
			}
		}
		limits := limit.NewMemory(limit.Options{Source: source})
		w := live.New(live.Options{Limits: limits})
		a := limits.Pool(llm.Pool{Account: "1", Region: "r", Model: "a", Path: llm.PathGeo})
		b := limits.Pool(llm.Pool{Account: "1", Region: "r", Model: "b", Path: llm.PathGeo})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- w.Run(ctx) }()
		for range 70 {
			time.Sleep(time.Second)
			synctest.Wait()
			a.Reserve(a.Now(), quota.Charges{Tokens: quota.Charge{Hold: 1, Forecast: 1}})
		}
		requests, apart := w.Used(a.ID, quota.RequestsPerMinute)
		if len(requests) != 60 || apart != time.Second || requests[59] < 55 {
			t.Errorf("%d samples %v apart: %v", len(requests), apart, requests)
		}
		day, _ := w.Used(b.ID, quota.AccountTokensPerDay)
		if len(day) != 60 || day[0] != 10 || day[59] != 69 {
			t.Errorf("the account's day, by another pool: %v, want 10 to 69", day)
		}
		if none, _ := w.Used(llm.Pool{}, quota.RequestsPerMinute); none != nil {
			t.Errorf("a limit that there is not has %v", none)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// BenchmarkRecord is on the way of every call.
func BenchmarkRecord(b *testing.B) {
	w := live.New(live.Options{Limits: limit.NewMemory(limit.Options{})})
	e := &ledger.Entry{Time: time.Now(), Outcome: ledger.OK, Attempts: 1}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			w.Record(e)
		}
	})
}

// BenchmarkCounts is what each overview asks for.
func BenchmarkCounts(b *testing.B) {
	w := live.New(live.Options{Limits: limit.NewMemory(limit.Options{})})
	for range 10_000 {
		w.Record(&ledger.Entry{Time: time.Now(), Outcome: ledger.OK, Attempts: 1})
	}
	b.ReportAllocs()
	for b.Loop() {
		w.Counts(time.Now())
	}
}
