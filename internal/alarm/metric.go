package alarm

import (
	"fmt"
	"strings"
)

// Query is an entry of an alarm over several metrics: a metric of a model, or
// the Expression over the others.
type Query struct {
	ID, Label, Expression, Model string
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
		out = append(out, Query{ID: ids[i], Model: model, Label: model})
	}
	sum := strings.Join(ids, "+")
	if len(ids) > 1 {
		sum = "SUM([" + strings.Join(fill(ids), ",") + "])"
	}
	return append(out, Query{ID: "share", Label: "% of the quota", Expression: fmt.Sprintf("%d*%s/%d", a.Factor, sum, a.Of)})
}

// fill makes a model without data in a period count as none used.
func fill(ids []string) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = "FILL(" + id + ",0)"
	}
	return out
}
