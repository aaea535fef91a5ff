// Package alarm says which CloudWatch alarms an account should have for its
// quotas of Bedrock, and writes them in the forms in which alarms are made.
//
// It holds values and functions over them: it makes no alarm.
package alarm

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/headgate/headgate/internal/llm"
)

// Namespace is that of Bedrock's own metrics.
const Namespace = "AWS/Bedrock"

// Target is a pool to watch.
type Target struct {
	Pool llm.Pool
	// Profiles are the ids by which it is called, which are what the metrics'
	// dimension ModelId has: all that draw on the pool's quotas.
	Profiles []string
	// Own are those of Profiles that Headgate alone calls, as an application
	// inference profile made for it can be.
	Own []string
	// TokensPerMinute and TokensPerDay are the applied quotas; 0: not known, and
	// no alarm is planned for it.
	TokensPerMinute, TokensPerDay int64
}

// Input is what alarms are planned from.
type Input struct {
	Account llm.AccountID // may be empty
	Region  llm.Region
	Targets []Target
	// Topic is the ARN of the SNS topic that is told; empty: nobody is.
	Topic string
	// Tags are put on every alarm.
	Tags map[string]string
	// Latency and FirstToken are milliseconds of the 99th percentile.
	Latency, FirstToken float64
	// Published says that Headgate publishes what it uses (see ChargedSeries), so
	// that the rest is that of others.
	Published bool
	// Others is the percentage of the tokens per minute above which the use by
	// others alarms; 0: no such alarm.
	Others float64
}

// Alarm is a metric alarm, of one metric or of a sum of several.
type Alarm struct {
	Name string `json:"name"`
	// ID is the name in letters and digits, as templates call it.
	ID   string `json:"id"`
	Why  string `json:"why"`
	Pool string `json:"pool"` // llm.Pool's name; empty for the account's own
	// Metric is CloudWatch's name, Statistic Sum or p99.
	Metric    string `json:"metric"`
	Statistic string `json:"statistic"`
	// Models are the values of the dimension ModelId; none: the account's roll-up.
	Models []string `json:"models"`
	// Factor and Of are set where the threshold is a percentage: the sum of the
	// models is multiplied by Factor and divided by the quota Of.
	Factor int64 `json:"factor,omitempty"`
	Of     int64 `json:"of,omitempty"`
	// Minus is subtracted from the sum first; nil: nothing is.
	Minus     *Series `json:"minus,omitempty"`
	Period    int64   `json:"period_seconds"`
	Threshold float64 `json:"threshold"`
	// Periods is how many in a row must be above.
	Periods int64             `json:"evaluation_periods"`
	Topic   string            `json:"topic,omitempty"`
	Tags    map[string]string `json:"tags"`
}

const (
	throttles   = 10 // in five minutes, as in the user's guide
	serverFails = 5  // in five minutes
	fullShare   = 80 // per cent of a quota
)

// Plan says which alarms to make, in the order of their names. Quotas that are
// not known get none.
func Plan(in Input) []Alarm {
	base := Alarm{Tags: in.Tags, Topic: in.Topic, Models: []string{}, Periods: 1}
	account := base
	account.Metric, account.Statistic, account.Period, account.Threshold = "InvocationThrottles", "Sum", 300, throttles
	account.Name = name(string(in.Region), "account", "throttles")
	account.Why = "calls of any model were throttled more than 10 times in five minutes"
	out := []Alarm{account}
	for _, t := range in.Targets {
		out = append(out, t.alarms(base, in)...)
	}
	for i := range out {
		out[i].ID = logical(out[i].Name)
	}
	slices.SortFunc(out, func(a, b Alarm) int { return cmp.Compare(a.Name, b.Name) })
	return slices.CompactFunc(out, func(a, b Alarm) bool { return a.Name == b.Name })
}

// alarms are those of a target.
func (t Target) alarms(base Alarm, in Input) []Alarm {
	base.Pool = t.Pool.String()
	at := func(what string) string {
		return name(string(in.Region), short(t.Pool.Model), string(t.Pool.Path), what)
	}
	var out []Alarm
	plain := false
	for _, id := range slices.Compact(slices.Sorted(slices.Values(t.Profiles))) {
		// The model's usual id has none, so that names stay when others come or go.
		suffix := ""
		if plain || !strings.HasSuffix(id, string(t.Pool.Model)) {
			suffix = "-" + short(llm.ModelID(id))
		} else {
			plain = true
		}
		one := func(what, metric, statistic string, periods int64, threshold float64, why string) {
			a := base
			a.Name, a.Metric, a.Statistic, a.Models = at(what)+suffix, metric, statistic, []string{id}
			a.Period, a.Periods, a.Threshold, a.Why = 300, periods, threshold, why
			out = append(out, a)
		}
		one("throttles", "InvocationThrottles", "Sum", 1, throttles, "calls were throttled more than 10 times in five minutes")
		one("errors", "InvocationServerErrors", "Sum", 1, serverFails, "Bedrock failed more than 5 calls in five minutes")
		one("latency", "InvocationLatency", "p99", 3, in.Latency, "the slowest calls took too long for a quarter of an hour")
		one("first-token", "TimeToFirstToken", "p99", 3, in.FirstToken, "the slowest streams began too late for a quarter of an hour")
	}
	shares := func(what string, period, factor, of int64, why string) {
		if of <= 0 || len(t.Profiles) == 0 {
			return
		}
		a := base
		a.Name, a.Metric, a.Statistic, a.Why = at(what), "EstimatedTPMQuotaUsage", "Sum", why
		a.Models = slices.Compact(slices.Sorted(slices.Values(t.Profiles)))
		a.Period, a.Factor, a.Of, a.Threshold = period, 100*factor, of, fullShare
		out = append(out, a)
	}
	shares("tokens-per-minute", 60, 1, t.TokensPerMinute, "more than 80 % of the tokens per minute are used, with burndown")
	shares("tokens-per-day", 3600, 24, t.TokensPerDay, "a day like the last hour would use more than 80 % of the tokens per day")
	if a, ok := t.others(base, in); ok {
		a.Name = at("others")
		out = append(out, a)
	}
	return out
}

// Two periods in a row must be above, for what Headgate publishes arrives a minute
// or two after Bedrock's own count: the last period may lack it, the one before
// does not.
const (
	othersPeriod  = 300
	othersPeriods = 2
)

// others is the alarm on use that does not go through Headgate. CloudWatch's
// metrics of Bedrock tell models and profiles apart, not callers, so there are
// two ways: what Headgate publishes of its own use is subtracted from everyone's
// EstimatedTPMQuotaUsage; or, where Headgate calls through application inference
// profiles that nobody else calls, theirs is what the other profiles use. Without
// either there is no such alarm: one on everyone's use could not tell others from
// Headgate. Both count what calls settle as, in whole periods of five minutes,
// against five times the quota per minute.
func (t Target) others(base Alarm, in Input) (Alarm, bool) {
	models := slices.Compact(slices.Sorted(slices.Values(t.Profiles)))
	a := base
	a.Metric, a.Statistic, a.Period, a.Periods, a.Threshold = "EstimatedTPMQuotaUsage", "Sum", othersPeriod, othersPeriods, in.Others
	a.Factor, a.Of = 100*60/othersPeriod, t.TokensPerMinute
	a.Why = fmt.Sprintf("others than Headgate used more than %g %% of the tokens per minute, for ten minutes", in.Others)
	switch {
	case in.Others <= 0 || t.TokensPerMinute <= 0:
		return Alarm{}, false
	case len(t.Own) > 0:
		models = slices.DeleteFunc(models, func(id string) bool { return slices.Contains(t.Own, id) })
	case in.Published:
		own := ChargedSeries(t.Pool)
		a.Minus = &own
	default:
		return Alarm{}, false
	}
	a.Models = models
	return a, len(models) > 0
}

// OwnNamespace is that of the metrics that Headgate publishes of itself.
const OwnNamespace = "Headgate"

// ChargedSeries is the metric that Headgate publishes of the quota tokens that its
// calls of a pool settled as. It has no account: its metrics are the account's.
func ChargedSeries(p llm.Pool) Series {
	return Series{Namespace: OwnNamespace, Metric: "TokensCharged", Dimensions: PoolDimensions(p)}
}

// PoolDimensions are those of a pool's metrics, by name.
func PoolDimensions(p llm.Pool) []Dimension {
	return []Dimension{{"Model", dimensionValue(string(p.Model))}, {"Path", dimensionValue(string(p.Path))}, {"Region", dimensionValue(string(p.Region))}}
}

// dimensionValue is a name as CloudWatch takes it: 1 to 1,024 printable ASCII
// characters, the first of them no colon (API reference, Dimension).
func dimensionValue(name string) string {
	const most = 1024
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '-'
		}
		return r
	}, name)
	name = strings.TrimLeft(strings.TrimSpace(name), ":")
	return cmp.Or(name[:min(len(name), most)], "-")
}

// name joins the parts of an alarm's name.
func name(parts ...string) string {
	return "headgate-" + strings.Join(parts, "-")
}

// short is a model's id with what a name may have: letters, digits and dashes.
func short(id llm.ModelID) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r >= 'A' && r <= 'Z':
			return r
		}
		return '-'
	}, string(id))
}

// logical is a name in letters and digits alone.
func logical(name string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(name, "-") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}
