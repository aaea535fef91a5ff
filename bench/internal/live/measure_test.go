package live

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/emulator"
	"github.com/headgate/headgate/internal/emulator/meter"
	"github.com/headgate/headgate/internal/quota"
	"github.com/headgate/headgate/internal/sim"
)

// played is a player for whom everything has happened: three runs of two calls of
// 1,000 tokens at two thousand a minute, in five minutes of which the first is
// not measured. The third run is refused at its second call.
func played(policy sim.Policy) *player {
	p := &player{Case: Case{
		Scenario: sim.Scenario{
			Limits: []sim.Limit{{Kind: quota.TokensPerMinute.String(), Amount: 2000}},
			For:    5 * time.Minute, WarmUp: time.Minute,
		},
		Trace: &sim.Trace{
			Tenants: []sim.Tenant{{Name: "a", Weight: 1}, {Name: "b", Weight: 1}},
			Runs:    []sim.Run{{First: 0, N: 2, Deadline: 3 * time.Minute}, {First: 2, N: 2, Tenant: 1}, {First: 4, N: 2, Deadline: time.Hour}},
			Calls:   make([]sim.Call, 6),
		},
		Policy: policy, TimeScale: timeScale,
	}}
	for i := range p.Trace.Calls {
		p.Trace.Calls[i] = sim.Call{Input: 500, Output: 100}
	}
	const m = time.Minute
	p.calls = []callRecord{
		{wanted: 0, waited: 0, ended: m / 6, attempts: 1, answered: true},
		{wanted: m, waited: m, ended: 4 * m, attempts: 1, answered: true},
		{wanted: m, waited: 2 * m, ended: 7 * m / 2, attempts: 1, answered: true},
		{wanted: 7 * m / 2, waited: m, ended: 5 * m, attempts: 1, answered: true},
		{wanted: m, waited: 0, ended: 2 * m, attempts: 1, answered: true},
		{wanted: 2 * m, ended: 2 * m, attempts: 1},
	}
	p.runs = []runRecord{{0, 4 * m, true}, {m, 5 * m, true}, {m, 2 * m, false}}
	return p
}

func TestFigures(t *testing.T) {
	t.Parallel()
	for policy, amplification := range map[sim.Policy]float64{sim.Headgate: 8.0 / 5, sim.Fixed: 8.0 / 6} {
		got := played(policy).result(emulator.PoolStats{Requests: 8, Throttled: emulator.Throttled{Tokens: 2, Requests: 1}})
		want := sim.Result{
			Policy: policy, Throttles: 3, UpstreamCalls: 8, CallsOffered: 6, CallsFinished: 5, Amplification: amplification,
			RunsOffered: 3, RunsFinished: 2, RunsOnTime: 1, OnTime: 1.0 / 3,
			RunMean: 240, RunP95: 240, Makespan: 300,
			// Work waits in minutes 1 to 3 and 3.5 to 4.5, in which 6,000 tokens are
			// granted and three calls go; a fourth goes when nothing has waited yet.
			QuotaUsed: 3000.0 / 6000, UsedOverall: 4000.0 / 8000,
			Jain: 1,
		}
		near := cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-9 })
		if diff := cmp.Diff(want, got, near); diff != "" {
			t.Errorf("%s (-want +got):\n%s", policy, diff)
		}
	}
}

// TestQuotaUseFollowsTheStep: what is enforced is what counts as granted.
func TestQuotaUseFollowsTheStep(t *testing.T) {
	t.Parallel()
	p := played(sim.Headgate)
	limit := p.Scenario.Limits[0]
	limit.Hidden = meter.Hidden{Steps: []meter.Step{{After: meter.Span(2 * time.Minute), Factor: 0.5}}}
	used, overall := quotaUse(&p.Scenario, limit, p.spans())
	if math.Abs(used-3000.0/4000) > 1e-9 || math.Abs(overall-4000.0/5000) > 1e-9 {
		t.Errorf("quotaUse = %v, %v, want 0.75, 0.8", used, overall)
	}
}
