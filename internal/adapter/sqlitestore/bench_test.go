package sqlitestore_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/headgate/headgate/internal/adapter/sqlitestore"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/ledger/ledgertest"
	"github.com/headgate/headgate/internal/llm"
)

// BenchmarkAppend writes one group commit.
func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{1, 256} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			s := open(b, b.TempDir(), sqlitestore.Options{})
			entries := make([]ledger.Entry, size)
			n := 0
			b.ReportAllocs()
			for b.Loop() {
				for i := range entries {
					n++
					entries[i] = ledgertest.Sample(n)
					entries[i].Run = llm.RunID(fmt.Sprint("run-", n/6))
				}
				if err := s.Append(b.Context(), entries); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(n), "µs/call")
		})
	}
}

// BenchmarkRuns lists the first page of a ledger of 60,000 calls.
func BenchmarkRuns(b *testing.B) {
	s := open(b, b.TempDir(), sqlitestore.Options{})
	entries := make([]ledger.Entry, 60_000)
	for i := range entries {
		entries[i] = ledgertest.Sample(i)
		entries[i].Run = llm.RunID(fmt.Sprint("run-", i/6))
	}
	if err := s.Append(b.Context(), entries); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if runs, _, err := s.Runs(b.Context(), ledger.Query{}); err != nil || len(runs) != ledger.DefaultLimit {
			b.Fatalf("Runs() = %d, %v", len(runs), err)
		}
	}
}

// BenchmarkSave writes the state of one pool's limits.
func BenchmarkSave(b *testing.B) {
	s := open(b, b.TempDir(), sqlitestore.Options{})
	state := make([]byte, 256)
	for b.Loop() {
		if err := s.Save(b.Context(), "111122223333/us-east-1/anthropic.claude/geo", state); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCosts sums up a ledger of 60,000 calls of 10,000 runs.
func BenchmarkCosts(b *testing.B) {
	s := open(b, b.TempDir(), sqlitestore.Options{})
	entries := make([]ledger.Entry, 60_000)
	for i := range entries {
		entries[i] = ledgertest.Sample(i)
		entries[i].Run = llm.RunID(fmt.Sprint("run-", i/6))
	}
	if err := s.Append(b.Context(), entries); err != nil {
		b.Fatal(err)
	}
	for _, by := range []ledger.CostBy{ledger.CostByDay, ledger.CostByModel, ledger.CostByRun} {
		b.Run(string(by), func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Costs(b.Context(), ledger.CostQuery{By: by}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkRecord is what a call pays while its ledger writes into a file: two
// processors record 2,000 calls a second each.
func BenchmarkRecord(b *testing.B) {
	l := ledger.New(open(b, b.TempDir(), sqlitestore.Options{}), ledger.Options{})
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	var spent, n atomic.Int64
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			e := ledgertest.Sample(int(n.Add(1)))
			begin := time.Now()
			l.Record(e)
			took := time.Since(begin)
			spent.Add(int64(took))
			time.Sleep(500*time.Microsecond - took)
		}
	})
	b.ReportMetric(float64(spent.Load())/1000/float64(b.N), "µs/call")
	cancel()
	if err := <-ended; err != nil {
		b.Error(err)
	}
	b.ReportMetric(float64(l.Stats().Dropped), "dropped")
}
