package console

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/headgate/headgate/internal/explain"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
)

// CallsPath is where Calls are; below it each one is by its id.
const CallsPath = "/api/v1/calls"

// Calls are a page of calls, newest first. Next is where the page after it begins,
// empty when there is none; Calls are never nil.
type Calls struct {
	Calls []Call     `json:"calls"`
	Next  llm.CallID `json:"next"`
}

// Call is one call. Durations are real time.
type Call struct {
	ID                llm.CallID     `json:"id"`
	Time              time.Time      `json:"time"` // arrival
	Outcome           ledger.Outcome `json:"outcome"`
	Status            int            `json:"status"`
	Operation         llm.Operation  `json:"operation"`
	ModelID           string         `json:"model_id"`
	Pool              llm.Pool       `json:"pool"`
	Class             string         `json:"class"`
	Tenant            llm.Tenant     `json:"tenant"`
	Run               llm.RunID      `json:"run"`
	RunInferred       bool           `json:"run_inferred"`
	Principal         string         `json:"principal"`
	Client            string         `json:"client"`
	Usage             llm.Usage      `json:"usage"`
	Hold              int64          `json:"hold_quota_tokens"`
	Forecast          int64          `json:"forecast_quota_tokens"`
	Settled           int64          `json:"settled_quota_tokens"`
	Cost              *float64       `json:"cost_usd"` // nil: not known
	PriceAsOf         string         `json:"price_as_of"`
	Queued            int64          `json:"queued_ms"`
	FirstByte         int64          `json:"first_byte_ms"`
	Latency           int64          `json:"latency_ms"`
	Attempts          int            `json:"attempts"`
	ThrottledRequests int            `json:"throttled_requests"`
	ThrottledTokens   int            `json:"throttled_tokens"`
	ThrottledDay      int            `json:"throttled_day"`
	JoinedRetries     int            `json:"joined_retries"`
	Cache             string         `json:"cache"`
	SavedTokens       int64          `json:"saved_tokens"`
	SavedUSD          float64        `json:"saved_usd"`
	ErrorKind         string         `json:"error_kind"`
	ErrorMessage      string         `json:"error_message"`
	Reason            string         `json:"reason"`
	Limit             string         `json:"limit"`
	// LimitAmount is how much the limit allows in its window; 0: not known.
	LimitAmount int64 `json:"limit_amount"`
	// Ahead is how many calls were expected to go first when it came, and Expected how
	// long a wait that made. RetryAfter is when one that was turned away would fit.
	Ahead      int64 `json:"ahead_calls"`
	Expected   int64 `json:"expected_wait_ms"`
	RetryAfter int64 `json:"retry_after_ms"`
	// Route is what the model id was taken for, which decides the pool.
	Route string `json:"route"`
}

// NewCall is a call as the ledger has it.
func NewCall(e ledger.Entry) Call {
	return Call{
		ID: e.ID, Time: e.Time.UTC(), Outcome: e.Outcome, Status: e.Status, Operation: e.Operation,
		ModelID: e.ModelID, Pool: e.Pool, Class: e.Class.String(), Tenant: e.Tenant,
		Run: e.Run, RunInferred: e.RunInferred, Principal: e.Principal, Client: e.Client,
		Usage: e.Usage, Hold: e.Hold, Forecast: e.Forecast, Settled: e.Settled,
		Cost: usd(e.Cost), PriceAsOf: e.PriceAsOf,
		Queued: e.Queued.Milliseconds(), FirstByte: e.FirstByte.Milliseconds(), Latency: e.Latency.Milliseconds(),
		Attempts: e.Attempts, ThrottledRequests: e.ThrottledRequests, ThrottledTokens: e.ThrottledTokens,
		ThrottledDay: e.ThrottledDay, JoinedRetries: e.JoinedRetries, Cache: e.Cache,
		SavedTokens: e.Saved.Tokens, SavedUSD: float64(e.Saved.Cost) / 1e9,
		ErrorKind: e.ErrorKind, ErrorMessage: e.ErrorMessage, Reason: e.Reason, Limit: e.Limit,
		LimitAmount: e.LimitAmount, Ahead: e.Ahead, Expected: e.Expected.Milliseconds(), RetryAfter: e.RetryAfter.Milliseconds(), Route: e.Route,
	}
}

// NewCalls are calls as the ledger has them; never nil.
func NewCalls(entries []ledger.Entry) []Call {
	out := make([]Call, 0, len(entries))
	for _, e := range entries {
		out = append(out, NewCall(e))
	}
	return out
}

// usd is nano-USD in USD; nil when it is not known.
func usd(nano int64) *float64 {
	if nano < 0 {
		return nil
	}
	amount := float64(nano) / 1e9
	return &amount
}

// Explained is a call with what became of it, in words.
type Explained struct {
	Call Call `json:"call"`
	explain.Explanation
}

// Selection is the parameters that select calls and runs. It is exported because
// huma reads no parameters from what is embedded and not exported.
type Selection struct {
	Since   time.Time      `query:"since" doc:"Arrived at this time (RFC 3339) or after it."`
	Until   time.Time      `query:"until" doc:"Arrived before this time."`
	Tenant  llm.Tenant     `query:"tenant" doc:"Only this tenant's."`
	Outcome ledger.Outcome `query:"outcome" enum:"ok,refused,throttled,invalid,denied,upstream_error,cancelled,broken,internal" doc:"Only those that ended so."`
	Model   string         `query:"model" doc:"Only those to this model, as it was called or as the pool has it."`
	Limit   int            `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"At most so many."`
	Before  llm.CallID     `query:"before" doc:"Only what is older than this call: the next page."`
	After   llm.CallID     `query:"after" doc:"Only what is newer than this call: what has come since."`
}

func (s *Selection) query() ledger.Query {
	return ledger.Query{
		Since: s.Since, Until: s.Until, Tenant: s.Tenant, Outcome: s.Outcome, Model: s.Model, Limit: s.Limit, Before: s.Before, After: s.After,
	}
}

type callsInput struct {
	Selection
	Run llm.RunID `query:"run" doc:"Only those of this run."`
}

type callsAnswer struct {
	Link string `header:"Link" doc:"The next page, as rel=next; none on the last."`
	Body Calls
}

type callInput struct {
	ID llm.CallID `path:"id" doc:"The call's id, which its answer has in the header x-headgate-call."`
}

type callAnswer struct{ Body Call }

type explainedAnswer struct{ Body Explained }

// calls registers what there is about calls.
func (c *Console) calls(api *API) {
	Register(api, Operation{
		ID: "list-calls", Method: http.MethodGet, Path: CallsPath, Role: RoleRead, Tag: "calls", Summary: "Calls, newest first",
	}, func(ctx context.Context, in *callsInput) (*callsAnswer, error) {
		l, err := c.ledger()
		if err != nil {
			return nil, err
		}
		q := in.query()
		q.Run = in.Run
		entries, next, err := l.Calls(ctx, q)
		if err != nil {
			return nil, err
		}
		return &callsAnswer{Link: nextPage(ctx, q, next), Body: Calls{NewCalls(entries), next}}, nil
	})
	Register(api, Operation{
		ID: "get-call", Method: http.MethodGet, Path: CallsPath + "/{id}", Role: RoleRead, Tag: "calls", Summary: "One call: its tokens and cost, its wait and why",
	}, func(ctx context.Context, in *callInput) (*callAnswer, error) {
		l, err := c.ledger()
		if err != nil {
			return nil, err
		}
		e, err := l.Call(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return &callAnswer{NewCall(e)}, nil
	})
	Register(api, Operation{
		ID: "explain-call", Method: http.MethodGet, Path: CallsPath + "/{id}/explanation", Role: RoleRead, Tag: "calls",
		Summary: "One call in words: why it waited, for what and behind whom, and where it went",
	}, func(ctx context.Context, in *callInput) (*explainedAnswer, error) {
		l, err := c.ledger()
		if err != nil {
			return nil, err
		}
		e, told, err := ledger.Explain(ctx, l, in.ID, c.opts.TimeScale)
		if err != nil {
			return nil, err
		}
		return &explainedAnswer{Explained{NewCall(e), told}}, nil
	})
}

// ledger is what keeps the calls.
func (c *Console) ledger() (ledger.Reader, error) {
	if c.opts.Ledger == nil {
		return nil, &Problem{Status: http.StatusServiceUnavailable, Detail: "This gateway keeps no ledger."}
	}
	return c.opts.Ledger, nil
}

// nextPage is the header that leads on from a page of calls; empty on the last.
func nextPage(ctx context.Context, q ledger.Query, next llm.CallID) string {
	switch {
	case next == "":
		return ""
	case q.After != "":
		return linked(ctx, "after", string(next))
	}
	return linked(ctx, "before", string(next))
}

// linked is the header that leads to what was asked for, from a place on (RFC 8288).
func linked(ctx context.Context, from, place string) string {
	at := asked(ctx)
	values := at.Query()
	values.Set(from, place)
	to := url.URL{Path: at.Path, RawPath: at.RawPath, RawQuery: values.Encode()}
	return "<" + to.String() + `>; rel="next"`
}
