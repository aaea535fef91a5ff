package cloudwatch

import (
	"slices"
	"time"
)

// The states of an alarm.
const (
	stateOK           = "OK"
	stateAlarm        = "ALARM"
	stateInsufficient = "INSUFFICIENT_DATA"
)

// What an alarm makes of missing data.
const (
	treatMissing      = "missing"
	treatIgnore       = "ignore"
	treatBreaching    = "breaching"
	treatNotBreaching = "notBreaching"
)

// alarm watches the statistic of a metric, or an expression. It is guarded by
// its scope's lock.
type alarm struct {
	setting

	arn        string
	tags       []tag
	configured time.Time // last

	state, reason, reasonData string
	updated, transitioned     time.Time
	evaluated                 int64 // the minute before which it was
	fresh                     bool  // it has its first state yet, which says nothing
}

// setting is what PutMetricAlarm says.
type setting struct {
	name, description string
	enabled           bool
	okActions         []string
	alarmActions      []string
	noDataActions     []string
	// queries are the alarm's Metrics; of an alarm on one metric there is one
	// query, and single says so.
	queries    []*query
	single     bool
	periods    int64 // to evaluate
	datapoints int64 // of them to alarm; 0: all
	threshold  float64
	comparison string
	treat      string // as given; empty is treatMissing
	lowSamples string
}

// period is that of the alarm in minutes: the longest of its metrics.
func (s *setting) period() int64 {
	longest := int64(1)
	for _, q := range s.queries {
		longest = max(longest, q.period)
	}
	return longest
}

// watched is the query that is compared with the threshold.
func (s *setting) watched() *query {
	return s.queries[slices.IndexFunc(s.queries, func(q *query) bool { return q.returned })]
}

// needed is how many data points must breach.
func (s *setting) needed() int64 {
	if s.datapoints > 0 {
		return s.datapoints
	}
	return s.periods
}

// breaches compares a value with the threshold.
func (s *setting) breaches(v float64) bool {
	switch s.comparison {
	case "GreaterThanThreshold":
		return v > s.threshold
	case "GreaterThanOrEqualToThreshold":
		return v >= s.threshold
	case "LessThanThreshold":
		return v < s.threshold
	default:
		return v <= s.threshold
	}
}

// words are the comparison in a sentence.
func (s *setting) words() string {
	switch s.comparison {
	case "GreaterThanThreshold":
		return "greater than"
	case "GreaterThanOrEqualToThreshold":
		return "greater than or equal to"
	case "LessThanThreshold":
		return "less than"
	default:
		return "less than or equal to"
	}
}

// comparisons are the operators that are known here.
func comparisons() []string {
	return []string{"GreaterThanOrEqualToThreshold", "GreaterThanThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold"}
}

// document is the alarm as DescribeAlarms has it.
func (a *alarm) document() object {
	o := object{{"AlarmName", a.name}, {"AlarmArn", a.arn}}
	o = o.text("AlarmDescription", a.description).instant("AlarmConfigurationUpdatedTimestamp", a.configured)
	o = o.set("ActionsEnabled", a.enabled).set("OKActions", array(a.okActions)).
		set("AlarmActions", array(a.alarmActions)).set("InsufficientDataActions", array(a.noDataActions))
	o = o.set("StateValue", a.state).set("StateReason", a.reason).text("StateReasonData", a.reasonData).
		instant("StateUpdatedTimestamp", a.updated).instant("StateTransitionedTimestamp", a.transitioned)
	if a.single {
		q := a.queries[0]
		o = o.set("MetricName", q.metric.name).set("Namespace", q.metric.namespace)
		if q.statistic.percentile < 0 {
			o = o.set("Statistic", q.statistic.name)
		} else {
			o = o.set("ExtendedStatistic", q.statistic.name)
		}
		o = o.set("Dimensions", dimensionList(q.metric.dimensions)).set("Period", q.seconds).text("Unit", q.unit)
	} else {
		list := []any{}
		for _, q := range a.queries {
			list = append(list, q.document())
		}
		o = o.set("Dimensions", []any{}).set("Metrics", list)
	}
	o = o.set("EvaluationPeriods", a.periods).number("DatapointsToAlarm", a.datapoints)
	return o.set("Threshold", a.threshold).set("ComparisonOperator", a.comparison).
		text("TreatMissingData", a.treat).text("EvaluateLowSampleCountPercentile", a.lowSamples)
}
