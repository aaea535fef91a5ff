package console

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/limit"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

// Known is what is known of accounts beside the limits by which calls are paced.
// It must be safe for concurrent use.
type Known interface {
	// Snapshot is what AWS said of a pool's account and Region; false when it has
	// not been asked.
	Snapshot(p llm.Pool) (account.Snapshot, bool)
	// Intervals is what calls used in nominal minutes since an instant.
	Intervals(ctx context.Context, since time.Time) ([]ledger.Interval, error)
}

// listed fills in what Service Quotas says of each limit: its code and name, AWS's
// default, and the request for more that is open.
func (c *Console) listed(q *Quota) {
	if c.opts.Known == nil {
		return
	}
	snap, ok := c.opts.Known.Snapshot(q.Pool)
	if !ok {
		return
	}
	i := slices.IndexFunc(snap.Quotas, func(r account.Quota) bool {
		return r.Limit == q.Limit && r.Variant == "" && r.Pool.Model == q.Pool.Model && r.Pool.Path == q.Pool.Path
	})
	if i < 0 {
		return
	}
	row := snap.Quotas[i]
	q.Code, q.Name, q.Default, q.Adjustable, q.Match = row.Code, row.Name, row.Default, &row.Adjustable, row.Match
	if r, open := snap.Open(row.Code); open {
		q.OpenRequest = &r
	}
	if q.Source == limit.Discovered || q.Pool.Model == "" {
		at := snap.At.UTC()
		q.AsOf = &at
	}
	q.belowDefault = row.BelowDefault()
	if q.Source == limit.Discovered && row.Applied == nil {
		q.Source = limit.Default
	}
}

// busy is what a pool's calls used of a kind of limit in each minute that had any.
type busy map[llm.Pool]map[quota.Kind][]int64

// day is for how long use is looked back on.
const day = 24 * time.Hour

// used reads the last nominal day's use; nil when it cannot be read.
func (c *Console) used(ctx context.Context, now time.Time) busy {
	if c.opts.Known == nil {
		return nil
	}
	intervals, err := c.opts.Known.Intervals(ctx, now.Add(-time.Duration(float64(day)/c.opts.TimeScale)))
	if err != nil {
		return nil
	}
	out := busy{}
	for _, i := range intervals {
		kinds := out[i.Pool]
		if kinds == nil {
			kinds = map[quota.Kind][]int64{}
			out[i.Pool] = kinds
		}
		kinds[quota.RequestsPerMinute] = append(kinds[quota.RequestsPerMinute], i.Attempts)
		kinds[quota.TokensPerMinute] = append(kinds[quota.TokensPerMinute], i.Settled)
	}
	return out
}

// shares fills in the 95th percentile of a limit's use over the minutes of the
// last day that had a call, and the highest.
func (b busy) shares(q *Quota) {
	kind := quota.RequestsPerMinute
	if q.Limit != kind.String() {
		kind = quota.TokensPerMinute
	}
	minutes := b[q.Pool][kind]
	if q.Limit != kind.String() || len(minutes) == 0 || q.Effective <= 0 {
		return
	}
	slices.Sort(minutes)
	share := func(used int64) *float64 {
		x := math.Round(1e4*float64(used)/float64(q.Effective)) / 1e4
		return &x
	}
	// The nearest rank: the least value that 95 % do not exceed.
	q.UsedShareP95 = share(minutes[(95*len(minutes)+99)/100-1])
	q.UsedSharePeak = share(minutes[len(minutes)-1])
}
