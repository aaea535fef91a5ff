package daemon

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/headgate/headgate/internal/advisor"
	"github.com/headgate/headgate/internal/counsel"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/sim"
)

// TestRecordedWorkload is by hand: a run of two calls and a call without a run, in
// ten minutes of a gateway whose time goes twice as fast.
func TestRecordedWorkload(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
	pool := llm.Pool{Region: "us-east-1", Model: "m", Path: llm.PathGeo}
	y := &tally{index: map[string]int{}, pools: map[llm.Pool]int64{}, scale: 2, model: func(llm.Pool) int64 { return 64_000 }}
	for _, e := range []ledger.Entry{ // newest first
		{Time: at.Add(10 * time.Minute), Pool: pool, Usage: llm.Usage{Input: 100, Output: 50}, MaxTokens: ledger.UnsetTokens, Latency: 3 * time.Second, Queued: time.Second},
		{Time: at.Add(time.Minute), Run: "a", Pool: pool, Usage: llm.Usage{Input: 10, CacheRead: 900, Output: 70}, MaxTokens: 1000, Latency: 4 * time.Second},
		{Time: at, Run: "a", Pool: pool, Usage: llm.Usage{Input: 10, CacheWrite: 900, Output: 60}, Hold: 1410, Latency: 5 * time.Second, Queued: 2 * time.Second},
	} {
		y.add(e)
	}
	got := y.sum()
	want := &counsel.Recorded{
		First: at, Last: at.Add(10 * time.Minute), Runs: 2, Calls: 3, Single: 1, Unset: 1,
		Input: 60, CacheRead: 450, CacheWrite: 450, Output: 90, Latency: 6, // (2 + 4 + 3) × 2 / 3
		Workload: advisor.Workload{
			RunsPerMinute: 0.1, // two in twenty nominal minutes
			CallsPerRun:   1.5, InputPerRun: 510, OutputPerRun: 90,
			MaxTokens: 21_833, // (64,000 + 1,000 + 500) / 3
			Latency:   6 * time.Second,
			Basis:     "2 runs (3 calls) of the ledger from 2026-11-02T08:00:00Z to 2026-11-02T08:10:00Z",
		},
		Shapes: [][]sim.Call{
			{{Input: 100, Bytes: 400, Output: 50, MaxTokens: 64_000, Takes: 4 * time.Second}},
			{
				{Input: 910, Bytes: 3640, Output: 60, MaxTokens: 500, Takes: 6 * time.Second},
				{Input: 10, Bytes: 40, Output: 70, MaxTokens: 1000, Takes: 8 * time.Second},
			},
		},
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(1e-12, 0)); diff != "" {
		t.Errorf("measured (-want +got):\n%s", diff)
	}
	if _, err := y.only(); err != nil {
		t.Errorf("the pool of one is %v", err)
	}
	y.add(ledger.Entry{Pool: llm.Pool{Model: "other", Path: llm.PathGeo}})
	_, err := y.only()
	if several, ok := errors.AsType[*counsel.PoolsError](err); !ok || len(several.Pools) != 2 {
		t.Errorf("of two pools the error is %v", err)
	}
}
