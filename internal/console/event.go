package console

import (
	"cmp"
	"context"
	"encoding/json"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
)

// EventsPath is where Events are.
const EventsPath = "/api/v1/events"

// Events are a page of what happened to quotas, newest first. Next is where the
// page after it begins, 0 when there is none; Events are never nil.
type Events struct {
	Events []Event `json:"events"`
	Next   int64   `json:"next"`
}

// Event is one thing that happened to an account's quotas, or was done to them.
type Event struct {
	ID      int64            `json:"id"`
	Time    time.Time        `json:"time"`
	Kind    ledger.EventKind `json:"kind"`
	Account llm.AccountID    `json:"account"`
	Region  llm.Region       `json:"region"`
	Code    string           `json:"code"`
	Text    string           `json:"text"`
	// Data is an object with the figures, which depend on the kind; null for none.
	Data json.RawMessage `json:"data"`
}

type eventsInput struct {
	Since  time.Time        `query:"since" doc:"From this time (RFC 3339) on."`
	Until  time.Time        `query:"until" doc:"Before this time."`
	Kind   ledger.EventKind `query:"kind" doc:"Only of this kind, such as quota.adopted."`
	Code   string           `query:"code" doc:"Only of the quota with this code, such as L-CCA5DF70."`
	Limit  int              `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"At most so many."`
	Before int64            `query:"before" minimum:"1" doc:"Only what is older than this event: the next page."`
}

type eventsAnswer struct {
	Link string `header:"Link" doc:"The next page, as rel=next; none on the last."`
	Body Events
}

// events registers what there is about the history of quotas.
func (c *Console) events(api *API) {
	Register(api, Operation{
		ID: "list-events", Method: http.MethodGet, Path: EventsPath, Role: RoleRead, Tag: "quotas",
		Summary: "What happened to quotas, and was done to them, newest first",
	}, func(ctx context.Context, in *eventsInput) (*eventsAnswer, error) {
		out := &eventsAnswer{Body: Events{Events: []Event{}}}
		if c.opts.Events == nil {
			return out, nil
		}
		// One more than is told shows whether there is another page.
		events, err := c.opts.Events.Events(ctx, ledger.EventQuery{
			Since: in.Since, Until: in.Until, Kind: in.Kind, Code: in.Code, Before: cmp.Or(in.Before, math.MaxInt64), Limit: min(in.Limit+1, ledger.MaxLimit),
		})
		if err != nil {
			return nil, err
		}
		slices.Reverse(events)
		if len(events) > in.Limit || in.Limit == ledger.MaxLimit && len(events) == in.Limit {
			events = events[:in.Limit]
			out.Body.Next = events[in.Limit-1].ID
			out.Link = linked(ctx, "before", strconv.FormatInt(out.Body.Next, 10))
		}
		for _, e := range events {
			data := e.Data
			if len(data) == 0 {
				data = json.RawMessage("null")
			}
			out.Body.Events = append(out.Body.Events, Event{e.ID, e.Time.UTC(), e.Kind, e.Account, e.Region, e.Code, e.Text, data})
		}
		return out, nil
	})
}
