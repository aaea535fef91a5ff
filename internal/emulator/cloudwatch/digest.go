package cloudwatch

import (
	"cmp"
	"math"
	"slices"
)

const (
	maxDistinct = 256 // values that a digest holds apart
	maxRecent   = 64  // values that it has not sorted in yet
	maxOld      = 32  // values that it holds apart of a minute long ago
	grid        = 1.04
)

// weighted is a value and how often it was seen.
type weighted struct{ value, weight float64 }

// digest remembers how values were distributed: exactly up to maxDistinct
// different ones, within two percent beyond. The same values in the same order
// make the same digest.
type digest struct{ sorted, recent []weighted }

func (d *digest) add(value, weight float64) {
	d.recent = append(d.recent, weighted{value, weight})
	if len(d.recent) >= maxRecent {
		d.compact()
	}
}

// compact sorts in what is recent, and makes values alike until they fit.
func (d *digest) compact() {
	d.sorted = append(d.sorted, d.recent...)
	d.recent = d.recent[:0]
	d.sorted = coalesce(d.sorted)
	if len(d.sorted) <= maxDistinct {
		return
	}
	for i := range d.sorted {
		d.sorted[i].value = onGrid(d.sorted[i].value)
	}
	d.sorted = coalesce(d.sorted)
	for len(d.sorted) > maxDistinct { // values of very different sizes
		for i := 0; i+1 < len(d.sorted); i += 2 {
			d.sorted[i].value = d.sorted[i+1].value
		}
		d.sorted = coalesce(d.sorted)
	}
}

// age makes a digest smaller, to maxOld values of about the same weight.
func (d *digest) age() {
	d.compact()
	if len(d.sorted) <= maxOld {
		return
	}
	total := 0.0
	for _, v := range d.sorted {
		total += v.weight
	}
	groups := make([]weighted, 0, maxOld)
	before := 0.0
	for _, v := range d.sorted {
		group := min(int(before/total*maxOld), maxOld-1)
		before += v.weight
		if n := len(groups); n > 0 && group < n {
			g := &groups[n-1]
			g.value = (g.value*g.weight + v.value*v.weight) / (g.weight + v.weight)
			g.weight += v.weight
			continue
		}
		groups = append(groups, v)
	}
	d.sorted, d.recent = groups, nil
}

// coalesce sorts values in place and adds up what is alike.
func coalesce(values []weighted) []weighted {
	slices.SortStableFunc(values, func(x, y weighted) int { return cmp.Compare(x.value, y.value) })
	out := values[:0]
	for _, v := range values {
		if n := len(out); n > 0 && out[n-1].value == v.value {
			out[n-1].weight += v.weight
			continue
		}
		out = append(out, v)
	}
	return out
}

// onGrid is the power of grid that is nearest to a value.
func onGrid(v float64) float64 {
	switch {
	case v > 0:
		return math.Pow(grid, math.Round(math.Log(v)/math.Log(grid)))
	case v < 0:
		return -onGrid(-v)
	}
	return 0
}
