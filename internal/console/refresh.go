package console

import (
	"context"
	"math"
	"net/http"
	"time"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
)

// The paths of the API: where Quotas are, and where AWS is asked for them.
const (
	QuotasPath  = "/api/v1/quotas"
	RefreshPath = "/api/v1/quotas/refresh"
)

// Refreshed is what AWS said when it was asked just now. It is in force.
type Refreshed struct {
	Account llm.AccountID `json:"account"`
	Region  llm.Region    `json:"region"`
	AsOf    time.Time     `json:"as_of"`
	// Age is nominal, in seconds: that of what was waited for is next to nothing.
	Age float64 `json:"age_seconds"`
	// Listed is how many quotas AWS has for the account in the Region.
	Listed       int `json:"listed"`
	OpenRequests int `json:"open_requests"`
	// Changes are to what AWS said before; never nil.
	Changes []account.Change `json:"changes"`
	// Missing is what it did not tell; never nil. The former answer stands for it.
	Missing []account.Missing `json:"missing"`
}

// quotas registers what there is about limits.
func (c *Console) quotas(api *API) {
	Register(api, Operation{
		ID: "list-quotas", Method: http.MethodGet, Path: QuotasPath, Role: RoleRead, Tag: "quotas",
		Summary: "Every limit of every known pool: what is set, believed and used",
	}, func(ctx context.Context, in *Filter) (*quotasAnswer, error) {
		return &quotasAnswer{c.Quotas(ctx, time.Now(), *in)}, nil
	})
	Register(api, Operation{
		ID: "refresh-quotas", Method: http.MethodPost, Path: RefreshPath, Role: RoleOperate, Tag: "quotas",
		Summary:     "Asks AWS now and puts what it says in force",
		Description: "Answers when it is in force, which takes as long as AWS takes. The body is not read.",
	}, func(ctx context.Context, in *refreshInput) (*refreshAnswer, error) {
		out, err := c.refresh(ctx, in.Region)
		return &refreshAnswer{out}, err
	})
}

type quotasAnswer struct{ Body Quotas }

type refreshInput struct {
	Region llm.Region `query:"region" doc:"Fails unless this is the Region that is asked."`
}

type refreshAnswer struct{ Body Refreshed }

// refresh asks AWS and answers when what it says is in force.
func (c *Console) refresh(ctx context.Context, region llm.Region) (Refreshed, error) {
	switch {
	case c.opts.Discovery == nil:
		return Refreshed{}, &Problem{Status: http.StatusConflict, Detail: "AWS is not asked: quotas.source is static, so limits are as configured. Leave the key out, or set it to both, and start again."}
	case region != "" && region != c.opts.Discovery.Region():
		return Refreshed{}, &Problem{Status: http.StatusConflict, Parameter: "region", Detail: "This gateway asks for the quotas of " + string(c.opts.Discovery.Region()) + " alone."}
	}
	round, err := c.opts.Discovery.Ask(ctx)
	if err != nil {
		detail := "AWS cannot be asked: " + fault.Message(err)
		if fault.KindOf(err) == fault.Denied {
			detail += " The gateway's role needs what `headgate iam print --for quota` prints."
		}
		return Refreshed{}, &Problem{Status: http.StatusServiceUnavailable, Detail: detail}
	}
	snap := round.Snapshot
	age := max(0, time.Since(snap.At)).Seconds() * c.opts.TimeScale
	out := Refreshed{
		Account: snap.Account, Region: snap.Region, AsOf: snap.At, Age: math.Round(1e3*age) / 1e3, Listed: len(snap.Quotas),
		Changes: append([]account.Change{}, round.Changes...), Missing: append([]account.Missing{}, snap.Missing...),
	}
	for _, request := range snap.Requests {
		if request.Status.Open() {
			out.OpenRequests++
		}
	}
	return out, nil
}
