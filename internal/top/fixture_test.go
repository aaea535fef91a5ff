package top

import (
	"context"
	"math"
	"time"

	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
)

// noon is when all of the tests' gateways speak.
func noon() time.Time { return time.Date(2026, 11, 2, 12, 0, 5, 0, time.UTC) }

// hostile is a name that would clear the screen, set its title and write backwards.
const hostile = "evil\x1b[2J\x1b]0;pwned\x07\u202egnp\nnext\u0301\u0301\u0301\u0301\u0301\x9b31m"

func pool(model llm.ModelID, path llm.Path) llm.Pool {
	return llm.Pool{Account: "111122223333", Region: "us-east-1", Model: model, Path: path}
}

const (
	haiku  llm.ModelID = "anthropic.claude-haiku-4-5-20251001-v1:0"
	sonnet llm.ModelID = "anthropic.claude-sonnet-4-5-20250929-v1:0"
	nova   llm.ModelID = "amazon.nova-pro-v1:0"
)

// wave is a minute that rises and falls between low and high.
func wave(low, high float64) []float64 {
	out := make([]float64, 60)
	for i := range out {
		out[i] = low + (high-low)*(1-math.Cos(float64(i)/6))/2
	}
	return out
}

// busy is a gateway under load.
func busy() console.Overview {
	limit := func(p llm.Pool, name string, used, most int64, waiting int, status console.Status, empty *float64, history []float64) console.LimitNow {
		return console.LimitNow{
			Pool: p, Limit: name, Used: &used, Effective: most, Applied: most, UsedShare: new(float64(used) / float64(most)),
			Waiting: waiting, Status: status, Window: 60, EmptyIn: empty, History: history,
		}
	}
	now := noon()
	return console.Overview{
		Time: now, Started: now.Add(-3 * time.Hour), Version: "v0.9.0", TimeScale: 1, Account: "111122223333", Region: "us-east-1",
		AsOf: new(now.Add(-4 * time.Minute)),
		Limits: []console.LimitNow{
			limit(pool(haiku, llm.PathGeo), "requests_per_minute", 50, 50, 17, console.StatusBinding, new(0.0), wave(0.6, 1)),
			limit(pool(sonnet, llm.PathGlobal), "tokens_per_minute", 1_724_310, 2_000_000, 0, console.StatusTight, new(74.0), wave(0.1, 0.9)),
			{
				Pool: pool(nova, llm.PathOnDemand), Limit: "tokens_per_minute", Used: new(int64(120)), Effective: 800_000, Applied: 1_000_000, UsedShare: new(0.00015),
				Status: console.StatusLearned, BlockedUntil: new(now.Add(3 * time.Second)), History: make([]float64, 60),
			},
			limit(pool(haiku, llm.PathGeo), "tokens_per_minute", 61_200, 400_000, 0, console.StatusBelowDefault, nil, wave(0, 0.2)),
			limit(pool(haiku, llm.PathGeo), "tokens_per_day", 12_200_000, 216_000_000, 0, console.StatusNotAdjustable, new(79200.0), wave(0.05, 0.06)),
			limit(pool(sonnet, llm.PathGlobal), "requests_per_minute", 12, 500, 0, console.StatusOK, nil, wave(0, 0.05)),
			limit(llm.Pool{Account: "111122223333", Region: "us-east-1"}, "account_tokens_per_day", 14_000_000, 400_000_000, 0, console.StatusOK, nil, nil),
			{Pool: llm.Pool{Account: "111122223333", Region: "eu-west-1", Model: sonnet, Path: llm.PathGeo}, Limit: "requests_per_minute", Status: console.StatusZero},
		},
		Activity: []console.ActivityNow{
			{Pool: pool(haiku, llm.PathGeo), Class: "interactive", Waiting: 5, Running: 3, Held: 12_400},
			{Pool: pool(haiku, llm.PathGeo), Class: "batch", Waiting: 12},
			{Pool: pool(sonnet, llm.PathGlobal), Class: "standard", Running: 4, Held: 64_000},
		},
		UnderWay: 9,
		Runs: []console.RunNow{
			{ID: "nightly-report", Tenant: "finance", Calls: 41, Begun: now.Add(-12 * time.Minute), Queued: 184_000},
			{ID: "agent-7", Tenant: "検索チーム", Calls: 3, Begun: now.Add(-8 * time.Second)},
			{ID: "r-3", Tenant: hostile, Calls: 1200, Begun: now.Add(-26 * time.Hour), Queued: 900},
		},
		Throttles: console.ThrottlesNow{Avoided: 812, Suffered: 2},
		Calls:     console.CallsNow{Today: 12_345, OK: 12_338, Refused: 3, Failed: 4, LastMinute: 512, P50Queued: new(int64(210)), P95Queued: new(int64(3_140))},
		Spend:     console.SpendNow{Today: new(int64(12_345_678_901)), LastHour: 843_210_000, Unpriced: 7},
		Next:      console.NextAction{Severity: "warn", Text: "Ask for 100 requests a minute of claude-haiku-4-5.", Why: "calls waited in 18 of the last 20 minutes.", Command: "headgate quota request L-CCA5DF70 100", Page: "quotas"},
	}
}

// ended are calls, oldest first.
func ended() []console.Call {
	now := noon()
	call := func(id llm.CallID, before time.Duration, c console.Call) console.Call {
		c.ID, c.Time = id, now.Add(-before)
		return c
	}
	return []console.Call{
		call("c_06h0ee8ahn6w0001", 40*time.Second, console.Call{
			Outcome: ledger.OK, ModelID: "us." + string(haiku), Tenant: "finance", Run: "nightly-report",
			Usage: llm.Usage{Input: 1234, Output: 250}, Cost: new(0.002484), Queued: 30_000, Latency: 33_000,
		}),
		call("c_06h0ee8ahn6w0002", 20*time.Second, console.Call{Outcome: ledger.Refused, ModelID: "us." + string(haiku), Tenant: "search", Latency: 3}),
		call("c_06h0ee8ahn6w0003", 9*time.Second, console.Call{
			Outcome: ledger.Throttled, ModelID: string(nova), Tenant: hostile, Run: hostile,
			Latency: 2_100, ThrottledTokens: 3,
		}),
		call("c_06h0ee8ahn6w0004", 5*time.Second, console.Call{
			Outcome: ledger.UpstreamError, ModelID: "global." + string(sonnet), Tenant: "検索チーム", Run: "agent-7",
			Usage: llm.Usage{Input: 98_765}, Cost: new(1.5), Queued: 1, Latency: 4_000,
		}),
	}
}

// shown is a view of a gateway that was heard of at once.
func shown(o console.Overview, width, height int) Model {
	m := New(noon(), false, time.UTC)
	m.width, m.height = width, height
	m.hear(news{now: noon(), overview: &o, heard: noon(), calls: ended(), link: &link{contact: live}})
	return m
}

// gateway is a Source that answers as it is told.
type gateway struct {
	overview func(context.Context) (console.Overview, error)
	calls    func(context.Context, int) ([]console.Call, error)
	live     func(context.Context, func(Event)) error
}

func (g gateway) Overview(ctx context.Context) (console.Overview, error) { return g.overview(ctx) }

func (g gateway) Calls(ctx context.Context, n int) ([]console.Call, error) {
	if g.calls == nil {
		return nil, nil
	}
	return g.calls(ctx, n)
}

func (g gateway) Live(ctx context.Context, tell func(Event)) error { return g.live(ctx, tell) }
