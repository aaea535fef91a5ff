// Package report turns the rows of bench/results.json into bench/README.md, its
// charts, and two blocks of the project's own README. Every number in them is
// read from the rows; the words around them are those of the suites.
package report

import (
	"slices"

	"github.com/headgate/headgate/bench/internal/results"
	"github.com/headgate/headgate/internal/chart"
)

// Ours is the arm that is Headgate: it comes first, in one colour, everywhere.
const Ours = "headgate"

// Section is how the rows of one suite are told.
type Section struct {
	// Name is the suite's in rows and flags; Title heads its part of the report.
	Name, Title string
	// About says in a paragraph what is measured, and how.
	About string
	Group results.Group
	// Metrics are in the order of their tables. A metric that is not in the list
	// comes after these, under its own name.
	Metrics []Metric
	Charts  []Chart
}

// Metric is what one kind of row measures.
type Metric struct {
	// Name is that of rows, Title heads the table.
	Name, Title string
	// Unit is given to rows without one; see results.Row.
	Unit string
	// About is a sentence under the title; empty for none.
	About string
}

// Chart is one drawing of a section's rows.
type Chart struct {
	// File is its name in charts, without the ending.
	File, Title, Subtitle string
	// Metric is what is drawn.
	Metric string
	// Where leaves rows out; nil draws all of the metric.
	Where func(results.Row) bool
	// OverLoad draws curves over the offered load, one for each arm, in place of
	// bars for each case.
	OverLoad bool
	// Log spaces powers of ten evenly.
	Log bool
	// Min and Max fix the range of values where Max is above Min.
	Min, Max float64
	Marks    []chart.Mark
}

// Metric finds the metric of a name.
func (s Section) Metric(name string) Metric {
	for _, m := range s.Metrics {
		if m.Name == name {
			return m
		}
	}
	return Metric{Name: name, Title: name}
}

// metrics are those that rows have, in the order of s.
func (s Section) metrics(rows []results.Row) []Metric {
	present := distinct(rows, func(r results.Row) string { return r.Metric })
	var out []Metric
	for _, m := range s.Metrics {
		if i := slices.Index(present, m.Name); i >= 0 {
			out = append(out, m)
			present = slices.Delete(present, i, i+1)
		}
	}
	for _, name := range present {
		out = append(out, Metric{Name: name, Title: name})
	}
	return out
}

// distinct are the values of a field in the order of their appearance.
func distinct(rows []results.Row, field func(results.Row) string) []string {
	var out []string
	for _, r := range rows {
		if v := field(r); v != "" && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// arms are those of rows, ours first.
func arms(rows []results.Row) []string {
	out := distinct(rows, func(r results.Row) string { return r.Arm })
	slices.SortStableFunc(out, func(a, b string) int {
		switch {
		case a == Ours && b != Ours:
			return -1
		case b == Ours && a != Ours:
			return 1
		}
		return 0
	})
	return out
}

func caseOf(r results.Row) string { return r.Case }

// where are the rows that keep says yes to; a nil keep is for all.
func where(rows []results.Row, keep func(results.Row) bool) []results.Row {
	if keep == nil {
		return rows
	}
	var out []results.Row
	for _, r := range rows {
		if keep(r) {
			out = append(out, r)
		}
	}
	return out
}

func ofMetric(name string) func(results.Row) bool {
	return func(r results.Row) bool { return r.Metric == name }
}
