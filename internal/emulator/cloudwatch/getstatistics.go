package cloudwatch

import (
	"math"
	"slices"
	"time"
)

// maxStatistics is the most data points that GetMetricStatistics returns.
const maxStatistics = 1440

// getMetricStatistics answers GetMetricStatistics.
func (s *scope) getMetricStatistics(r reader, _ time.Time) (object, error) {
	m, unit := readMetric(r), r.text("Unit")
	r.need("Namespace")
	r.need("MetricName")
	over := s.readSpan(r)
	seconds := r.integer("Period", 0, math.MaxInt32)
	if seconds == 0 {
		r.fail(missing("Period"))
	}
	period := minutes(r, "Period", seconds)
	plain, extended := readStatistics(r)
	if err := r.problem(); err != nil {
		return nil, err
	}
	if (over.to-over.from)/period > maxStatistics {
		return nil, invalidCombination("You have requested up to %d datapoints, which exceeds the limit of %d. "+
			"You may reduce the datapoints requested by increasing Period, or decreasing the time range.", (over.to-over.from)/period, maxStatistics)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []any{}
	if x := s.store.find(m, unit); x != nil {
		list = s.datapointsLocked(x, over, period, plain, extended)
	}
	return object{{"Label", m.name}, {"Datapoints", list}}, nil
}

func readStatistics(r reader) (plain, extended []statistic) {
	for _, name := range r.texts("Statistics", 5) {
		st, ok := parseStatistic(name)
		if !ok || st.percentile >= 0 {
			r.fail(constraint(name, "statistics", "satisfy enum value set: [Average, Sum, SampleCount, Maximum, Minimum]"))
		}
		plain = append(plain, st)
	}
	for _, name := range r.texts("ExtendedStatistics", 10) {
		st, ok := parseStatistic(name)
		if !ok || st.percentile < 0 {
			r.fail(invalidValue("The value %s for parameter ExtendedStatistics is not supported.", name))
		}
		extended = append(extended, st)
	}
	if len(plain)+len(extended) == 0 {
		r.fail(invalidCombination("At least one of the parameters ExtendedStatistics and Statistics must be specified."))
	}
	return plain, extended
}

func (s *scope) datapointsLocked(x *series, over span, period int64, plain, extended []statistic) []any {
	list := []any{}
	all := make([][]point, 0, len(plain)+len(extended))
	for _, st := range slices.Concat(plain, extended) {
		all = append(all, x.points(st, over.from, over.to, period))
	}
	for i, p := range all[0] {
		o := object{{"Timestamp", s.store.instant(p.at)}}
		for j, st := range plain {
			o = o.set(st.name, all[j][i].value)
		}
		var values object
		for j, st := range extended {
			values = values.set(st.name, all[len(plain)+j][i].value)
		}
		if values != nil {
			o = o.set("ExtendedStatistics", mapping(values))
		}
		list = append(list, o.text("Unit", x.unit))
	}
	return list
}
