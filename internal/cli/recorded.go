package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/advisor"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/sim"
)

// recorded is a workload as the ledger has measured it. Means are over all of
// its calls; times are nominal, as if time were not scaled.
type recorded struct {
	Since time.Time `json:"since"`
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
	Runs  int64     `json:"runs"`
	Calls int64     `json:"calls"`
	// Single counts calls that belong to no run: each is taken as a run of its own.
	Single int64 `json:"calls_without_run"`
	// Unset counts calls without max_tokens: they reserve the model's maximum.
	Unset      int64   `json:"calls_without_max_tokens"`
	Input      float64 `json:"input_tokens_per_run"`
	CacheRead  float64 `json:"cache_read_tokens_per_run"`
	CacheWrite float64 `json:"cache_write_tokens_per_run"`
	Output     float64 `json:"output_tokens_per_run"`
	Latency    float64 `json:"latency_s"`

	workload advisor.Workload
	runs     [][]sim.Call // the newest, calls oldest first
}

// text says what the workload rests on.
func (r *recorded) text() string {
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

// mostShapes bounds how many recorded runs the simulator makes again.
const mostShapes = 2000

// tally adds up calls.
type tally struct {
	recorded
	usage          llm.Usage
	reserved, took float64
	index          map[string]int // of runs, by tenant and id
	pools          map[llm.Pool]bool
	scale          float64
	model          func(llm.Pool) int64 // its most output
}

// record measures the workload from the ledger, and with it the model, the path and
// the Region that are not named.
func (o *workloadFlags) record(ctx context.Context, a *app) error {
	cat, err := o.set.catalog(a)
	if err != nil {
		return err
	}
	t := &tally{index: map[string]int{}, pools: map[llm.Pool]bool{}, model: func(p llm.Pool) int64 { return cat.Assume(p.Model).MaxOutput }}
	model, path := o.model, llm.Path(o.path)
	if target, err := cat.Resolve(o.model, o.set.region(a)); err == nil && o.model != "" {
		model = string(target.Model)
		if path == "" && o.model != model {
			path = target.Path
		}
	}
	region := llm.Region("")
	if o.cmd.Flags().Changed("upstream.region") {
		region = o.set.region(a)
	}
	t.Since, err = a.answered(ctx, o.set, o.ago, model, func(e ledger.Entry, _ time.Time, scale float64) {
		if e.Attempts > 0 && e.Operation.Metered() && (path == "" || e.Pool.Path == path) && (region == "" || e.Pool.Region == region) {
			t.scale = scale
			t.add(e)
		}
	})
	if err != nil {
		return err
	}
	if t.Calls == 0 {
		return withHint(noAnswers(t.Since), "state the workload, for example --preset production, or reach further back with --from-ledger")
	}
	pool, err := t.pool()
	if err != nil {
		return err
	}
	o.model, o.path, o.region = string(pool.Model), string(pool.Path), pool.Region
	o.recorded = t.sum()
	return nil
}

// add counts one more call, older than those before.
func (t *tally) add(e ledger.Entry) {
	pool := e.Pool
	pool.Account = ""
	t.pools[pool] = true
	if t.Calls++; t.Calls == 1 {
		t.Last = e.Time
	}
	t.First = e.Time
	most := e.MaxTokens
	switch most {
	case ledger.UnsetTokens:
		t.Unset++
		most = t.model(pool)
	case 0: // kept by an older gateway
		most = max(e.Hold-e.Usage.Input-e.Usage.CacheWrite, e.Usage.Output)
	}
	lasted := max(e.Latency-e.Queued, 0).Seconds() * t.scale
	t.usage.Input += e.Usage.Input
	t.usage.Output += e.Usage.Output
	t.usage.CacheRead += e.Usage.CacheRead
	t.usage.CacheWrite += e.Usage.CacheWrite
	t.reserved += float64(most)
	t.took += lasted
	call := sim.Call{
		Input: e.Usage.Input + e.Usage.CacheWrite, Bytes: 4 * (e.Usage.Input + e.Usage.CacheWrite), Output: e.Usage.Output,
		MaxTokens: max(most, e.Usage.Output, 1), Takes: time.Duration(lasted * float64(time.Second)),
	}
	t.place(e, call)
}

// place puts a call into its run.
func (t *tally) place(e ledger.Entry, call sim.Call) {
	key := string(e.Tenant) + "\x00" + string(e.Run)
	i, ok := t.index[key]
	if e.Run == "" {
		t.Single++
		ok = false
	}
	if !ok {
		i = int(t.Runs)
		t.Runs++
		if e.Run != "" {
			t.index[key] = i
		}
		if i < mostShapes {
			t.runs = append(t.runs, nil)
		}
	}
	if i < mostShapes {
		t.runs[i] = append(t.runs[i], call)
	}
}

// pool is the only one that was called.
func (t *tally) pool() (llm.Pool, error) {
	var names []string
	var found llm.Pool
	for p := range t.pools {
		names = append(names, argument(p))
		found = p
	}
	if len(names) > 1 {
		slices.Sort(names)
		return found, usageError("Choose with --model, --path and --upstream.region.", "the ledger has calls to %d pools, and limits are of one: %s", len(names), strings.Join(names, ", "))
	}
	return found, nil
}

// sum is the workload of all that was added.
func (t *tally) sum() *recorded {
	r := t.recorded
	runs, all := float64(r.Runs), float64(r.Calls)
	r.Input, r.Output = float64(t.usage.Input)/runs, float64(t.usage.Output)/runs
	r.CacheRead, r.CacheWrite = float64(t.usage.CacheRead)/runs, float64(t.usage.CacheWrite)/runs
	r.Latency = t.took / all
	span := max(r.Last.Sub(r.First).Minutes()*t.scale, 1)
	r.workload = advisor.Workload{
		RunsPerMinute: runs / span, CallsPerRun: all / runs,
		InputPerRun: whole(r.Input + r.CacheWrite), OutputPerRun: whole(r.Output),
		MaxTokens: whole(t.reserved / all), Latency: max(time.Duration(r.Latency*float64(time.Second)), time.Millisecond), // 0 would be a minute
	}
	r.workload.Basis = fmt.Sprintf("%s (%s) of the ledger from %s to %s", runsOf(r.Runs), calls(r.Calls), r.First.UTC().Format(time.RFC3339), r.Last.UTC().Format(time.RFC3339))
	if r.Unset == r.Calls {
		r.workload.MaxTokens = 0
	}
	for i := range r.runs {
		slices.Reverse(r.runs[i])
	}
	return &r
}
