package cloudwatch

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// span is a stretch of time that is looked at: from a minute to before another.
type span struct{ from, to int64 }

// data is the value of an expression: a number, a time series, or an array of
// these.
type data struct {
	kind   dataKind
	number float64
	points []point // in order of time
	list   []data
	text   string
	period int64 // of the points, in minutes
}

type dataKind uint8

const (
	isNumber dataKind = iota
	isSeries
	isList
	isText
)

func constant(v float64) data { return data{number: v} }

// evaluator computes queries over one span, each once.
type evaluator struct {
	store   *store
	span    span
	queries []*query
	known   map[string]data
	busy    map[string]bool
}

func newEvaluator(s *store, over span, queries []*query) *evaluator {
	return &evaluator{store: s, span: over, queries: queries, known: map[string]data{}, busy: map[string]bool{}}
}

// value computes the query with an id.
func (e *evaluator) value(id string) (data, error) {
	if v, ok := e.known[id]; ok {
		return v, nil
	}
	i := slices.IndexFunc(e.queries, func(q *query) bool { return q.id == id })
	if i < 0 {
		return data{}, fmt.Errorf("there is no query %q", id)
	}
	if e.busy[id] {
		return data{}, fmt.Errorf("the query %q depends on itself", id)
	}
	e.busy[id] = true
	defer delete(e.busy, id)
	q := e.queries[i]
	v, err := e.compute(q)
	if err != nil {
		return data{}, err
	}
	e.known[id] = v
	return v, nil
}

func (e *evaluator) compute(q *query) (data, error) {
	if q.expression == nil {
		v := data{kind: isSeries, period: q.period}
		if found := e.store.find(q.metric, q.unit); found != nil {
			v.points = found.points(q.statistic, e.span.from, e.span.to, q.period)
		}
		return v, nil
	}
	return e.node(q.expression)
}

func (e *evaluator) node(n *node) (data, error) {
	switch n.kind {
	case nodeNumber:
		return constant(n.number), nil
	case nodeString:
		return data{kind: isText, text: n.text}, nil
	case nodeID:
		return e.value(n.text)
	case nodeCall:
		return e.call(n)
	case nodeArray, nodeOperator:
	}
	args, err := e.nodes(n.args)
	switch {
	case err != nil:
		return data{}, err
	case n.kind == nodeArray:
		return data{kind: isList, list: flat(args)}, nil
	case len(args) == 1:
		return combine("-", constant(0), args[0])
	}
	return combine(n.text, args[0], args[1])
}

func (e *evaluator) nodes(list []*node) ([]data, error) {
	var out []data
	for _, n := range list {
		v, err := e.node(n)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

func flat(values []data) []data {
	var out []data
	for _, v := range values {
		if v.kind == isList {
			out = append(out, v.list...)
			continue
		}
		out = append(out, v)
	}
	return out
}

// metrics are all queries that are no expressions, or those whose id contains
// a text.
func (e *evaluator) metrics(containing string) (data, error) {
	out := data{kind: isList}
	for _, q := range e.queries {
		if q.expression != nil || !strings.Contains(q.id, containing) {
			continue
		}
		v, err := e.value(q.id)
		if err != nil {
			return data{}, err
		}
		out.list = append(out.list, v)
	}
	return out, nil
}

var errOperands = errors.New("unsupported operands")

// combine applies an operator. Of two series, a period counts that both have
// data of.
func combine(op string, x, y data) (data, error) {
	switch {
	case x.kind == isText || y.kind == isText:
		return data{}, errOperands
	case x.kind == isNumber && y.kind == isNumber:
		return constant(apply(op, x.number, y.number)), nil
	case x.kind == isList && y.kind == isList:
		return data{}, errOperands
	case x.kind == isList:
		return each(x, func(v data) (data, error) { return combine(op, v, y) })
	case y.kind == isList:
		return each(y, func(v data) (data, error) { return combine(op, x, v) })
	}
	return join([]data{x, y}, func(at []float64) float64 { return apply(op, at[0], at[1]) }), nil
}

func each(list data, do func(data) (data, error)) (data, error) {
	out := data{kind: isList}
	for _, v := range list.list {
		r, err := do(v)
		if err != nil {
			return data{}, err
		}
		out.list = append(out.list, r)
	}
	return out, nil
}

// join makes a series of what several have at the same instants; numbers count
// everywhere.
func join(args []data, do func([]float64) float64) data {
	out := data{kind: isSeries}
	var lead data
	for _, a := range args {
		if a.kind == isSeries && lead.kind != isSeries {
			lead = a
		}
		out.period = max(out.period, a.period)
	}
	at := make([]float64, len(args))
	next := make([]int, len(args))
point:
	for _, p := range lead.points {
		for i, a := range args {
			if a.kind != isSeries {
				at[i] = a.number
				continue
			}
			for next[i] < len(a.points) && a.points[next[i]].at < p.at {
				next[i]++
			}
			if next[i] == len(a.points) || a.points[next[i]].at != p.at {
				continue point
			}
			at[i] = a.points[next[i]].value
		}
		if v := do(at); !math.IsNaN(v) && !math.IsInf(v, 0) {
			out.points = append(out.points, point{p.at, v})
		}
	}
	return out
}

// apply applies an operator to numbers. A comparison gives 1 or 0.
func apply(op string, x, y float64) float64 {
	truth := func(b bool) float64 {
		if b {
			return 1
		}
		return 0
	}
	switch op {
	case "+":
		return x + y
	case "-":
		return x - y
	case "*":
		return x * y
	case "/":
		return x / y
	case "^":
		return math.Pow(x, y)
	case "==":
		return truth(x == y)
	case "!=":
		return truth(x != y)
	case "<":
		return truth(x < y)
	case "<=":
		return truth(x <= y)
	case ">":
		return truth(x > y)
	case ">=":
		return truth(x >= y)
	case "&&", "AND":
		return truth(x != 0 && y != 0)
	default: // "||", "OR"
		return truth(x != 0 || y != 0)
	}
}
