package advisor

import (
	"fmt"
	"math"
	"time"

	"github.com/headgate/headgate/internal/quota"
)

// By is the way in which a limit holds runs back.
type By string

// The ways.
const (
	ByRequests  By = "requests"  // each call is a request
	BySettled   By = "settled"   // what calls cost in the end
	ByAdmission By = "admission" // that, and what calls in flight reserve beyond it
)

// Bound is what one limit allows, in one way.
type Bound struct {
	Limit string `json:"limit"`
	By    By     `json:"by"`
	Code  string `json:"code"`
	// Amount is the quota, without what others take of it.
	Amount int64 `json:"amount"`
	// PerRun is what of the amount each run a minute takes; of a day's limit,
	// each run.
	PerRun float64 `json:"per_run"`
	// Least is what one call reserves: of a smaller amount, none is let in.
	Least         int64   `json:"least"`
	RunsPerMinute float64 `json:"runs_per_minute"`
	// RunsPerDay is of day limits alone: 0 elsewhere.
	RunsPerDay float64 `json:"runs_per_day,omitempty"`
	// Needed is the amount that what is wanted takes, without headroom; 0 where
	// nothing is.
	Needed int64  `json:"needed"`
	Binds  bool   `json:"binds"`
	Why    string `json:"why"`

	kind quota.Kind
}

// bounds are the ways in which l holds the workload back.
func bounds(w Workload, l Limit, m Model) []Bound {
	switch l.Kind {
	case quota.RequestsPerMinute:
		return []Bound{bound(w, l, ByRequests, w.CallsPerRun, 1, fmt.Sprintf("each run makes %.4g requests", w.CallsPerRun))}
	case quota.InputTokensPerMinute:
		in := float64(w.InputPerRun)
		return tokenBounds(w, l, m, in, w.reserved(m), fmt.Sprintf("each run has %.0f input tokens", in))
	case quota.OutputTokensPerMinute:
		// As generated: max_tokens is reserved of the input's quota
		// (docs.aws.amazon.com/bedrock, userguide/quotas-mantle).
		out := float64(w.OutputPerRun)
		return tokenBounds(w, l, m, out, 0, fmt.Sprintf("each run writes %.0f output tokens", out))
	case quota.TokensPerMinute, quota.TokensPerDay, quota.AccountTokensPerDay:
		cost := w.settled(m)
		words := fmt.Sprintf("each run settles as %d + %d × %d = %.0f tokens", w.InputPerRun, max(m.Burndown, 1), w.OutputPerRun, cost)
		if l.Kind == quota.AccountTokensPerDay {
			words += "; all models of the account share it, and AWS weighs its tokens by price in a way that it does not publish: here each counts one"
		}
		return tokenBounds(w, l, m, cost, w.reserved(m), words)
	}
	return nil
}

// tokenBounds are those of a limit of tokens, of which a run is charged cost and
// its calls reserve kept.
func tokenBounds(w Workload, l Limit, m Model, cost, kept float64, why string) []Bound {
	least := whole(kept / w.CallsPerRun)
	all := []Bound{bound(w, l, BySettled, cost, least, why)}
	if m.Bucket || l.Kind.Window() > time.Minute || kept <= cost {
		return all
	}
	// A hold stays in the minute in which it was set aside, however long it lasts.
	part := min(w.standing(), 1)
	words := fmt.Sprintf("a run's calls reserve %.0f tokens (input + max_tokens), %.0f more than they settle as, for %.3g of a minute: %.0f in all",
		kept, kept-cost, part, cost+(kept-cost)*part)
	if w.MaxTokens == 0 {
		words += "; max_tokens is not set, so the model's maximum is reserved"
	}
	return append(all, bound(w, l, ByAdmission, cost+(kept-cost)*part, least, words))
}

// bound divides the amount by what a run takes of it.
func bound(w Workload, l Limit, by By, perRun float64, least int64, why string) Bound {
	have := l.left()
	b := Bound{Limit: l.Kind.String(), By: by, Code: l.Code, Amount: have, PerRun: perRun, Least: least, Why: why, kind: l.Kind}
	if perRun <= 0 {
		return b
	}
	minutes := l.Kind.Window().Minutes()
	switch {
	case have >= least:
		b.RunsPerMinute = float64(have) / perRun / minutes
	case have > 0:
		b.Why += fmt.Sprintf("; one call reserves %d, more than the quota has: none is ever let in", least)
	}
	if minutes > 1 {
		b.RunsPerDay = b.RunsPerMinute * minutes
	}
	wanted := w.RunsPerMinute * minutes * perRun
	if w.Within > 0 {
		wanted = b.within(w)
	}
	if wanted > 0 {
		b.Needed = max(whole(wanted), least)
	}
	return b
}

// whole rounds up to a whole amount, within what an amount can be. What only
// rounding of the division put above a whole number does not count.
func whole(v float64) int64 {
	const largest = 1 << 60
	return int64(min(math.Ceil(v*(1-1e-12)), largest))
}
