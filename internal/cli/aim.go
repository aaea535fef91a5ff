package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/advisor"
	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/daemon"
	"github.com/headgate/headgate/internal/emulator/meter"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

// aim is a pool and the limits that it has.
type aim struct {
	pool   llm.Pool
	model  catalog.Model
	cat    *catalog.Catalog
	limits []advisor.Limit
	// source is where the limits are from: stated, discovered, configured or
	// default; asOf when AWS was asked, nil where it was not.
	source string
	asOf   *time.Time
	// peakShare is the most that Headgate used of one of the limits in a minute of
	// the last day; nil: not known.
	peakShare *float64
}

func orZero(v *float64) float64 {
	if v == nil {
		return 0
	}
	return *v
}

// rules is how the pool's model counts, under limits that follow a law.
func (m *aim) rules(law meter.Law) advisor.Model {
	bucket := law.Kind == meter.Bucket || law.Kind == meter.Dual || law.Kind == meter.Shards
	return advisor.Model{Burndown: m.model.BurndownOn(m.pool.Path), MaxOutput: m.model.MaxOutput, Bucket: bucket}
}

func noQuota(p llm.Pool) error {
	return fault.New(fault.NotFound, "no quota of %s is known", argument(p))
}

// aim finds the pool that the flags name, and its limits: those stated, else what
// AWS last said or the configuration has, else AWS's defaults.
func (o *workloadFlags) aim(ctx context.Context, a *app) (*aim, error) {
	cat, err := o.set.catalog(a)
	if err != nil {
		return nil, err
	}
	t, err := cat.Resolve(cmp.Or(o.model, usualModel), cmp.Or(o.region, o.set.region(a)))
	if err != nil {
		return nil, withHint(err, "`headgate model list` shows the models that there are")
	}
	m := &aim{cat: cat, model: cat.Assume(t.Model), pool: llm.Pool{Region: t.Region, Model: t.Model, Path: t.Path}}
	switch path := llm.Path(o.path); {
	case path != "" && !path.Valid():
		return nil, usageError("for example --path geo", "--path must be on-demand, geo, global or mantle, not %q", o.path)
	case path != "":
		m.pool.Path = path
	case t.Path == llm.PathOnDemand && len(m.model.Paths) > 0:
		m.pool.Path = m.model.Paths[0]
	}
	if o.stated(m) {
		return m, nil
	}
	return m, o.known(ctx, a, m)
}

// stated takes the limits of the flags; false without any.
func (o *workloadFlags) stated(m *aim) bool {
	defaults := published(m.cat, m.pool.Model, m.pool.Path)
	for k := range quota.Kind(quota.Kinds) {
		if !o.cmd.Flags().Changed(flagOf(k)) {
			continue
		}
		l := advisor.Limit{Kind: k, Adjustable: true}
		for _, d := range defaults {
			if d.Kind == k {
				l = d
			}
		}
		l.Amount = o.quotas[k]
		m.limits = append(m.limits, l)
	}
	m.source = "stated"
	return len(m.limits) > 0
}

// known takes the limits that are known without a gateway, else AWS's defaults.
func (o *workloadFlags) known(ctx context.Context, a *app, m *aim) error {
	cfg, _, err := o.set.load(a)
	if err != nil {
		return err
	}
	rows, err := daemon.KnownQuotas(ctx, cfg, console.Filter{Model: m.pool.Model, Path: m.pool.Path, Region: m.pool.Region}, true)
	if err != nil {
		return err
	}
	m.limits = published(m.cat, m.pool.Model, m.pool.Path)
	m.source = "default"
	var found, account []advisor.Limit
	for _, r := range rows.Quotas {
		kind, ok := kindNamed(r.Limit)
		if !ok || r.Pool.Model != m.pool.Model && kind != quota.AccountTokensPerDay {
			continue
		}
		if len(found)+len(account) > 0 && r.Pool.Account != m.pool.Account {
			a.warn("another account's limits are known too: account " + string(m.pool.Account) + " is taken")
			break // rows are sorted by account
		}
		m.pool.Account = r.Pool.Account
		l := advisor.Limit{Kind: kind, Adjustable: true}
		for _, d := range m.limits {
			if d.Kind == kind {
				l = d
			}
		}
		l.Open = r.OpenRequest
		if r.UsedSharePeak != nil && kind != quota.AccountTokensPerDay {
			m.peakShare = new(max(*r.UsedSharePeak, orZero(m.peakShare)))
		}
		l.Amount, l.Code, l.Name = r.Applied, cmp.Or(r.Code, l.Code), cmp.Or(r.Name, l.Name)
		if r.Default != nil {
			l.Default = int64(*r.Default)
		}
		if r.Adjustable != nil {
			l.Adjustable = *r.Adjustable
		}
		if kind == quota.AccountTokensPerDay {
			account = append(account, l)
			continue
		}
		found = append(found, l)
		m.source, m.asOf = string(r.Source), r.AsOf
	}
	if len(found) > 0 {
		m.limits = found
	}
	m.limits = append(m.limits, account...)
	return nil
}

// others are the other paths to the model, with their own limits: none where the
// quotas are stated, since nothing is stated of these.
func (o *workloadFlags) others(ctx context.Context, a *app, m *aim) ([]advisor.Other, error) {
	var out []advisor.Other
	for _, path := range m.model.Paths {
		if m.source == "stated" || path == m.pool.Path || path == llm.PathMantle {
			continue // mantle is another endpoint, which other clients speak to
		}
		other := &aim{cat: m.cat, model: m.model, pool: llm.Pool{Region: m.pool.Region, Model: m.pool.Model, Path: path}}
		if err := o.known(ctx, a, other); err != nil {
			return nil, err
		}
		out = append(out, advisor.Other{Path: path, Limits: other.limits, PeakShare: other.peakShare})
	}
	return out, nil
}

// published are AWS's defaults of a model along a path, and of what all models of
// an account share there.
func published(c *catalog.Catalog, model llm.ModelID, path llm.Path) []advisor.Limit {
	var out []advisor.Limit
	add := func(q catalog.Quota, kind quota.Kind) {
		if q.Known && q.Until.IsZero() {
			out = append(out, advisor.Limit{
				Kind: kind, Amount: q.Limit(), Default: q.Default, Code: q.Code, Name: q.Name, Factor: q.Factor,
				Adjustable: q.Adjustable != catalog.AdjustableNo,
			})
		}
	}
	for _, q := range c.Quotas(model, path) {
		if kind, ok := kindNamed(string(q.Kind)); ok {
			add(q, kind)
		}
	}
	if len(out) == 0 || path == llm.PathMantle {
		return out // the mantle's calls are counted apart
	}
	for _, q := range c.AccountQuotas() {
		add(q, quota.AccountTokensPerDay)
	}
	return out
}

// kindNamed is the limit of a name.
func kindNamed(name string) (quota.Kind, bool) {
	for k := range quota.Kind(quota.Kinds) {
		if k.String() == name {
			return k, true
		}
	}
	return 0, false
}

// notes are what is to be known beside the figures by who names a preset, or plans
// for the global path: that its quotas are no multiple of another's.
func (o *workloadFlags) notes(ctx context.Context, a *app, m *aim) ([]string, error) {
	notes := []string{}
	if m.pool.Path != llm.PathGeo && m.pool.Path != llm.PathGlobal || m.pool.Path == llm.PathGeo && !o.cmd.Flags().Changed("preset") {
		return notes, nil
	}
	amounts := map[llm.Path]map[quota.Kind]int64{}
	for _, path := range []llm.Path{llm.PathGeo, llm.PathGlobal} {
		other := &aim{cat: m.cat, model: m.model, pool: llm.Pool{Region: m.pool.Region, Model: m.pool.Model, Path: path}}
		if m.source == "stated" {
			other.limits = published(m.cat, m.pool.Model, path)
		} else if err := o.known(ctx, a, other); err != nil {
			return nil, err
		}
		amounts[path] = map[quota.Kind]int64{}
		for _, l := range other.limits {
			amounts[path][l.Kind] = l.Amount
		}
	}
	var pairs []string
	for _, k := range []quota.Kind{quota.RequestsPerMinute, quota.TokensPerMinute, quota.TokensPerDay} {
		if geo, global := amounts[llm.PathGeo][k], amounts[llm.PathGlobal][k]; geo > 0 && global > 0 {
			pairs = append(pairs, fmt.Sprintf("%.3g × for %s (%s and %s)", float64(global)/float64(geo), k, thousands(geo), thousands(global)))
		}
	}
	if len(pairs) == 0 {
		return notes, nil
	}
	whose := "of this account"
	if m.source == "stated" || m.source == "default" {
		whose = "by AWS's defaults"
	}
	return append(notes, "no rule of 2 to 3 times the geo quota holds for the global one: it is a quota of its own, which only calls to global. profiles draw on "+
		"and geo calls never do; "+whose+" it is "+strings.Join(pairs, ", ")), nil
}
