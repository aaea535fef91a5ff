package counsel

import (
	"context"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/internal/advisor"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/quota"
	"github.com/headgate/headgate/internal/sim"
)

// tried is what formula and simulator make of a workload on limits.
func tried(t *testing.T, w advisor.Workload, law sim.Law, limits ...advisor.Limit) PlanReport {
	t.Helper()
	rules := advisor.Model{Burndown: 5, MaxOutput: 64_000, Bucket: sim.Refills(law)}
	f, err := advisor.Plan(w, limits, rules)
	if err != nil {
		t.Fatal(err)
	}
	tr := &trial{w: w, rules: rules, limits: limits, law: law, learn: sim.LearnTrials, even: evenShapes(w, rules), simulate: simulate}
	tr.shapes = tr.even
	r := PlanReport{Formula: figuresOf(f, w), Bounds: f.Bounds}
	if err := tr.run(t.Context(), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestFormulaHoldsInTheSimulator: where many calls fit a limit, the formula is
// within a few percent of what the gateway's pacing makes of it, and where few do,
// the report says so.
func TestFormulaHoldsInTheSimulator(t *testing.T) {
	t.Parallel()
	w := advisor.Workload{CallsPerRun: 6, InputPerRun: 2000, OutputPerRun: 1500, MaxTokens: 4096, Latency: 10 * time.Second, Runs: 400}
	changed := func(change func(*advisor.Workload)) advisor.Workload {
		w := w
		change(&w)
		return w
	}
	sliding, bucket := sim.SafeLaw(), sim.Law{}
	requests := func(n int64) advisor.Limit { return advisor.Limit{Kind: quota.RequestsPerMinute, Amount: n} }
	tokens := func(n int64) advisor.Limit { return advisor.Limit{Kind: quota.TokensPerMinute, Amount: n} }
	for name, tt := range map[string]struct {
		w      advisor.Workload
		law    sim.Law
		limits []advisor.Limit
	}{
		"requests":       {w, sliding, []advisor.Limit{requests(2)}},
		"more requests":  {changed(func(w *advisor.Workload) { w.Runs = 4000 }), sliding, []advisor.Limit{requests(1000), tokens(5_000_000)}},
		"tokens":         {w, sliding, []advisor.Limit{requests(10_000), tokens(500_000)}},
		"tokens, bucket": {w, bucket, []advisor.Limit{tokens(500_000)}},
		"long calls":     {changed(func(w *advisor.Workload) { w.Latency = 2 * time.Minute }), sliding, []advisor.Limit{tokens(1_000_000)}},
		"short calls":    {changed(func(w *advisor.Workload) { w.Latency = time.Second }), sliding, []advisor.Limit{tokens(1_000_000)}},
		"single calls":   {changed(func(w *advisor.Workload) { w.CallsPerRun, w.OutputPerRun = 1, 250 }), sliding, []advisor.Limit{tokens(1_000_000)}},
		"5.4 calls":      {changed(func(w *advisor.Workload) { w.CallsPerRun = 5.4 }), sliding, []advisor.Limit{requests(100)}},
		"a day":          {w, sliding, []advisor.Limit{requests(100), {Kind: quota.TokensPerDay, Amount: 20_000_000}}},
		"account's day":  {w, sliding, []advisor.Limit{tokens(500_000), {Kind: quota.AccountTokensPerDay, Amount: 20_000_000}}},
		"mantle":         {w, sliding, []advisor.Limit{{Kind: quota.InputTokensPerMinute, Amount: 500_000}, {Kind: quota.OutputTokensPerMinute, Amount: 1_000_000}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := tried(t, tt.w, tt.law, tt.limits...)
			if got := r.Simulated.RunsPerMinute/r.Formula.RunsPerMinute - 1; math.Abs(got) > 0.05 {
				t.Errorf("%.3f runs a minute, and %.3f simulated: %.1f %%", r.Formula.RunsPerMinute, r.Simulated.RunsPerMinute, 100*got)
			}
			if got := *r.Simulated.Finish/(*r.Formula.Finish) - 1; math.Abs(got) > 0.08 {
				t.Errorf("%.0f s for all, and %.0f simulated: %.1f %%", *r.Formula.Finish, *r.Simulated.Finish, 100*got)
			}
			if r.Simulated.Binding != r.Formula.Binding {
				t.Errorf("%s binds, and %s in the simulator", r.Formula.Binding, r.Simulated.Binding)
			}
		})
	}
	few := tried(t, changed(func(w *advisor.Workload) { w.MaxTokens = 0 }), sliding, tokens(300_000)) // four calls of 64,333
	if len(few.Differs) == 0 || !strings.Contains(few.Differs[0], "4 of 64,334 tokens at once") {
		t.Errorf("the simulator has %.2f for %.2f, because of %q", few.Simulated.RunsPerMinute, few.Formula.RunsPerMinute, few.Differs)
	}
}

// TestNeededIsEnoughInTheSimulator: with the quotas that a deadline needs, the
// simulated runs are done by then.
func TestNeededIsEnoughInTheSimulator(t *testing.T) {
	t.Parallel()
	w := advisor.Workload{CallsPerRun: 6, InputPerRun: 2000, OutputPerRun: 1500, MaxTokens: 4096, Latency: 10 * time.Second, Runs: 5000, Within: 2 * time.Hour}
	r := tried(t, w, sim.SafeLaw(), advisor.Limit{Kind: quota.RequestsPerMinute, Amount: 2}, advisor.Limit{Kind: quota.TokensPerMinute, Amount: 1000})
	if r.With == nil || r.With.Finish == nil || *r.With.Finish > 7200*(1+tolerated) {
		t.Errorf("with what is needed: %+v", r.With)
	}
}

func TestAnInterruptedTrialSaysSo(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w, _ := advisor.Preset("heavy")
	limits := []advisor.Limit{{Kind: quota.RequestsPerMinute, Amount: 125}}
	rules := advisor.Model{Burndown: 5}
	tr := &trial{w: w, rules: rules, limits: limits, shapes: evenShapes(w, rules), simulate: simulate}
	if err := tr.run(ctx, &PlanReport{}); fault.KindOf(err) != fault.Cancelled {
		t.Errorf("the error is %v", err)
	}
}

func simulate(ctx context.Context, cases []sim.Case) []sim.Result {
	return Simulate(ctx, cases, runtime.GOMAXPROCS(0), nil)
}
