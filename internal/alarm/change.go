package alarm

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/llm"
)

// MostMetrics is how many metrics an alarm may be made of (PutMetricAlarm,
// Metrics).
const MostMetrics = 10

// Setting is an alarm as CloudWatch keeps it.
type Setting struct {
	Name, Why string
	// Actions are the ARNs that are told when the alarm goes off. OK and NoData,
	// those told of the other states, and Muted, that nobody is told, are set by
	// hand: an update keeps them.
	Actions, OK, NoData []string
	Muted               bool
	Comparison, Missing string
	// Datapoints of the Periods must be beyond the Threshold; 0 is all.
	Periods, Datapoints int64
	Threshold           float64
	// Queries are one without an ID, or several of which the expression is
	// compared.
	Queries []Query
	Tags    map[string]string // nil: not known
}

// TagKey and TagValue mark every alarm of Headgate.
const (
	TagKey   = "headgate"
	TagValue = "alarm"
)

// Setting is what the alarm is in CloudWatch.
func (a Alarm) Setting() Setting {
	s := Setting{
		Name: a.Name, Why: a.Why, Comparison: "GreaterThanThreshold", Missing: "notBreaching",
		Periods: a.Periods, Threshold: a.Threshold, Queries: a.Queries(), Tags: a.Tags,
	}
	if a.Topic != "" {
		s.Actions = []string{a.Topic}
	}
	if s.Queries == nil {
		model := ""
		if len(a.Models) > 0 {
			model = a.Models[0]
		}
		s.Queries = []Query{a.query(model)}
	}
	return s
}

// State is that of an alarm.
type State string

// The states.
const (
	StateOK      State = "OK"
	StateAlarm   State = "ALARM"
	StateUnknown State = "INSUFFICIENT_DATA"
)

// Found is an alarm that is there.
type Found struct {
	Setting
	ARN    string
	State  State
	Since  time.Time // when it came into the state
	Reason string
}

// Do is what is to be done with an alarm.
type Do string

// What can be done.
const (
	Create   Do = "create"
	Update   Do = "update"
	Leave    Do = "leave"     // it is as planned
	LeftOver Do = "left-over" // it is not planned any more
	Delete   Do = "delete"
)

// Change is what is to be done with one alarm.
type Change struct {
	Name string `json:"name"`
	Do   Do     `json:"do"`
	// Differs says what an update changes, in the words of PutMetricAlarm.
	Differs []string `json:"differs"`
	// Want is what is written, and ARN the alarm that is there.
	Want Setting `json:"-"`
	ARN  string  `json:"-"`
	// Retag says that tags are written too: PutMetricAlarm ignores those of an
	// alarm that is there.
	Retag bool `json:"-"`
}

// Compare says what is to be done so that the planned alarms are there, in the
// order of their names. What was found beside them with Headgate's tag is left
// over, or is deleted with prune; where the tags are not known, it is never
// deleted. An alarm planned without a topic keeps the actions that it has.
func Compare(planned []Alarm, found []Found, prune bool) []Change {
	by := map[string]Found{}
	for _, f := range found {
		by[f.Name] = f
	}
	out := []Change{}
	for _, a := range planned {
		want := a.Setting()
		f, ok := by[want.Name]
		delete(by, want.Name)
		if !ok {
			out = append(out, Change{Name: want.Name, Do: Create, Differs: []string{}, Want: want})
			continue
		}
		if len(want.Actions) == 0 {
			want.Actions = f.Actions
		}
		want.OK, want.NoData, want.Muted = f.OK, f.NoData, f.Muted
		c := Change{Name: want.Name, Do: Leave, Differs: want.differs(f.Setting), Want: want, ARN: f.ARN}
		c.Retag = slices.Contains(c.Differs, "Tags")
		if len(c.Differs) > 0 {
			c.Do = Update
		}
		out = append(out, c)
	}
	for name, f := range by {
		if f.Tags != nil && f.Tags[TagKey] != TagValue {
			continue // somebody else's
		}
		c := Change{Name: name, Do: LeftOver, Differs: []string{}, ARN: f.ARN}
		if prune && f.Tags != nil {
			c.Do = Delete
		}
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b Change) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// differs names what of s is not as in f. Tags that f has beside are no difference.
func (s Setting) differs(f Setting) []string {
	out := []string{}
	note := func(same bool, what string) {
		if !same {
			out = append(out, what)
		}
	}
	need := func(s Setting) int64 { return cmp.Or(s.Datapoints, s.Periods) }
	note(s.Why == f.Why, "AlarmDescription")
	note(slices.Equal(slices.Sorted(slices.Values(s.Actions)), slices.Sorted(slices.Values(f.Actions))), "AlarmActions")
	note(s.Comparison == f.Comparison, "ComparisonOperator")
	note(s.Missing == f.Missing, "TreatMissingData")
	note(s.Periods == f.Periods, "EvaluationPeriods")
	note(need(s) == need(f), "DatapointsToAlarm")
	note(s.Threshold == f.Threshold, "Threshold")
	note(slices.EqualFunc(s.Queries, f.Queries, Query.equal), "Metrics")
	tagged := f.Tags == nil // unknown
	if !tagged {
		all := maps.Clone(f.Tags)
		maps.Copy(all, s.Tags)
		tagged = maps.Equal(all, f.Tags)
	}
	note(tagged, "Tags")
	return out
}

func (q Query) equal(o Query) bool {
	return q.ID == o.ID && q.Label == o.Label && q.Expression == o.Expression && q.Namespace == o.Namespace &&
		q.Metric == o.Metric && q.Statistic == o.Statistic && q.Period == o.Period && slices.Equal(q.Dimensions, o.Dimensions)
}

// Mine reports whether an alarm of a name is one that Plan could have made of in:
// of its Region, and of its targets alone where narrow is set.
func Mine(name string, in Input, narrow bool) bool {
	if !narrow {
		return strings.HasPrefix(name, Prefix(in.Region))
	}
	for _, t := range in.Targets {
		if strings.HasPrefix(name, Prefix(in.Region)+short(t.Pool.Model)+"-"+string(t.Pool.Path)+"-") {
			return true
		}
	}
	return name == Prefix(in.Region)+"account-throttles"
}

// Prefix is what the names of all alarms of a Region begin with.
func Prefix(region llm.Region) string { return name(string(region), "") }
