package sqlitestore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/headgate/headgate/internal/adapter/sqlitestore"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
)

// BenchmarkQuery asks a large ledger all that pages and commands ask it. It has
// HEADGATE_LEDGER_ROWS calls, 50,000 when that is not set, in a temporary folder or in
// HEADGATE_LEDGER_DIR, where they are found again the next time.
func BenchmarkQuery(b *testing.B) {
	s, l := large(b)
	for _, q := range questions(s, l) {
		b.Run(q.name, func(b *testing.B) {
			rows := 0
			for b.Loop() {
				n, err := q.ask(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				rows = n
			}
			if rows < q.least {
				b.Errorf("%d rows, want at least %d: the question asks nothing", rows, q.least)
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/query")
			b.ReportMetric(float64(rows), "rows")
		})
	}
}

// lake is what a large ledger has.
type lake struct {
	calls    int
	from, to time.Time
	middle   ledger.Entry // one in the middle, of a run
}

const (
	commonTenant, rareTenant = "tenant-000", "tenant-rare"
	commonModel, rareModel   = "vendor.model-0-v1:0", "vendor.model-rare-v1:0"
)

func large(b *testing.B) (*sqlitestore.Store, lake) {
	b.Helper()
	n, err := strconv.Atoi(os.Getenv("HEADGATE_LEDGER_ROWS"))
	if err != nil {
		n = 50_000
	}
	dir := os.Getenv("HEADGATE_LEDGER_DIR")
	if dir == "" {
		dir = b.TempDir()
	}
	s := open(b, dir, sqlitestore.Options{})
	l := lake{calls: n, from: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), to: time.Date(2026, 10, 31, 0, 0, 0, 0, time.UTC)}
	r := rand.New(rand.NewPCG(1, 2))
	batch := make([]ledger.Entry, 0, 1024)
	step := l.to.Sub(l.from) / time.Duration(n)
	filled, err := s.Sums(b.Context(), ledger.SumQuery{})
	if err != nil {
		b.Fatal(err)
	}
	for i := range n {
		e := largeEntry(r, i)
		e.Time = l.from.Add(time.Duration(i) * step)
		if i >= n/2 && l.middle.Run == "" && e.Run != "" && e.Attempts > 0 {
			l.middle = e
		}
		if filled.Calls == int64(n) {
			continue
		}
		if batch = append(batch, e); len(batch) == cap(batch) || i == n-1 {
			if err := s.Append(b.Context(), batch); err != nil {
				b.Fatal(err)
			}
			batch = batch[:0]
		}
	}
	return s, l
}

// largeEntry is call i of a ledger: 200 tenants of very different size, twelve
// pools, four of five calls in runs of six, one of sixteen not ok.
func largeEntry(r *rand.Rand, i int) ledger.Entry {
	tenant := int(200 * r.Float64() * r.Float64() * r.Float64())
	model := int(6 * r.Float64() * r.Float64())
	e := ledger.Entry{
		ID: llm.CallID(fmt.Sprintf("c_%013d", i)), Class: llm.Class(r.IntN(llm.Classes)), Tenant: llm.Tenant(fmt.Sprintf("tenant-%03d", tenant)),
		Principal: "AKIDEXAMPLE", Operation: llm.OpConverse, ModelID: fmt.Sprintf("us.vendor.model-%d-v1:0", model),
		Pool:  llm.Pool{Account: "111122223333", Region: "us-east-1", Model: llm.ModelID(fmt.Sprintf("vendor.model-%d-v1:0", model)), Path: llm.PathGeo},
		Usage: llm.Usage{Input: r.Int64N(4000), Output: r.Int64N(1000)}, Hold: 5000, Forecast: 4000, Settled: r.Int64N(9000),
		MaxTokens: 1000, Body: r.Uint64() >> 40, Cost: r.Int64N(20_000_000), PriceAsOf: "2026-10-01",
		Queued: time.Duration(r.Int64N(int64(20 * time.Second))), FirstByte: 25 * time.Second, Latency: 30 * time.Second,
		Attempts: 1, Status: 200, Outcome: ledger.OK, Reason: "waited its turn: requests_per_minute was used up", Limit: "requests_per_minute",
		Client: "Boto3/1.43", Route: "us. profile",
	}
	if r.IntN(2) == 0 {
		e.Pool.Path, e.ModelID = llm.PathOnDemand, string(e.Pool.Model)
	}
	if run := i / 30; i%5 != 0 { // the calls of five runs alternate
		e.Run = llm.RunID(fmt.Sprintf("run-%06d-%d", run, i%5))
		e.Tenant = llm.Tenant(fmt.Sprintf("tenant-%03d", run*(i%5)%97))
	}
	switch k := r.IntN(64); {
	case i%20_000 == 77:
		e.Tenant, e.Run = rareTenant, llm.RunID("rare-"+strconv.Itoa(i))
	case i%20_000 == 78:
		e.Pool.Model, e.ModelID = rareModel, "us."+rareModel
	case i%50_000 == 79:
		e.Outcome, e.Status = ledger.Internal, 500
	case k < 2:
		e.Outcome, e.Status, e.Attempts, e.Usage, e.Cost, e.Queued = ledger.Refused, 429, 0, llm.Usage{}, ledger.UnknownCost, 0
	case k < 3:
		e.Outcome, e.Status, e.ThrottledRequests, e.Cost = ledger.Throttled, 429, 1, ledger.UnknownCost
	case k < 4:
		e.Outcome, e.Cost = ledger.Broken, ledger.UnknownCost
	}
	return e
}

// question is one thing that is asked, and of how many rows the answer is at least.
type question struct {
	name  string
	least int
	ask   func(ctx context.Context) (rows int, err error)
}

func questions(s *sqlitestore.Store, l lake) []question {
	out := append(callQuestions(s, l), runQuestions(s, l)...)
	return append(append(out, costQuestions(s, l)...), sumQuestions(s, l)...)
}

func callQuestions(s *sqlitestore.Store, l lake) []question {
	day := l.to.Add(-24 * time.Hour)
	var out []question
	for _, q := range []struct {
		name  string
		least int
		q     ledger.Query
	}{
		{"newest", 100, ledger.Query{}},
		{"largest_page", 1000, ledger.Query{Limit: ledger.MaxLimit}},
		{"before", 100, ledger.Query{Before: l.middle.ID}},
		{"after", 100, ledger.Query{After: l.middle.ID}},
		{"since_until", 100, ledger.Query{Since: day, Until: day.Add(12 * time.Hour)}},
		{"common_tenant", 100, ledger.Query{Tenant: commonTenant}},
		{"rare_tenant", 2, ledger.Query{Tenant: rareTenant}},
		{"common_model", 100, ledger.Query{Model: commonModel}},
		{"rare_model", 2, ledger.Query{Model: rareModel}},
		{"refused", 100, ledger.Query{Outcome: ledger.Refused}},
		{"rare_outcome", 1, ledger.Query{Outcome: ledger.Internal}},
		{"run", 3, ledger.Query{Run: l.middle.Run}},
		{"tenant_outcome", 100, ledger.Query{Tenant: commonTenant, Outcome: ledger.Throttled}},
		{"tenant_rare_model", 0, ledger.Query{Tenant: commonTenant, Model: rareModel}},
		{"rare_tenant_model", 0, ledger.Query{Tenant: rareTenant, Model: commonModel}},
		{"rare_tenant_outcome", 0, ledger.Query{Tenant: rareTenant, Outcome: ledger.Refused}},
		{"model_outcome", 100, ledger.Query{Model: commonModel, Outcome: ledger.Broken}},
		{"all_filters", 1, ledger.Query{Since: day, Tenant: commonTenant, Model: commonModel, Outcome: ledger.OK, Before: "c_" + llm.CallID(fmt.Sprintf("%013d", l.calls-1))}},
	} {
		out = append(out, question{"calls/" + q.name, q.least, func(ctx context.Context) (int, error) {
			entries, _, err := s.Calls(ctx, q.q)
			return len(entries), err
		}})
	}
	return append(out,
		question{"call", 1, func(ctx context.Context) (int, error) {
			_, err := s.Call(ctx, l.middle.ID)
			return 1, err
		}},
		question{"call_explain", 4, func(ctx context.Context) (int, error) {
			_, told, err := ledger.Explain(ctx, s, l.middle.ID, 1)
			return len(told.Steps), err
		}},
	)
}

func runQuestions(s *sqlitestore.Store, l lake) []question {
	day := l.to.Add(-24 * time.Hour)
	var out []question
	for _, q := range []struct {
		name  string
		least int
		q     ledger.Query
	}{
		{"newest", 100, ledger.Query{}},
		{"largest_page", 1000, ledger.Query{Limit: ledger.MaxLimit}},
		{"since_until", 100, ledger.Query{Since: day, Until: day.Add(12 * time.Hour)}},
		{"until", 100, ledger.Query{Until: l.from.Add(24 * time.Hour)}},
		{"common_tenant", 100, ledger.Query{Tenant: commonTenant}},
		{"rare_tenant", 1, ledger.Query{Tenant: rareTenant}},
		{"common_model", 100, ledger.Query{Model: commonModel}},
		{"rare_model", 2, ledger.Query{Model: rareModel}},
		{"rare_model_since", 1, ledger.Query{Model: rareModel, Since: l.from.Add(24 * time.Hour)}},
		{"refused", 100, ledger.Query{Outcome: ledger.Refused}},
		{"rare_tenant_refused", 0, ledger.Query{Tenant: rareTenant, Outcome: ledger.Refused}},
	} {
		out = append(out, question{"runs/" + q.name, q.least, func(ctx context.Context) (int, error) {
			runs, _, err := s.Runs(ctx, q.q)
			return len(runs), err
		}})
	}
	return append(out, question{"run", 3, func(ctx context.Context) (int, error) {
		_, calls, err := s.Run(ctx, l.middle.Tenant, l.middle.Run)
		return len(calls), err
	}})
}

func costQuestions(s *sqlitestore.Store, l lake) []question {
	var out []question
	for _, by := range []ledger.CostBy{ledger.CostByDay, ledger.CostByModel, ledger.CostByTenant, ledger.CostByRun} {
		for name, q := range map[string]ledger.CostQuery{
			"":        {},
			"_since":  {Since: l.from.Add(7*24*time.Hour + 13*time.Hour + 27*time.Minute + 11*time.Second)},
			"_tenant": {Tenant: commonTenant},
			"_model":  {Model: commonModel},
			"_zone":   {Zone: time.FixedZone("NPT", 5*3600+45*60)},
		} {
			if name == "_zone" && by != ledger.CostByDay {
				continue
			}
			q.By = by
			out = append(out, question{"costs/" + string(by) + name, 1, func(ctx context.Context) (int, error) {
				costs, err := s.Costs(ctx, q)
				return len(costs.Rows), err
			}})
		}
	}
	return out
}

func sumQuestions(s *sqlitestore.Store, l lake) []question {
	var out []question
	for name, q := range map[string]ledger.UsageQuery{
		"hour_by_minute":       {Since: l.to.Add(-time.Hour), Step: ledger.UsageMinute},
		"day_by_minute":        {Since: l.to.Add(-24 * time.Hour), Step: ledger.UsageMinute, Limit: 2000},
		"day_by_hour_tenant":   {Since: l.to.Add(-24 * time.Hour), By: ledger.UsageByTenant, Limit: 5000},
		"week_by_hour_pool":    {Since: l.to.Add(-7 * 24 * time.Hour), By: ledger.UsageByPool, Limit: 5000},
		"month_by_day_model":   {Step: ledger.UsageDay, By: ledger.UsageByModel},
		"month_by_hour_tenant": {Tenant: commonTenant},
	} {
		out = append(out, question{"usage/" + name, 1, func(ctx context.Context) (int, error) {
			u, err := s.Usage(ctx, q)
			return len(u.Points), err
		}})
	}
	for name, q := range map[string]ledger.SumQuery{
		"today": {Since: l.to.Add(-17*time.Hour - 13*time.Minute - 5*time.Second)}, "hour": {Since: l.to.Add(-time.Hour - 7)}, "all": {},
	} {
		out = append(out, question{"sums/" + name, 1, func(ctx context.Context) (int, error) {
			u, err := s.Sums(ctx, q)
			return int(min(u.Calls, 1)), err
		}})
	}
	out = append(out, question{"intervals/fortnight_model", 1, func(ctx context.Context) (int, error) {
		u, err := s.Intervals(ctx, ledger.UseQuery{Since: l.to.Add(-14*24*time.Hour + 77), Model: commonModel})
		return len(u), err
	}})
	for name, since := range map[string]time.Duration{"hour": time.Hour, "day": 24 * time.Hour, "week": 7 * 24 * time.Hour} {
		out = append(out,
			question{"intervals/" + name, 1, func(ctx context.Context) (int, error) {
				u, err := s.Intervals(ctx, ledger.UseQuery{Since: l.to.Add(-since)})
				return len(u), err
			}},
			question{"routes/" + name, 1, func(ctx context.Context) (int, error) {
				u, err := s.Routes(ctx, ledger.UseQuery{Since: l.to.Add(-since)})
				return len(u), err
			}})
	}
	return append(out, question{"events", 0, func(ctx context.Context) (int, error) {
		events, err := s.Events(ctx, ledger.EventQuery{})
		return len(events), err
	}})
}
