package cli

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/headgate/headgate/internal/advisor"
	"github.com/headgate/headgate/internal/chart"
	"github.com/headgate/headgate/internal/quota"
)

// chartPoints is about how many points of the curve are simulated.
const chartPoints = 10

// plotted is the curve of runs over requests a minute: what is drawn of it.
type plotted struct {
	calls   float64 // of a run
	flat    float64 // runs a minute from the knee on; infinite without another limit
	limit   string  // that binds there
	now     float64 // the quota of requests; below 0 without one
	usual   float64 // AWS's default of it; 0: not known
	wanted  float64
	low, up float64 // of requests a minute
	log     bool
}

// curve works out what is to be drawn.
func (t *trial) curve(r planReport) plotted {
	p := plotted{calls: t.w.CallsPerRun, flat: math.Inf(1), now: -1, wanted: t.w.RunsPerMinute}
	for _, b := range r.Bounds {
		if b.Limit != quota.RequestsPerMinute.String() && b.RunsPerMinute < p.flat {
			p.flat, p.limit = b.RunsPerMinute, b.Limit
		}
	}
	for _, l := range t.limits {
		if l.Kind == quota.RequestsPerMinute {
			p.now, p.usual = float64(l.Amount), float64(l.Default*max(l.Factor, 1))
		}
	}
	marks := slices.DeleteFunc([]float64{p.knee(), p.now, p.usual, p.wanted * p.calls}, func(v float64) bool { return v < 1 || math.IsInf(v, 0) })
	if len(marks) == 0 {
		marks = []float64{1}
	}
	least, most := slices.Min(marks), slices.Max(marks)
	p.up = 1.5 * most
	if p.log = most > 25*least; p.log {
		p.low, p.up = math.Max(least/3, 1), 2*most
	}
	return p
}

// knee is the requests a minute from which on more give nothing.
func (p *plotted) knee() float64 { return p.flat * p.calls }

// runs are the runs a minute that so many requests give.
func (p *plotted) runs(requests float64) float64 { return min(requests/p.calls, p.flat) }

// places are n values within the width of the curve.
func (p *plotted) places(n int) []float64 {
	var all []float64
	for i := range n {
		part := (float64(i) + 0.5) / float64(n)
		at := p.up * part
		if p.log {
			at = p.low * math.Pow(p.up/p.low, part)
		}
		all = append(all, at)
	}
	return all
}

// chart draws what the formula gives over the quota of requests, with points that
// were simulated.
func (t *trial) chart(ctx context.Context, a *app, r planReport) ([]byte, error) {
	p := t.curve(r)
	x, y, err := t.points(ctx, a, &p)
	if err != nil {
		return nil, err
	}
	line := p.places(200)
	line = append(line, p.low, p.up)
	if k := p.knee(); !math.IsInf(k, 0) {
		line = append(line, k)
	}
	slices.Sort(line)
	values := make([]float64, len(line))
	for i, v := range line {
		values[i] = p.runs(v)
	}
	top := p.runs(p.up)
	plot := chart.Plot{
		Title:    "What a quota of requests gives",
		Subtitle: fmt.Sprintf("%s: %.4g calls a run, %s tokens in and %s out", argument(r.Pool), p.calls, thousands(t.w.InputPerRun), thousands(t.w.OutputPerRun)),
		X:        chart.Axis{Label: "quota of requests per minute", Min: p.low, Max: p.up, Log: p.log},
		Y:        chart.Axis{Label: "runs per minute", Max: max(1.3*top, 1.3*p.wanted), Log: p.log},
		Series: []chart.Series{
			{Name: "formula", X: line, Y: values},
			{Name: "simulated, paced by Headgate", X: x, Y: y, Kind: chart.Rings},
		},
		Marks: p.marks(), Height: 330,
	}
	if p.log {
		plot.Y.Min, plot.Y.Max = p.runs(p.low), 4*max(top, p.wanted)
	}
	return plot.SVG(), nil
}

// marks are the quotas and rates to be seen.
func (p *plotted) marks() []chart.Mark {
	var all []chart.Mark
	if !math.IsInf(p.flat, 0) && p.flat > 0 {
		all = append(all,
			chart.Mark{Label: fmt.Sprintf("%s binds from here on: %s", p.limit, rate(p.flat)), At: p.flat},
			chart.Mark{Label: "knee " + thousands(int64(math.Ceil(p.knee()-1e-9))), At: p.knee(), Vertical: true})
	}
	if p.now >= 0 {
		name := "quota now "
		if p.now == p.usual {
			name = "quota now, as AWS's default, "
		}
		all = append(all, chart.Mark{Label: name + thousands(int64(p.now)), At: max(p.now, p.low), Vertical: true})
	}
	if p.usual > 0 && p.now != p.usual {
		all = append(all, chart.Mark{Label: "AWS default " + thousands(int64(p.usual)), At: p.usual, Vertical: true})
	}
	if p.wanted > 0 {
		all = append(all, chart.Mark{Label: "wanted " + rate(p.wanted), At: p.wanted})
	}
	return all
}

// points are simulated on the curve: over all of its width, and at its knee and
// at the quota.
func (t *trial) points(ctx context.Context, a *app, p *plotted) (x, y []float64, err error) {
	at := p.places(chartPoints - 2)
	for _, v := range []float64{p.knee(), p.now} {
		if v >= 1 && v <= p.up {
			at = append(at, v)
		}
	}
	var amounts []int64
	for _, v := range at {
		if n := whole(v); n >= 1 {
			amounts = append(amounts, n)
		}
	}
	slices.Sort(amounts)
	amounts = slices.Compact(amounts)
	questions := make([]question, len(amounts))
	for i, n := range amounts {
		limits := slices.DeleteFunc(slices.Clone(t.limits), func(l advisor.Limit) bool { return l.Kind == quota.RequestsPerMinute })
		questions[i] = question{limits: append(limits, advisor.Limit{Kind: quota.RequestsPerMinute, Amount: n})}
	}
	answers, err := t.ask(ctx, a, questions)
	if err != nil {
		return nil, nil, err
	}
	for i, n := range amounts {
		x, y = append(x, float64(n)), append(y, answers[i].rate)
	}
	return x, y, nil
}
