package live

import (
	"math"
	"testing"
	"time"

	"github.com/headgate/headgate/internal/quota"
	"github.com/headgate/headgate/internal/sim"
)

// timeScale makes a minute last a second.
const timeScale = 60

// agents are twenty runs of five to nine dependent calls that begin at once: work
// for some minutes of an account of so many requests a minute.
func agents(perMinute int64) sim.Scenario {
	return sim.Scenario{
		Name: "agents", Limits: []sim.Limit{{Kind: quota.RequestsPerMinute.String(), Amount: perMinute}},
		Pacer:   sim.Belief{MaxWait: time.Hour},
		Latency: sim.Latency{FirstToken: time.Second, PerToken: 20 * time.Millisecond},
		For:     10 * time.Minute,
		Workload: []sim.Source{{
			Tenant: "agents", Arrival: sim.Arrival{Kind: sim.Spike, Runs: 20}, Calls: sim.Range{Least: 5, Most: 9}, Declared: true, Think: 5 * time.Second,
			Input: sim.Dist{Kind: sim.Constant, Value: 330}, Output: sim.Dist{Kind: sim.Constant, Value: 100}, MaxTokens: 1024, ByteNoise: -1,
		}},
	}
}

// apart is the largest difference of two results, as a part of the second's, over
// the figures that a limit decides.
func apart(got, want sim.Result) float64 {
	var most float64
	for _, f := range [][2]float64{
		{got.Makespan, want.Makespan},
		{float64(got.RunsFinished), float64(want.RunsFinished)},
		{got.RunMean, want.RunMean},
	} {
		most = max(most, math.Abs(f[0]/f[1]-1))
	}
	return most
}

// TestSimulationAndLiveRunAgree plays one trace both ways. A busy machine only
// ever makes a live run slower, so the best of three counts. A simulation of a
// limit that is 5 % wider must not agree with it: else nothing would be shown.
func TestSimulationAndLiveRunAgree(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a live run takes seven seconds")
	}
	const agree, tries = 0.03, 3
	sc := agents(20)
	trace := sim.Draw(sc, 1)
	simulated := func(sc sim.Scenario) sim.Result {
		r, done := sim.Simulate(sim.Case{Scenario: Simulated(sc, timeScale), Trace: trace, Policy: sim.Headgate, Seed: 1})
		if !done || r.RunsFinished != 20 {
			t.Fatalf("the simulation finished %d of 20 runs", r.RunsFinished)
		}
		return r
	}
	want, wider := simulated(sc), simulated(agents(21))
	for try := 1; ; try++ {
		got, err := Play(t.Context(), Case{Scenario: sc, Trace: trace, Policy: sim.Headgate, TimeScale: timeScale})
		if err != nil {
			t.Fatal(err)
		}
		off := apart(got, want)
		t.Logf("makespan %.1f s live, %.1f s simulated; mean run %.1f s, %.1f s; %d runs finished, %d throttles: %.2f %% apart",
			got.Makespan, want.Makespan, got.RunMean, want.RunMean, got.RunsFinished, got.Throttles, 100*off)
		if off <= agree {
			if other := apart(got, wider); other <= agree {
				t.Errorf("a limit that is 5 %% wider is %.2f %% apart from the live run: the comparison sees nothing", 100*other)
			}
			return
		}
		if try == tries {
			t.Fatalf("simulation and live run are %.2f %% apart, want at most %g %%", 100*off, 100*agree)
		}
	}
}
