package suites

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/headgate/headgate/bench/internal/live"
	"github.com/headgate/headgate/bench/internal/report"
	"github.com/headgate/headgate/bench/internal/results"
	"github.com/headgate/headgate/internal/sim"
)

func lives() Suite {
	return Suite{
		Section: report.Section{
			Name: "live", Title: "Simulated and live", Group: results.Live,
			About: "Each case twice: simulated, and played over real HTTP sixty times faster than a clock, each call by the AWS SDK through a whole gateway, or, fixed, straight to the emulated account. " +
				"Both have the same calls, drawn once. Least differ runs finished and on time, shares of tenants, and throttles where there are none. What differs is that a machine is never on time: " +
				"a millisecond by which a timer is late is 60 ms here, and what a pacer starts late it catches up only where calls are smaller than its burst, half a second of the limit: heavy-tailed runs have larger ones. " +
				"So the live rate is a little lower, and where more is offered than fits, the queue adds that up in the times of runs. In a gateway whose time is not scaled, the same millisecond is a sixtieth of that. " +
				"Where that, or chance, decides more than the limits do, more than 3 % is allowed, and the reason stands below.",
			Metrics: []report.Metric{
				{Name: "used", Title: "Quota used while work waits", Unit: "ratio"},
				{Name: "makespan", Title: "Time until the last run ended", Unit: "s"},
				{Name: "finished", Title: "Runs finished", Unit: "ratio"},
				{Name: "on time", Title: "Runs on time, of all offered", Unit: "ratio"},
				{Name: "mean", Title: "Mean time of a run", Unit: "s"},
				{Name: "p95", Title: "95th percentile of it", Unit: "s"},
				{Name: "throttles", Title: "Throttles"},
				{Name: "amplification", Title: "Upstream calls ÷ client calls", Unit: "ratio"},
				{Name: "jain", Title: "Jain's index over weighted shares", Unit: "ratio"},
			},
		},
		Run: func(ctx context.Context, s Settings, emit func(results.Row)) error {
			cases, err := liveCases(s.Quick)
			if err != nil {
				return err
			}
			for _, c := range cases {
				s.Step("%s", c.scenario.Name)
				if err := c.run(ctx, emit); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// run plays and simulates a case and emits its rows.
func (p played) run(ctx context.Context, emit func(results.Row)) error {
	trace := sim.Draw(p.scenario, firstSeed)
	got := make([]sim.Result, len(p.policies))
	g, playing := errgroup.WithContext(ctx)
	for i, policy := range p.policies {
		g.Go(func() (err error) {
			got[i], err = live.Play(playing, live.Case{Scenario: p.scenario, Trace: trace, Policy: policy, TimeScale: liveScale})
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return fmt.Errorf("play %s: %w", p.scenario.Name, err)
	}
	for i, policy := range p.policies {
		simulated, done := sim.Simulate(sim.Case{
			Scenario: live.Simulated(p.scenario, liveScale), Trace: trace, Policy: policy, Seed: firstSeed,
			Stop: func() bool { return ctx.Err() != nil },
		})
		if !done {
			return ctx.Err()
		}
		p.rows(got[i], simulated, emit)
	}
	return nil
}

// liveFigure is one metric of a result, only of scenarios that have it.
type liveFigure struct {
	metric string
	of     func(*sim.Result) float64
	only   func(*sim.Scenario) bool
}

func liveFigures() []liveFigure {
	deadlines := func(s *sim.Scenario) bool { return s.Workload[0].Deadline > 0 }
	tenants := func(s *sim.Scenario) bool { return len(s.Workload) > 1 }
	return []liveFigure{
		{"used", func(r *sim.Result) float64 { return r.QuotaUsed }, nil},
		{"makespan", func(r *sim.Result) float64 { return r.Makespan }, nil},
		{"finished", func(r *sim.Result) float64 { return float64(r.RunsFinished) / float64(max(1, r.RunsOffered)) }, nil},
		{"on time", func(r *sim.Result) float64 { return r.OnTime }, deadlines},
		{"mean", func(r *sim.Result) float64 { return r.RunMean }, nil},
		{"p95", func(r *sim.Result) float64 { return r.RunP95 }, nil},
		{"throttles", func(r *sim.Result) float64 { return float64(r.Throttles) }, nil},
		{"amplification", func(r *sim.Result) float64 { return r.Amplification }, nil},
		{"jain", func(r *sim.Result) float64 { return r.Jain }, tenants},
	}
}

// rows are those of one policy, live and simulated.
func (p played) rows(got, simulated sim.Result, emit func(results.Row)) {
	name := p.scenario.Name
	if len(p.policies) > 1 {
		name += ": " + string(got.Policy)
	}
	for _, f := range liveFigures() {
		l, s := f.of(&got), f.of(&simulated)
		if f.only != nil && !f.only(&p.scenario) {
			continue
		}
		part, why := p.allowed(got.Policy, f.metric)
		r := results.Row{Case: name, Arm: "live", Metric: f.metric, Value: l, Bound: &s, Law: simulated.Law, Note: why, Target: results.Within(part, "simulated")}
		emit(r)
		emit(results.Row{Case: name, Arm: "simulated", Metric: f.metric, Value: s, Law: simulated.Law})
	}
}
