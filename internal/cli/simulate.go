package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/emulator/meter"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/quota"
	"github.com/headgate/headgate/internal/sim"
)

// simulation is the flags of simulate.
type simulation struct {
	trace, chart string
	ago          string // how much of the ledger
	model        string
	set          *settings // of the ledger

	preset, file   string
	policies, laws []string
	loads          []float64
	seeds          int
	seed           uint64
	requests       int64
	tokens         int64
	day            int64
	agents         int
	duration       time.Duration
	deadline       time.Duration
	memory         string
	changed        func(flag string) bool
}

func newSimulateCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "What a workload would gain, in virtual time",
		Long: "Simulates a workload on limits as they may be enforced, once for each policy.\n" +
			"The pacing is the gateway's own code; a day of traffic takes seconds. Nothing\n" +
			"is called.\n\n" +
			"Policies: headgate; headgate-fifo, in order of arrival; fifo, which refuses\n" +
			"nothing either; sdk-standard, sdk-adaptive, sdk-adaptive-per-process,\n" +
			"botocore-legacy and fixed (2, 4, 8, 16, 32 s) retry on their own; token-bucket\n" +
			"has a bucket of Q/N in each of N processes; even-85 spaces calls evenly at\n" +
			"85 %; srpt is an oracle that sees sizes and limits, an end to compare with.\n\n" +
			"Laws: bucket and bucket:5s refill all the time, fixed and fixed:random count\n" +
			"minutes of the clock, first counts from a first call, sliding the last minute,\n" +
			"counter estimates that; dual:2s is two buckets, shards:4 are four.",
		Example: `# what would 40 agents gain on two requests a minute?
headgate simulate --agents 40 --requests-per-minute 2

# runs of very different sizes with ten minutes each, at three loads
headgate simulate --preset heavy-tailed --load 0.9,1.1,1.3 --seeds 10

# how the answer depends on how Bedrock enforces the limit
headgate simulate --preset tenants --law bucket,sliding --policy srpt,fixed

# a scenario of your own, and yesterday's calls under another quota
headgate simulate --file scenario.yaml -o json
headgate simulate --from-ledger 24h --tokens-per-minute 400000`,
		Args: exactly(),
	}
	out := newOutput(cmd)
	o := &simulation{changed: cmd.Flags().Changed, set: newSettings(cmd)}
	f := cmd.Flags()
	f.StringVar(&o.preset, "preset", "agents", "workload: agents, heavy-tailed, steady,\nspiky, mixed or tenants")
	f.StringVar(&o.file, "file", "", "scenario file, YAML or JSON, in place of a preset")
	f.StringVar(&o.trace, "trace", "", "replay calls of a JSONL file")
	f.StringVar(&o.ago, "from-ledger", "", "replay the calls of the ledger since, such as 24h")
	f.StringVar(&o.model, "model", "", "a model of the catalog, for its burndown and to\nchoose calls of the ledger by")
	f.StringVar(&o.chart, "chart", "", "draw the first law and load into this SVG file")
	f.StringSliceVar(&o.policies, "policy", nil, "who paces (default headgate, headgate-fifo,\nsdk-standard and botocore-legacy)")
	f.StringSliceVar(&o.laws, "law", nil, "how limits per minute are enforced\n(default: as the scenario says)")
	f.Float64SliceVar(&o.loads, "load", nil, "work offered ÷ the tightest limit")
	f.IntVar(&o.seeds, "seeds", 1, "how many times with other random numbers")
	f.Uint64Var(&o.seed, "seed", 1, "the first seed")
	f.Int64Var(&o.requests, "requests-per-minute", 0, "limit of requests")
	f.Int64Var(&o.tokens, "tokens-per-minute", 0, "limit of tokens")
	f.Int64Var(&o.day, "tokens-per-day", 0, "limit of tokens a day")
	f.IntVar(&o.agents, "agents", 0, "agents of the workload")
	f.DurationVar(&o.duration, "for", 0, "how long work arrives")
	f.DurationVar(&o.deadline, "deadline", 0, "time that each run has")
	f.StringVar(&o.memory, "max-memory", "1GiB", "refuse what would need more")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return a.simulate(cmd.Context(), o, out)
	}
	return cmd
}

// usualPolicies are those that are compared when nothing is said.
func usualPolicies() []string {
	return []string{string(sim.Headgate), string(sim.HeadgateFIFO), string(sim.SDKStandard), string(sim.BotocoreLegacy)}
}

// simulationReport is what json and yaml print.
type simulationReport struct {
	Summaries []sim.Summary `json:"summaries"`
	Results   []sim.Result  `json:"results"`
}

func (a *app) simulate(ctx context.Context, o *simulation, out *output) error {
	cases, err := a.simulationCases(ctx, o)
	if err != nil {
		return err
	}
	if o.chart != "" {
		if err := checkChart(o.chart); err != nil {
			return err
		}
		for i := range cases {
			cases[i].Series = cases[i].Seed == o.seed && sameCurves(&cases[i].Scenario, &cases[0].Scenario)
		}
	}
	results := a.runCases(ctx, cases)
	if len(results) > 0 {
		if err := a.showSimulation(o, out, results); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return fault.New(fault.Cancelled, "interrupted: %d of %d simulations were finished", len(results), len(cases))
	}
	return nil
}

// showSimulation draws what is to be drawn and prints the rest.
func (a *app) showSimulation(o *simulation, out *output, results []sim.Result) error {
	if o.chart != "" {
		if err := os.WriteFile(filepath.Clean(o.chart), simulationChart(results), 0o644); err != nil { //nolint:gosec // a picture for everyone
			return fmt.Errorf("write chart: %w", err)
		}
		for i := range results {
			results[i].Series = nil
		}
	}
	if out.format.value == "csv" {
		return out.print(a, results, nil)
	}
	report := simulationReport{Summaries: sim.Summarise(results), Results: results}
	return out.print(a, report, func(s *screen) { simulationTable(s, report.Summaries) })
}

// scenario is what the flags and the file say.
func (o *simulation) scenario() (sim.Scenario, error) {
	if err := o.contradiction(); err != nil {
		return sim.Scenario{}, err
	}
	var s sim.Scenario
	var err error
	switch {
	case o.file == "" && o.replays():
		s.Name = "trace"
	case o.file == "":
		s, err = sim.Preset(o.preset)
	default:
		var text []byte
		if text, err = os.ReadFile(filepath.Clean(o.file)); err != nil {
			return sim.Scenario{}, fmt.Errorf("read scenario: %w", err)
		}
		if s, err = sim.ParseScenario(text); err != nil {
			return sim.Scenario{}, fmt.Errorf("%s: %w", o.file, err)
		}
		if s.Name == "" {
			s.Name = filepath.Base(o.file)
		}
	}
	if err == nil {
		err = o.apply(&s)
	}
	return s, err
}

// replays reports whether calls that were made are made again.
func (o *simulation) replays() bool { return o.trace != "" || o.ago != "" }

// contradiction finds flags that cannot both be meant.
func (o *simulation) contradiction() error {
	const hint = "Leave one of them out."
	switch {
	case o.file != "" && o.changed("preset"):
		return usageError(hint, "--preset and --file both name the workload")
	case o.trace != "" && o.ago != "":
		return usageError(hint, "--trace and --from-ledger both name the calls")
	case o.replays() && o.changed("preset"):
		return usageError(hint, "--preset makes calls, and --trace and --from-ledger have them already")
	case o.replays() && o.changed("load"):
		return usageError("Change the limits instead.", "--load: calls that were made arrive when they did")
	case o.replays() && o.changed("agents"):
		return usageError("", "--agents: a trace has the agents that it has")
	}
	return nil
}

// apply puts flags over a scenario.
func (o *simulation) apply(s *sim.Scenario) error {
	o.limit(s, "requests-per-minute", quota.RequestsPerMinute, o.requests)
	o.limit(s, "tokens-per-minute", quota.TokensPerMinute, o.tokens)
	o.limit(s, "tokens-per-day", quota.TokensPerDay, o.day)
	if o.changed("for") {
		s.For = o.duration
		if s.For <= 0 {
			return usageError("", "--for must be above 0, not %v", o.duration)
		}
	}
	if o.changed("deadline") {
		for i := range s.Workload {
			s.Workload[i].Deadline = o.deadline
		}
	}
	if !o.changed("agents") {
		return nil
	}
	if o.agents < 1 {
		return usageError("", "--agents must be at least 1, not %d", o.agents)
	}
	found := false
	for i := range s.Workload {
		switch arrival := &s.Workload[i].Arrival; arrival.Kind {
		case sim.Closed:
			arrival.Agents, found = o.agents, true
		case sim.Spike:
			if arrival.Every == 0 {
				arrival.Runs, found = o.agents, true
			}
		case sim.Poisson, sim.Even:
		}
	}
	if !found {
		return usageError("Scale its load with --load, or choose --preset agents.", "--agents: %s has no agents, its work arrives at a rate", s.Name)
	}
	s.Processes = o.agents
	return nil
}

// limit sets or adds the limit of a kind if its flag was given.
func (o *simulation) limit(s *sim.Scenario, flag string, kind quota.Kind, amount int64) {
	if !o.changed(flag) {
		return
	}
	for i := range s.Limits {
		if s.Limits[i].Kind == kind.String() {
			s.Limits[i].Amount = amount
			return
		}
	}
	s.Limits = append(s.Limits, sim.Limit{Kind: kind.String(), Amount: amount})
}

// mostCases bounds how many simulations one command makes.
const mostCases = 100_000

// simulationCases multiplies policies, laws, loads and seeds, checked.
func (a *app) simulationCases(ctx context.Context, o *simulation) ([]sim.Case, error) {
	base, err := o.scenario()
	if err != nil {
		return nil, err
	}
	records, err := a.records(ctx, o, &base)
	if err != nil {
		return nil, err
	}
	var memory config.ByteSize
	if err := memory.UnmarshalText([]byte(o.memory)); err != nil {
		return nil, usageError("", "--max-memory %v", err)
	}
	policies, err := o.policyList()
	if err != nil {
		return nil, err
	}
	scenarios, err := o.variants(base)
	if err != nil {
		return nil, err
	}
	if n := len(scenarios) * len(policies); o.seeds < 1 || o.seeds > mostCases/n {
		return nil, usageError("", "--seeds must be at least 1, and policies × laws × loads × seeds at most %d", mostCases)
	}
	var cases []sim.Case
	for _, s := range scenarios {
		traces, err := o.traces(&s, records)
		if err != nil {
			return nil, err
		}
		// As many simulations run at once as there are processors.
		if err := sim.Check(s, traces[0], int64(memory)/int64(min(runtime.GOMAXPROCS(0), o.seeds*len(policies)))); err != nil {
			return nil, err
		}
		for _, p := range policies {
			for i := range o.seeds {
				cases = append(cases, sim.Case{Scenario: s, Trace: traces[i%len(traces)], Policy: p, Seed: o.seed + uint64(i)})
			}
		}
	}
	return cases, nil
}

// traces are the calls to be replayed, with each seed; one that is nil when
// they are to be drawn.
func (o *simulation) traces(s *sim.Scenario, records []sim.Record) ([]*sim.Trace, error) {
	if !o.replays() {
		return []*sim.Trace{nil}, nil
	}
	t, err := sim.Replay(*s, records, o.seed)
	if err != nil {
		return nil, err
	}
	if s.For == 0 {
		s.For = t.Span() + time.Second
	}
	t = t.Until(s.For)
	if o.changed("deadline") {
		for i := range t.Runs {
			t.Runs[i].Deadline = o.deadline
		}
	}
	return []*sim.Trace{t}, nil
}

func (o *simulation) policyList() ([]sim.Policy, error) {
	if len(o.policies) == 0 {
		o.policies = usualPolicies()
	}
	var policies []sim.Policy
	for _, name := range o.policies {
		p, err := sim.ParsePolicy(name)
		if err != nil {
			return nil, err
		}
		policies = append(policies, p)
	}
	return policies, nil
}

// variants are the scenario under each law at each load.
func (o *simulation) variants(base sim.Scenario) ([]sim.Scenario, error) {
	under := []sim.Scenario{base}
	if o.changed("law") {
		under = nil
		for _, text := range o.laws {
			var law meter.Law
			if err := law.UnmarshalText([]byte(text)); err != nil {
				return nil, usageError("", "--law: %v", err)
			}
			under = append(under, base.Under(law))
		}
	}
	if !o.changed("load") {
		return under, nil
	}
	var all []sim.Scenario
	for _, s := range under {
		for _, load := range o.loads {
			if !(load > 0) {
				return nil, usageError("", "--load must be above 0, not %v", load)
			}
			s.Load = load
			all = append(all, s)
		}
	}
	return all, nil
}
