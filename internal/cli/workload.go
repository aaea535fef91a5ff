package cli

import (
	"cmp"
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/advisor"
	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/daemon"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

// workloadFlags state a workload, and the quotas that it meets.
type workloadFlags struct {
	preset, model, path string
	wanted              advisor.Workload
	requests, tokens    int64
	day                 int64
	set                 *settings
	cmd                 *cobra.Command
}

func newWorkloadFlags(a *app, cmd *cobra.Command) *workloadFlags {
	o := &workloadFlags{set: newSettings(cmd), cmd: cmd}
	usual, _ := advisor.Preset("production")
	f := cmd.Flags()
	f.StringVar(&o.preset, "preset", "production", "development, production or heavy; the flags below\nchange it")
	f.Float64Var(&o.wanted.RunsPerMinute, "runs-per-minute", usual.RunsPerMinute, "runs a minute that are wanted")
	f.Int64Var(&o.wanted.CallsPerRun, "calls-per-run", usual.CallsPerRun, "calls of a run")
	f.Int64Var(&o.wanted.InputPerRun, "input-per-run", usual.InputPerRun, "input tokens of a run, cached ones left out")
	f.Int64Var(&o.wanted.OutputPerRun, "output-per-run", usual.OutputPerRun, "output tokens of a run")
	f.Int64Var(&o.wanted.MaxTokens, "max-tokens", usual.MaxTokens, "max_tokens of a call; 0: not set, which reserves\nthe model's maximum")
	f.DurationVar(&o.wanted.Latency, "latency", usual.Latency, "how long a call lasts")
	f.StringVar(&o.model, "model", "", "a model, or a profile, which names its path\n(default: Claude Haiku 4.5)")
	f.StringVar(&o.path, "path", "", "on-demand, geo, global or mantle\n(default: the first that the model has)")
	f.Int64Var(&o.requests, "requests-per-minute", 0, "the quota, instead of what is known")
	f.Int64Var(&o.tokens, "tokens-per-minute", 0, "the quota, instead of what is known")
	f.Int64Var(&o.day, "tokens-per-day", 0, "the quota, instead of what is known")
	_ = cmd.RegisterFlagCompletionFunc("model", completeModel(a))
	return o
}

// workload is the preset with what the flags change.
func (o *workloadFlags) workload() (advisor.Workload, error) {
	if o.requests < 0 || o.tokens < 0 || o.day < 0 {
		return advisor.Workload{}, usageError("", "a quota is at least 0")
	}
	w, ok := advisor.Preset(o.preset)
	if !ok {
		return w, usageError("", "--preset must be development, production or heavy, not %q", o.preset)
	}
	for name, set := range map[string]func(){
		"runs-per-minute": func() { w.RunsPerMinute = o.wanted.RunsPerMinute },
		"calls-per-run":   func() { w.CallsPerRun = o.wanted.CallsPerRun },
		"input-per-run":   func() { w.InputPerRun = o.wanted.InputPerRun },
		"output-per-run":  func() { w.OutputPerRun = o.wanted.OutputPerRun },
		"max-tokens":      func() { w.MaxTokens = o.wanted.MaxTokens },
		"latency":         func() { w.Latency = o.wanted.Latency },
	} {
		if o.cmd.Flags().Changed(name) {
			set()
		}
	}
	return w, nil
}

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
}

// rules is how the pool's model counts.
func (m *aim) rules() advisor.Model {
	return advisor.Model{Burndown: m.model.BurndownOn(m.pool.Path), MaxOutput: m.model.MaxOutput}
}

// aim finds the pool that the flags name, and its limits: those stated, else what
// AWS last said or the configuration has, else AWS's defaults.
func (o *workloadFlags) aim(ctx context.Context, a *app) (*aim, error) {
	cat, err := o.set.catalog(a)
	if err != nil {
		return nil, err
	}
	t, err := cat.Resolve(cmp.Or(o.model, usualModel), o.set.region(a))
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
	for _, s := range []struct {
		flag   string
		kind   quota.Kind
		amount int64
	}{
		{"requests-per-minute", quota.RequestsPerMinute, o.requests},
		{"tokens-per-minute", quota.TokensPerMinute, o.tokens},
		{"tokens-per-day", quota.TokensPerDay, o.day},
	} {
		if !o.cmd.Flags().Changed(s.flag) {
			continue
		}
		l := advisor.Limit{Kind: s.kind, Adjustable: true}
		for _, d := range defaults {
			if d.Kind == s.kind {
				l = d
			}
		}
		l.Amount = s.amount
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
	var found []advisor.Limit
	for _, r := range rows.Quotas {
		kind, ok := kindNamed(r.Limit)
		if !ok || r.Pool.Model != m.pool.Model {
			continue
		}
		if len(found) > 0 && r.Pool.Account != m.pool.Account {
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
		l.Amount, l.Code, l.Name = r.Applied, cmp.Or(r.Code, l.Code), cmp.Or(r.Name, l.Name)
		if r.Default != nil {
			l.Default = int64(*r.Default)
		}
		if r.Adjustable != nil {
			l.Adjustable = *r.Adjustable
		}
		found = append(found, l)
		m.source, m.asOf = string(r.Source), r.AsOf
	}
	if len(found) > 0 {
		m.limits = found
	}
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
		out = append(out, advisor.Other{Path: path, Limits: other.limits})
	}
	return out, nil
}

// published are AWS's defaults of a model along a path.
func published(c *catalog.Catalog, model llm.ModelID, path llm.Path) []advisor.Limit {
	var out []advisor.Limit
	for _, q := range c.Quotas(model, path) {
		kind, ok := kindNamed(string(q.Kind))
		if ok && q.Known && q.Until.IsZero() {
			out = append(out, advisor.Limit{
				Kind: kind, Amount: q.Limit(), Default: q.Default, Code: q.Code, Name: q.Name, Factor: q.Factor,
				Adjustable: q.Adjustable != catalog.AdjustableNo,
			})
		}
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
