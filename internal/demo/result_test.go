package demo

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/headgate/headgate/internal/emulator"
)

// at is an instant of the upstream, in nominal time of the default scale.
func at(begin time.Time, nominal time.Duration) *time.Time {
	return new(begin.Add(DefaultOptions().real(nominal)))
}

func TestMeasure(t *testing.T) {
	t.Parallel()
	begin := time.Unix(1_700_000_000, 0)
	short := DefaultOptions().real
	for _, tt := range []struct {
		name     string
		runs     []run
		upstream emulator.PoolStats
		want     Result
	}{
		{
			name: "nothing yet",
			runs: make([]run, 2),
			want: Result{Wall: 3.25},
		},
		{
			name: "some finished, some gave up",
			runs: []run{
				{started: true, finished: true, answered: 2, settled: 3000, took: short(100 * time.Second)},
				{started: true, finished: true, answered: 2, settled: 3000, took: short(400 * time.Second)},
				{started: true, failed: true, answered: 1, settled: 1500},
				{started: true, failed: true},
				{started: true, answered: 1, settled: 1400},
				{},
			},
			upstream: emulator.PoolStats{
				Accepted: 6, Throttled: emulator.Throttled{Requests: 7, Tokens: 2, Day: 1},
				FirstAccepted: at(begin, 0), LastAccepted: at(begin, 2*time.Minute),
			},
			want: Result{
				RunsStarted: 5, RunsFinished: 2, RunMean: new(250.0), RunP95: new(400.0),
				ClientErrors: 2, UpstreamThrottles: 10, UpstreamCalls: 6, QuotaUsed: 1.25, TokensWasted: 2900, Wall: 3.25,
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := measure(DefaultOptions(), tt.runs, tt.upstream, 3250*time.Millisecond)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("measure (-want +got):\n%s", diff)
			}
		})
	}
}

func TestQuotaUsed(t *testing.T) {
	t.Parallel()
	begin := time.Unix(1_700_000_000, 0)
	for _, tt := range []struct {
		name     string
		upstream emulator.PoolStats
		want     float64
	}{
		{"no call", emulator.PoolStats{}, 0},
		{"one call", emulator.PoolStats{Accepted: 1, FirstAccepted: at(begin, 0), LastAccepted: at(begin, 0)}, 0},
		{"all at once", emulator.PoolStats{Accepted: 2, FirstAccepted: at(begin, 0), LastAccepted: at(begin, 0)}, 0},
		{"every slot", emulator.PoolStats{Accepted: 61, FirstAccepted: at(begin, 0), LastAccepted: at(begin, 30*time.Minute)}, 1},
		{"every second slot", emulator.PoolStats{Accepted: 31, FirstAccepted: at(begin, 0), LastAccepted: at(begin, 30*time.Minute)}, 0.5},
	} {
		if got := round(quotaUsed(DefaultOptions(), tt.upstream), 6); got != tt.want {
			t.Errorf("%s: quotaUsed = %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestPerMinute(t *testing.T) {
	t.Parallel()
	// Off the whole millisecond in which the emulator reports.
	begin := time.Unix(1_700_000_000, 700_400)
	call := func(nominal time.Duration, outcome string) emulator.Start {
		return emulator.Start{UnixMS: at(begin, nominal).UnixMilli(), Outcome: outcome}
	}
	stats := emulator.PoolStats{Starts: []emulator.Start{
		call(-time.Minute, "accepted"), // before the agents: none of theirs
		call(0, "accepted"),
		call(30*time.Second, "requests"), // throttled: used nothing
		call(59*time.Second, "accepted"),
		call(2*time.Minute+time.Second, "accepted"),
		call(10*time.Minute, "accepted"), // after the moment that is looked at
	}}
	o := DefaultOptions()
	if diff := cmp.Diff([]int{2, 0, 1, 0}, perMinute(o, stats, begin, o.real(3*time.Minute+time.Second))); diff != "" {
		t.Errorf("perMinute (-want +got):\n%s", diff)
	}
}

func TestNearestRank(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{7}, 7},
		{[]float64{2, 1}, 2},
		{[]float64{10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, 10},
		{[]float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20}, 19},
	} {
		if got := nearestRank(tt.values, 0.95); got != tt.want {
			t.Errorf("nearestRank(%v, 0.95) = %v, want %v", tt.values, got, tt.want)
		}
	}
}

func TestNearestRankCoversItsShare(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(0, 1e6), 1, 60).Draw(t, "values")
		p := rapid.Float64Range(0.01, 1).Draw(t, "p")
		got := nearestRank(slices.Clone(values), p)
		if !slices.Contains(values, got) {
			t.Fatalf("nearestRank(%v, %v) = %v, which is none of them", values, p, got)
		}
		below, covered := 0, 0
		for _, v := range values {
			if v < got {
				below++
			}
			if v <= got {
				covered++
			}
		}
		if share := p * float64(len(values)); float64(covered) < share-1e-9 || float64(below) >= share {
			t.Fatalf("nearestRank(%v, %v) = %v covers %d of %d, %d without it", values, p, got, covered, len(values), below)
		}
	})
}

func TestReportKeys(t *testing.T) {
	t.Parallel()
	data, err := json.Marshal(Report{Headgate: Result{RunMean: new(12.5), RunP95: new(20.0), Failure: errOops}})
	if err != nil {
		t.Fatal(err)
	}
	empty := `{"runs_started":0,"runs_finished":0,"run_mean_s":null,"run_p95_s":null,"client_errors":0,` +
		`"upstream_throttles":0,"upstream_calls":0,"quota_used":0,"tokens_wasted":0,"wall_s":0}`
	want := `{"direct":` + empty + `,"fifo":` + empty + `,"headgate":` +
		`{"runs_started":0,"runs_finished":0,"run_mean_s":12.5,"run_p95_s":20,"client_errors":0,` +
		`"upstream_throttles":0,"upstream_calls":0,"quota_used":0,"tokens_wasted":0,"wall_s":0}}`
	if diff := cmp.Diff(want, string(data)); diff != "" {
		t.Errorf("JSON of a report (-want +got):\n%s", diff)
	}
}
