package cloudwatch

import (
	"math"
	"slices"
)

// query is one of the queries for metric data: of a metric's statistic, or an
// expression of others.
type query struct {
	id, label  string
	metric     metric
	statistic  statistic
	unit       string
	period     int64 // minutes; of an expression that of what it depends on
	seconds    int64 // the period as it was given; 0 when none was
	expression *node // nil: a statistic
	text       string
	returned   bool
}

// Bounds of the service.
const (
	maxQueries = 500
	maxID      = 255
)

// readQueries reads queries, and checks that their ids are fit and unlike.
func readQueries(r reader, name string, most int) []*query {
	var list []*query
	seen := map[string]bool{}
	for _, item := range r.items(name, most) {
		q := readQuery(item)
		if seen[q.id] {
			r.fail(invalid("The values for parameter id in %s are not unique.", name))
		}
		seen[q.id] = true
		list = append(list, q)
	}
	return list
}

func readQuery(r reader) *query {
	q := &query{id: r.need("Id"), label: r.text("Label"), text: r.text("Expression"), returned: r.truth("ReturnData", true)}
	if q.id != "" && !validID(q.id) {
		r.fail(invalid("The value '%s' for parameter %sId is not valid: it must begin with a lower-case letter and have letters, digits and underscores alone.", q.id, r.path))
	}
	stat, isStat := r.part("MetricStat")
	switch {
	case isStat == (q.text != ""):
		r.fail(invalidCombination("The query %s must have either an Expression or a MetricStat.", q.id))
		return q
	case q.text != "":
		var err error
		if q.expression, err = parseExpression(q.text); err != nil {
			r.fail(invalid("Error in expression '%s': %s", q.id, err))
		}
		q.seconds = r.integer("Period", 0, math.MaxInt32)
		return q
	}
	of, ok := stat.part("Metric")
	if !ok {
		r.fail(missing(stat.path + "Metric"))
	}
	q.metric = readMetric(of)
	of.need("Namespace")
	of.need("MetricName")
	q.unit = stat.text("Unit")
	q.statistic, ok = parseStatistic(stat.need("Stat"))
	if !ok {
		r.fail(invalid("The value %s for parameter %sStat is not supported.", stat.text("Stat"), stat.path))
	}
	q.seconds = stat.integer("Period", 0, math.MaxInt32)
	if q.seconds == 0 {
		r.fail(missing(stat.path + "Period"))
	}
	q.period = minutes(stat, "Period", q.seconds)
	return q
}

// minutes is a period in minutes: at least one, for nothing is kept more finely.
func minutes(r reader, name string, seconds int64) int64 {
	fine := slices.Contains([]int64{1, 5, 10, 20, 30}, seconds)
	if seconds%60 != 0 && !fine {
		r.fail(invalidValue("The parameter %s must be 1, 5, 10, 20, 30, or a multiple of 60.", r.path+name))
	}
	return max(seconds/60, 1)
}

func validID(id string) bool {
	if len(id) > maxID || id[0] < 'a' || id[0] > 'z' {
		return false
	}
	for i := range len(id) {
		if !wordByte(id[i]) {
			return false
		}
	}
	return true
}

// document is the query as an alarm's description has it.
func (q *query) document() object {
	o := object{{"Id", q.id}}
	if q.expression != nil {
		o = o.text("Expression", q.text).number("Period", q.seconds)
	} else {
		stat := object{{"Metric", q.metric.document()}, {"Period", q.seconds}, {"Stat", q.statistic.name}}
		o = o.set("MetricStat", stat.text("Unit", q.unit))
	}
	return o.text("Label", q.label).set("ReturnData", q.returned)
}
