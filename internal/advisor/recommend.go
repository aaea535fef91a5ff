package advisor

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/headgate/headgate/internal/llm"
)

// Headroom is what an ask is above the need, so that a busy minute fits too.
const Headroom = 1.2

// How is the way to more of a quota.
type How string

// The ways to more.
const (
	HowRequest     How = "request"      // Service Quotas takes it
	HowSupportCase How = "support-case" // Service Quotas refuses it: AWS Support may grant it
	HowNone        How = "none"         // there is enough
	HowWait        How = "wait"         // a request is open: another one is refused
)

// The priorities of an advice.
const (
	Enough = 0
	Now    = 1 // the wanted rate does not fit
	Soon   = 2 // it fits, without headroom
)

// Advice is what to ask for of one quota.
type Advice struct {
	Code     string `json:"code"`
	Name     string `json:"name"`
	Limit    string `json:"limit"`
	Priority int    `json:"priority"`
	// Current, Needed, Default and Ask are values of Service Quotas; Needed is
	// without headroom.
	Current int64 `json:"current"`
	Needed  int64 `json:"needed"`
	Default int64 `json:"default"` // 0: not known
	Ask     int64 `json:"ask"`     // 0: nothing
	// Before is the runs a minute that this quota allows now, Gives those once
	// granted; others may bind before.
	Before   float64 `json:"now_runs_per_minute"`
	Gives    float64 `json:"gives_runs_per_minute"`
	Why      string  `json:"why"`
	Evidence string  `json:"evidence"`
	How      How     `json:"how"`
}

// Recommendation is what to do so that the wanted workload fits.
type Recommendation struct {
	Binding string   `json:"binding"` // the limit; empty without limits
	Levers  []Lever  `json:"levers"`
	Advice  []Advice `json:"advice"`
}

// Other is another path to the model, with the pool of its own.
type Other struct {
	Path   llm.Path
	Limits []Limit
	// Measured says that its use was read: a limit without Used was idle then.
	Measured bool
	// PeakShare is the part of a limit that Headgate used in the busiest minute of
	// the last day; nil: not known.
	PeakShare *float64
}

// Recommend says which quotas to raise for w, most urgent first, and what helps
// without. Others are pools of their own: raising one does nothing for another.
func Recommend(w Workload, limits []Limit, m Model, others []Other) (Recommendation, error) {
	f, err := Plan(w, limits, m)
	if err != nil {
		return Recommendation{}, err
	}
	r := Recommendation{Levers: []Lever{}, Advice: []Advice{}}
	for _, l := range limits {
		if b, ok := tightest(bounds(w, l, m)); ok {
			r.Advice = append(r.Advice, advise(w, l, b))
		}
	}
	slices.SortStableFunc(r.Advice, func(a, b Advice) int { return rank(a.Priority) - rank(b.Priority) })
	if b, ok := f.Binding(); ok {
		r.Binding = b.Limit
		r.Levers = levers(w, limits, m, f, b, others)
	}
	return r, nil
}

// rank puts what is enough last.
func rank(priority int) int {
	if priority == Enough {
		return Soon + 1
	}
	return priority
}

// tightest is the bound of one limit that allows the fewest runs.
func tightest(all []Bound) (Bound, bool) {
	var least Bound
	for _, b := range all {
		if b.PerRun > 0 && (least.PerRun == 0 || b.RunsPerMinute < least.RunsPerMinute) {
			least = b
		}
	}
	return least, least.PerRun > 0
}

// advise compares a limit with what is needed of it.
func advise(w Workload, l Limit, b Bound) Advice {
	needed := max(b.Needed+l.Taken, l.Floor)
	wanted, factor := whole(float64(needed)*Headroom), max(l.Factor, 1)
	a := Advice{
		Code: l.Code, Name: l.Name, Limit: b.Limit, Current: l.Amount / factor, Default: l.Default,
		Needed: (needed + factor - 1) / factor, How: HowNone, Before: b.RunsPerMinute, Gives: b.RunsPerMinute, Why: b.Why,
		Evidence: basis(l, fmt.Sprintf("%s: needs %d, has %d", cmp.Or(w.Basis, "stated workload"), needed, l.Amount)),
	}
	if l.Taken > 0 {
		a.Why += fmt.Sprintf("; others take %d of it at their busiest", l.Taken)
	}
	switch {
	case l.Amount < needed:
		a.Priority = Now
	case l.Amount < wanted:
		a.Priority = Soon
	default:
		return a
	}
	a.Ask, a.How = round((wanted+factor-1)/factor), HowRequest
	switch {
	case !l.Adjustable:
		a.How = HowSupportCase
		a.Why += "; Service Quotas takes no requests for this quota"
	case a.Ask <= l.Default:
		a.How = HowSupportCase
		a.Why += fmt.Sprintf("; the account has less than AWS's default of %d (the console calls it the maximum, which it is not), and Service Quotas refuses a request that does not exceed the default; it would take one for more than %d", l.Default, l.Default)
	}
	if l.Amount == 0 {
		a.Why += "; the quota is zero: Bedrock answers 429 \"Too many tokens per day\" or \"Too many requests\" to the first call, however little was used"
	}
	a.Gives = gives(l, b, a.Ask*factor)
	if l.Open != nil {
		waiting(&a, l, b)
	}
	return a
}

// gives is the runs a minute of a limit that has another amount.
func gives(l Limit, b Bound, amount int64) float64 {
	return float64(max(amount-l.Taken, 0)) / b.PerRun / l.Kind.Window().Minutes()
}

// round rounds up to two digits that count, such as 131 to 140: people read what
// is asked for.
func round(v int64) int64 {
	step := int64(math.Pow10(max(len(fmt.Sprint(v))-2, 0)))
	return (v + step - 1) / step * step
}
