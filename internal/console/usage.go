package console

import (
	"context"
	"net/http"
	"time"

	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
)

// UsagePath is where Usage is.
const UsagePath = "/api/v1/usage"

// Usage is what calls used over time.
type Usage struct {
	Step ledger.UsageStep `json:"step"`
	By   ledger.UsageBy   `json:"by"`
	// Points are in the order of time, then of their keys; never nil. Steps without a
	// call have none, and More is how many older points there are.
	Points []UsagePoint `json:"points"`
	More   int          `json:"more_points"`
}

// UsagePoint sums up the calls that came within one step.
type UsagePoint struct {
	Time time.Time `json:"time"` // when the step begins
	// Key is the pool as account/region/model/path, the tenant or the model that is
	// summed by; empty for none.
	Key       string `json:"key"`
	Calls     int64  `json:"calls"`
	OK        int64  `json:"ok"`
	Refused   int64  `json:"refused"` // by Headgate
	Throttles int64  `json:"throttles"`
	Failed    int64  `json:"failed"`
	// Waited counts the calls that waited for a limit, and Avoided those of them that
	// met no throttle.
	Waited     int64 `json:"waited_calls"`
	Avoided    int64 `json:"avoided_throttles"`
	Queued     int64 `json:"queued_ms"` // summed
	Input      int64 `json:"input_tokens"`
	Output     int64 `json:"output_tokens"`
	CacheRead  int64 `json:"cache_read_tokens"`
	CacheWrite int64 `json:"cache_write_tokens"`
	Settled    int64 `json:"settled_quota_tokens"`
	// Cost lacks the calls that Unpriced counts; nil when none has a price that is
	// known.
	Cost     *int64 `json:"cost_nano_usd"`
	Unpriced int64  `json:"unpriced_calls"`
}

func newUsagePoint(p ledger.UsagePoint) UsagePoint {
	out := UsagePoint{
		Time: p.Time.UTC(), Key: string(p.Tenant) + p.Model, Calls: p.Calls, OK: p.OK, Refused: p.Refused, Throttles: p.Throttles, Failed: p.Failed,
		Waited: p.Waited, Avoided: p.Avoided, Queued: p.Queued.Milliseconds(),
		Input: p.Usage.Input, Output: p.Usage.Output, CacheRead: p.Usage.CacheRead, CacheWrite: p.Usage.CacheWrite,
		Settled: p.Settled, Cost: &p.NanoUSD, Unpriced: p.Unpriced,
	}
	if p.Pool != (llm.Pool{}) {
		out.Key = p.Pool.String()
	}
	if p.Unpriced > 0 && p.Unpriced+p.Free == p.Calls {
		out.Cost = nil
	}
	return out
}

type usageInput struct {
	Since  time.Time        `query:"since" doc:"From the step that this time (RFC 3339) is in."`
	Until  time.Time        `query:"until" doc:"To the step that this time is in, which has it unless it begins then."`
	Step   ledger.UsageStep `query:"step" enum:"minute,hour,day" default:"hour" doc:"How long a point is; days are those of UTC."`
	By     ledger.UsageBy   `query:"by" enum:"none,pool,tenant,model" default:"none" doc:"What points are of besides their time."`
	Tenant llm.Tenant       `query:"tenant" doc:"Only this tenant's."`
	Model  string           `query:"model" doc:"Only calls to this model."`
	Limit  int              `query:"limit" minimum:"1" maximum:"10000" default:"1000" doc:"At most so many points, the newest."`
}

type usageAnswer struct{ Body Usage }

// usage registers what there is about usage over time.
func (c *Console) usage(api *API) {
	Register(api, Operation{
		ID: "sum-usage", Method: http.MethodGet, Path: UsagePath, Role: RoleRead, Tag: "calls", Summary: "What calls used over time",
	}, func(ctx context.Context, in *usageInput) (*usageAnswer, error) {
		l, err := c.ledger()
		if err != nil {
			return nil, err
		}
		usage, err := l.Usage(ctx, ledger.UsageQuery{Since: in.Since, Until: in.Until, Step: in.Step, By: in.By, Tenant: in.Tenant, Model: in.Model, Limit: in.Limit})
		if err != nil {
			return nil, err
		}
		out := Usage{Step: in.Step, By: in.By, Points: make([]UsagePoint, 0, len(usage.Points)), More: usage.More}
		for _, p := range usage.Points {
			out.Points = append(out.Points, newUsagePoint(p))
		}
		return &usageAnswer{out}, nil
	})
}
