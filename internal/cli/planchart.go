package cli

import (
	"context"
	"fmt"

	"github.com/headgate/headgate/internal/chart"
	"github.com/headgate/headgate/internal/counsel"
)

// planPicture draws what the formula gives over the quota of requests, with points
// that were simulated.
func planPicture(ctx context.Context, m *counsel.Matter, r counsel.PlanReport) ([]byte, error) {
	c := m.Requests(r)
	if err := m.Try(ctx, &c); err != nil {
		return nil, err
	}
	w := r.Workload
	plot := chart.Plot{
		Title:    "What a quota of requests gives",
		Subtitle: fmt.Sprintf("%s: %.4g calls a run, %s tokens in and %s out", argument(r.Pool), w.CallsPerRun, thousands(w.InputPerRun), thousands(w.OutputPerRun)),
		X:        chart.Axis{Label: "quota of requests per minute", Min: c.From, Max: c.To, Log: c.Log},
		Y:        chart.Axis{Label: "runs per minute", Min: c.Bottom, Max: c.Top, Log: c.Log},
		Height:   330,
	}
	line := chart.Series{Name: "formula"}
	for _, p := range c.Formula {
		line.X, line.Y = append(line.X, p.X), append(line.Y, p.RunsPerMinute)
	}
	rings := chart.Series{Name: "simulated, paced by Headgate", Kind: chart.Rings}
	for _, p := range c.Simulated {
		rings.X, rings.Y = append(rings.X, p.X), append(rings.Y, p.RunsPerMinute)
	}
	plot.Series = []chart.Series{line, rings}
	for _, m := range c.Marks {
		plot.Marks = append(plot.Marks, chart.Mark{Label: m.Label, At: m.At, Vertical: m.Vertical})
	}
	return plot.SVG(), nil
}
