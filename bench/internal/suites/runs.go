package suites

import (
	"context"
	"fmt"
	"time"

	"github.com/headgate/headgate/bench/internal/report"
	"github.com/headgate/headgate/bench/internal/results"
	"github.com/headgate/headgate/internal/sim"
)

// heavyTailed is runs of five or six dependent calls of very different sizes on a
// token limit; a run may take so long, or, without a deadline, as long as it takes.
func heavyTailed(load float64, deadline time.Duration) (sim.Scenario, error) {
	sc, err := sim.Preset("heavy-tailed")
	if err != nil {
		return sc, err
	}
	sc.Load = load
	for i := range sc.Workload {
		sc.Workload[i].Deadline = deadline
	}
	if deadline == 0 {
		sc.Pacer.MaxWait = 24 * time.Hour
	}
	return sc, nil
}

// loads are what is offered, as parts of the limit.
func loads() []float64 { return []float64{0.3, 0.5, 0.9, 1, 1.1, 1.3, 3} }

// runTime is how long a run with a deadline may take: ten minutes.
const runTime = 10 * time.Minute

func runs(l *lab) Suite {
	return Suite{
		Section: report.Section{
			Name: "runs", Title: "Runs", Group: results.Simulated,
			About: "Runs of five or six dependent calls of very different sizes, offered for two hours on a token limit under the bucket. Headgate knows sizes by its own estimates only, " +
				"and how many calls a run will make; srpt is an oracle that knows all. On time is within ten minutes: then Headgate is told the deadline, and refuses at once what cannot be done by it. " +
				"The bound is the most runs that any policy could finish on time. Without deadlines nothing is refused, and the means can be compared.",
			Metrics: []report.Metric{
				{Name: "on time", Title: "Runs on time, of all offered", Unit: "ratio"},
				{Name: "on time, admitted", Title: "Runs on time, of those let in", Unit: "ratio"},
				{Name: "wasted", Title: "Tokens spent on runs that did not finish", Unit: "ratio"},
				{Name: "mean", Title: "Mean time of a run without deadlines", Unit: "s", About: "Of the runs that finished. The bound at low loads is the best direct client's, at 1.1 that of calls in order of arrival (fifo)."},
				{Name: "p95", Title: "95th percentile of it", Unit: "s"},
				{Name: "finished", Title: "Runs that finished without deadlines", Unit: "ratio"},
			},
			Charts: []report.Chart{
				{File: "runs-on-time", Title: "Runs on time, of all offered", Subtitle: "by load; each run has ten minutes", Metric: "on time", OverLoad: true, Max: 1.02},
				{File: "runs-mean", Title: "Mean time of a run", Subtitle: "by load, without deadlines", Metric: "mean", OverLoad: true, Log: true},
			},
		},
		Run: func(ctx context.Context, s Settings, emit func(results.Row)) error {
			for _, load := range loads() {
				if err := l.onTime(ctx, s, load, emit); err != nil {
					return err
				}
				if err := l.runTimes(ctx, s, load, emit); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// direct are the arms without Headgate whose calls go their own way.
func direct() []sim.Policy {
	return []sim.Policy{sim.SDKStandard, sim.SDKAdaptive, sim.SDKAdaptivePerProcess, sim.BotocoreLegacy, sim.Fixed, sim.TokenBucket}
}

// onTime compares who finishes by a deadline.
func (l *lab) onTime(ctx context.Context, s Settings, load float64, emit func(results.Row)) error {
	sc, err := heavyTailed(load, runTime)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("load %g, ten minutes each", load)
	for _, p := range []sim.Policy{sim.Headgate, sim.FIFO, sim.Even85, sim.SRPT, sim.SDKStandard, sim.SDKAdaptive, sim.Fixed, sim.TokenBucket} {
		all, err := l.run(ctx, s, name, sc, p)
		if err != nil {
			return err
		}
		on := spread(row(name, "on time", string(p), "bucket", load), of(all, func(r *sim.Result) float64 { return r.OnTime }))
		bound := spread(results.Row{}, of(all, func(r *sim.Result) float64 { return r.OnTimeBound }))
		on.Bound = &bound.Value
		admitted := spread(row(name, "on time, admitted", string(p), "bucket", load), of(all, func(r *sim.Result) float64 { return r.OnTimeAdmitted }))
		wasted := spread(row(name, "wasted", string(p), "bucket", load), of(all, func(r *sim.Result) float64 { return r.Wasted }))
		if p == sim.Headgate {
			switch load {
			case 1.1:
				on.Target = results.AtLeast(0.95, "")
			case 1.3:
				on.Target = results.AtLeast(0.95, "bound")
			}
			admitted.Target, wasted.Target = results.AtLeast(0.98, ""), results.AtMost(0.02, "")
		}
		emit(on)
		emit(admitted)
		emit(wasted)
	}
	return nil
}

// runTimes compares how long runs take when nothing is refused.
func (l *lab) runTimes(ctx context.Context, s Settings, load float64, emit func(results.Row)) error {
	sc, err := heavyTailed(load, 0)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("load %g", load)
	var rows []results.Row
	var fifo, best float64
	for _, p := range append([]sim.Policy{sim.Headgate, sim.FIFO, sim.SRPT}, direct()...) {
		all, err := l.run(ctx, s, name, sc, p)
		if err != nil {
			return err
		}
		mean := spread(row(name, "mean", string(p), "bucket", load), of(all, func(r *sim.Result) float64 { return r.RunMean }))
		done := spread(row(name, "finished", string(p), "bucket", load), of(all, func(r *sim.Result) float64 { return float64(r.RunsFinished) / float64(r.RunsOffered) }))
		switch {
		case p == sim.FIFO:
			fifo = mean.Value
		case p.Direct() && done.Value > 0.99 && (best == 0 || mean.Value < best):
			best = mean.Value
		}
		rows = append(rows, mean, done, spread(row(name, "p95", string(p), "bucket", load), of(all, func(r *sim.Result) float64 { return r.RunP95 })))
	}
	for i, r := range rows {
		switch {
		case r.Arm != report.Ours || r.Metric != "mean":
		case load == 1.1:
			rows[i].Bound, rows[i].Target = &fifo, results.AtMost(0.65, "fifo")
		case load <= 0.5 && best > 0:
			rows[i].Bound, rows[i].Target = &best, results.AtMost(1.05, "best direct")
		}
		emit(rows[i])
	}
	return nil
}
