package cloudwatch

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// beyond is how many more periods than it evaluates an alarm looks back for
	// data: of a service that does not say it exactly, the documented example.
	beyond = 2
	// behind is how many minutes an alarm that nobody looked at is evaluated one
	// by one.
	behind = 360
)

// evaluateLocked evaluates an alarm at the end of each minute from where it was
// left.
func (s *scope) evaluateLocked(a *alarm, now time.Time) {
	last := s.store.slot(now)
	for end := max(a.evaluated+1, last-behind); end <= last; end++ {
		s.evaluateAtLocked(a, end)
	}
	a.evaluated = max(a.evaluated, last)
}

// sight is what an alarm sees at the end of a minute.
type sight struct {
	seen    []point // the data points that count, oldest first
	missing int64   // how many are lacking
	oldest  int64   // how many periods ago the first one is; 1 is the last period
	breach  int64   // how many breach
}

func (s *scope) evaluateAtLocked(a *alarm, end int64) {
	v, err := s.lookLocked(a, end)
	if err != nil { // PutMetricAlarm has tried the expression
		return
	}
	state := a.judge(v)
	if state == a.state && !a.fresh {
		return
	}
	a.fresh = false
	at := s.store.instant(end)
	if state != a.state {
		a.transitioned = at
	}
	a.reason, a.reasonData = a.explain(state, v, s.store), a.reasonJSON(v, s.store, at)
	a.state, a.updated = state, at
}

// lookLocked finds the data points that count: the last ones there are, as many
// as are evaluated.
func (s *scope) lookLocked(a *alarm, end int64) (sight, error) {
	period, n := a.period(), a.periods
	over := span{end - (n+beyond)*period, end}
	all, err := newEvaluator(s.store, over, a.queries).value(a.watched().id)
	if err != nil {
		return sight{}, err
	}
	v := sight{seen: all.points}
	if extra := int64(len(v.seen)) - n; extra > 0 {
		v.seen = v.seen[extra:]
	}
	v.missing = n - int64(len(v.seen))
	for i, p := range v.seen {
		if i == 0 {
			v.oldest = (end - p.at) / period
		}
		if a.breaches(p.value) {
			v.breach++
		}
	}
	return v, nil
}

// judge is the state that follows from what is seen (Amazon CloudWatch User
// Guide, "Configuring how CloudWatch alarms treat missing data").
func (a *alarm) judge(v sight) string {
	switch {
	case v.breach >= a.needed():
		return stateAlarm
	case v.missing == 0 || a.treat == treatNotBreaching:
		return stateOK
	case a.treat == treatBreaching:
		if v.breach+v.missing >= a.needed() {
			return stateAlarm
		}
		return stateOK
	case int64(len(v.seen)) > v.breach:
		return stateOK
	case a.treat == treatIgnore:
		return a.state
	case len(v.seen) == 0:
		return stateInsufficient
	case v.oldest >= a.needed(): // what came since was missing or breached
		return stateAlarm
	}
	return a.state
}

// explain says why in the words of the service.
func (a *alarm) explain(state string, v sight, s *store) string {
	treated := fmt.Sprintf("%s treated as [%s].", counted(v.missing, "missing datapoint was", "missing datapoints were"), treatment(a.treat))
	if state == stateInsufficient {
		return fmt.Sprintf("Insufficient Data: %s unknown.", counted(v.missing, "datapoint was", "datapoints were"))
	}
	if len(v.seen) == 0 {
		return "Threshold Crossed: no datapoints were received for " + counted(v.missing, "period", "periods") + " and " + treated
	}
	count, not, least, change := v.breach, "", a.needed(), "OK -> ALARM"
	if state == stateOK {
		count, not, least, change = int64(len(v.seen))-v.breach, "not ", a.periods-a.needed()+1, "ALARM -> OK"
	}
	list := make([]string, 0, len(v.seen))
	for _, p := range slices.Backward(v.seen) {
		list = append(list, decimal(p.value)+" ("+s.instant(p.at).Format("02/01/06 15:04:05")+")")
	}
	verb := "were"
	if count == 1 {
		verb = "was"
	}
	end := "."
	if v.missing > 0 && (a.treat == treatBreaching || a.treat == treatNotBreaching) {
		end = " and " + treated
	}
	return fmt.Sprintf("Threshold Crossed: %d out of the last %d datapoints [%s] %s %s%s the threshold (%s) (minimum %s for %s transition)%s",
		count, len(v.seen), strings.Join(list, ", "), verb, not, a.words(), decimal(a.threshold), counted(least, "datapoint", "datapoints"), change, end)
}

func counted(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.FormatInt(n, 10) + " " + many
}

// treatment is how missing data counted, in a sentence.
func treatment(treat string) string {
	switch treat {
	case treatBreaching:
		return "Breaching"
	case treatNotBreaching:
		return "NonBreaching"
	}
	return "Missing"
}

// decimal is a number with at least one decimal place.
func decimal(v float64) string {
	text := strconv.FormatFloat(v, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

// reasonJSON is the reason for machines.
func (a *alarm) reasonJSON(v sight, s *store, at time.Time) string {
	const layout = "2006-01-02T15:04:05.000-0700"
	o := object{{"version", "1.0"}, {"queryDate", at.Format(layout)}}
	if len(v.seen) > 0 {
		o = o.set("startDate", s.instant(v.seen[0].at).Format(layout))
	}
	if a.single {
		o = o.set("statistic", a.queries[0].statistic.name)
	}
	recent, evaluated := []any{}, []any{}
	for _, p := range v.seen {
		recent = append(recent, p.value)
		evaluated = append([]any{object{{"timestamp", s.instant(p.at).Format(layout)}, {"value", p.value}}}, evaluated...)
	}
	o = o.set("period", a.period()*60).set("recentDatapoints", recent).set("threshold", a.threshold).set("evaluatedDatapoints", evaluated)
	return string(appendJSON(nil, o))
}
