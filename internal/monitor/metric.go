package monitor

import (
	"context"
	"time"

	"github.com/headgate/headgate/internal/alarm"
	"github.com/headgate/headgate/internal/llm"
)

// Query asks for a statistic of a metric, such as Sum or p99, in periods.
type Query struct {
	Namespace, Metric, Statistic string
	Dimensions                   []alarm.Dimension // by name; none: the account's roll-up
	Period                       time.Duration     // whole minutes
}

// Point is the value of one period.
type Point struct {
	Start time.Time
	Value float64
}

// Series is the answer to a query.
type Series struct {
	Query  Query
	Points []Point // by time; periods without data are left out
	// Complete is false where CloudWatch could not give all of it.
	Complete bool
}

// Datum is what happened in one minute: a sum of a metric, or a set of values.
type Datum struct {
	Metric     string
	Dimensions []alarm.Dimension // by name
	At         time.Time
	Unit       string // Count, Milliseconds or Seconds
	Value      float64
	// Values and Counts are in place of Value where they are given: how often each
	// was seen.
	Values, Counts []float64
}

// Source reads metrics. It is safe for concurrent use.
type Source interface {
	// Series answers queries in their order. What cannot be had is incomplete, or
	// an error of a *fault.Error's kind when nothing can.
	Series(ctx context.Context, in llm.Region, queries []Query, from, to time.Time) ([]Series, error)
	// Values lists those that a dimension of a metric has, alone, in the last two
	// weeks.
	Values(ctx context.Context, in llm.Region, namespace, metric, dimension string) ([]string, error)
}
