package daemon

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/advisor"
	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/counsel"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/monitor"
)

// measuredUse is a counsel.Measured that is being added up.
type measuredUse struct {
	counsel.Measured
	use monitor.Use
}

// everyoneOn reads from CloudWatch what everybody used of a pool since a time, and
// from the ledger, which may be nil, what of it went through Headgate.
func everyoneOn(ctx context.Context, w *Watch, cat *catalog.Catalog, l ledger.UseReader, scale float64, q counsel.MeasureQuery) (*counsel.Measured, error) {
	snap, err := w.Latest(ctx)
	if err != nil {
		return nil, err
	}
	minute := time.Duration(float64(time.Minute) / max(1, scale))
	use, err := monitor.Everyone(ctx, w.CloudWatch, monitor.UseQuery{
		Region: q.Pool.Region, From: q.Since, To: time.Now().Add(minute), Minute: minute,
		Mine: drawing(cat, q.Pool, snap), Known: cat.IDsOn(q.Pool), Burndown: cat.Assume(q.Pool.Model).BurndownOn(q.Pool.Path),
	})
	if err != nil {
		return nil, fmt.Errorf("read the use of %s: %w", strings.TrimPrefix(strings.TrimSuffix(q.Pool.String(), "//"), "-/"), err)
	}
	r := &measuredUse{use: use, Measured: counsel.Measured{
		From: "cloudwatch", Since: use.From.UTC(), Until: use.To.UTC(), IDs: append([]string{}, use.IDs...), Missing: append([]string{}, use.Missing...),
		Computed: use.Computed, Lasted: use.Latency,
	}}
	own, err := owned(ctx, l, q.Pool, use.From, use.To, minute)
	if err != nil {
		return nil, err
	}
	r.sum(own, minute)
	for _, l := range q.Limits {
		if of, ok := advisor.Measure(l.Kind, r.Minutes); ok {
			r.Limits = append(r.Limits, of)
		}
	}
	return &r.Measured, nil
}

// sum adds up the minutes of both sources; own is nil without a ledger.
func (r *measuredUse) sum(own []ledger.Interval, minute time.Duration) {
	r.Limits = []advisor.Measured{}
	by := map[int64]*advisor.Minute{}
	at := func(t time.Time) *advisor.Minute {
		i := t.UnixNano() / int64(minute)
		if by[i] == nil {
			by[i] = &advisor.Minute{Index: i}
		}
		return by[i]
	}
	for _, u := range r.use.Minutes {
		at(u.Start).All = advisor.Amounts{Requests: u.Requests(), Tokens: u.Charged, Input: u.Input + u.CacheWrite, Output: u.Output}
		r.Busiest = max(r.Busiest, u.Requests())
	}
	if own != nil {
		r.Own = new(int64)
	}
	for _, i := range own {
		*r.Own += i.Attempts
		m := at(i.Start)
		m.Own.Requests += float64(i.Attempts)
		m.Own.Tokens += float64(i.Settled)
		m.Own.Input += float64(i.Usage.Input + i.Usage.CacheWrite)
		m.Own.Output += float64(i.Usage.Output)
	}
	for _, i := range slices.Sorted(maps.Keys(by)) {
		r.Minutes = append(r.Minutes, *by[i])
	}
	all := r.use.Total()
	r.Calls, r.Throttles, r.Charged = int64(all.Calls), int64(all.Throttles), int64(all.Charged)
	r.Input, r.Output, r.CacheRead, r.CacheWrite = int64(all.Input), int64(all.Output), int64(all.CacheRead), int64(all.CacheWrite)
}

// owned is what the ledger has of a pool; nil without a ledger.
func owned(ctx context.Context, l ledger.UseReader, pool llm.Pool, from, to time.Time, minute time.Duration) ([]ledger.Interval, error) {
	if l == nil {
		return nil, nil
	}
	all, err := l.Intervals(ctx, ledger.UseQuery{Since: from, Until: to, Width: minute, Model: pool.Model})
	if err != nil {
		return nil, err
	}
	own := []ledger.Interval{}
	for _, i := range all {
		if i.Pool.Region == pool.Region && i.Pool.Model == pool.Model && i.Pool.Path == pool.Path {
			own = append(own, i)
		}
	}
	return own, nil
}

// drawing tells the ids that draw on the pool: of its model and path, and
// application profiles that copy such.
func drawing(cat *catalog.Catalog, pool llm.Pool, snap account.Snapshot) func(id string) bool {
	applications := map[string]account.Profile{}
	for _, p := range snap.Profiles {
		if p.Application {
			applications[p.ID] = p
		}
	}
	return func(id string) bool {
		if t, err := cat.Resolve(id, pool.Region); err == nil && t.Model == pool.Model {
			return t.Path == pool.Path
		}
		p, ok := applications[id]
		return ok && copies(pool, p)
	}
}

// copies says whether an application profile draws on the pool. It lists the models
// that it routes to: one in the Region itself, one in each Region of a geography,
// and one without any Region where it copies a global profile.
func copies(pool llm.Pool, p account.Profile) bool {
	path := llm.PathOnDemand
	if len(p.Models) > 1 {
		path = llm.PathGeo
	}
	mine := false
	for _, arn := range p.Models {
		if strings.Contains(arn, ":bedrock:::") {
			path = llm.PathGlobal
		}
		model := llm.ModelID(arn[strings.LastIndexByte(arn, '/')+1:])
		mine = mine || model == pool.Model
	}
	return mine && path == pool.Path
}
