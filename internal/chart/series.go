package chart

import (
	"cmp"
	"math"
	"slices"
)

// Kind is how a series is drawn.
type Kind uint8

// The kinds of series.
const (
	// Line joins the points.
	Line Kind = iota
	// Step holds each value until the next point.
	Step
	// Area is a line with what is below it shaded down to zero.
	Area
	// Points are dots that nothing joins.
	Points
	// Rings are larger dots with a rim, to be seen on another series' line.
	Rings
)

// Series is one named curve. X and Y run in parallel: what one has more than
// the other is ignored. Points in any order are drawn by ascending X.
type Series struct {
	// Name stands in the legend. Series of one name have one colour in a whole
	// figure; a series without a name is not in the legend.
	Name   string
	X, Y   []float64
	Kind   Kind
	Dashed bool
}

type point struct{ x, y float64 }

// largest is the magnitude from which on a number counts as not finite: sums
// and differences of those below it cannot overflow.
const largest = 1e300

func drawable(v float64) bool { return math.Abs(v) < largest } // false for NaN too

// runs are the points of s by ascending x, cut where one cannot be drawn.
func (s Series) runs() [][]point {
	all := make([]point, 0, min(len(s.X), len(s.Y)))
	for i := range min(len(s.X), len(s.Y)) {
		if drawable(s.X[i]) {
			all = append(all, point{s.X[i], s.Y[i]})
		}
	}
	slices.SortStableFunc(all, func(a, b point) int { return cmp.Compare(a.x, b.x) })
	var runs [][]point
	for len(all) > 0 {
		n := 0
		for n < len(all) && drawable(all[n].y) {
			n++
		}
		if n > 0 {
			runs = append(runs, all[:n])
		}
		all = all[min(n+1, len(all)):]
	}
	return runs
}

// thin leaves at most four points in each column of one unit of x: the first,
// the lowest, the highest and the last, which draw what all of them would.
func thin(run []point) []point {
	out := make([]point, 0, min(len(run), 4096))
	for len(run) > 0 {
		n := 1
		for n < len(run) && math.Floor(run[n].x) == math.Floor(run[0].x) {
			n++
		}
		if n <= 4 {
			out = append(out, run[:n]...)
		} else {
			low, high := 1, 1
			for i := 1; i < n-1; i++ {
				if run[i].y < run[low].y {
					low = i
				}
				if run[i].y > run[high].y {
					high = i
				}
			}
			out = append(out, run[0], run[min(low, high)])
			if low != high {
				out = append(out, run[max(low, high)])
			}
			out = append(out, run[n-1])
		}
		run = run[n:]
	}
	return out
}
