package cloudwatch

import (
	"slices"
	"strconv"
	"time"
)

// maxData is the most data points of one answer, and how many there are unless
// fewer are asked for.
const maxData = 100_800

// getMetricData answers GetMetricData. Its pages are cut at MaxDatapoints: a
// token is how many points of all results went before.
func (s *scope) getMetricData(r reader, _ time.Time) (object, error) {
	if !r.has("MetricDataQueries") {
		r.fail(missing("MetricDataQueries"))
	}
	queries := readQueries(r, "MetricDataQueries", maxQueries)
	over := s.readSpan(r)
	ascending := false
	switch order := r.text("ScanBy"); order {
	case "", "TimestampDescending":
	case "TimestampAscending":
		ascending = true
	default:
		r.fail(constraint(order, "scanBy", "satisfy enum value set: [TimestampDescending, TimestampAscending]"))
	}
	most := int(r.integer("MaxDatapoints", maxData, maxData))
	skip := readToken(r, "data")
	if err := r.problem(); err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(queries, func(q *query) bool { return q.returned }) {
		return nil, invalid("At least one of the elements in MetricDataQueries must return data.")
	}
	s.mu.Lock()
	results, err := s.resultsLocked(queries, over)
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	list, cut := s.dataPage(results, ascending, skip, most)
	out := object{{"MetricDataResults", list}}
	if cut {
		out = out.set("NextToken", nextToken("data", skip+most))
	}
	return out.set("Messages", []any{}), nil
}

// readSpan reads StartTime and EndTime. The start is rounded down to a minute.
func (s *scope) readSpan(r reader) span {
	for _, name := range []string{"StartTime", "EndTime"} {
		if !r.has(name) {
			r.fail(missing(name))
		}
	}
	start, end := r.instant("StartTime"), r.instant("EndTime")
	if !start.Before(end) {
		r.fail(invalidValue("The parameter StartTime must be less than the parameter EndTime."))
	}
	to := s.store.slot(end)
	if s.store.instant(to).Before(end) {
		to++ // data points are of before the end, and one begins there
	}
	return span{s.store.slot(start), to}
}

// result is a time series of an answer.
type result struct {
	id, label string
	points    []point
}

func (s *scope) resultsLocked(queries []*query, over span) ([]result, error) {
	e := newEvaluator(s.store, over, queries)
	var out []result
	for _, q := range queries {
		if !q.returned {
			continue
		}
		v, err := e.value(q.id)
		if err != nil {
			return nil, invalid("Error in expression '%s': %s", q.id, err)
		}
		label := q.label
		if label == "" {
			label = q.metric.name
		}
		if label == "" {
			label = q.id
		}
		switch v.kind {
		case isSeries:
			out = append(out, result{q.id, label, v.points})
		case isList:
			for i, x := range v.list {
				if x.kind == isSeries {
					out = append(out, result{q.id, label + " " + strconv.Itoa(i+1), x.points})
				}
			}
		case isNumber, isText:
			return nil, invalid("Error in expression '%s': it must return a time series or an array of them.", q.id)
		}
	}
	return out, nil
}

// dataPage are results without the first points of all, and at most so many
// more; cut says that this left some out.
func (s *scope) dataPage(results []result, ascending bool, skip, left int) (list []any, cut bool) {
	list = []any{}
	for _, x := range results {
		points := slices.Clone(x.points)
		if !ascending {
			slices.Reverse(points)
		}
		skipped := min(skip, len(points))
		points, skip = points[skipped:], skip-skipped
		status := "Complete"
		if len(points) > left {
			points, status, cut = points[:left], "PartialData", true
		}
		left -= len(points)
		times, values := []any{}, []any{}
		for _, p := range points {
			times = append(times, s.store.instant(p.at))
			values = append(values, p.value)
		}
		list = append(list, object{
			{"Id", x.id}, {"Label", x.label}, {"Timestamps", times}, {"Values", values}, {"StatusCode", status},
		})
	}
	return list, cut
}
