package ledger

import (
	"context"
	"encoding/json"
	"time"

	"github.com/headgate/headgate/internal/llm"
)

// EventKind is what happened to an account's quotas, in dotted words.
type EventKind string

// The kinds of event.
const (
	// EventQuotaChanged is an applied value or a default that is not what it was.
	EventQuotaChanged EventKind = "quota.changed"
	// EventQuotaAdopted is a limit by which calls are paced from now on.
	EventQuotaAdopted EventKind = "quota.adopted"
	// EventRequestFiling is written before a request is filed: without a filed or
	// failed event after it, whether it was is not known.
	EventRequestFiling EventKind = "request.filing"
	// EventRequestFiled is a request that AWS has taken.
	EventRequestFiled EventKind = "request.filed"
	// EventRequestFailed is a request that AWS has refused.
	EventRequestFailed EventKind = "request.failed"
	// EventRequestStatus is a request that moved on.
	EventRequestStatus EventKind = "request.status"
	// EventDiscoveryFailed is an account that could not be asked, for the first
	// time in a row.
	EventDiscoveryFailed EventKind = "discovery.failed"
	// EventDiscoveryBack is an account that could be asked again.
	EventDiscoveryBack EventKind = "discovery.back"
	// EventAlarmsApplied is a set of alarms that was written to CloudWatch.
	EventAlarmsApplied EventKind = "alarms.applied"
)

// Event is one thing that happened to an account's quotas, or was done to them:
// the record that an audit reads. It holds no secret.
type Event struct {
	// ID is the store's, ascending; 0 before it was recorded.
	ID      int64
	Time    time.Time // kept to the nanosecond, in UTC
	Kind    EventKind
	Account llm.AccountID
	Region  llm.Region
	Code    string // of the quota; empty when it is about none
	Text    string // one sentence for people
	// Data is a JSON object with the figures; nil for none.
	Data json.RawMessage
}

// EventQuery selects events. Zero fields select everything.
type EventQuery struct {
	Since, Until time.Time
	Kind         EventKind
	Account      llm.AccountID
	Region       llm.Region
	Code         string
	// After selects those with a higher id: pages go on from the last one.
	After int64
	// Before selects those with a lower id, and of these the newest ones: pages go
	// back from the first one.
	Before int64
	// Limit is the most that are listed: 0 is DefaultLimit, the most is MaxLimit.
	Limit int
}

// Events keeps events. It is safe for concurrent use.
type Events interface {
	// RecordEvent keeps the event for good before it returns its id. One that
	// [Event.Told] finds among those before is not kept twice: the id is theirs,
	// whichever processes record it at the same time.
	RecordEvent(ctx context.Context, e Event) (id int64, err error)
	// Events lists those that q selects, oldest first; with Before, or with neither
	// Since nor After, the newest ones, as many as fit.
	Events(ctx context.Context, q EventQuery) ([]Event, error)
}

// change is what the data of a changed quota and of a request's step have.
type change struct {
	What    string `json:"what"`
	Request string `json:"request"`
	From    string `json:"from"`
	To      string `json:"to"`
}

func (e *Event) change() (c change, ok bool) {
	return c, json.Unmarshal(e.Data, &c) == nil
}

// line is what goes from one value to the next: the applied value, of which a row
// may come and go, or the default.
func (c change) line() string {
	if c.What == "default" {
		return c.What
	}
	return "applied"
}

// Repeatable says that more than one process may notice an event of the kind: each
// that asks AWS does so for itself.
func (k EventKind) Repeatable() bool { return k == EventQuotaChanged || k == EventRequestStatus }

// Told finds what e says among events before it of the same kind, account, Region
// and code, oldest first; nil when it is new. A step of a request is taken once; a
// value may come back, so that only the last change of it tells the same.
func (e *Event) Told(before []Event) *Event {
	c, ok := e.change()
	if !e.Kind.Repeatable() || !ok {
		return nil
	}
	for i := len(before) - 1; i >= 0; i-- {
		b, ok := before[i].change()
		switch {
		case !ok:
		case e.Kind == EventRequestStatus:
			if c.Request != "" && b.Request == c.Request && b.To == c.To {
				return &before[i]
			}
		case b.line() == c.line():
			if b == c {
				return &before[i]
			}
			return nil
		}
	}
	return nil
}
