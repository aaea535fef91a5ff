package suites

import (
	"context"
	"fmt"

	"github.com/headgate/headgate/bench/internal/report"
	"github.com/headgate/headgate/bench/internal/results"
	"github.com/headgate/headgate/internal/sim"
)

func honesty(l *lab) Suite {
	return Suite{
		Section: report.Section{
			Name: "honesty", Title: "Honesty of refusals", Group: results.Simulated,
			About: "The runs with ten minutes each, at loads where some must be refused. Each refused run comes back when Retry-After says, with ten minutes again. " +
				"A refusal was false when there was room after all: the limit stood idle, with nothing waiting, for long enough before the run's last moment.",
			Metrics: []report.Metric{
				{Name: "let in", Title: "Runs that returned when told to and were let in", Unit: "ratio"},
				{Name: "false", Title: "False refusals", Unit: "ratio"},
				{Name: "refusals", Title: "Refusals for each run offered", Unit: "ratio"},
			},
			Charts: []report.Chart{{File: "honesty", Title: "Runs that returned when told to and were let in", Metric: "let in", Max: 1.02}},
		},
		Run: func(ctx context.Context, s Settings, emit func(results.Row)) error {
			for _, load := range []float64{1.1, 1.3, 3} {
				sc, err := heavyTailed(load, runTime)
				if err != nil {
					return err
				}
				name := fmt.Sprintf("load %g", load)
				gone, err := l.run(ctx, s, name+", ten minutes each", sc, sim.Headgate)
				if err != nil {
					return err
				}
				for i := range sc.Workload {
					sc.Workload[i].Returns = true
				}
				back, err := l.run(ctx, s, name+", returning", sc, sim.Headgate)
				if err != nil {
					return err
				}
				honestRows(name, load, gone, back, emit)
			}
			return nil
		},
	}
}

// honestRows are those of one load: gone are the runs that do not come back after
// a refusal, back those that do.
func honestRows(name string, load float64, gone, back []sim.Result, emit func(results.Row)) {
	in := spread(row(name, "let in", report.Ours, "bucket", load), of(back, func(r *sim.Result) float64 { return r.Honest }))
	in.Target = results.AtLeast(0.95, "")
	emit(in)
	for _, g := range []struct {
		note string
		all  []sim.Result
	}{{"refused runs give up", gone}, {"refused runs return", back}} {
		wrong := spread(row(name+", "+g.note, "false", report.Ours, "bucket", load), of(g.all, func(r *sim.Result) float64 { return r.FalseRefusals }))
		wrong.Target = results.AtMost(0.03, "")
		emit(wrong)
		emit(spread(row(name+", "+g.note, "refusals", report.Ours, "bucket", load), of(g.all, func(r *sim.Result) float64 { return float64(r.Refusals) / float64(r.RunsOffered) })))
	}
}
