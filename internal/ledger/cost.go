package ledger

import (
	"math/bits"
	"time"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
)

// CostBy is what a report of costs has a row for.
type CostBy string

// The rows that costs are summed in.
const (
	CostByDay    CostBy = "day"
	CostByModel  CostBy = "model"
	CostByTenant CostBy = "tenant"
	CostByRun    CostBy = "run"
)

// CostQuery selects calls, and what their costs are summed by. Its other zero
// fields select everything.
type CostQuery struct {
	By     CostBy
	Since  time.Time // arrival at or after
	Until  time.Time // arrival before
	Tenant llm.Tenant
	// Model is a model as it was called, or the model of the pool.
	Model string
	// Zone is where days begin; nil is UTC.
	Zone *time.Location
	// Limit is the most rows: 0 is DefaultLimit, the most is MaxLimit.
	Limit int
}

// Checked is q with its zone and limit filled in, or an error of kind Invalid.
func (q CostQuery) Checked() (CostQuery, error) {
	switch q.By {
	case CostByDay, CostByModel, CostByTenant, CostByRun:
	default:
		return q, fault.New(fault.Invalid, "costs are summed by day, model, tenant or run, not by %q", q.By)
	}
	if q.Limit < 0 || q.Limit > MaxLimit {
		return q, fault.New(fault.Invalid, "limit must be from 1 to %d, not %d", MaxLimit, q.Limit)
	}
	if q.Limit == 0 {
		q.Limit = DefaultLimit
	}
	if q.Zone == nil {
		q.Zone = time.UTC
	}
	return q, nil
}

// Costs is what calls cost.
type Costs struct {
	// Rows are days in their order, or else the dearest first. They are the newest
	// days, or the dearest of the others, when there are more than the limit.
	Rows []Cost
	// More is how many rows there are besides.
	More int
	// Total is over all calls, those of no row included.
	Total Cost
}

// Cost sums up calls.
type Cost struct {
	// What the calls have in common: Day is a date (2026-11-02), Model the pool's
	// model, or what a call that reached no pool asked for. A run is one tenant's. Those
	// that the query does not sum by are empty, and so is the Run of calls without one.
	Day    string
	Model  string
	Tenant llm.Tenant
	Run    llm.RunID

	Calls int64
	// Free counts the calls that have no price and need none: see [Entry.Free].
	Free int64
	// Unpriced counts the calls that may have cost something, nobody knows what:
	// NanoUSD lacks them.
	Unpriced int64
	Usage    llm.Usage
	// NanoUSD is what the calls whose cost is known cost together.
	NanoUSD int64
	// PricesFrom and PricesTo are the dates of the oldest and the newest price;
	// empty when there is none.
	PricesFrom, PricesTo string
}

// Free says that a call without a price cost nothing: it used no tokens, and
// either it was never sent, or counts tokens only, or Bedrock turned it away. One
// that broke off or failed in Bedrock may have been charged for.
func (e Entry) Free() bool {
	if e.Cost >= 0 || e.Usage != (llm.Usage{}) {
		return false
	}
	if e.Attempts == 0 || !e.Operation.Metered() {
		return true
	}
	turnedAway := e.Outcome == Refused || e.Outcome == Throttled || e.Outcome == Invalid || e.Outcome == Denied
	return turnedAway && e.Status >= 400 && e.Status < 500
}

// CostOf is the sum of one call, with none of the fields that sums have in common.
func CostOf(e Entry) Cost {
	c := Cost{Calls: 1, Usage: e.Usage}
	switch {
	case e.Cost >= 0:
		c.NanoUSD, c.PricesFrom, c.PricesTo = e.Cost, e.PriceAsOf, e.PriceAsOf
	case e.Free():
		c.Free = 1
	default:
		c.Unpriced = 1
	}
	return c
}

// Add adds the calls of o to c, whose common fields stay. An error says that a
// sum is beyond 2^63; c is not to be used then.
func (c *Cost) Add(o Cost) error {
	for _, pair := range []struct {
		to *int64
		of int64
	}{
		{&c.Calls, o.Calls},
		{&c.Free, o.Free},
		{&c.Unpriced, o.Unpriced},
		{&c.Usage.Input, o.Usage.Input},
		{&c.Usage.Output, o.Usage.Output},
		{&c.Usage.CacheRead, o.Usage.CacheRead},
		{&c.Usage.CacheWrite, o.Usage.CacheWrite},
		{&c.NanoUSD, o.NanoUSD},
	} {
		sum, _ := bits.Add64(uint64(*pair.to), uint64(pair.of), 0) //nolint:gosec // neither is negative; the sum is checked
		if sum>>63 != 0 {
			return fault.New(fault.Invalid, "the sum of these calls is too large to be told: ask for a shorter time")
		}
		*pair.to = int64(sum)
	}
	if c.PricesFrom == "" || o.PricesFrom != "" && o.PricesFrom < c.PricesFrom {
		c.PricesFrom = o.PricesFrom
	}
	c.PricesTo = max(c.PricesTo, o.PricesTo)
	return nil
}
