package desk

import (
	"context"
	"net/http"
	"time"

	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/counsel"
	"github.com/headgate/headgate/internal/quota"
)

// The paths of what is answered by counsel.
const (
	PlanPath            = "/api/v1/plan"
	RecommendationsPath = "/api/v1/recommendations"
)

// trialPatience bounds the simulations of one plan; the formula takes no time.
const trialPatience = 60 * time.Second

// StatedQuotas are limits in the place of those that are known.
type StatedQuotas struct {
	RequestsPerMinute     *int64 `json:"requests_per_minute,omitempty" minimum:"0" maximum:"1000000000000"`
	TokensPerMinute       *int64 `json:"tokens_per_minute,omitempty" minimum:"0" maximum:"1000000000000"`
	TokensPerDay          *int64 `json:"tokens_per_day,omitempty" minimum:"0" maximum:"1000000000000"`
	AccountTokensPerDay   *int64 `json:"account_tokens_per_day,omitempty" minimum:"0" maximum:"1000000000000"`
	InputTokensPerMinute  *int64 `json:"input_tokens_per_minute,omitempty" minimum:"0" maximum:"1000000000000"`
	OutputTokensPerMinute *int64 `json:"output_tokens_per_minute,omitempty" minimum:"0" maximum:"1000000000000"`
}

func (s *StatedQuotas) amounts() map[quota.Kind]int64 {
	if s == nil {
		return nil
	}
	all := map[quota.Kind]int64{}
	for kind, amount := range map[quota.Kind]*int64{
		quota.RequestsPerMinute: s.RequestsPerMinute, quota.TokensPerMinute: s.TokensPerMinute, quota.TokensPerDay: s.TokensPerDay,
		quota.AccountTokensPerDay: s.AccountTokensPerDay, quota.InputTokensPerMinute: s.InputTokensPerMinute, quota.OutputTokensPerMinute: s.OutputTokensPerMinute,
	} {
		if amount != nil {
			all[kind] = *amount
		}
	}
	return all
}

// PlanQuestion is what a plan is asked for.
type PlanQuestion struct {
	Workload
	Quotas *StatedQuotas `json:"quotas,omitempty" doc:"Quotas in the place of all that are known: those that are named here alone count."`
	Try    bool          `json:"simulate,omitempty" doc:"Has the gateway's own pacing try the plan in virtual time, which takes seconds. Without it the formula alone answers."`
}

// Plan is what quotas give a workload, and what it needs, with what is drawn of it.
type Plan struct {
	counsel.PlanReport
	// Curves are runs a minute over the quota of requests, and over max_tokens.
	Curves []counsel.Curve `json:"curves"`
	// Cost is what a run costs.
	Cost counsel.Cost `json:"cost"`
}

type planInput struct{ Body PlanQuestion }

type planAnswer struct{ Body Plan }

func (d *desk) plan(api *console.API) {
	console.Register(api, console.Operation{
		ID: "plan", Method: http.MethodPost, Path: PlanPath, Role: console.RoleRead, Tag: "plan", Takes: "application/json",
		Summary: "What quotas give a workload, and what it needs",
		Description: "How many runs a minute the quotas allow, how long a number of runs takes, which limit binds and why, and how much of each is needed for a rate or a deadline: " +
			"what `headgate plan -o json` prints, with curves to draw and what a run costs. The quotas are those that are stated, else what AWS was last heard to apply or the configuration names, else AWS's defaults: quotas_from says which. " +
			"It changes nothing. An empty object asks about the preset production. Without simulate, simulated and trial are null.",
		MaxBody: 64 << 10,
	}, func(ctx context.Context, in *planInput) (*planAnswer, error) {
		q, err := in.Body.query()
		if err != nil {
			return nil, err
		}
		q.Quotas = in.Body.Quotas.amounts()
		if in.Body.Try {
			done, err := d.turn(ctx)
			if err != nil {
				return nil, err
			}
			defer done()
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, trialPatience)
			defer cancel()
		}
		out, err := d.planned(ctx, q, in.Body.Try)
		if err != nil {
			return nil, err
		}
		return &planAnswer{*out}, nil
	})
}

// planned answers; what there is to warn of stands among the notes.
func (d *desk) planned(ctx context.Context, q counsel.Query, try bool) (*Plan, error) {
	warnings := &warnings{}
	m, err := d.opts.Counsel(warnings.add).Consult(ctx, q)
	if err != nil {
		return nil, err
	}
	r, err := m.Plan(ctx, try)
	if err != nil {
		return nil, err
	}
	requests := m.Requests(r)
	if try {
		if err := m.Try(ctx, &requests); err != nil {
			return nil, err
		}
	}
	r.Notes = append(r.Notes, warnings.texts...)
	return &Plan{PlanReport: r, Curves: []counsel.Curve{requests, m.MaxTokens()}, Cost: m.Cost()}, nil
}
