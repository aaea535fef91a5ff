package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/advisor"
	"github.com/headgate/headgate/internal/daemon"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/monitor"
)

// measured is what CloudWatch has of a pool: the use by everybody in the account,
// beside what the ledger has of it.
type measured struct {
	From      string    `json:"from"`
	Since     time.Time `json:"since"`
	Until     time.Time `json:"until"`
	IDs       []string  `json:"ids"` // by which the pool was called
	Calls     int64     `json:"calls"`
	Throttles int64     `json:"throttles"`
	// Own is how many of these requests the ledger has: null without a ledger.
	Own        *int64 `json:"requests_through_headgate"`
	Input      int64  `json:"input_tokens"`
	Output     int64  `json:"output_tokens"`
	CacheRead  int64  `json:"cache_read_tokens"`
	CacheWrite int64  `json:"cache_write_tokens"`
	Charged    int64  `json:"quota_tokens"`
	// Computed says that quota tokens are reckoned, not CloudWatch's own estimate.
	Computed bool               `json:"quota_tokens_computed"`
	Limits   []advisor.Measured `json:"limits"`
	Missing  []string           `json:"missing"`

	use     monitor.Use
	minutes []advisor.Minute
	busiest float64 // requests a minute
}

// text says what was measured.
func (r *measured) text() string {
	ids := "no id of the pool"
	if len(r.IDs) > 0 {
		ids = strings.Join(r.IDs, ", ")
	}
	text := fmt.Sprintf("%s and %s of %s since %s, by CloudWatch", calls(r.Calls), count(int(r.Throttles), "throttle"), ids, instant(r.Since))
	if r.Own != nil {
		return text + fmt.Sprintf("; %s through Headgate", count(int(*r.Own), "request"))
	}
	return text + "; there is no ledger, so all of it counts as others'"
}

// measure reads from CloudWatch what everybody used of a pool since a time, and
// from the ledger what of it went through Headgate.
func (o *workloadFlags) measure(ctx context.Context, a *app, m *aim, since time.Time) (*measured, error) {
	cfg, _, err := o.set.load(a)
	if err != nil {
		return nil, err
	}
	w, err := daemon.OpenWatch(ctx, cfg, m.pool.Region)
	if err != nil {
		return nil, err
	}
	snap, err := w.Latest(ctx)
	if err != nil {
		return nil, err
	}
	minute := time.Duration(float64(time.Minute) / max(1, cfg.TimeScale))
	mine := draws(m, snap)
	use, err := monitor.Everyone(ctx, w.CloudWatch, monitor.UseQuery{
		Region: m.pool.Region, From: since, To: time.Now().Add(minute), Minute: minute,
		Mine: mine, Known: profilesOf(m.cat, m.pool), Burndown: m.model.BurndownOn(m.pool.Path),
	})
	if err != nil {
		return nil, fmt.Errorf("read the use of %s: %w", argument(m.pool), err)
	}
	r := &measured{From: "cloudwatch", Since: use.From.UTC(), Until: use.To.UTC(), IDs: append([]string{}, use.IDs...), Missing: append([]string{}, use.Missing...), Computed: use.Computed, use: use}
	own, err := a.owned(ctx, o.set, m.pool, use.From, use.To, minute)
	if err != nil {
		return nil, err
	}
	r.sum(own, minute)
	for _, l := range m.limits {
		if of, ok := advisor.Measure(l.Kind, r.minutes); ok {
			r.Limits = append(r.Limits, of)
		}
	}
	return r, nil
}

// sum adds up the minutes of both sources; own is nil without a ledger.
func (r *measured) sum(own []ledger.Interval, minute time.Duration) {
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
		r.busiest = max(r.busiest, u.Requests())
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
		r.minutes = append(r.minutes, *by[i])
	}
	all := r.use.Total()
	r.Calls, r.Throttles, r.Charged = int64(all.Calls), int64(all.Throttles), int64(all.Charged)
	r.Input, r.Output, r.CacheRead, r.CacheWrite = int64(all.Input), int64(all.Output), int64(all.CacheRead), int64(all.CacheWrite)
}

// owned is what the ledger has of a pool; nil without a ledger.
func (a *app) owned(ctx context.Context, set *settings, pool llm.Pool, from, to time.Time, minute time.Duration) ([]ledger.Interval, error) {
	cfg, _, err := set.load(a)
	if err != nil {
		return nil, err
	}
	l, err := daemon.OpenLedger(ctx, cfg)
	if err != nil {
		if fault.KindOf(err) == fault.NotFound {
			return nil, nil
		}
		return nil, err
	}
	defer l.Close()
	all, err := l.Intervals(ctx, ledger.UseQuery{Since: from, Until: to, Width: minute})
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

// draws tells the ids that draw on the pool: of its model and path, and
// application profiles that copy such.
func draws(m *aim, snap account.Snapshot) func(id string) bool {
	applications := map[string]account.Profile{}
	for _, p := range snap.Profiles {
		if p.Application {
			applications[p.ID] = p
		}
	}
	return func(id string) bool {
		if t, err := m.cat.Resolve(id, m.pool.Region); err == nil && t.Model == m.pool.Model {
			return t.Path == m.pool.Path
		}
		p, ok := applications[id]
		return ok && copies(m.pool, p)
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

// demand is everybody's use as a workload of single calls. What calls reserve
// cannot be seen: they are taken to ask for no more than they write, unless the
// flag says otherwise.
func (o *workloadFlags) demand(r *measured, w advisor.Workload) (advisor.Workload, error) {
	if r.Calls == 0 {
		return w, withHint(fault.New(fault.NotFound, "CloudWatch has no call of the pool since %s", instant(r.Since)), "state the workload, for example --preset production, or reach further back")
	}
	each := func(tokens int64) int64 { return whole(float64(tokens) / float64(r.Calls)) }
	changed := o.cmd.Flags().Changed
	w = advisor.Workload{
		RunsPerMinute: r.busiest, CallsPerRun: 1, InputPerRun: each(r.Input + r.CacheWrite), OutputPerRun: each(r.Output),
		MaxTokens: max(each(r.Output), 1), Latency: max(r.use.Latency, time.Millisecond),
		Basis: fmt.Sprintf("CloudWatch, everybody's calls from %s to %s", r.Since.Format(time.RFC3339), r.Until.Format(time.RFC3339)),
	}
	if changed("max-tokens") {
		w.MaxTokens = o.wanted.MaxTokens
	}
	if changed("latency") {
		w.Latency = o.wanted.Latency
	}
	return w, nil
}
