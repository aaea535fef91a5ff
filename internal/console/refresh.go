package console

import (
	"math"
	"mime"
	"net/http"
	"time"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
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

// refresh asks AWS and answers when what it says is in force.
func (c *Console) refresh(w http.ResponseWriter, r *http.Request) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")) // "" is none
	region := llm.Region(r.URL.Query().Get("region"))
	switch {
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", "POST")
		writeProblem(w, Problem{Status: http.StatusMethodNotAllowed, Detail: "AWS is asked by POST."})
	case c.foreign.Check(r) != nil:
		writeProblem(w, Problem{Status: http.StatusForbidden, Detail: "The request comes from a web page of another origin (its Sec-Fetch-Site or Origin header). Only programs and the API's own pages may post."})
	case kind != "application/json":
		writeProblem(w, Problem{Status: http.StatusUnsupportedMediaType, Detail: "What is posted must be declared as JSON: Content-Type: application/json. The body may be empty."})
	case c.opts.Discovery == nil:
		writeProblem(w, Problem{Status: http.StatusConflict, Detail: "AWS is not asked: quotas.source is static, so limits are as configured. Leave the key out, or set it to both, and start again."})
	case region != "" && region != c.opts.Discovery.Region():
		writeProblem(w, Problem{Status: http.StatusConflict, Parameter: "region", Detail: "This gateway asks for the quotas of " + string(c.opts.Discovery.Region()) + " alone."})
	default:
		c.asked(w, r)
	}
}

func (c *Console) asked(w http.ResponseWriter, r *http.Request) {
	round, err := c.opts.Discovery.Ask(r.Context())
	if err != nil {
		detail := "AWS cannot be asked: " + fault.Message(err)
		if fault.KindOf(err) == fault.Denied {
			detail += " The gateway's role needs what `headgate iam print --for quota` prints."
		}
		writeProblem(w, Problem{Status: http.StatusServiceUnavailable, Detail: detail})
		return
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
	writeJSON(w, "application/json", http.StatusOK, out)
}
