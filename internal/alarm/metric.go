package alarm

import (
	"fmt"
	"strings"
)

// Query is an entry of an alarm: a statistic of a metric in periods, or the
// Expression over the others.
type Query struct {
	// ID is empty in an alarm of one metric.
	ID, Label, Expression        string
	Namespace, Metric, Statistic string
	Dimensions                   []Dimension // by name
	Period                       int64       // seconds; 0 of an Expression
}

// Dimension is a part of a metric's name.
type Dimension struct{ Name, Value string }

// Series names a metric: of the others the one that an alarm subtracts.
type Series struct {
	Namespace  string      `json:"namespace"`
	Metric     string      `json:"metric"`
	Dimensions []Dimension `json:"dimensions"` // by name
}

// Queries are the metrics of an alarm on a share of a quota, and last the
// expression that is compared; nil for an alarm of one metric.
func (a Alarm) Queries() []Query {
	if a.Of == 0 {
		return nil
	}
	var out []Query
	ids := make([]string, len(a.Models))
	for i, model := range a.Models {
		ids[i] = fmt.Sprintf("m%d", i+1)
		q := a.query(model)
		q.ID, q.Label = ids[i], model
		out = append(out, q)
	}
	sum := strings.Join(ids, "+")
	if len(ids) > 1 {
		sum = "SUM([" + strings.Join(fill(ids), ",") + "])"
	}
	label := "% of the quota"
	if m := a.Minus; m != nil {
		out = append(out, Query{ID: "own", Label: "through Headgate", Namespace: m.Namespace, Metric: m.Metric, Statistic: "Sum", Dimensions: m.Dimensions, Period: a.Period})
		sum, label = "("+sum+"-FILL(own,0))", "% of the quota, by others"
	}
	return append(out, Query{ID: "share", Label: label, Expression: fmt.Sprintf("%d*%s/%d", a.Factor, sum, a.Of)})
}

// query is of the alarm's metric for a model; empty is the account's roll-up.
func (a Alarm) query(model string) Query {
	q := Query{Namespace: Namespace, Metric: a.Metric, Statistic: a.Statistic, Period: a.Period}
	if model != "" {
		q.Dimensions = []Dimension{{"ModelId", model}}
	}
	return q
}

// fill makes a model without data in a period count as none used.
func fill(ids []string) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = "FILL(" + id + ",0)"
	}
	return out
}
