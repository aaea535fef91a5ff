package cloudwatch

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Bounds of the operations on alarms.
const (
	maxAlarmNames = 100
	defaultAlarms = 50 // in one answer
)

// describeAlarms answers DescribeAlarms, in the order of names.
func (s *scope) describeAlarms(r reader, now time.Time) (object, error) {
	names, prefix := r.texts("AlarmNames", maxAlarmNames), r.text("AlarmNamePrefix")
	state, action := r.text("StateValue"), r.text("ActionPrefix")
	types := r.texts("AlarmTypes", 10)
	most := int(r.integer("MaxRecords", defaultAlarms, maxAlarmNames))
	skip := readToken(r, "alarms")
	if len(names) > 0 && prefix != "" {
		r.fail(invalid("AlarmNamePrefix and AlarmNames are mutually exclusive."))
	}
	if state != "" && !isState(state) {
		r.fail(constraint(state, "stateValue", "satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]"))
	}
	if err := r.problem(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []*alarm
	for _, a := range s.alarms {
		if len(names) > 0 && !slices.Contains(names, a.name) || !strings.HasPrefix(a.name, prefix) ||
			len(types) > 0 && !slices.Contains(types, "MetricAlarm") || !a.acts(action) {
			continue
		}
		s.evaluateLocked(a, now)
		if state == "" || state == a.state {
			found = append(found, a)
		}
	}
	slices.SortFunc(found, func(x, y *alarm) int { return cmp.Compare(x.name, y.name) })
	part, next := page(found, "alarms", skip, most)
	list := []any{}
	for _, a := range part {
		list = append(list, a.document())
	}
	return object{{"CompositeAlarms", []any{}}, {"MetricAlarms", list}}.text("NextToken", next), nil
}

// acts reports whether an action of the alarm begins with a prefix.
func (a *alarm) acts(prefix string) bool {
	return prefix == "" || slices.ContainsFunc(slices.Concat(a.okActions, a.alarmActions, a.noDataActions),
		func(arn string) bool { return strings.HasPrefix(arn, prefix) })
}

func isState(s string) bool { return s == stateOK || s == stateAlarm || s == stateInsufficient }

// deleteAlarms answers DeleteAlarms: all of them or none.
func (s *scope) deleteAlarms(r reader, _ time.Time) (object, error) {
	names := r.texts("AlarmNames", maxAlarmNames)
	if len(names) == 0 {
		r.fail(missing("AlarmNames"))
	}
	if err := r.problem(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range names {
		if s.alarms[name] == nil {
			return nil, notFound("Unknown alarm " + name)
		}
	}
	for _, name := range names {
		delete(s.alarms, name)
	}
	return nil, nil //nolint:nilnil // the operation has no output
}

// setAlarmState answers SetAlarmState: the state holds until the next minute is
// evaluated.
func (s *scope) setAlarmState(r reader, now time.Time) (object, error) {
	name, state, reason := r.need("AlarmName"), r.need("StateValue"), r.need("StateReason")
	data := r.text("StateReasonData")
	if state != "" && !isState(state) {
		r.fail(constraint(state, "stateValue", "satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]"))
	}
	if len(reason) > 1023 {
		r.fail(constraint("…", "stateReason", "have length less than or equal to 1023"))
	}
	if data != "" && !json.Valid([]byte(data)) {
		r.fail(&problem{http.StatusBadRequest, "InvalidFormatFault", "InvalidFormat", "StateReasonData is not JSON."})
	}
	if err := r.problem(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.alarms[name]
	if a == nil {
		return nil, notFound("Unknown alarm " + name)
	}
	s.evaluateLocked(a, now)
	if a.state != state {
		a.transitioned = now
	}
	a.state, a.reason, a.reasonData, a.updated, a.fresh = state, reason, data, now, false
	return nil, nil //nolint:nilnil // the operation has no output
}
