package ledgertest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
)

func (c check) usageQueries() {
	t, s := c.t, c.store
	for _, q := range []ledger.UsageQuery{{Step: "week"}, {By: "run"}, {Limit: -1}, {Limit: ledger.MaxPoints + 1}} {
		if _, err := s.Usage(t.Context(), q); fault.KindOf(err) != fault.Invalid {
			t.Errorf("Usage(%+v) error = %v, want invalid", q, err)
		}
	}
	mustAppend(t, s, Sample(0), Sample(1), Sample(61))
	got, err := s.Usage(t.Context(), ledger.UsageQuery{Step: ledger.UsageMinute, Limit: 1})
	if err != nil || len(got.Points) != 1 || got.More != 1 || got.Points[0].Calls != 1 || !got.Points[0].Time.Equal(Sample(61).Time.Truncate(time.Minute)) {
		t.Errorf("Usage(limit 1) = %+v, %v, want the newest minute and one more", got, err)
	}
	sums, err := s.Sums(t.Context(), ledger.SumQuery{Since: Sample(1).Time, Until: Sample(61).Time})
	if err != nil || sums.Calls != 1 || sums.Throttles != 6 || sums.Waited != 1 || sums.Avoided != 0 {
		t.Errorf("Sums(of one call) = %+v, %v, want that call, its six throttles and its wait", sums, err)
	}
}

// usageModel appends random entries in several batches to a store and to a Memory,
// some of them again, and asks both what was used.
func usageModel(t *testing.T, open func(t TB) ledger.Store) {
	t.Helper()
	rapid.Check(t, func(rt *rapid.T) {
		s, m := open(rt), &Memory{}
		for range 3 {
			batch := rapid.SliceOfN(rapid.Custom(usageEntry), 0, 20).Draw(rt, "entries")
			for _, store := range []ledger.Store{s, m} {
				if err := store.Append(t.Context(), batch); err != nil {
					rt.Fatalf("Append() error: %v", err)
				}
			}
		}
		for range 8 {
			q := rapid.Custom(usageQuery).Draw(rt, "query")
			got, err := s.Usage(t.Context(), q)
			want, _ := m.Usage(t.Context(), q)
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" || err != nil {
				rt.Fatalf("Usage(%+v): error %v (-want +got):\n%s", q, err, diff)
			}
			sum := ledger.SumQuery{Since: q.Since, Until: q.Until, Tenant: q.Tenant, Model: q.Model}
			sums, err := s.Sums(t.Context(), sum)
			wantSums, _ := m.Sums(t.Context(), sum)
			if diff := cmp.Diff(wantSums, sums); diff != "" || err != nil {
				rt.Fatalf("Sums(%+v): error %v (-want +got):\n%s", sum, err, diff)
			}
			use := ledger.UseQuery{Since: q.Since, Until: q.Until, Model: rapid.SampledFrom([]llm.ModelID{"", "m1"}).Draw(rt, "of"), Width: rapid.SampledFrom([]time.Duration{0, time.Second, 5 * time.Minute, time.Hour}).Draw(rt, "width")}
			intervals, err := s.Intervals(t.Context(), use)
			wantIntervals, _ := m.Intervals(t.Context(), use)
			if diff := cmp.Diff(wantIntervals, intervals); diff != "" || err != nil {
				rt.Fatalf("Intervals(%+v): error %v (-want +got):\n%s", use, err, diff)
			}
		}
	})
}

// usageEntry is costEntry, with waits and throttles.
func usageEntry(t *rapid.T) ledger.Entry {
	e := costEntry(t)
	e.Time = e.Time.Add(time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "within")))
	e.Queued = time.Duration(rapid.Int64Range(0, int64(2*time.Minute)).Draw(t, "queued"))
	e.ThrottledRequests, e.ThrottledDay = rapid.IntRange(0, 1).Draw(t, "throttled"), rapid.IntRange(0, 1).Draw(t, "throttled by the day")
	e.Reason = rapid.SampledFrom([]string{"", "waited"}).Draw(t, "reason")
	e.Hold, e.Settled = rapid.Int64Range(0, 9).Draw(t, "hold"), rapid.Int64Range(0, 9).Draw(t, "settled")
	return e
}

func usageQuery(t *rapid.T) ledger.UsageQuery {
	q := ledger.UsageQuery{
		Step:   rapid.SampledFrom([]ledger.UsageStep{"", ledger.UsageMinute, ledger.UsageHour, ledger.UsageDay}).Draw(t, "step"),
		By:     rapid.SampledFrom([]ledger.UsageBy{"", ledger.UsageByNone, ledger.UsageByPool, ledger.UsageByTenant, ledger.UsageByModel}).Draw(t, "by"),
		Tenant: rapid.SampledFrom([]llm.Tenant{"", "", "a", "b"}).Draw(t, "tenant"),
		Model:  rapid.SampledFrom([]string{"", "", "m1", "m2"}).Draw(t, "model"),
		Limit:  rapid.SampledFrom([]int{0, 1, 5}).Draw(t, "limit"),
	}
	if rapid.Bool().Draw(t, "since") {
		q.Since = instant(t).Add(time.Duration(rapid.Int64Range(0, int64(50*time.Hour)).Draw(t, "from")))
	}
	if rapid.Bool().Draw(t, "until") {
		q.Until = instant(t).Add(time.Duration(rapid.Int64Range(0, int64(50*time.Hour)).Draw(t, "to")))
	}
	return q
}
