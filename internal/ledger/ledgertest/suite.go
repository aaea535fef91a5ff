// Package ledgertest holds what every ledger.Store promises, as tests, and a
// Store in memory to test against.
package ledgertest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
)

// TB is what opening a store for a test needs; *testing.T and *rapid.T have it.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Cleanup(f func())
}

// Run tests the stores that open makes: each call must return a new, empty one
// and close it when t ends.
func Run(t *testing.T, open func(t TB) ledger.Store) {
	t.Helper()
	for name, test := range map[string]func(check){
		"an entry comes back as it was":      check.roundTrip,
		"what is not there is not found":     check.notFound,
		"appending again changes nothing":    check.idempotent,
		"a page ends and the next goes on":   check.pages,
		"wrong queries are invalid":          check.invalid,
		"a run is one tenant's":              check.tenants,
		"texts are only texts":               check.hostile,
		"an ended context writes nothing":    check.ended,
		"many read while many write":         check.concurrent,
		"a long run is cut, its sum is not":  check.longRun,
		"an entry without a run has no run":  check.noRun,
		"appending nothing is no error":      check.empty,
		"a run ends as its newest call ends": check.outcome,
		"costs know what they lack":          check.costs,
		"days begin where the reader is":     check.days,
		"usage is told by step":              check.usageQueries,
		"savings are summed up by day":       check.savings,
		"use is summed up by interval":       check.intervals,
		"use is summed up by route":          check.routes,
		"a call has others around it":        check.around,
		"a call is told in words":            check.explanation,
		"events come back in order":          check.events,
		"events are selected":                check.eventQueries,
		"what two notice is kept once":       check.noticedTwice,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(check{t, open(t)})
		})
	}
	t.Run("any query has the answer of the memory store", func(t *testing.T) {
		t.Parallel()
		model(t, open)
	})
	t.Run("any usage is that of the memory store", func(t *testing.T) {
		t.Parallel()
		usageModel(t, open)
	})
	t.Run("any costs are those of the memory store", func(t *testing.T) {
		t.Parallel()
		costModel(t, open)
	})
}

// check is one promise under test: its methods are the promises.
type check struct {
	t     *testing.T
	store ledger.Store
}

// Sample is a complete entry: no field is zero. n makes its id and its arrival.
func Sample(n int) ledger.Entry {
	return ledger.Entry{
		ID: llm.CallID(fmt.Sprintf("call-%05d", n)), Time: time.Date(2026, 11, 1, 12, 0, 0, 123456789, time.UTC).Add(time.Duration(n) * time.Second),
		Class: llm.ClassBatch, Tenant: "search", Principal: "AKIAEXAMPLE", Run: "run-1", RunInferred: true,
		Operation: llm.OpConverse, ModelID: "us.anthropic.claude-haiku-4-5-20251001-v1:0",
		Pool:  llm.Pool{Account: "111122223333", Region: "us-east-1", Model: "anthropic.claude-haiku-4-5-20251001-v1:0", Path: llm.PathGeo},
		Usage: llm.Usage{Input: 2000, Output: 1500, CacheRead: 30, CacheWrite: 40}, Hold: 3500, Forecast: 5000, Settled: 9500,
		Cost: 9_500_000, PriceAsOf: "2026-10-01", Queued: 28 * time.Second, FirstByte: 29 * time.Second, Latency: 41*time.Second + 1,
		Attempts: 2, ThrottledRequests: 1, ThrottledTokens: 2, ThrottledDay: 3, Status: 200, Outcome: ledger.OK,
		ErrorKind: "throttled", ErrorMessage: "Too many requests", Reason: "waited for the next request slot", Limit: "requests/minute",
		Client: "Boto3/1.43", JoinedRetries: 4, Cache: "hit", Saved: ledger.Saved{Tokens: 12, Cost: 34},
		MaxTokens: 4096, ClientAttempts: 5, Body: 1<<63 + 7,
		Route: "us. profile", Ahead: 3, Expected: 27 * time.Second, LimitAmount: 2, RetryAfter: 4 * time.Second,
	}
}

func (c check) roundTrip() {
	t, s := c.t, c.store
	bare := ledger.Entry{ID: "bare", Time: time.Unix(0, 0).UTC(), Cost: ledger.UnknownCost}
	local := Sample(1)
	local.Time = local.Time.In(time.FixedZone("east", 3600))
	mustAppend(t, s, local, bare)
	for _, want := range []ledger.Entry{Sample(1), bare} {
		got, err := s.Call(t.Context(), want.ID)
		if err != nil {
			t.Fatalf("Call(%s) error: %v", want.ID, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Call(%s) (-want +got):\n%s", want.ID, diff)
		}
	}
}

func (c check) notFound() {
	t, s := c.t, c.store
	mustAppend(t, s, Sample(1))
	if _, err := s.Call(t.Context(), "none"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("Call(none) error = %v, want not_found", err)
	}
	if _, _, err := s.Run(t.Context(), "", "none"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("Run(none) error = %v, want not_found", err)
	}
	if _, _, err := s.Run(t.Context(), "other", "run-1"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("Run of another tenant: error = %v, want not_found", err)
	}
}

func (c check) idempotent() {
	t, s := c.t, c.store
	mustAppend(t, s, Sample(1), Sample(2))
	changed := Sample(2)
	changed.Outcome = ledger.Broken
	mustAppend(t, s, changed, Sample(3), Sample(3))
	wantCalls(t, s, ledger.Query{}, "call-00003", "call-00002", "call-00001")
	if got, err := s.Call(t.Context(), "call-00002"); err != nil || got.Outcome != ledger.OK {
		t.Errorf("Call() after a second Append = %s, %v, want the first entry's ok", got.Outcome, err)
	}
	run, _, err := s.Run(t.Context(), "search", "run-1")
	if err != nil || run.Calls != 3 {
		t.Errorf("Run() = %d calls, %v, want 3", run.Calls, err)
	}
}

func (c check) pages() {
	t, s := c.t, c.store
	for n := range 7 {
		mustAppend(t, s, Sample(n))
	}
	var got []llm.CallID
	q := ledger.Query{Limit: 3}
	for range 4 {
		entries, next, err := s.Calls(t.Context(), q)
		if err != nil {
			t.Fatalf("Calls(%+v) error: %v", q, err)
		}
		for _, e := range entries {
			got = append(got, e.ID)
		}
		if q.Before = next; next == "" {
			break
		}
	}
	want := []llm.CallID{"call-00006", "call-00005", "call-00004", "call-00003", "call-00002", "call-00001", "call-00000"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("pages before (-want +got):\n%s", diff)
	}
	entries, next, err := s.Calls(t.Context(), ledger.Query{After: "call-00001", Limit: 2})
	if err != nil || len(entries) != 2 || entries[0].ID != "call-00003" || entries[1].ID != "call-00002" || next != "call-00003" {
		t.Errorf("Calls(after 1, limit 2) = %v, next %q, %v, want calls 3 and 2, next call-00003", ids(entries), next, err)
	}
	entries, next, err = s.Calls(t.Context(), ledger.Query{After: "call-00006"})
	if err != nil || len(entries) != 0 || next != "" {
		t.Errorf("Calls(after the newest) = %v, next %q, %v, want nothing", ids(entries), next, err)
	}
}

func (c check) invalid() {
	t, s := c.t, c.store
	mustAppend(t, s, Sample(1))
	for _, q := range []ledger.Query{{Limit: -1}, {Limit: ledger.MaxLimit + 1}, {Before: "call-00001", After: "call-00001"}, {Before: "none"}, {After: "none"}} {
		if _, _, err := s.Calls(t.Context(), q); fault.KindOf(err) != fault.Invalid {
			t.Errorf("Calls(%+v) error = %v, want invalid", q, err)
		}
		if _, _, err := s.Runs(t.Context(), q); fault.KindOf(err) != fault.Invalid {
			t.Errorf("Runs(%+v) error = %v, want invalid", q, err)
		}
	}
}

func (c check) tenants() {
	t, s := c.t, c.store
	other := Sample(2)
	other.Tenant = "reports"
	mustAppend(t, s, Sample(1), other, Sample(3))
	runs, _, err := s.Runs(t.Context(), ledger.Query{})
	if err != nil || len(runs) != 2 || runs[0].Tenant != "search" || runs[0].Calls != 2 || runs[1].Tenant != "reports" {
		t.Errorf("Runs() = %+v, %v, want search with two calls, then reports", runs, err)
	}
	run, calls, err := s.Run(t.Context(), "reports", "run-1")
	if err != nil || run.Calls != 1 || len(calls) != 1 || calls[0].ID != other.ID {
		t.Errorf("Run(reports) = %+v with %v, %v, want its own call alone", run, ids(calls), err)
	}
	run, calls, err = s.Run(t.Context(), "", "run-1")
	if err != nil || run.Tenant != "search" || len(calls) != 2 || calls[0].ID != "call-00001" {
		t.Errorf("Run(any tenant) = %+v with %v, %v, want the one with the newest call, oldest first", run, ids(calls), err)
	}
}

func (c check) hostile() {
	t, s := c.t, c.store
	for n, text := range []string{"'; DROP TABLE calls; --", "a\x00b", "\xff\xfe", "日本", "%", "?1", `"`} {
		e := Sample(n)
		e.Tenant, e.Run, e.ModelID, e.ErrorMessage = llm.Tenant(text), llm.RunID(text), text, text
		mustAppend(t, s, e)
		wantCalls(t, s, ledger.Query{Tenant: e.Tenant, Run: e.Run, Model: text}, e.ID)
		got, calls, err := s.Run(t.Context(), e.Tenant, e.Run)
		if err != nil || got.ID != e.Run || len(calls) != 1 || calls[0].ErrorMessage != text {
			t.Errorf("Run(%q) = %+v with %d calls, %v", text, got, len(calls), err)
		}
	}
}

func (c check) ended() {
	t, s := c.t, c.store
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Append(ctx, []ledger.Entry{Sample(1)}); err == nil {
		// A store may ignore the context; then the entry is there.
		wantCalls(t, s, ledger.Query{}, "call-00001")
		return
	}
	wantCalls(t, s, ledger.Query{})
}

func (c check) concurrent() {
	t, s := c.t, c.store
	const writers, batches, size = 4, 8, 5
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for b := range batches {
				var entries []ledger.Entry
				for i := range size {
					entries = append(entries, Sample((w*batches+b)*size+i))
				}
				if err := s.Append(t.Context(), entries); err != nil {
					t.Errorf("Append() error: %v", err)
				}
				if _, _, err := s.Runs(t.Context(), ledger.Query{}); err != nil {
					t.Errorf("Runs() while writing: %v", err)
				}
			}
		})
	}
	all.Wait()
	run, calls, err := s.Run(t.Context(), "search", "run-1")
	if want := writers * batches * size; err != nil || run.Calls != want || len(calls) != want {
		t.Errorf("Run() = %d calls in sum, %d listed, %v, want %d", run.Calls, len(calls), err, want)
	}
}

func (c check) longRun() {
	t, s := c.t, c.store
	const calls = ledger.MaxLimit + 3
	var entries []ledger.Entry
	for n := range calls {
		entries = append(entries, Sample(n))
	}
	mustAppend(t, s, entries...)
	run, got, err := s.Run(t.Context(), "search", "run-1")
	if err != nil || run.Calls != calls || len(got) != ledger.MaxLimit || got[0].ID != "call-00000" {
		t.Errorf("Run() = %d calls in sum, %d listed, %v, want %d and the first %d", run.Calls, len(got), err, calls, ledger.MaxLimit)
	}
	if want := int64(calls) * 9_500_000; run.Cost != want {
		t.Errorf("Run() cost = %d, want %d", run.Cost, want)
	}
}

func (c check) noRun() {
	t, s := c.t, c.store
	e := Sample(1)
	e.Run = ""
	mustAppend(t, s, e)
	if runs, _, err := s.Runs(t.Context(), ledger.Query{}); err != nil || len(runs) != 0 {
		t.Errorf("Runs() = %+v, %v, want none", runs, err)
	}
	if _, _, err := s.Run(t.Context(), "", ""); fault.KindOf(err) != fault.NotFound {
		t.Errorf("Run of no name: error = %v, want not_found", err)
	}
}

func (c check) empty() {
	t, s := c.t, c.store
	mustAppend(t, s)
	wantCalls(t, s, ledger.Query{})
}

func (c check) outcome() {
	t, s := c.t, c.store
	failed, unpriced := Sample(2), Sample(1)
	failed.Outcome = ledger.Throttled
	unpriced.Cost, unpriced.RunInferred = ledger.UnknownCost, false
	free := Sample(0) // never sent, and so of no price
	free.Tenant, free.Run = unpriced.Tenant, unpriced.Run
	free.Cost, free.Usage, free.Attempts, free.Settled, free.Queued, free.Outcome = ledger.UnknownCost, llm.Usage{}, 0, 0, 0, ledger.Refused
	mustAppend(t, s, free, failed, unpriced) // in the order in which they ended
	got, _, err := s.Run(t.Context(), "search", "run-1")
	if err != nil {
		t.Fatalf("Run() error: %v", err)
	}
	want := ledger.Run{
		ID: "run-1", Tenant: "search", Calls: 3, Failed: 2, First: free.Time, Last: failed.Time.Add(failed.Latency),
		Queued: 56 * time.Second, Usage: llm.Usage{Input: 4000, Output: 3000, CacheRead: 60, CacheWrite: 80}, Settled: 19_000,
		Cost: 9_500_000, Unpriced: 1, Outcome: ledger.Throttled, Latest: "call-00002",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Run() (-want +got):\n%s", diff)
	}
}

// model appends random entries to a store and to a Memory, and asks both
// random questions.
func model(t *testing.T, open func(t TB) ledger.Store) {
	t.Helper()
	rapid.Check(t, func(rt *rapid.T) {
		s, m := open(rt), &Memory{}
		for range rapid.IntRange(1, 4).Draw(rt, "batches") {
			batch := rapid.SliceOfN(rapid.Custom(entry), 0, 20).Draw(rt, "entries")
			for _, store := range []ledger.Store{s, m} {
				if err := store.Append(t.Context(), batch); err != nil {
					rt.Fatalf("Append() error: %v", err)
				}
			}
		}
		for range 10 {
			q := rapid.Custom(query).Draw(rt, "query")
			got, next, err := s.Calls(t.Context(), q)
			want, wantNext, wantErr := m.Calls(t.Context(), q)
			if diff := cmp.Diff(want, got); diff != "" || next != wantNext || fault.KindOf(err) != fault.KindOf(wantErr) {
				rt.Fatalf("Calls(%+v): next %q, want %q; error %v, want %v (-want +got):\n%s", q, next, wantNext, err, wantErr, diff)
			}
			runs, next, err := s.Runs(t.Context(), q)
			wantRuns, wantNext, wantErr := m.Runs(t.Context(), q)
			if diff := cmp.Diff(wantRuns, runs); diff != "" || next != wantNext || fault.KindOf(err) != fault.KindOf(wantErr) {
				rt.Fatalf("Runs(%+v): next %q, want %q; error %v, want %v (-want +got):\n%s", q, next, wantNext, err, wantErr, diff)
			}
		}
	})
}

// entry draws from few values, so that entries collide in every field that a
// query looks at, arrival included.
func entry(t *rapid.T) ledger.Entry {
	e := Sample(rapid.IntRange(0, 40).Draw(t, "id"))
	e.Time = instant(t)
	e.Tenant = rapid.SampledFrom([]llm.Tenant{"a", "b"}).Draw(t, "tenant")
	e.Run = rapid.SampledFrom([]llm.RunID{"", "r1", "r2", "r3", "r4"}).Draw(t, "run")
	e.RunInferred = rapid.Bool().Draw(t, "inferred")
	e.ModelID = rapid.SampledFrom([]string{"m1", "m2"}).Draw(t, "model id")
	e.Pool.Model = rapid.SampledFrom([]llm.ModelID{"m1", "m3"}).Draw(t, "model")
	e.Outcome = rapid.SampledFrom([]ledger.Outcome{ledger.OK, ledger.Refused}).Draw(t, "outcome")
	e.Cost = rapid.Int64Range(-1, 3).Draw(t, "cost")
	e.Latency = time.Duration(rapid.IntRange(0, 3).Draw(t, "latency")) * time.Second
	return e
}

func query(t *rapid.T) ledger.Query {
	q := ledger.Query{
		Tenant:  rapid.SampledFrom([]llm.Tenant{"", "", "a", "b"}).Draw(t, "tenant"),
		Run:     rapid.SampledFrom([]llm.RunID{"", "", "", "r1", "r2"}).Draw(t, "run"),
		Outcome: rapid.SampledFrom([]ledger.Outcome{"", "", ledger.OK, ledger.Refused}).Draw(t, "outcome"),
		Model:   rapid.SampledFrom([]string{"", "", "m1", "m2", "m3"}).Draw(t, "model"),
		Limit:   rapid.SampledFrom([]int{0, 1, 2, 5}).Draw(t, "limit"),
	}
	if rapid.Bool().Draw(t, "since") {
		q.Since = instant(t)
	}
	if rapid.Bool().Draw(t, "until") {
		q.Until = instant(t)
	}
	cursor := Sample(rapid.IntRange(0, 40).Draw(t, "cursor")).ID
	switch rapid.SampledFrom([]string{"none", "before", "after"}).Draw(t, "direction") {
	case "before":
		q.Before = cursor
	case "after":
		q.After = cursor
	}
	return q
}

func instant(t *rapid.T) time.Time {
	return time.Unix(1_800_000_000+rapid.Int64Range(0, 6).Draw(t, "second"), 0).UTC()
}

func mustAppend(t *testing.T, s ledger.Store, entries ...ledger.Entry) {
	t.Helper()
	if err := s.Append(t.Context(), entries); err != nil {
		t.Fatalf("Append() error: %v", err)
	}
}

func wantCalls(t *testing.T, s ledger.Store, q ledger.Query, want ...llm.CallID) {
	t.Helper()
	entries, _, err := s.Calls(t.Context(), q)
	if err != nil {
		t.Fatalf("Calls(%+v) error: %v", q, err)
	}
	if diff := cmp.Diff(want, ids(entries)); diff != "" {
		t.Errorf("Calls(%+v) (-want +got):\n%s", q, diff)
	}
}

func ids(entries []ledger.Entry) []llm.CallID {
	var out []llm.CallID
	for _, e := range entries {
		out = append(out, e.ID)
	}
	return out
}
