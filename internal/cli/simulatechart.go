package cli

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/headgate/headgate/internal/chart"
	"github.com/headgate/headgate/internal/sim"
)

// checkChart says before anything is simulated what would keep its picture from
// being written.
func checkChart(name string) error {
	if filepath.Ext(name) != ".svg" {
		return usageError("", "--chart: %q does not end in .svg, and the chart is an SVG file", name)
	}
	if _, err := os.Stat(filepath.Dir(filepath.Clean(name))); errors.Is(err, os.ErrNotExist) {
		return usageError("", "--chart: there is no folder %s", filepath.Dir(name))
	}
	return nil
}

// sameCurves reports whether two scenarios are drawn together: under one law at
// one load.
func sameCurves(a, b *sim.Scenario) bool {
	if a.Load != b.Load || len(a.Limits) != len(b.Limits) {
		return false
	}
	for i := range a.Limits {
		if a.Limits[i].Law != b.Limits[i].Law {
			return false
		}
	}
	return true
}

// simulationChart draws the results that have a series: what was admitted
// against the limit, how long calls waited, and the runs that were finished.
func simulationChart(results []sim.Result) []byte {
	admitted := chart.Plot{Title: "Admitted", X: chart.Axis{Unit: chart.Seconds}, Y: chart.Axis{Label: "of the limit, per minute", Unit: chart.Ratio}, Marks: []chart.Mark{{Label: "limit", At: 1}}}
	waits := chart.Plot{Title: "Wait for the start", X: chart.Axis{Unit: chart.Seconds}, Y: chart.Axis{Unit: chart.Seconds}}
	finished := chart.Plot{Title: "Runs finished", X: chart.Axis{Unit: chart.Seconds, Label: "time"}}
	title := ""
	for i := range results {
		r := &results[i]
		if r.Series == nil {
			continue
		}
		title = r.Scenario + ", limits as " + r.Law
		if r.Load > 0 {
			title += fmt.Sprintf(", load %g", r.Load)
		}
		name := string(r.Policy)
		admitted.Series = append(admitted.Series, curve(name, r.Series, admittedShare(r.Series), chart.Step))
		for _, class := range slices.Sorted(maps.Keys(r.Series.Wait)) {
			values := r.Series.Wait[class]
			label := name
			if len(r.Series.Wait) > 1 {
				label += ", " + class
			}
			waits.Series = append(waits.Series, curve(label, r.Series, values, chart.Line))
		}
		finished.Series = append(finished.Series, curve(name, r.Series, floats(r.Series.Finished), chart.Step))
	}
	return chart.Stack(title, admitted, waits, finished).SVG()
}

// curve is a value for each step of time.
func curve(name string, s *sim.Series, values []float64, kind chart.Kind) chart.Series {
	x := make([]float64, len(values))
	for i := range x {
		x[i] = float64(i) * s.Step.Seconds()
	}
	return chart.Series{Name: name, X: x, Y: values, Kind: kind}
}

// admittedShare is what each step used of the limit that is used most.
func admittedShare(s *sim.Series) []float64 {
	var best []float64
	sum := -1.0
	for _, l := range s.Limits {
		shares, total := floats(s.Of(l.Kind)), 0.0
		for i := range shares {
			shares[i] /= max(l.PerStep, 1e-9)
			total += shares[i]
		}
		if total > sum {
			best, sum = shares, total
		}
	}
	return best
}

func floats(values []int64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = float64(v)
	}
	return out
}
