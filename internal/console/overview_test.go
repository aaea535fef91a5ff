package console

import (
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/console/live"
	"github.com/headgate/headgate/internal/dispatch"
	"github.com/headgate/headgate/internal/lane"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/limit"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

func TestAnOverviewTellsOfNowAndToday(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limits := limit.NewMemory(limit.Options{Source: source})
		p := limits.Pool(geo("a"))
		limits.Pool(geo("b"))
		w := live.New(live.Options{Limits: limits, Zone: time.UTC})
		go func() { _ = w.Run(t.Context()) }()
		c := New(Options{
			Limits: limits, Live: w, Version: "v1", Started: time.Now(),
			Waiting: func(p *limit.Pool) (quota.Kind, int) {
				if p.ID.Model == "b" {
					return quota.TokensPerMinute, 2
				}
				return 0, 0
			},
			Activity: func() []dispatch.Activity {
				return []dispatch.Activity{{Pool: geo("a"), Class: llm.ClassStandard, Running: 1, Held: 9}, {Pool: geo("b"), Class: llm.ClassStandard, Waiting: 2}}
			},
			Runs: func(int) (int, []lane.Run) {
				return 30, []lane.Run{{Tenant: "t", ID: "r", Calls: 4, Begun: time.Now(), Queued: time.Second}}
			},
			LedgerStats: func() ledger.Stats { return ledger.Stats{Recorded: 5, Written: 4, Pending: 1} },
		})
		for range 11 { // a call every three seconds is let go
			time.Sleep(time.Second)
			synctest.Wait()
			p.Reserve(p.Now(), quota.Charges{Tokens: quota.Charge{Hold: 5, Forecast: 5}})
		}
		w.Record(&ledger.Entry{Time: time.Now(), Outcome: ledger.OK, Attempts: 1, Reason: "waited its turn", Queued: 300 * time.Millisecond, Cost: ledger.UnknownCost})
		o := c.Overview(time.Now())
		var order []string
		for _, l := range o.Limits {
			order = append(order, string(l.Pool.Model)+" "+l.Limit+" "+string(l.Status))
		}
		want := []string{
			"b tokens_per_minute binding", "a requests_per_minute ok", "a tokens_per_minute ok", " account_tokens_per_day ok", "b requests_per_minute ok",
		}
		if diff := cmp.Diff(want, order); diff != "" {
			t.Errorf("limits (-want +got):\n%s", diff)
		}
		a := o.Limits[2]
		if a.EmptyIn == nil || *a.EmptyIn != 40 || len(a.History) != 11 || a.History[10] != 0.2 || a.Step != 1 {
			t.Errorf("%+v, want empty in 40 s and a share of 0.2 at last", a)
		}
		if o.Limits[0].EmptyIn != nil {
			t.Errorf("what nobody uses is empty in %v s", *o.Limits[0].EmptyIn)
		}
		if o.Calls.Today != 1 || *o.Calls.P95Queued != 300 || o.Throttles.Avoided != 1 || o.Spend.Today != nil || o.Spend.Unpriced != 1 || !o.Today.Equal(o.Time.Truncate(24*time.Hour)) {
			t.Errorf("counts: %+v %+v %+v since %v", o.Calls, o.Throttles, o.Spend, o.Today)
		}
		if o.UnderWay != 30 || o.Runs[0].Queued != 1000 || o.Activity[0].Pool.Model != "b" || o.Ledger.Pending != 1 {
			t.Errorf("%d runs, %+v, %+v, %+v", o.UnderWay, o.Runs, o.Activity, o.Ledger)
		}
		if o.Next.Severity != SeverityWarn {
			t.Errorf("next: %+v, want that calls wait", o.Next)
		}
	})
}

func TestALimitIsEmptyInAsLongAsItsPaceSays(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		used   []int64
		apart  float64
		amount int64
		want   float64 // -1: never
	}{
		{[]int64{0, 10, 20, 30, 40}, 1, 100, 6},
		{[]int64{0, 10, 20, 30, 40}, 2, 100, 12},
		{[]int64{0, 10, 20, 30, 40}, 1, 40, 0},
		{[]int64{0, 10, 20, 30, 40}, 1, 30, 0},
		{[]int64{40, 30, 20, 10, 0}, 1, 100, -1},
		{[]int64{7, 7, 7, 7, 7}, 1, 100, -1},
		{[]int64{0, 10, 20, 30}, 1, 100, -1}, // too short to tell
		{[]int64{0, 1, 2, 3, 4}, 1, 0, -1},
		{nil, 1, 100, -1},
	} {
		got := emptyIn(tt.used, tt.apart, tt.amount)
		if (got == nil) != (tt.want < 0) || got != nil && *got != tt.want {
			t.Errorf("emptyIn(%v, %v, %d) = %v, want %v", tt.used, tt.apart, tt.amount, got, tt.want)
		}
	}
}

// TestReadersShareAnOverview: it is not worked out for each of them.
func TestReadersShareAnOverview(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		c := setup(t, Options{Activity: func() []dispatch.Activity { asked++; return nil }})
		times := map[time.Time]bool{}
		for range 100 {
			var o Overview
			if err := json.Unmarshal(ask(c, "GET", OverviewPath, "localhost").Body.Bytes(), &o); err != nil {
				t.Fatal(err)
			}
			times[o.Time] = true
			time.Sleep(fresh / 50)
		}
		if asked != 2 || len(times) != 2 {
			t.Errorf("%d overviews were worked out within %v, and %d told; want 2", asked, 2*fresh, len(times))
		}
	})
}

// BenchmarkOverview is with a thousand limits: of 500 pools.
func BenchmarkOverview(b *testing.B) {
	limits := limit.NewMemory(limit.Options{Source: func(p llm.Pool) limit.Limits {
		return limit.Limits{Pool: p, Limits: []quota.Limit{{Kind: quota.RequestsPerMinute, Amount: 10}, {Kind: quota.TokensPerMinute, Amount: 100}}}
	}})
	for i := range 500 {
		limits.Pool(geo(llm.ModelID(rune('A' + i))))
	}
	c := New(Options{Limits: limits})
	for b.Loop() {
		c.Overview(time.Now())
	}
}
