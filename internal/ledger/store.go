package ledger

import (
	"context"
	"time"

	"github.com/headgate/headgate/internal/explain"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
)

// Store keeps entries. It is safe for concurrent use. ledgertest.Run holds what
// every Store promises.
type Store interface {
	// Append keeps all of entries or none. An entry whose id is there already
	// is left as it is, so that an Append whose outcome is unknown may be
	// repeated. The slice stays the caller's.
	Append(ctx context.Context, entries []Entry) error
	Reader
	Events
}

// Reader reads what a Store keeps. "Newest" is by arrival; of equal arrivals
// the one appended last. An entry is appended when its call has ended, so one
// may still appear before others that are there already.
type Reader interface {
	// Calls lists the entries that q selects, newest first. next continues in
	// q's direction (as Before, or as After when q has one) and is empty when
	// there is no more. A cursor that names no call is of kind Invalid.
	Calls(ctx context.Context, q Query) (entries []Entry, next llm.CallID, err error)
	// Call finds one entry; kind NotFound when there is none.
	Call(ctx context.Context, id llm.CallID) (Entry, error)
	// Runs lists the runs that q selects, the one with the newest call first,
	// each over all of its calls. next is as for Calls.
	Runs(ctx context.Context, q Query) (runs []Run, next llm.CallID, err error)
	// Run finds one run and its calls, oldest first and at most MaxLimit of
	// them. Tenants name their runs freely: with an empty tenant it is the run
	// of that id with the newest call. Kind NotFound when there is none.
	Run(ctx context.Context, tenant llm.Tenant, id llm.RunID) (Run, []Entry, error)
	// Costs sums up what the calls that q selects cost. Rows that cost the same
	// are in the order of their unpriced calls, most first, then of their names.
	Costs(ctx context.Context, q CostQuery) (Costs, error)
	// Around counts the other calls of e's pool that were there at the time. A
	// minute of the limits is a real one divided by scale, which below 1 counts as 1.
	// Calls that came more than an hour before e are passed over.
	Around(ctx context.Context, e Entry, scale float64) (explain.Around, error)
	SumReader
	UseReader
	SavingReader
}

// Limits of one page.
const (
	DefaultLimit = 100
	MaxLimit     = 1000
)

// Query selects calls or runs. Zero fields select everything. For runs, Since
// and Until select those with a call in between, and Model those with a call
// to it.
type Query struct {
	Since time.Time // arrival at or after
	Until time.Time // arrival before
	// Tenant, Run and Outcome must be equal.
	Tenant  llm.Tenant
	Run     llm.RunID
	Outcome Outcome
	// Model is a model as it was called, or the model of the pool.
	Model string
	// Limit is the size of a page: 0 is DefaultLimit, the most is MaxLimit.
	Limit int
	// Before selects what is older than a call, After what is newer: pages go
	// back in time or follow it. For runs the cursor is Run.Latest. At most one
	// of them is set.
	Before, After llm.CallID
}

// Checked is q with its limit filled in, or an error of kind Invalid.
func (q Query) Checked() (Query, error) {
	switch {
	case q.Limit < 0 || q.Limit > MaxLimit:
		return q, fault.New(fault.Invalid, "limit must be from 1 to %d, not %d", MaxLimit, q.Limit)
	case q.Before != "" && q.After != "":
		return q, fault.New(fault.Invalid, "before and after cannot both be given")
	case q.Limit == 0:
		q.Limit = DefaultLimit
	}
	return q, nil
}

// Run sums up the calls of one run of one tenant.
type Run struct {
	ID       llm.RunID
	Tenant   llm.Tenant
	Inferred bool // every call's run was derived, not stated
	Calls    int
	Failed   int       // calls whose outcome is not ok
	First    time.Time // the earliest arrival
	Last     time.Time // the latest end
	Queued   time.Duration
	Usage    llm.Usage
	Settled  int64 // quota tokens
	// Cost is in nano-USD over the calls with a known price; Unpriced counts
	// the others that are not free (see [Entry.Free]).
	Cost     int64
	Unpriced int
	// Outcome is how the newest call ended, and Latest its id: a run that got
	// over a failure goes on, one that did not ends with it.
	Outcome Outcome
	Latest  llm.CallID
}

// Add counts one more call, newer than those before.
func (r *Run) Add(e Entry) {
	end := e.Time.Add(e.Latency)
	if r.Calls == 0 {
		*r = Run{ID: e.Run, Tenant: e.Tenant, Inferred: true, First: e.Time, Last: end}
	}
	r.Inferred = r.Inferred && e.RunInferred
	r.Calls++
	if e.Outcome != OK {
		r.Failed++
	}
	if e.Time.Before(r.First) {
		r.First = e.Time
	}
	if end.After(r.Last) {
		r.Last = end
	}
	r.Queued += e.Queued
	r.Usage.Input += e.Usage.Input
	r.Usage.Output += e.Usage.Output
	r.Usage.CacheRead += e.Usage.CacheRead
	r.Usage.CacheWrite += e.Usage.CacheWrite
	r.Settled += e.Settled
	switch {
	case e.Cost >= 0:
		r.Cost += e.Cost
	case !e.Free():
		r.Unpriced++
	}
	r.Outcome, r.Latest = e.Outcome, e.ID
}
