package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/advisor"
	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/counsel"
	"github.com/headgate/headgate/internal/daemon"
	"github.com/headgate/headgate/internal/emulator/meter"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
	"github.com/headgate/headgate/internal/sim"
)

// workloadFlags state a workload, and the quotas that it meets.
type workloadFlags struct {
	preset, model, path, by string
	ago                     string // how much of the ledger
	lawText                 string
	wanted                  advisor.Workload
	quotas                  [quota.Kinds]int64
	set                     *settings
	cmd                     *cobra.Command

	law meter.Law
}

func newWorkloadFlags(a *app, cmd *cobra.Command) *workloadFlags {
	o := &workloadFlags{set: newSettings(cmd, "data_dir"), cmd: cmd}
	usual, _ := advisor.Preset(usualPreset)
	f := cmd.Flags()
	f.StringVar(&o.preset, "preset", usualPreset, "development, production or heavy; changed by\nthe flags below")
	f.StringVar(&o.ago, "from-ledger", "", "the workload that the ledger has measured since,\nsuch as 24h; changed by the flags below")
	f.Float64Var(&o.wanted.RunsPerMinute, "runs-per-minute", 0, "runs a minute that are wanted\n(default: those of the preset or the ledger)")
	f.Int64Var(&o.wanted.Runs, "runs", 0, "how many runs are to be done, all at once")
	f.StringVar(&o.by, "by", "", "until when all runs are to be done: in 2h, or at\n2026-11-23T06:00:00Z")
	f.Float64Var(&o.wanted.CallsPerRun, "calls-per-run", usual.CallsPerRun, "calls of a run")
	f.Int64Var(&o.wanted.InputPerRun, "input-per-run", usual.InputPerRun, "input tokens of a run, less cached ones")
	f.Int64Var(&o.wanted.OutputPerRun, "output-per-run", usual.OutputPerRun, "output tokens of a run")
	f.Int64Var(&o.wanted.MaxTokens, "max-tokens", usual.MaxTokens, "max_tokens of a call; 0: not set, which reserves\nthe model's maximum")
	f.DurationVar(&o.wanted.Latency, "latency", usual.Latency, "how long a call lasts")
	f.StringVar(&o.model, "model", "", "a model, or a profile, which names its path\n(default: Claude Haiku 4.5)")
	f.StringVar(&o.path, "path", "", "on-demand, geo, global or mantle\n(default: the first that the model has)")
	for k := range quota.Kind(quota.Kinds) {
		f.Int64Var(&o.quotas[k], flagOf(k), 0, "the quota, instead of what is known")
	}
	f.StringVar(&o.lawText, "law", "sliding", "how limits per minute are enforced: sliding is\nsafe under any law, bucket gives more")
	_ = cmd.RegisterFlagCompletionFunc("model", completeModel(a))
	return o
}

// usualPreset is the one that is meant when none is named.
const usualPreset = counsel.UsualPreset

// flagOf is the flag that states a quota.
func flagOf(k quota.Kind) string { return strings.ReplaceAll(k.String(), "_", "-") }

// check finds what is wrong with the flags by themselves.
func (o *workloadFlags) check() error {
	for k, amount := range o.quotas {
		if amount < 0 {
			return usageError("", "--%s: a quota is at least 0", flagOf(quota.Kind(k)))
		}
	}
	if err := o.law.UnmarshalText([]byte(o.lawText)); err != nil {
		return usageError("", "--law: %v", err)
	}
	changed := o.cmd.Flags().Changed
	switch {
	case changed("from-ledger") && changed("preset"):
		return usageError("Leave one of them out.", "--preset and --from-ledger both name the workload")
	case changed("runs") && o.wanted.Runs <= 0:
		return usageError("", "--runs must be at least 1, not %d", o.wanted.Runs)
	case changed("by") && !changed("runs"):
		return usageError("for example --runs 1000 --by 2h", "--by is when how many runs are to be done? --runs is missing")
	case changed("by") && changed("runs-per-minute"):
		return usageError("Leave one of them out.", "--by and --runs-per-minute both say how fast runs are to be done")
	}
	var err error
	o.wanted.Within, err = o.within(time.Now())
	return err
}

// within is how long the runs have; 0: as long as they take.
func (o *workloadFlags) within(now time.Time) (time.Duration, error) {
	if o.by == "" {
		return 0, nil
	}
	const hint = "for example --by 2h, or --by 2026-11-23T06:00:00Z"
	d, err := parseAgo(strings.TrimPrefix(o.by, "-"))
	if err != nil {
		at, err := parseInstant(o.by, now)
		if err != nil {
			return 0, usageError(hint, "--by: %q is neither how long from now (2h, 1d) nor a time", o.by)
		}
		d = at.Sub(now)
	} else if strings.HasPrefix(o.by, "-") {
		d = -d
	}
	if d <= 0 {
		return 0, usageError(hint, "--by: %s is past", o.by)
	}
	return d, nil
}

// query is all that the flags say.
func (o *workloadFlags) query(a *app) (counsel.Query, error) {
	if err := o.check(); err != nil {
		return counsel.Query{}, err
	}
	changed := o.cmd.Flags().Changed
	q := counsel.Query{Model: o.model, Path: llm.Path(o.path), Within: o.wanted.Within, Law: o.law, Quotas: map[quota.Kind]int64{}, Spelled: flagNamed}
	if changed("preset") {
		q.Preset = o.preset
	}
	if o.ago != "" {
		var err error
		if q.Recorded, err = parseInstant(o.ago, time.Now()); err != nil {
			return q, usageError("", "--from-ledger: %v", err)
		}
	}
	if changed("upstream.region") {
		q.Region = o.set.region(a)
	}
	for name, set := range map[string]func(){
		"runs-per-minute": func() { q.RunsPerMinute = &o.wanted.RunsPerMinute },
		"calls-per-run":   func() { q.CallsPerRun = &o.wanted.CallsPerRun },
		"input-per-run":   func() { q.InputPerRun = &o.wanted.InputPerRun },
		"output-per-run":  func() { q.OutputPerRun = &o.wanted.OutputPerRun },
		"max-tokens":      func() { q.MaxTokens = &o.wanted.MaxTokens },
		"latency":         func() { q.Latency = &o.wanted.Latency },
		"runs":            func() { q.Runs = &o.wanted.Runs },
	} {
		if changed(name) {
			set()
		}
	}
	for k := range quota.Kind(quota.Kinds) {
		if changed(flagOf(k)) {
			q.Quotas[k] = o.quotas[k]
		}
	}
	return q, nil
}

// flagNamed is the flag of a parameter.
func flagNamed(parameter string) string {
	if parameter == "region" {
		return "--upstream.region"
	}
	return "--" + strings.ReplaceAll(parameter, "_", "-")
}

// consult finds the workload and the pool that the flags name.
func (o *workloadFlags) consult(ctx context.Context, a *app) (*counsel.Matter, error) {
	q, err := o.query(a)
	if err != nil {
		return nil, err
	}
	c, err := o.counsel(a)
	if err != nil {
		return nil, err
	}
	return c.Consult(ctx, q)
}

// counsel answers by the configuration and its data folder.
func (o *workloadFlags) counsel(a *app) (*counsel.Counsel, error) {
	cfg, _, err := o.set.load(a)
	if err != nil {
		return nil, err
	}
	cat, err := loadCatalog(cfg)
	if err != nil {
		return nil, err
	}
	k := daemon.NewKnowledge(cfg, cat)
	k.Skipped = func(n int) { fmt.Fprintf(a.err, "headgate: %s without an answer left out\n", count(n, "call")) }
	return counsel.New(counsel.Options{
		Source: asking{k, a, cfg}, Catalog: cat, Region: o.set.region(a), Learn: sim.Learning(cfg.Quotas.Learn), Simulate: a.runCases,
		Warn: func(err error) { printWarning(a, err) },
	}), nil
}

// asking is what is known, with words on standard error where AWS is asked.
type asking struct {
	*daemon.Knowledge
	a   *app
	cfg config.Config
}

// Ask asks AWS, and says so.
func (k asking) Ask(ctx context.Context, region llm.Region) (bool, error) {
	if k.cfg.Quotas.Source == config.QuotasStatic {
		return false, nil
	}
	p := &place{region: region}
	k.a.askAWS(ctx, k.cfg, []*place{p}, false)
	k.Forget()
	if p.err != nil {
		return false, p.unaskable()
	}
	return true, nil
}

// workloadFacts are what a table says below itself of the workload and the quotas.
func workloadFacts(r *counsel.Report) [][2]string {
	w := r.Workload
	fields := [][2]string{
		{"pool", argument(r.Pool)},
		{"quotas", quotasFrom(r.Source, r.AsOf)},
		{"run", fmt.Sprintf("%.4g calls of %s, %s tokens in and %s out, max_tokens %s",
			w.CallsPerRun, duration(w.Latency), thousands(w.InputPerRun), thousands(w.OutputPerRun), unset(w.MaxTokens))},
	}
	if r.Recorded != nil {
		fields = append(fields, [2]string{"measured", recordedText(r.Recorded)})
	}
	if w.Within > 0 {
		return append(fields, [2]string{"wanted", fmt.Sprintf("%s in %s", runsOf(w.Runs), duration(w.Within))})
	}
	return append(fields, [2]string{"wanted", rate(w.RunsPerMinute) + " runs a minute"})
}

// recordedText says what the workload rests on.
func recordedText(r *counsel.Recorded) string {
	text := fmt.Sprintf("%s (%s) since %s, each with %.4g tokens in, %.4g read from the cache and %.4g written to it, %.4g out",
		runsOf(r.Runs), calls(r.Calls), instant(r.Since), r.Input, r.CacheRead, r.CacheWrite, r.Output)
	if r.Single > 0 {
		text += fmt.Sprintf("; %s belonged to no run, and each is taken as one", calls(r.Single))
	}
	if r.Unset > 0 {
		text += fmt.Sprintf("; %s named no max_tokens", calls(r.Unset))
	}
	return text
}

func unset(maxTokens int64) string {
	if maxTokens == 0 {
		return "not set"
	}
	return thousands(maxTokens)
}

func runsOf(n int64) string {
	if n == 1 {
		return "1 run"
	}
	return thousands(n) + " runs"
}
