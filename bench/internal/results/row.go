// Package results keeps what the benches measured: rows, their targets, and the
// file bench/results.json that holds them.
//
// A row's verdict is computed from its value, bound and target whenever rows
// are kept, so that nobody can write one that the figures do not bear out.
package results

import (
	"fmt"
	"math"
	"strconv"
)

// Group says how far the rows of a suite can be had again.
type Group string

// The groups.
const (
	// Simulated rows come from virtual time: the same on every machine.
	Simulated Group = "simulated"
	// Live rows come from real HTTP with scaled times: the same within noise.
	Live Group = "live"
	// Machine rows are the speed of one machine: to be compared within a run.
	Machine Group = "machine"
)

// Groups lists them in the order in which they run.
func Groups() []Group { return []Group{Simulated, Live, Machine} }

// Row is one figure: of one arm, in one case of a suite.
type Row struct {
	Suite  string  `json:"suite"`
	Case   string  `json:"case"`
	Arm    string  `json:"arm"`
	Metric string  `json:"metric"`
	Value  float64 `json:"value"`
	// Bound is what Value is compared to: the best that any arm could reach, or
	// another arm's figure; nil where there is none.
	Bound *float64 `json:"bound,omitempty"`
	// Target is what is asked of Value, empty for nothing; see AtLeast.
	Target Target `json:"target,omitempty"`
	// OK says whether Value meets Target; nil without one. Keeping a row sets it.
	OK *bool `json:"ok,omitempty"`

	// Min and Max are the range over seeds or rounds, of which Value is the
	// median; nil for a single measurement.
	Min *float64 `json:"min,omitempty"`
	Max *float64 `json:"max,omitempty"`
	// Seeds is the number of simulations or rounds behind Value.
	Seeds int `json:"seeds,omitempty"`
	// Law is the enforcement model that the upstream followed.
	Law string `json:"law,omitempty"`
	// Load is what was offered as a share of the quota; nil where that is not
	// the question.
	Load *float64 `json:"load,omitempty"`
	// Unit is that of Value, Bound, Min and Max: "ratio" (of one), "s", or the
	// name as it is printed. Counts have none.
	Unit string `json:"unit,omitempty"`
	Note string `json:"note,omitempty"`

	Group Group `json:"group"`
	// Machine is what a row of the group Machine was measured on.
	Machine string `json:"machine,omitempty"`
}

// key tells rows of one suite apart.
type key struct{ name, arm, metric string }

func (r *Row) key() key { return key{r.Case, r.Arm, r.Metric} }

// String names the row in messages.
func (r *Row) String() string {
	return fmt.Sprintf("%s: %s, %s, %s", r.Suite, r.Case, r.Arm, r.Metric)
}

// settle rounds the figures of r and judges it.
func (r *Row) settle() error {
	if r.Suite == "" || r.Case == "" || r.Arm == "" || r.Metric == "" {
		return fmt.Errorf("row %q lacks its suite, case, arm or metric", r.String())
	}
	for _, f := range []struct {
		name string
		v    *float64
	}{{"value", &r.Value}, {"bound", r.Bound}, {"min", r.Min}, {"max", r.Max}, {"load", r.Load}} {
		if f.v == nil {
			continue
		}
		if math.IsNaN(*f.v) || math.IsInf(*f.v, 0) {
			return fmt.Errorf("%s: the %s is %g, which is no figure: leave the row out, or say in its note why", r, f.name, *f.v)
		}
	}
	r.Value = round(r.Value)
	r.Bound, r.Min, r.Max = roundOf(r.Bound), roundOf(r.Min), roundOf(r.Max)
	r.OK = nil
	if r.Target == "" {
		return nil
	}
	ok, err := r.Target.met(r.Value, r.Bound)
	if err != nil {
		return fmt.Errorf("%s: %w", r, err)
	}
	r.OK = &ok
	return nil
}

// figures is how many significant digits are kept: more than any table shows,
// and fewer than the last bits in which processors differ.
const figures = 6

func round(v float64) float64 {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', figures, 64), 64)
	if err != nil {
		return v
	}
	return rounded
}

// roundOf does not write through p, which belongs to the suite.
func roundOf(p *float64) *float64 {
	if p == nil {
		return nil
	}
	v := round(*p)
	return &v
}
