package console

import (
	"context"
	"net/http"
	"time"

	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
)

// RunsPath is where Runs are; below it each one is by its id.
const RunsPath = "/api/v1/runs"

// Runs are a page of runs, the one with the newest call first. Next is as that of
// Calls; Runs are never nil.
type Runs struct {
	Runs []Run      `json:"runs"`
	Next llm.CallID `json:"next"`
}

// Run sums up the calls of one run. Durations are real time.
type Run struct {
	ID       llm.RunID      `json:"id"`
	Tenant   llm.Tenant     `json:"tenant"`
	Inferred bool           `json:"inferred"`
	Outcome  ledger.Outcome `json:"outcome"`
	Calls    int            `json:"calls"`
	Failed   int            `json:"failed"`
	First    time.Time      `json:"first"`
	Last     time.Time      `json:"last"`
	Took     int64          `json:"took_ms"`
	Queued   int64          `json:"queued_ms"`
	Usage    llm.Usage      `json:"usage"`
	Settled  int64          `json:"settled_quota_tokens"`
	Cost     *float64       `json:"cost_usd"` // of the priced calls; nil: none is
	Unpriced int            `json:"unpriced_calls"`
	Latest   llm.CallID     `json:"latest_call"`
}

// NewRun is a run as the ledger has it.
func NewRun(r ledger.Run) Run {
	out := Run{
		ID: r.ID, Tenant: r.Tenant, Inferred: r.Inferred, Outcome: r.Outcome, Calls: r.Calls, Failed: r.Failed,
		First: r.First.UTC(), Last: r.Last.UTC(), Took: r.Last.Sub(r.First).Milliseconds(),
		Queued: r.Queued.Milliseconds(), Usage: r.Usage, Settled: r.Settled,
		Cost: usd(r.Cost), Unpriced: r.Unpriced, Latest: r.Latest,
	}
	if r.Unpriced == r.Calls {
		out.Cost = nil
	}
	return out
}

// NewRuns are runs as the ledger has them; never nil.
func NewRuns(runs []ledger.Run) []Run {
	out := make([]Run, 0, len(runs))
	for _, r := range runs {
		out = append(out, NewRun(r))
	}
	return out
}

// WholeRun is a run with its calls, oldest first and at most 1000; never nil.
type WholeRun struct {
	Run   Run    `json:"run"`
	Calls []Call `json:"calls"`
}

type runsAnswer struct {
	Link string `header:"Link" doc:"The next page, as rel=next; none on the last."`
	Body Runs
}

type runInput struct {
	ID     llm.RunID  `path:"id" doc:"The run's id, as the header x-headgate-run named it."`
	Tenant llm.Tenant `query:"tenant" doc:"Whose run it is, when tenants share names; without it the newest."`
}

type runAnswer struct{ Body WholeRun }

// runs registers what there is about runs.
func (c *Console) runs(api *API) {
	Register(api, Operation{
		ID: "list-runs", Method: http.MethodGet, Path: RunsPath, Role: RoleRead, Tag: "runs", Summary: "Runs, the one with the newest call first",
	}, func(ctx context.Context, in *Selection) (*runsAnswer, error) {
		l, err := c.ledger()
		if err != nil {
			return nil, err
		}
		q := in.query()
		runs, next, err := l.Runs(ctx, q)
		if err != nil {
			return nil, err
		}
		return &runsAnswer{Link: nextPage(ctx, q, next), Body: Runs{NewRuns(runs), next}}, nil
	})
	Register(api, Operation{
		ID: "get-run", Method: http.MethodGet, Path: RunsPath + "/{id}", Role: RoleRead, Tag: "runs", Summary: "One run with its calls, oldest first",
	}, func(ctx context.Context, in *runInput) (*runAnswer, error) {
		l, err := c.ledger()
		if err != nil {
			return nil, err
		}
		run, entries, err := l.Run(ctx, in.Tenant, in.ID)
		if err != nil {
			return nil, err
		}
		return &runAnswer{WholeRun{NewRun(run), NewCalls(entries)}}, nil
	})
}
