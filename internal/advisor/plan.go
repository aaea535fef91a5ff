package advisor

import (
	"fmt"
	"math"
	"time"

	"github.com/headgate/headgate/internal/quota"
)

// Limit is one quota of the pool that the workload calls.
type Limit struct {
	Kind   quota.Kind
	Amount int64
	// Default is AWS's, 0 where it is not known. It is what the console of Service
	// Quotas shows beside the applied value, and not a maximum.
	Default    int64
	Code, Name string
	// Factor is what the value in Service Quotas is multiplied by before it binds,
	// as daily quotas of cross-Region calls are; below 1 is 1. Amount is what binds,
	// Default the value in Service Quotas.
	Factor int64
	// Adjustable says that Service Quotas takes requests for more.
	Adjustable bool
}

// By is the way in which a limit holds runs back.
type By string

// The ways.
const (
	ByRequests  By = "requests"  // each call is a request
	BySettled   By = "settled"   // what calls cost in the end
	ByAdmission By = "admission" // what calls in flight reserve
)

// Bound is what one limit allows, in one way.
type Bound struct {
	Limit  string `json:"limit"`
	By     By     `json:"by"`
	Code   string `json:"code"`
	Amount int64  `json:"amount"`
	// PerRun is what of the amount each run a minute takes; of a day's limit,
	// each run.
	PerRun        float64 `json:"per_run"`
	RunsPerMinute float64 `json:"runs_per_minute"`
	// RunsPerDay is of day limits alone: 0 elsewhere.
	RunsPerDay float64 `json:"runs_per_day,omitempty"`
	// Needed is the amount that the wanted rate takes, without headroom; 0 where
	// none is wanted.
	Needed int64  `json:"needed"`
	Binds  bool   `json:"binds"`
	Why    string `json:"why"`
}

// Forecast is what the limits allow together.
type Forecast struct {
	RunsPerMinute float64 `json:"runs_per_minute"`
	RunsPerHour   float64 `json:"runs_per_hour"`
	// Bounds has one that binds, the lowest, unless there are no limits: then
	// nothing is known and the rates are 0.
	Bounds []Bound `json:"bounds"`
}

// Plan works out how many runs a minute the limits allow, steadily, and what the
// wanted rate needs of each. Requests: amount / calls. Tokens: amount / (input +
// burndown × output), and for admission amount / ((input + max_tokens) × the
// minutes that a call lasts), after Little's law. A day's limit is spread over
// 1,440 minutes.
func Plan(w Workload, limits []Limit, m Model) (Forecast, error) {
	if err := w.check(); err != nil {
		return Forecast{}, err
	}
	f := Forecast{Bounds: []Bound{}}
	least := -1
	for _, l := range limits {
		for _, b := range bounds(w, l, m) {
			if b.PerRun <= 0 {
				continue // what takes nothing is not held back
			}
			f.Bounds = append(f.Bounds, b)
			if i := len(f.Bounds) - 1; least < 0 || b.RunsPerMinute < f.Bounds[least].RunsPerMinute {
				least = i
			}
		}
	}
	if least >= 0 {
		f.Bounds[least].Binds = true
		f.RunsPerMinute = f.Bounds[least].RunsPerMinute
		f.RunsPerHour = 60 * f.RunsPerMinute
	}
	return f, nil
}

// Binding is the bound that holds the workload back; false without limits.
func (f Forecast) Binding() (Bound, bool) {
	for _, b := range f.Bounds {
		if b.Binds {
			return b, true
		}
	}
	return Bound{}, false
}

// Finish is how long n runs take at the forecast rate; false where they never
// end.
func (f Forecast) Finish(n int64) (time.Duration, bool) {
	took := float64(n) / f.RunsPerMinute * float64(time.Minute)
	if n < 0 || f.RunsPerMinute <= 0 || took >= math.MaxInt64 {
		return 0, false
	}
	return time.Duration(took), true
}

// bounds are the ways in which l holds the workload back.
func bounds(w Workload, l Limit, m Model) []Bound {
	held := w.standing()
	switch l.Kind {
	case quota.RequestsPerMinute:
		calls := float64(w.CallsPerRun)
		return []Bound{bound(w, l, ByRequests, calls, fmt.Sprintf("each run makes %g requests", calls))}
	case quota.InputTokensPerMinute:
		in := float64(w.InputPerRun)
		return []Bound{bound(w, l, BySettled, in, fmt.Sprintf("each run has %.0f input tokens", in))}
	case quota.OutputTokensPerMinute:
		out, kept := float64(w.OutputPerRun), w.reservedOutput(m)
		return []Bound{
			bound(w, l, BySettled, out, fmt.Sprintf("each run writes %.0f output tokens", out)),
			bound(w, l, ByAdmission, kept*held, fmt.Sprintf("a run's calls reserve %.0f output tokens while they last", kept)),
		}
	case quota.TokensPerMinute:
		cost, kept := w.settled(m), w.reserved(m)
		why := fmt.Sprintf("a run's calls reserve %.0f tokens (input + max_tokens) while they last", kept)
		if w.MaxTokens == 0 {
			why += "; max_tokens is not set, so the model's maximum is reserved"
		}
		return []Bound{bound(w, l, BySettled, cost, settledWords(w, m)), bound(w, l, ByAdmission, kept*held, why)}
	case quota.TokensPerDay, quota.AccountTokensPerDay:
		return []Bound{bound(w, l, BySettled, w.settled(m), settledWords(w, m))}
	}
	return nil
}

func settledWords(w Workload, m Model) string {
	return fmt.Sprintf("each run settles as %d + %d × %d = %.0f tokens", w.InputPerRun, max(m.Burndown, 1), w.OutputPerRun, w.settled(m))
}

// bound divides the amount by what a run takes of it.
func bound(w Workload, l Limit, by By, perRun float64, why string) Bound {
	b := Bound{Limit: l.Kind.String(), By: by, Code: l.Code, Amount: l.Amount, PerRun: perRun, Why: why}
	if perRun <= 0 {
		return b
	}
	minutes := l.Kind.Window().Minutes()
	b.RunsPerMinute = float64(l.Amount) / perRun / minutes
	if minutes > 1 {
		b.RunsPerDay = float64(l.Amount) / perRun
	}
	b.Needed = whole(w.RunsPerMinute * minutes * perRun)
	return b
}

// whole rounds up to a whole amount, within what an amount can be. What only
// rounding of the division put above a whole number does not count.
func whole(v float64) int64 {
	const most = 1 << 60
	return int64(min(math.Ceil(v*(1-1e-12)), most))
}
