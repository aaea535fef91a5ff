package cloudwatch

import (
	"math"
	"slices"
	"strings"
	"time"
)

// Bounds of PutMetricAlarm.
const (
	maxAlarms       = 5_000 // of an account and Region
	maxActions      = 5     // for one state
	maxAlarmQueries = 20
	day             = 24 * 60 * 60 // seconds
	hour            = 60 * 60
)

// putMetricAlarm answers PutMetricAlarm. A new alarm has no state until the next
// minute; one that is changed keeps its own, and its tags.
func (s *scope) putMetricAlarm(r reader, now time.Time) (object, error) {
	set := readSetting(r)
	tags := readTags(r)
	if err := r.problem(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.alarms[set.name]
	if a == nil {
		if len(s.alarms) >= maxAlarms {
			return nil, limitExceeded("The maximum number of alarms has been reached.")
		}
		a = &alarm{
			arn: s.arn(set.name), tags: tags, state: stateInsufficient, reason: "Unchecked: Initial alarm creation",
			updated: now, transitioned: now, evaluated: s.store.slot(now),
			fresh: true,
		}
		s.alarms[set.name] = a
	} else {
		s.evaluateLocked(a, now)
	}
	a.setting, a.configured = set, now
	return nil, nil //nolint:nilnil // the operation has no output
}

func (s *scope) arn(name string) string {
	return "arn:aws:cloudwatch:" + s.owner.Region + ":" + s.owner.Account + ":alarm:" + name
}

func readSetting(r reader) setting {
	set := setting{
		name: r.need("AlarmName"), description: r.text("AlarmDescription"), enabled: r.truth("ActionsEnabled", true),
		okActions: readActions(r, "OKActions"), alarmActions: readActions(r, "AlarmActions"),
		noDataActions: readActions(r, "InsufficientDataActions"),
		periods:       r.integer("EvaluationPeriods", 0, math.MaxInt32),
		datapoints:    r.integer("DatapointsToAlarm", 0, math.MaxInt32),
		comparison:    r.need("ComparisonOperator"), treat: r.text("TreatMissingData"),
		lowSamples: r.text("EvaluateLowSampleCountPercentile"),
	}
	if len(set.name) > maxName {
		r.fail(constraint(set.name, "alarmName", "have length less than or equal to 255"))
	}
	if set.periods == 0 {
		r.fail(missing("EvaluationPeriods"))
	}
	for _, name := range []string{"ThresholdMetricId", "EvaluationCriteria"} {
		if r.has(name) {
			r.fail(invalidValue("The parameter %s is not supported by the emulator.", name))
		}
	}
	threshold, ok := r.number("Threshold")
	if !ok {
		r.fail(missing("Threshold"))
	}
	if unfit(threshold) {
		r.fail(invalidValue("The value of Threshold is not a number that metrics have."))
	}
	set.threshold = threshold
	if set.comparison != "" && !slices.Contains(comparisons(), set.comparison) {
		r.fail(constraint(set.comparison, "comparisonOperator", "satisfy enum value set: ["+strings.Join(comparisons(), ", ")+"]"))
	}
	if set.datapoints > set.periods {
		r.fail(invalid("DatapointsToAlarm must be less than or equal to EvaluationPeriods."))
	}
	if treats := []string{treatBreaching, treatNotBreaching, treatIgnore, treatMissing}; set.treat != "" && !slices.Contains(treats, set.treat) {
		r.fail(invalid("Option %s is not supported for TreatMissingData parameter. Supported options include [%s].", set.treat, strings.Join(treats, ", ")))
	}
	readWatched(r, &set)
	checkLength(r, &set)
	return set
}

// readWatched reads what an alarm is about: one metric, or Metrics.
func readWatched(r reader, set *setting) {
	if !r.has("Metrics") {
		set.single = true
		set.queries = []*query{readSingle(r)}
		if set.lowSamples != "" && (set.queries[0].statistic.percentile < 0 || set.lowSamples != "evaluate" && set.lowSamples != "ignore") {
			r.fail(invalid("The value %s for EvaluateLowSampleCountPercentile does not go with the alarm.", set.lowSamples))
		}
		return
	}
	for _, name := range []string{"MetricName", "Namespace", "Dimensions", "Period", "Unit", "Statistic", "ExtendedStatistic"} {
		if r.has(name) {
			r.fail(invalidCombination("The parameters Metrics and %s are mutually exclusive.", name))
		}
	}
	set.queries = readQueries(r, "Metrics", maxAlarmQueries)
	returned := 0
	for _, q := range set.queries {
		if q.returned {
			returned++
		}
	}
	if returned != 1 {
		r.fail(invalid("Exactly one element of the metrics list should return data."))
		return
	}
	if err := set.depends(); err != nil {
		r.fail(invalid("Error in expression '%s': %s", set.watched().id, err))
	}
}

// depends tries the expressions without data: whether what they name is there.
func (s *setting) depends() error {
	v, err := newEvaluator(newStore(time.Minute), span{0, s.period()}, s.queries).value(s.watched().id)
	if err == nil && v.kind != isSeries {
		return errOperands
	}
	return err
}

func readSingle(r reader) *query {
	q := &query{id: "m1", metric: readMetric(r), unit: r.text("Unit"), returned: true}
	r.need("MetricName")
	r.need("Namespace")
	plain, extended := r.text("Statistic"), r.text("ExtendedStatistic")
	var ok bool
	q.statistic, ok = parseStatistic(plain + extended)
	switch {
	case (plain == "") == (extended == ""):
		r.fail(invalidCombination("Exactly one of the parameters Statistic and ExtendedStatistic must be specified."))
	case !ok || (q.statistic.percentile < 0) != (extended == ""):
		r.fail(invalid("The value %s is not supported as a statistic.", plain+extended))
	}
	q.seconds = r.integer("Period", 0, math.MaxInt32)
	if q.seconds == 0 {
		r.fail(missing("Period"))
	}
	q.period = minutes(r, "Period", q.seconds)
	return q
}

// checkLength bounds how far back an alarm looks.
func checkLength(r reader, set *setting) {
	seconds := set.period() * 60
	switch {
	case seconds >= hour && seconds*set.periods > 7*day:
		r.fail(invalid("Metrics cannot be checked across more than seven days (EvaluationPeriods * Period must be <= %d).", 7*day))
	case seconds < hour && seconds*set.periods > day:
		r.fail(invalid("Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= %d).", day))
	}
}

func readActions(r reader, name string) []string {
	list := r.texts(name, maxActions)
	for _, arn := range list {
		if !strings.HasPrefix(arn, "arn:") || strings.Count(arn, ":") < 5 {
			r.fail(invalid("Invalid arn syntax: %s", arn))
		}
	}
	return list
}
