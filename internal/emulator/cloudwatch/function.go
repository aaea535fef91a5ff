package cloudwatch

import (
	"fmt"
	"math"
	"slices"
)

// call applies a function of metric math.
func (e *evaluator) call(n *node) (data, error) {
	given := n.args
	repeat := n.text == "FILL" && len(given) == 2 && given[1].kind == nodeID && given[1].text == "REPEAT"
	if repeat {
		given = given[:1]
	}
	args, err := e.nodes(given)
	if err != nil {
		return data{}, err
	}
	wrong := fmt.Errorf("%s does not take these arguments", n.text)
	switch n.text {
	case "METRICS":
		switch {
		case len(args) == 0:
			return e.metrics("")
		case len(args) == 1 && args[0].kind == isText:
			return e.metrics(args[0].text)
		}
	case "SUM", "AVG", "MIN", "MAX":
		if len(args) == 1 {
			return reduce(n.text, args[0])
		}
	case "ABS", "CEIL", "FLOOR":
		if len(args) == 1 {
			return mapped(args[0], rounding(n.text))
		}
	case "FILL":
		switch {
		case repeat:
			return e.fill(args[0], math.NaN())
		case len(args) == 2 && args[1].kind == isNumber:
			return e.fill(args[0], args[1].number)
		}
	case "IF":
		if len(args) == 2 || len(args) == 3 {
			return choose(args)
		}
	case "RATE", "DIFF":
		if len(args) == 1 && args[0].kind == isSeries {
			return change(args[0], n.text == "RATE"), nil
		}
	case "PERIOD":
		if len(args) == 1 && args[0].kind == isSeries {
			return constant(float64(args[0].period * 60)), nil
		}
	case "TIME_SERIES":
		if len(args) == 1 && args[0].kind == isNumber {
			return e.everywhere(args[0].number)
		}
	default:
		return data{}, fmt.Errorf("there is no function %s here", n.text)
	}
	return data{}, wrong
}

// reduce makes a series of the series in an array, of what each instant has, or
// a number of one series.
func reduce(name string, v data) (data, error) {
	if v.kind == isSeries {
		if len(v.points) == 0 {
			return constant(0), nil
		}
		values := make([]float64, 0, len(v.points))
		for _, p := range v.points {
			values = append(values, p.value)
		}
		return constant(reduced(name, values)), nil
	}
	if v.kind != isList {
		return data{}, errOperands
	}
	at := map[int64][]float64{}
	out := data{kind: isSeries}
	for _, x := range v.list {
		if x.kind != isSeries {
			return data{}, errOperands
		}
		out.period = max(out.period, x.period)
		for _, p := range x.points {
			at[p.at] = append(at[p.at], p.value)
		}
	}
	for t, values := range at {
		out.points = append(out.points, point{t, reduced(name, values)})
	}
	slices.SortFunc(out.points, func(x, y point) int { return int(x.at - y.at) })
	return out, nil
}

func reduced(name string, values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	switch name {
	case "MIN":
		return slices.Min(values)
	case "MAX":
		return slices.Max(values)
	case "AVG":
		return sum / float64(len(values))
	}
	return sum
}

func rounding(name string) func(float64) float64 {
	switch name {
	case "ABS":
		return math.Abs
	case "CEIL":
		return math.Ceil
	}
	return math.Floor
}

// mapped applies a function to every number.
func mapped(v data, do func(float64) float64) (data, error) {
	switch v.kind {
	case isNumber:
		return constant(do(v.number)), nil
	case isSeries:
		return join([]data{v}, func(at []float64) float64 { return do(at[0]) }), nil
	case isList:
		return each(v, func(x data) (data, error) { return mapped(x, do) })
	case isText:
	}
	return data{}, errOperands
}

// maxFill is how many periods a function may fill in.
const maxFill = 100_800

// fill puts a number where a series has no data, or the last value before when
// the number is NaN.
func (e *evaluator) fill(v data, with float64) (data, error) {
	if v.kind == isList {
		return each(v, func(x data) (data, error) { return e.fill(x, with) })
	}
	if v.kind != isSeries {
		return data{}, errOperands
	}
	period := max(v.period, 1)
	if (e.span.to-e.span.from)/period > maxFill {
		return data{}, fmt.Errorf("FILL has more than %d periods to fill", maxFill)
	}
	out := data{kind: isSeries, period: v.period}
	i := 0
	for at := e.span.from; at < e.span.to; at += period {
		switch {
		case i < len(v.points) && v.points[i].at == at:
			out.points = append(out.points, v.points[i])
			i++
		case !math.IsNaN(with):
			out.points = append(out.points, point{at, with})
		case len(out.points) > 0:
			out.points = append(out.points, point{at, out.points[len(out.points)-1].value})
		}
	}
	return out, nil
}

// everywhere is a series that has a number in each period.
func (e *evaluator) everywhere(v float64) (data, error) {
	period := int64(1)
	for _, q := range e.queries {
		period = max(period, q.period)
	}
	return e.fill(data{kind: isSeries, period: period}, v)
}

// choose is IF(condition, then, otherwise): at each instant that the condition
// has. Without otherwise, there is nothing where it does not hold.
func choose(args []data) (data, error) {
	for _, a := range args {
		if a.kind == isList || a.kind == isText {
			return data{}, errOperands
		}
	}
	if len(args) == 2 {
		args = append(args, constant(math.NaN()))
	}
	if args[0].kind == isNumber {
		if args[0].number != 0 {
			return args[1], nil
		}
		return args[2], nil
	}
	out := data{kind: isSeries, period: args[0].period}
	for _, p := range args[0].points {
		from := args[1]
		if p.value == 0 {
			from = args[2]
		}
		v, ok := from.number, from.kind == isNumber
		if !ok {
			v, ok = valueAt(from.points, p.at)
		}
		if ok && !math.IsNaN(v) {
			out.points = append(out.points, point{p.at, v})
		}
	}
	return out, nil
}

func valueAt(points []point, at int64) (float64, bool) {
	i, ok := slices.BinarySearchFunc(points, at, func(p point, at int64) int { return int(p.at - at) })
	if !ok {
		return 0, false
	}
	return points[i].value, true
}

// change is the difference of each value to the one before, or that a second.
func change(v data, perSecond bool) data {
	out := data{kind: isSeries, period: v.period}
	for i := 1; i < len(v.points); i++ {
		d := v.points[i].value - v.points[i-1].value
		if perSecond {
			d /= float64((v.points[i].at - v.points[i-1].at) * 60)
		}
		out.points = append(out.points, point{v.points[i].at, d})
	}
	return out
}
