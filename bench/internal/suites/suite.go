// Package suites holds what `make bench` measures. A suite is a value: how it
// is told, and a function that measures and hands over rows.
//
// To add one, write its file here and name it in All; for a figure in the
// project's README, change Highlights.
package suites

import (
	"context"
	"slices"

	"github.com/headgate/headgate/bench/internal/report"
	"github.com/headgate/headgate/bench/internal/results"
)

// Suite is one set of measurements.
type Suite struct {
	report.Section
	// Run measures, and emits a row for each figure. A row needs its case, arm,
	// metric and value; its suite, group and machine, and a unit that the
	// section's metric has, are filled in. It ends early when ctx ends, with
	// ctx's error; then, and after any other error, its rows are not kept.
	Run func(ctx context.Context, s Settings, emit func(results.Row)) error
}

// Settings are the same for all suites.
type Settings struct {
	// Root is the folder of the module.
	Root string
	// Seeds is the number of simulations behind a figure.
	Seeds int
	// Quick asks for the shape of the figures in little time.
	Quick bool
	// Step says on standard error what is measured now, or what had to be left
	// out.
	Step func(format string, args ...any)
}

// All lists the suites in the order in which they run and are told: simulated,
// live, and those that measure the machine.
func All() []Suite {
	l := newLab()
	return []Suite{
		uses(l),
		throttles(l),
		learning(l),
		runs(l),
		honesty(l),
		fairness(l),
		estimates(),
		lives(),
		decisions(),
		overheads(),
	}
}

// Highlights are the blocks of the project's README, in order: the best two.
func Highlights() []report.Highlight {
	return []report.Highlight{
		{
			Suite: "runs", Metric: "on time", Chart: "runs-on-time", NoTable: true,
			Text: "Runs of five or six dependent calls of very different sizes, offered for two hours at some multiple of the quota; each has ten minutes. " +
				"The dashed line is what no scheduler could exceed, `srpt` an oracle that knows every size.",
		},
		{
			Suite: "throttles", Metric: "throttled",
			Where: func(r results.Row) bool { return r.Law == "bucket" && r.Arm != noTrials },
			Text: "What part of the calls sent is refused for quota while half as much again as the quota is offered. " +
				"What is used of it meanwhile is [in the report](bench/README.md#how-much-of-the-quota-is-used-while-work-waits).",
		},
	}
}

// spread is the median of several measurements, with their range.
func spread(r results.Row, values []float64) results.Row {
	sorted := slices.Sorted(slices.Values(values))
	r.Value = sorted[len(sorted)/2]
	if n := len(sorted); n%2 == 0 {
		r.Value = (sorted[n/2-1] + sorted[n/2]) / 2
	}
	if len(sorted) > 1 {
		r.Min, r.Max, r.Seeds = &sorted[0], &sorted[len(sorted)-1], len(sorted)
	}
	return r
}
