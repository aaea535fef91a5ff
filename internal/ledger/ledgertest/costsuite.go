package ledgertest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
)

func (c check) costs() {
	t, s := c.t, c.store
	// Sample costs 9,500,000 nano-USD: 2,000 + 1,500 + 30 + 40 tokens, prices of 2026-10-01.
	newer := Sample(2)
	newer.Cost, newer.PriceAsOf = 500_000, "2026-11-01"
	broken := Sample(3)
	broken.Cost, broken.PriceAsOf, broken.Outcome, broken.Usage = ledger.UnknownCost, "", ledger.Broken, llm.Usage{}
	refused := broken
	refused.ID, refused.Tenant, refused.Outcome, refused.Attempts, refused.Status = "refused", "reports", ledger.Refused, 0, 429
	strange := broken
	strange.ID, strange.Pool.Model, strange.ModelID = "strange", "", "no.such-model"
	mustAppend(t, s, Sample(1), newer, broken, refused, strange)

	total := ledger.Cost{
		Calls: 5, Free: 1, Unpriced: 2, Usage: llm.Usage{Input: 4000, Output: 3000, CacheRead: 60, CacheWrite: 80},
		NanoUSD: 10_000_000, PricesFrom: "2026-10-01", PricesTo: "2026-11-01",
	}
	named := total
	named.Model, named.Calls, named.Unpriced = string(Sample(1).Pool.Model), 4, 1
	got, err := s.Costs(t.Context(), ledger.CostQuery{By: ledger.CostByModel})
	want := ledger.Costs{Total: total, Rows: []ledger.Cost{named, {Model: "no.such-model", Calls: 1, Unpriced: 1}}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("Costs(by model) error %v (-want +got):\n%s", err, diff)
	}

	search := total
	search.Tenant, search.Run, search.Calls, search.Free = "search", "run-1", 4, 0
	got, err = s.Costs(t.Context(), ledger.CostQuery{By: ledger.CostByRun, Limit: 1})
	if diff := cmp.Diff(ledger.Costs{Total: total, Rows: []ledger.Cost{search}, More: 1}, got); diff != "" || err != nil {
		t.Errorf("Costs(by run, limit 1) error %v (-want +got):\n%s", err, diff)
	}

	got, err = s.Costs(t.Context(), ledger.CostQuery{By: ledger.CostByTenant, Tenant: "reports", Model: refused.ModelID, Since: refused.Time, Until: refused.Time.Add(1)})
	free := ledger.Cost{Calls: 1, Free: 1}
	row := free
	row.Tenant = "reports"
	if diff := cmp.Diff(ledger.Costs{Total: free, Rows: []ledger.Cost{row}}, got); diff != "" || err != nil {
		t.Errorf("Costs(of reports) error %v (-want +got):\n%s", err, diff)
	}

	got, err = s.Costs(t.Context(), ledger.CostQuery{By: ledger.CostByDay, Tenant: "nobody"})
	if diff := cmp.Diff(ledger.Costs{}, got); diff != "" || err != nil {
		t.Errorf("Costs(of nobody) error %v (-want +got):\n%s", err, diff)
	}
	for _, q := range []ledger.CostQuery{{}, {By: "week"}, {By: ledger.CostByDay, Limit: -1}, {By: ledger.CostByDay, Limit: ledger.MaxLimit + 1}} {
		if _, err := s.Costs(t.Context(), q); fault.KindOf(err) != fault.Invalid {
			t.Errorf("Costs(%+v) error = %v, want invalid", q, err)
		}
	}
	large := Sample(9)
	large.Cost = 1<<63 - 1
	mustAppend(t, s, large)
	if got, err := s.Costs(t.Context(), ledger.CostQuery{By: ledger.CostByDay}); err == nil {
		t.Errorf("Costs() beyond 2^63 = %+v, want an error", got)
	}
}

// days has calls on both sides of midnights of zones that are ahead, behind, off
// by a quarter of an hour, and of which a day has 25 hours.
func (c check) days() {
	t, s := c.t, c.store
	york, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	kathmandu := time.FixedZone("NPT", 5*3600+45*60)
	for i, at := range []time.Time{
		time.Date(2026, 11, 1, 3, 59, 59, 999_999_999, time.UTC), // still October in New York, UTC-4
		time.Date(2026, 11, 1, 4, 0, 0, 0, time.UTC),             // midnight there
		time.Date(2026, 11, 1, 18, 14, 59, 0, time.UTC),          // one second before midnight in Kathmandu
		time.Date(2026, 11, 1, 18, 15, 0, 0, time.UTC),           // midnight there
		time.Date(2026, 11, 2, 4, 59, 59, 0, time.UTC),           // 25 hours later in New York, now UTC-5, it is still the same day
		time.Date(2026, 11, 2, 5, 0, 0, 0, time.UTC),
	} {
		e := Sample(i)
		e.Time, e.Cost = at, 1
		mustAppend(t, s, e)
	}
	for _, tc := range []struct {
		zone  *time.Location
		limit int
		want  map[string]int64
		more  int
	}{
		{zone: nil, want: map[string]int64{"2026-11-01": 4, "2026-11-02": 2}},
		{zone: york, want: map[string]int64{"2026-10-31": 1, "2026-11-01": 4, "2026-11-02": 1}},
		{zone: york, limit: 2, want: map[string]int64{"2026-11-01": 4, "2026-11-02": 1}, more: 1},
		{zone: kathmandu, want: map[string]int64{"2026-11-01": 3, "2026-11-02": 3}},
	} {
		got, err := s.Costs(t.Context(), ledger.CostQuery{By: ledger.CostByDay, Zone: tc.zone, Limit: tc.limit})
		calls := map[string]int64{}
		for i, row := range got.Rows {
			calls[row.Day] = row.Calls
			if i > 0 && got.Rows[i-1].Day >= row.Day {
				t.Errorf("Costs(by day in %v): %s comes after %s", tc.zone, row.Day, got.Rows[i-1].Day)
			}
		}
		if diff := cmp.Diff(tc.want, calls); diff != "" || err != nil || got.More != tc.more || got.Total.NanoUSD != 6 {
			t.Errorf("Costs(by day in %v, limit %d): %d more, total %d, error %v (-want +got):\n%s", tc.zone, tc.limit, got.More, got.Total.NanoUSD, err, diff)
		}
	}
}

// costModel appends random entries to a store and to a Memory, and asks both
// what they cost.
func costModel(t *testing.T, open func(t TB) ledger.Store) {
	t.Helper()
	rapid.Check(t, func(rt *rapid.T) {
		s, m := open(rt), &Memory{}
		batch := rapid.SliceOfN(rapid.Custom(costEntry), 0, 30).Draw(rt, "entries")
		for _, store := range []ledger.Store{s, m} {
			if err := store.Append(t.Context(), batch); err != nil {
				rt.Fatalf("Append() error: %v", err)
			}
		}
		for range 10 {
			q := rapid.Custom(costQuery).Draw(rt, "query")
			got, err := s.Costs(t.Context(), q)
			want, wantErr := m.Costs(t.Context(), q)
			if diff := cmp.Diff(want, got); diff != "" || fault.KindOf(err) != fault.KindOf(wantErr) {
				rt.Fatalf("Costs(%+v): error %v, want %v (-want +got):\n%s", q, err, wantErr, diff)
			}
		}
	})
}

// costEntry is entry, with what costs look at besides.
func costEntry(t *rapid.T) ledger.Entry {
	e := entry(t)
	e.Time = e.Time.Add(time.Duration(rapid.IntRange(0, 200).Draw(t, "quarters")) * 15 * time.Minute)
	e.Pool.Model = rapid.SampledFrom([]llm.ModelID{"", "m1", "m3"}).Draw(t, "pool model")
	e.Outcome = rapid.SampledFrom([]ledger.Outcome{ledger.OK, ledger.Refused, ledger.Throttled, ledger.Invalid, ledger.Denied, ledger.UpstreamError, ledger.Broken}).Draw(t, "end")
	e.Status = rapid.SampledFrom([]int{0, 200, 399, 400, 429, 499, 500}).Draw(t, "status")
	e.Attempts = rapid.IntRange(0, 1).Draw(t, "attempts")
	e.Operation = rapid.SampledFrom([]llm.Operation{llm.OpConverse, llm.OpCountTokens}).Draw(t, "operation")
	e.PriceAsOf = rapid.SampledFrom([]string{"", "2026-10-01", "2026-11-01"}).Draw(t, "price as of")
	tokens := rapid.SampledFrom([]int64{0, 0, 7})
	e.Usage = llm.Usage{
		Input: tokens.Draw(t, "input"), Output: tokens.Draw(t, "output"),
		CacheRead: tokens.Draw(t, "read"), CacheWrite: tokens.Draw(t, "write"),
	}
	return e
}

func costQuery(t *rapid.T) ledger.CostQuery {
	zones := []*time.Location{nil, time.FixedZone("ahead", 14*3600), time.FixedZone("behind", -(3*3600 + 1800)), time.FixedZone("quarter", 12*3600+2700)}
	q := ledger.CostQuery{
		By:     rapid.SampledFrom([]ledger.CostBy{ledger.CostByDay, ledger.CostByModel, ledger.CostByTenant, ledger.CostByRun}).Draw(t, "by"),
		Tenant: rapid.SampledFrom([]llm.Tenant{"", "", "a", "b"}).Draw(t, "tenant"),
		Model:  rapid.SampledFrom([]string{"", "", "m1", "m2", "m3"}).Draw(t, "model"),
		Limit:  rapid.SampledFrom([]int{0, 1, 2, 5}).Draw(t, "limit"),
		Zone:   rapid.SampledFrom(zones).Draw(t, "zone"),
	}
	if rapid.Bool().Draw(t, "since") {
		q.Since = instant(t)
	}
	if rapid.Bool().Draw(t, "until") {
		q.Until = instant(t).Add(time.Duration(rapid.IntRange(0, 50).Draw(t, "hours")) * time.Hour)
	}
	return q
}
