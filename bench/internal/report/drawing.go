package report

import (
	"cmp"
	"slices"

	"github.com/headgate/headgate/bench/internal/results"
	"github.com/headgate/headgate/internal/chart"
)

// draw is the chart over rows of one suite; false when there is nothing to draw.
func (c Chart) draw(s Section, rows []results.Row) ([]byte, bool) {
	rows = where(where(rows, ofMetric(c.Metric)), c.Where)
	if len(rows) == 0 {
		return nil, false
	}
	m := s.Metric(c.Metric)
	axis := chart.Axis{Label: m.Title + inHead(rows[0].Unit), Unit: unitOf(rows[0].Unit), Log: c.Log, Min: c.Min, Max: c.Max}
	if c.OverLoad {
		return c.curves(axis, rows), true
	}
	b := chart.Bars{Title: c.Title, Subtitle: c.Subtitle, Value: axis, Marks: c.Marks}
	order := arms(rows)
	for _, name := range distinct(rows, caseOf) {
		g := chart.Group{Name: name}
		own := where(rows, func(r results.Row) bool { return r.Case == name })
		slices.SortStableFunc(own, func(a, b results.Row) int {
			return cmp.Compare(slices.Index(order, a.Arm), slices.Index(order, b.Arm))
		})
		for _, r := range own {
			one := bar(r)
			if len(order) == 1 {
				one.Arm = "" // a legend of one says nothing
			}
			g.Bars = append(g.Bars, one)
		}
		b.Groups = append(b.Groups, g)
	}
	return b.SVG(), true
}

func bar(r results.Row) chart.Bar {
	b := chart.Bar{Arm: r.Arm, Value: r.Value, Bound: r.Bound, Missed: r.OK != nil && !*r.OK}
	if r.Min != nil && r.Max != nil {
		b.Range = &chart.Range{Min: *r.Min, Max: *r.Max}
	}
	if limit, ofBound, err := r.Target.Limit(); err == nil && !ofBound {
		b.Bound = &limit
	}
	return b
}

// curves are the values over the load, ours over the others.
func (c Chart) curves(axis chart.Axis, rows []results.Row) []byte {
	p := chart.Plot{
		Title: c.Title, Subtitle: c.Subtitle, Marks: c.Marks, Height: 320,
		X: chart.Axis{Label: "offered load (1 is all that the quota allows)"}, Y: axis,
	}
	rows = where(rows, func(r results.Row) bool { return r.Load != nil })
	bound := chart.Series{Name: "bound", Dashed: true}
	for _, arm := range arms(rows) {
		own := where(rows, func(r results.Row) bool { return r.Arm == arm })
		slices.SortStableFunc(own, func(a, b results.Row) int { return cmp.Compare(*a.Load, *b.Load) })
		s := chart.Series{Name: arm}
		for _, r := range own {
			s.X, s.Y = append(s.X, *r.Load), append(s.Y, r.Value)
			if arm == Ours && r.Bound != nil {
				bound.X, bound.Y = append(bound.X, *r.Load), append(bound.Y, *r.Bound)
			}
		}
		p.Series = append(p.Series, s)
	}
	if bound.X != nil {
		p.Series = append(p.Series, bound)
	}
	return p.SVG()
}
