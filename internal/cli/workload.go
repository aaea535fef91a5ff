package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/advisor"
	"github.com/headgate/headgate/internal/emulator/meter"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
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

	law      meter.Law
	recorded *recorded  // nil: the workload is stated
	region   llm.Region // of the recorded calls
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
const usualPreset = "production"

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

// workload is what the ledger or the preset has, with what the flags change.
func (o *workloadFlags) workload() (advisor.Workload, error) {
	w, ok := advisor.Preset(o.preset)
	if !ok {
		return w, usageError("", "--preset must be development, production or heavy, not %q", o.preset)
	}
	if o.recorded != nil {
		w = o.recorded.workload
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
	w.Runs, w.Within = o.wanted.Runs, o.wanted.Within
	if w.Within > 0 {
		w.RunsPerMinute = float64(w.Runs) / w.Within.Minutes()
	}
	return w, nil
}

// workloadReport is what is said of a workload and of the pool that it meets.
type workloadReport struct {
	Pool     llm.Pool         `json:"pool"`
	Workload advisor.Workload `json:"workload"`
	// Recorded is what the workload rests on, null where it is stated.
	Recorded *recorded `json:"recorded"`
	// Source is where the limits are from, and AsOf when AWS was asked.
	Source string     `json:"quotas_from"`
	AsOf   *time.Time `json:"quotas_as_of"`
	// Law is how limits per minute are taken to be enforced.
	Law   string   `json:"law"`
	Notes []string `json:"notes"`
}

// read is all that the flags say: the workload, the pool with its limits, and
// what is to be said of both.
func (o *workloadFlags) read(ctx context.Context, a *app) (*aim, workloadReport, error) {
	if err := o.check(); err != nil {
		return nil, workloadReport{}, err
	}
	if o.ago != "" {
		if err := o.record(ctx, a); err != nil {
			return nil, workloadReport{}, err
		}
	}
	w, err := o.workload()
	if err != nil {
		return nil, workloadReport{}, err
	}
	m, err := o.aim(ctx, a)
	if err != nil {
		return nil, workloadReport{}, err
	}
	if len(m.limits) == 0 {
		return nil, workloadReport{}, withHint(noQuota(m.pool), "state one, for example --%s", o.example(m.pool.Path))
	}
	r := workloadReport{Pool: m.pool, Workload: w, Recorded: o.recorded, Source: m.source, AsOf: m.asOf, Law: o.law.String()}
	r.Notes, err = o.notes(ctx, a, m)
	return m, r, err
}

func (o *workloadFlags) example(path llm.Path) string {
	if path == llm.PathMantle {
		return "input-tokens-per-minute 1000000 --output-tokens-per-minute 200000"
	}
	return "requests-per-minute 100"
}

// facts are what a table says below itself of the workload and the quotas.
func (r *workloadReport) facts() [][2]string {
	w := r.Workload
	fields := [][2]string{
		{"pool", argument(r.Pool)},
		{"quotas", quotasFrom(r.Source, r.AsOf)},
		{"run", fmt.Sprintf("%.4g calls of %s, %s tokens in and %s out, max_tokens %s",
			w.CallsPerRun, duration(w.Latency), thousands(w.InputPerRun), thousands(w.OutputPerRun), unset(w.MaxTokens))},
	}
	if r.Recorded != nil {
		fields = append(fields, [2]string{"measured", r.Recorded.text()})
	}
	if w.Within > 0 {
		return append(fields, [2]string{"wanted", fmt.Sprintf("%s in %s", runsOf(w.Runs), duration(w.Within))})
	}
	return append(fields, [2]string{"wanted", rate(w.RunsPerMinute) + " runs a minute"})
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
