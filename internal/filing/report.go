package filing

import (
	"context"
	"time"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/advisor"
	"github.com/headgate/headgate/internal/increase"
	"github.com/headgate/headgate/internal/llm"
)

// Report is what is asked for, and what becomes of it.
type Report struct {
	Account  llm.AccountID `json:"account"`
	Region   llm.Region    `json:"region"`
	AsOf     time.Time     `json:"as_of"`
	DryRun   bool          `json:"dry_run"`
	Requests []Item        `json:"requests"`
}

// State is how far an Item is.
type State string

// The states.
const (
	WouldFile State = "would_file"
	Filed     State = "filed"
	Refused   State = "refused" // here, before AWS was asked
	Failed    State = "failed"  // by AWS, or on the way
)

// Item is one quota that is asked for.
type Item struct {
	Code  string   `json:"code"`
	Name  string   `json:"name"`
	Limit string   `json:"limit"`
	Pool  llm.Pool `json:"pool"`
	// Current and Default are null where AWS does not tell.
	Current *float64 `json:"current"`
	Default *float64 `json:"default"`
	Desired float64  `json:"desired"`
	Why     string   `json:"why"` // of a recommendation
	// Open is the request for the quota that is not decided; null without one.
	Open     *account.Request   `json:"open_request"`
	State    State              `json:"state"`
	Refusals []increase.Refusal `json:"refusals"`
	// Evidence is null where no call was measured.
	Evidence *increase.Use   `json:"evidence"`
	Gives    *increase.Gives `json:"gives"`
	// Justification is for the case that AWS opens, SupportCase the one to open
	// where Service Quotas takes no request; one of them is null.
	Justification *string        `json:"justification"`
	SupportCase   *increase.Case `json:"support_case"`
	// Complete says that nothing in the text is left to be filled in.
	Complete bool             `json:"complete"`
	Request  *account.Request `json:"request"` // that AWS took
}

// evidence adds what speaks for the ask, and the text for AWS where one is of use.
func (i *Item) evidence(e increase.Evidence) {
	i.Complete = e.Complete()
	if e.Use.Measured() {
		i.Evidence = &e.Use
	}
	switch {
	case i.State != Refused:
		text := e.Justification()
		i.Justification, i.Gives = &text, e.Gives()
	case i.Refusals[0].NeedsCase():
		c := e.SupportCase()
		i.SupportCase, i.Gives = &c, e.Gives()
	}
}

// Ask is a quota and the value to ask for.
type Ask struct {
	Code  string
	Value float64
	Why   string // empty when somebody named it
}

// Desk is what asks are looked at with: the account as AWS says that it is.
type Desk struct {
	Snapshot account.Snapshot
	// OpenElsewhere is how many requests of the account are open in other Regions.
	OpenElsewhere int
	// Use sums up the calls that draw on a quota, from Since on.
	Use func(ctx context.Context, q account.Quota) (increase.Use, error)
	// Burndown is how many quota tokens an output token of a pool is.
	Burndown func(llm.Pool) int64
	// Nearest is the word of a list that was probably meant; empty: none. It may be nil.
	Nearest func(word string, list []string) string
	// Stated is the workload where somebody states one; nil: what was measured speaks.
	Stated *advisor.Workload
	// UseCase is what the application does, for AWS; may be empty.
	UseCase string
	Now     time.Time
}

// Look says of each ask whether AWS would take it, and words the evidence. Nothing is
// asked of AWS.
func (d *Desk) Look(ctx context.Context, asks []Ask) (Report, error) {
	r := Report{Account: d.Snapshot.Account, Region: d.Snapshot.Region, AsOf: d.Snapshot.At, Requests: []Item{}}
	needs := map[string]float64{}
	for _, ask := range asks {
		needs[ask.Code] = ask.Value
	}
	for n, ask := range asks {
		q, found := d.Snapshot.Quota(ask.Code)
		if !found {
			q = account.Quota{Code: ask.Code}
		}
		item := Item{
			Code: q.Code, Name: q.Name, Limit: q.Limit, Pool: q.Pool, Current: q.Applied, Default: q.Default, Desired: ask.Value, Why: ask.Why,
			State: WouldFile, Refusals: []increase.Refusal{},
		}
		if open, ok := d.Snapshot.Open(ask.Code); ok {
			item.Open = &open
		}
		item.Refusals = append(item.Refusals, increase.Check(d.Snapshot, increase.Ask{Code: ask.Code, Value: ask.Value, OpenElsewhere: d.OpenElsewhere + n}, d.Now)...)
		d.nearest(&item)
		if len(item.Refusals) > 0 {
			item.State = Refused
		}
		if found {
			use, err := d.Use(ctx, q)
			if err != nil {
				return r, err
			}
			item.evidence(increase.Evidence{
				Account: r.Account, Region: r.Region, Quota: q, Value: ask.Value, Siblings: increase.Siblings(d.Snapshot, q), Needs: needs,
				Use: use, Stated: d.Stated, Burndown: d.Burndown(q.Pool), UseCase: d.UseCase, At: d.Now,
			})
		}
		r.Requests = append(r.Requests, item)
	}
	return r, nil
}

// nearest adds the code that was probably meant.
func (d *Desk) nearest(item *Item) {
	if d.Nearest == nil || len(item.Refusals) == 0 || item.Refusals[0].Reason != increase.UnknownCode {
		return
	}
	codes := make([]string, len(d.Snapshot.Quotas))
	for i, q := range d.Snapshot.Quotas {
		codes[i] = q.Code
	}
	near := d.Nearest(item.Code, codes)
	if q, ok := d.Snapshot.Quota(near); ok {
		item.Refusals[0].Cure = "Did you mean " + near + " (" + q.Name + ")? " + item.Refusals[0].Cure
	}
}

// Submit files what an item asks for, once. An error beside an item that is Filed
// says that the record of it could not be kept.
func (f *Filer) Submit(ctx context.Context, r *Report, i *Item) error {
	end, err := f.File(ctx, Intent{Account: r.Account, Region: r.Region, Code: i.Code, Value: i.Desired})
	switch {
	case end.Taken():
		i.State, i.Request = Filed, &end.Request
	case err != nil:
		i.State = Failed
	}
	return err
}
