package report

import (
	"slices"
	"strings"

	"github.com/headgate/headgate/bench/internal/results"
	"github.com/headgate/headgate/internal/chart"
)

// write is a value in its unit; the name of a unit that is not part of it
// stands in the table's head.
func write(v float64, unit string) string { return unitOf(unit).Text(v) }

func unitOf(unit string) chart.Unit {
	switch unit {
	case "ratio":
		return chart.Ratio
	case "s":
		return chart.Seconds
	}
	return chart.Number
}

// inHead is the unit as the head of a table or an axis names it.
func inHead(unit string) string {
	if unit == "" || unit == "ratio" || unit == "s" {
		return ""
	}
	return " (" + unit + ")"
}

// cell is a row's value, its range, and its verdict.
func cell(r results.Row) string {
	s := write(r.Value, r.Unit)
	if r.OK != nil && *r.OK {
		s += " ✓"
	}
	if r.OK != nil && !*r.OK {
		s = "**" + s + " ✗ missed**"
	}
	if r.Min != nil && r.Max != nil && *r.Min != *r.Max {
		s += "<br><sub>" + write(*r.Min, r.Unit) + " – " + write(*r.Max, r.Unit) + "</sub>"
	}
	return s
}

// grid is a table of Markdown.
type grid struct{ lines []string }

func (g *grid) row(cells ...string) {
	for i, c := range cells {
		cells[i] = strings.NewReplacer("|", `\|`, "\n", " ").Replace(c)
	}
	g.lines = append(g.lines, "| "+strings.Join(cells, " | ")+" |")
	if len(g.lines) == 1 {
		g.lines = append(g.lines, "|---"+strings.Repeat("|---:", len(cells)-1)+"|")
	}
}

func (g *grid) String() string { return strings.Join(g.lines, "\n") + "\n" }

// table has a line for each case of one metric and a column for each arm; then,
// where rows have them, the bound, the judged arm's share of it, and targets
// that differ from case to case.
func table(rows []results.Row) string {
	columns := arms(rows)
	judged := where(rows, func(r results.Row) bool { return r.Target != "" })
	targets := distinct(judged, func(r results.Row) string { return string(r.Target) })
	of := distinct(where(judged, func(r results.Row) bool { return r.Bound != nil }), bounding)
	bound := slices.ContainsFunc(rows, func(r results.Row) bool {
		return r.Bound != nil && !slices.Contains(columns, bounding(r))
	})
	head := []string{"case"}
	for _, arm := range columns {
		head = append(head, emphasised(arm))
	}
	if bound {
		head = append(head, "bound")
	}
	if len(of) > 0 {
		head = append(head, judged[0].Arm+" ÷ "+strings.Join(of, ", "))
	}
	if len(targets) > 1 {
		head = append(head, "target")
	}
	var g grid
	g.row(head...)
	for _, name := range distinct(rows, caseOf) {
		own := where(rows, func(r results.Row) bool { return r.Case == name })
		line := []string{name}
		for _, arm := range columns {
			line = append(line, oneOr(own, func(r results.Row) bool { return r.Arm == arm }, cell))
		}
		if bound {
			line = append(line, oneOr(own, func(r results.Row) bool { return r.Bound != nil }, func(r results.Row) string { return write(*r.Bound, r.Unit) }))
		}
		if len(of) > 0 {
			line = append(line, oneOr(own, func(r results.Row) bool {
				return r.Target != "" && r.Bound != nil && *r.Bound != 0
			}, func(r results.Row) string { return chart.Number.Text(r.Value / *r.Bound) }))
		}
		if len(targets) > 1 {
			line = append(line, oneOr(own, func(r results.Row) bool { return r.Target != "" }, func(r results.Row) string { return string(r.Target) }))
		}
		g.row(line...)
	}
	return g.String()
}

// bounding is what a row's bound is called.
func bounding(r results.Row) string {
	if _, of, ok := strings.Cut(string(r.Target), " × "); ok {
		return of
	}
	return "bound"
}

func emphasised(arm string) string {
	if arm == Ours {
		return "**" + arm + "**"
	}
	return arm
}

// oneOr writes the first row that is wanted, or a dash.
func oneOr(rows []results.Row, wanted func(results.Row) bool, text func(results.Row) string) string {
	if i := slices.IndexFunc(rows, wanted); i >= 0 {
		return text(rows[i])
	}
	return "–"
}

// narrow is the table of rows that have one arm: a line for each case and a
// column for each metric.
func (s Section) narrow(rows []results.Row) string {
	metrics := s.metrics(rows)
	head := []string{"case"}
	for _, m := range metrics {
		own := where(rows, ofMetric(m.Name))
		title := m.Title + inHead(own[0].Unit)
		if t := distinct(own, func(r results.Row) string { return string(r.Target) }); len(t) == 1 {
			title += "<br><sub>target: " + t[0] + "</sub>"
		}
		head = append(head, title)
	}
	var g grid
	g.row(head...)
	for _, name := range distinct(rows, caseOf) {
		line := []string{name}
		for _, m := range metrics {
			line = append(line, oneOr(rows, func(r results.Row) bool { return r.Case == name && r.Metric == m.Name }, cell))
		}
		g.row(line...)
	}
	return g.String()
}
