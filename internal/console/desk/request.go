package desk

import (
	"context"
	"net/http"
	"strings"

	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/filing"
)

// RequestsPath is where requests for higher quotas are.
const RequestsPath = "/api/v1/quota-requests"

// Filing is what is asked of AWS, by who asks for it.
type Filing struct {
	Code    string  `json:"code" minLength:"3" maxLength:"40" pattern:"^[Ll]-[0-9A-Za-z]+$" doc:"The quota's, as Service Quotas has it." example:"L-CCA5DF70"`
	Value   float64 `json:"value" exclusiveMinimum:"0" maximum:"1000000000000000" doc:"The value to ask for." example:"10500"`
	UseCase string  `json:"use_case,omitempty" maxLength:"4000" doc:"What the application does, and for whom: AWS asks for it."`
	// Stated is the workload, where somebody states one.
	Stated  *Workload `json:"workload,omitempty" doc:"The workload that it is for; without it what was measured speaks."`
	DryRun  bool      `json:"dry_run,omitempty" doc:"Says what would be asked, with the evidence and what AWS would refuse, and asks nothing."`
	Confirm bool      `json:"confirm,omitempty" doc:"Must be true for AWS to be asked, which cannot be taken back."`
}

// Requests are those that AWS has.
type Requests struct {
	Requests []filing.Row `json:"requests"`
	// Stale says why AWS could not be asked, so that they are from before; empty when
	// it could.
	Stale string `json:"stale"`
}

type requestsInput struct {
	Open bool `query:"open" doc:"Only those that are not decided."`
}

type requestsAnswer struct{ Body Requests }

type filingInput struct{ Body Filing }

type filingAnswer struct {
	Status int
	Body   filing.Report
}

func (d *desk) requests(api *console.API) {
	console.Register(api, console.Operation{
		ID: "list-quota-requests", Method: http.MethodGet, Path: RequestsPath, Role: console.RoleRead, Tag: "quota requests",
		Summary: "Requests for higher quotas, and how far they are",
		Description: "Every request for a higher quota of Bedrock in the gateway's Region, open ones first: what `headgate quota requests -o json` prints. " +
			"AWS is asked unless it was in the last 15 seconds; where it cannot be, they are those that it was last heard to have.",
	}, func(ctx context.Context, in *requestsInput) (*requestsAnswer, error) {
		rows, stale, err := d.opts.Requests(ctx, in.Open)
		if err != nil {
			return nil, err
		}
		out := Requests{Requests: rows}
		if stale != nil {
			out.Stale = fault.Message(stale)
		}
		return &requestsAnswer{out}, nil
	})
	console.Register(api, console.Operation{
		ID: "request-quota", Method: http.MethodPost, Path: RequestsPath, Role: console.RoleOperate, Tag: "quota requests",
		Summary: "Asks AWS for a higher quota, with the evidence",
		Description: "With dry_run it answers what would be asked: the evidence, the text for AWS, and in refusals what AWS would refuse, with what to do instead. " +
			"With confirm AWS is asked, once; the answer is 201 with the request that AWS took. What AWS would refuse is refused here, with 409. The answer is what `headgate quota request -o json` prints.",
		MaxBody: 64 << 10,
	}, func(ctx context.Context, in *filingInput) (*filingAnswer, error) {
		b := in.Body
		if b.DryRun == b.Confirm {
			return nil, unconfirmed(b.DryRun, "AWS is asked for a higher quota")
		}
		ask := filing.Ask{Code: strings.ToUpper(b.Code), Value: b.Value}
		look := Looking{UseCase: b.UseCase}
		if b.Stated != nil {
			q, err := b.Stated.query()
			if err != nil {
				return nil, err
			}
			w, err := d.opts.Counsel(func(error) {}).Workload(ctx, q)
			if err != nil {
				return nil, err
			}
			look.Stated = &w
		}
		return d.file(ctx, ask, look, b.DryRun)
	})
}

// unconfirmed is the problem of who asks for neither of two, or both.
func unconfirmed(both bool, what string) error {
	if both {
		return wrong("confirm", "The keys dry_run and confirm exclude each other. Leave one of them out.")
	}
	return &console.Problem{Status: http.StatusConflict, Parameter: "confirm", Detail: what + ` only by {"confirm": true}; {"dry_run": true} shows what would be done.`}
}

func (d *desk) file(ctx context.Context, ask filing.Ask, look Looking, dry bool) (*filingAnswer, error) {
	r, file, err := d.opts.Look(ctx, ask, look)
	if err != nil {
		return nil, err
	}
	r.DryRun = dry
	if dry {
		return &filingAnswer{Status: http.StatusOK, Body: r}, nil
	}
	item := &r.Requests[0]
	if item.State == filing.Refused {
		why := item.Refusals[0]
		return nil, &console.Problem{Status: http.StatusConflict, Parameter: "value", Detail: "AWS would refuse the request: " + why.Text + " " + why.Cure}
	}
	if err := file(ctx, &r); item.State != filing.Filed {
		return nil, fault.WithCure(err, "GET %s shows what AWS has; nothing is filed twice", RequestsPath)
	}
	return &filingAnswer{Status: http.StatusCreated, Body: r}, nil
}
