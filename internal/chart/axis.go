package chart

import "math"

// Axis says what is measured along one side of a chart.
type Axis struct {
	// Label stands beside the axis; it should name what is measured, and its
	// unit where Unit does not.
	Label string
	Unit  Unit
	// Min and Max fix the range where Max is above Min; what lies outside is cut
	// off. Otherwise the range is that of the data, with zero in it on a value
	// axis, widened to whole ticks.
	Min, Max float64
	// Log spaces powers of ten evenly. Values that are not above zero are left
	// out of the range and drawn at its lower end.
	Log bool
}

// span is the range of values that data takes.
type span struct {
	low, high float64
	some      bool
}

func (s *span) add(v float64) {
	switch {
	case !drawable(v):
	case !s.some:
		*s = span{v, v, true}
	default:
		s.low, s.high = min(s.low, v), max(s.high, v)
	}
}

// smallest is the least difference that an axis shows: below it, quotients
// overflow.
const smallest = 1e-200

// scale places values on a side that is length units long.
type scale struct {
	axis      Axis
	low, high float64
	step      float64 // between ticks; unused when logarithmic
	length    float64
}

// scaleOf fits an axis with about n ticks around data. Widened, it begins and
// ends at ticks.
func scaleOf(a Axis, data span, n int, length float64, widen bool) scale {
	s := scale{axis: a, low: data.low, high: data.high, length: length}
	fixed := a.Max > a.Min && drawable(a.Min) && drawable(a.Max)
	if fixed {
		s.low, s.high = a.Min, a.Max
	}
	if !fixed && !data.some {
		s.low, s.high = 0, 1
		if a.Log {
			s.low, s.high = 1, 10
		}
	}
	if a.Log {
		s.high = max(s.high, smallest)
		s.low = max(s.low, s.high/1e9)
		if !fixed || s.low >= s.high {
			s.low = math.Pow(10, math.Floor(math.Log10(s.low)+1e-9))
			s.high = math.Pow(10, max(math.Ceil(math.Log10(s.high)-1e-9), math.Log10(s.low)+1))
		}
		return s
	}
	if !fixed && widen {
		s.low, s.high = min(s.low, 0), max(s.high, 0)
	}
	if s.high-s.low <= max(1e-9*max(math.Abs(s.low), math.Abs(s.high)), smallest) {
		s.high = s.low + max(1, math.Abs(s.low)/10)
	}
	s.step = niceStep((s.high-s.low)/float64(n), a.Unit)
	if !fixed && widen {
		s.low, s.high = s.step*math.Floor(s.low/s.step+1e-9), s.step*math.Ceil(s.high/s.step-1e-9)
	}
	return s
}

// niceStep is the smallest of 1, 2 and 5 times a power of ten that is not below
// least; for times of a second and more, of what divides minutes and hours.
func niceStep(least float64, u Unit) float64 {
	if u == Seconds && least > 0.5 {
		for _, s := range []float64{1, 2, 5, 10, 15, 30} {
			for _, size := range []float64{1, 60} {
				if s*size >= least && (size == 1 || least > 30) {
					return s * size
				}
			}
		}
		for _, s := range []float64{1, 2, 3, 6, 12, 24} {
			if s*3600 >= least {
				return s * 3600
			}
		}
		return 86400 * niceStep(least/86400, Number)
	}
	power := math.Pow(10, math.Floor(math.Log10(least)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= least*(1-1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// at is where v lies, from 0 at the low end to length at the high one, or
// beyond; never far enough beyond to upset a renderer.
func (s scale) at(v float64) float64 {
	var part float64
	if s.axis.Log {
		part = math.Log10(max(v, s.low)/s.low) / math.Log10(s.high/s.low)
	} else {
		part = (v - s.low) / (s.high - s.low)
	}
	return min(max(part, -2), 3) * s.length
}

// ticks are the values to mark, ascending.
func (s scale) ticks() []float64 {
	var out []float64
	if s.axis.Log && s.axis.Unit == Seconds && s.high > 60 {
		for _, v := range []float64{0.001, 0.01, 0.1, 1, 10, 60, 600, 3600, 36_000, 360_000} {
			if v >= s.low*(1-1e-9) && v <= s.high*(1+1e-9) {
				out = append(out, v)
			}
		}
		return out
	}
	if s.axis.Log {
		decades := math.Log10(s.high / s.low)
		first := math.Pow(10, math.Floor(math.Log10(s.low)+1e-9))
		for p := first; p <= s.high*(1+1e-9) && len(out) < 100; p *= 10 {
			for _, m := range []float64{1, 2, 5} {
				if v := m * p; v >= s.low*(1-1e-9) && v <= s.high*(1+1e-9) && (m == 1 || decades <= 2) {
					out = append(out, v)
				}
			}
		}
		return out
	}
	first, last := math.Ceil(s.low/s.step-1e-9), math.Floor(s.high/s.step+1e-9)
	for i := first; i <= last && len(out) < 100; i++ {
		out = append(out, i*s.step+0) // never -0
	}
	return out
}

// label writes the tick v.
func (s scale) label(v float64) string {
	if s.axis.Log {
		return s.axis.Unit.Text(v)
	}
	return s.axis.Unit.tick(v, s.step, max(math.Abs(s.low), math.Abs(s.high)))
}
