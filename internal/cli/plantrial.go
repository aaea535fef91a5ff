package cli

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/headgate/headgate/internal/advisor"
	"github.com/headgate/headgate/internal/emulator/meter"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
	"github.com/headgate/headgate/internal/sim"
)

// trial lets the gateway's own pacing make a workload's runs in virtual time.
type trial struct {
	w      advisor.Workload
	rules  advisor.Model
	limits []advisor.Limit
	law    meter.Law
	learn  sim.Learning
	shapes [][]sim.Call // of runs, made again and again
	even   [][]sim.Call // runs of calls that are all alike
	varied bool         // shapes are not even
}

// question is what is asked of the simulator once.
type question struct {
	limits []advisor.Limit
	// runs are there at once, and their end is looked for; 0: runs come all the
	// time, and the rate is.
	runs   int64
	even   bool                // of the trial's two kinds of runs
	change func(*sim.Scenario) // nil: nothing
}

// answer is what came of it.
type answer struct {
	rate   float64       // runs a minute; 0 of those that are there at once
	finish time.Duration // of those; negative: never
	// limit is the one that is tightest where limits are tried apart.
	limit     quota.Kind
	runs      int64 // that were made
	scale     int64 // what limits and work were divided by
	minutes   float64
	throttles int64
}

func newTrial(o *workloadFlags, m *aim, w advisor.Workload, a *app) (*trial, error) {
	cfg, _, err := o.set.load(a)
	if err != nil {
		return nil, err
	}
	t := &trial{w: w, rules: m.rules(o.law), limits: m.limits, law: o.law, learn: sim.Learning(cfg.Quotas.Learn)}
	if w.CallsPerRun > mostCalls {
		return nil, usageError("", "--calls-per-run must be at most %d for a plan to be tried, not %v", mostCalls, w.CallsPerRun)
	}
	t.even = evenShapes(w, t.rules)
	t.shapes = t.even
	own := false
	for _, name := range []string{"calls-per-run", "input-per-run", "output-per-run", "max-tokens", "latency"} {
		own = own || o.cmd.Flags().Changed(name)
	}
	if o.recorded != nil && !own {
		t.shapes, t.varied = o.recorded.runs, true
	}
	return t, nil
}

// evenShapes are runs of calls that are all alike. Where a run has no whole number
// of calls, some have one more than others.
func evenShapes(w advisor.Workload, m advisor.Model) [][]sim.Call {
	runs := 1
	if w.CallsPerRun != math.Trunc(w.CallsPerRun) {
		runs = 100
	}
	most, lasts := w.MaxTokens, w.Latency
	if most == 0 {
		most = max(m.MaxOutput, 1)
	}
	if lasts == 0 {
		lasts = time.Minute
	}
	in, out := float64(w.InputPerRun)/w.CallsPerRun, float64(w.OutputPerRun)/w.CallsPerRun
	part := func(each float64, i int) int64 { // of call i, so that sums are right
		return int64(math.Floor(each*float64(i+1)+1e-9)) - int64(math.Floor(each*float64(i)+1e-9))
	}
	shapes := make([][]sim.Call, runs)
	for r := range shapes {
		for i := range part(w.CallsPerRun, r) {
			c := sim.Call{Input: part(in, int(i)), Output: part(out, int(i)), MaxTokens: most, Takes: lasts}
			c.Bytes = 4 * c.Input
			shapes[r] = append(shapes[r], c)
		}
	}
	return shapes
}

// world is limits that are tried together, and what they see of each call.
type world struct {
	limits []advisor.Limit
	see    func(sim.Call) sim.Call
	apart  quota.Kind // of the only limit, where it is tried apart
}

// worlds splits limits into those that are tried together. The mantle's limits of
// input and output count each a part of a call, and are tried one by one.
func worlds(limits []advisor.Limit) []world {
	same := world{see: func(c sim.Call) sim.Call { return c }}
	var all []world
	for _, l := range limits {
		switch l.Kind {
		case quota.InputTokensPerMinute:
			// Input + max_tokens is reserved, and the input is charged.
			all = append(all, world{limits: []advisor.Limit{l}, apart: l.Kind, see: func(c sim.Call) sim.Call {
				c.Output = 0
				return c
			}})
		case quota.OutputTokensPerMinute:
			// Nothing is reserved; Headgate keeps what it expects free all the same.
			all = append(all, world{limits: []advisor.Limit{l}, apart: l.Kind, see: func(c sim.Call) sim.Call {
				c.Input, c.Bytes, c.Output, c.MaxTokens = c.Output, 4*c.Output, 0, 0
				return c
			}})
		case quota.RequestsPerMinute, quota.TokensPerMinute, quota.TokensPerDay, quota.AccountTokensPerDay:
			same.limits = append(same.limits, l)
		}
	}
	if len(same.limits) > 0 {
		all = append([]world{same}, all...)
	}
	return all
}

// Bounds of a simulation: as many calls as take some ten milliseconds, and as
// long as it takes until the rate is steady.
const (
	fewCalls = 4000
	shortest = 20 * time.Minute
	longest  = 8 * time.Hour
	twoDays  = 49 * time.Hour
	// fewWhole is how many whole calls fit a limit at least that is scaled down, and
	// fewSpare how many one that is not near to binding.
	fewWhole, fewSpare = 50, 5
	// mostWork is how many calls a simulation makes at most: a few seconds' worth.
	mostWork = 500_000
	// mostCalls is the most calls of a run.
	mostCalls = 10_000
)

// trialPlan is one simulation of a question, and how to read it.
type trialPlan struct {
	c        sim.Case
	question int
	world    world
	formula  advisor.Forecast
	from, to time.Duration
	scale    int64
	runs     int64
	calls    float64 // of a run
}

// prepare makes the simulation of a world; false where nothing is let in at all.
// An error says that it would be too long.
func (t *trial) prepare(q question, wo world) (trialPlan, bool, error) {
	f, err := advisor.Plan(t.w, wo.limits, t.rules)
	if err != nil || f.RunsPerMinute <= 0 {
		return trialPlan{}, false, err
	}
	shapes := t.shapes
	if q.even {
		shapes = t.even
	}
	p := trialPlan{world: wo, formula: f, calls: meanCalls(shapes)}
	perMinute := f.RunsPerMinute * p.calls
	lasts := max(min(time.Duration(fewCalls/perMinute*float64(time.Minute)), longest), shortest, 8*t.w.Path())
	p.from, p.to = lasts/3, lasts
	offered := 1.5 // of what should fit
	if daily(f) {
		lasts, p.from, p.to, offered = twoDays, 24*time.Hour, 48*time.Hour, 1.1
	}
	work := perMinute * lasts.Minutes() * offered
	if q.runs > 0 {
		work = float64(q.runs) * p.calls
	}
	p.scale = scaleOf(work, q.runs, wo.limits, f)
	p.runs = int64(math.Ceil(f.RunsPerMinute * lasts.Minutes() * offered / float64(p.scale)))
	gap := time.Duration(float64(lasts) / float64(p.runs))
	if q.runs > 0 {
		p.runs, gap, lasts = min(max(q.runs/p.scale, 1), int64(math.Ceil(4*fewCalls/p.calls))), 0, 365*24*time.Hour
	}
	if work := float64(p.runs) * p.calls; work > mostWork {
		return p, false, usageError("A lower --latency, or fewer --calls-per-run, make it shorter.",
			"to try this takes %.0f calls, and %d at most are made: a run takes %v even if none of its calls waits", work, mostWork, t.w.Path())
	}
	s := sim.Scenario{Name: "plan", Burndown: max(t.rules.Burndown, 1), For: lasts, Limits: simulated(wo.limits, t.law, p.scale)}
	s.Pacer = sim.Belief{Learn: t.learn, MaxWait: 365 * 24 * time.Hour}
	if q.change != nil {
		q.change(&s)
	}
	p.c = sim.Case{Scenario: s, Trace: traceOf(shapes, wo.see, p.runs, gap), Policy: sim.Headgate, Seed: 1, Series: q.runs == 0}
	return p, true, nil
}

// daily reports whether a day's limit binds, and no other.
func daily(f advisor.Forecast) bool {
	b, _ := f.Binding()
	for _, o := range f.Bounds {
		if o.RunsPerDay == 0 && o.RunsPerMinute < 1.02*b.RunsPerMinute {
			return false
		}
	}
	return b.RunsPerDay > 0
}

// scaleOf is what a simulation is divided by so that it is short: as much as its
// limits bear without being rounded away.
func scaleOf(work float64, runs int64, limits []advisor.Limit, f advisor.Forecast) int64 {
	scale := int64(math.Ceil(work / (2 * fewCalls)))
	for i := range f.Bounds {
		b, few := &f.Bounds[i], int64(fewWhole)
		if b.RunsPerMinute > 2*f.RunsPerMinute {
			few = fewSpare
		}
		if b.By != advisor.ByRequests {
			scale = min(scale, b.Amount/(few*max(b.Least, 1)))
		}
	}
	if runs > 0 {
		scale = min(scale, runs/200)
	}
	for ; scale > 1; scale-- {
		if dividesWell(limits, scale) {
			return scale
		}
	}
	return 1
}

// dividesWell reports whether limits of requests stay what they are, within half
// of a percent, when they are divided.
func dividesWell(limits []advisor.Limit, scale int64) bool {
	for _, l := range limits {
		part := math.Round(float64(l.Amount) / float64(scale))
		if l.Kind == quota.RequestsPerMinute && (part < 2 || math.Abs(part*float64(scale)/float64(l.Amount)-1) > 0.005) {
			return false
		}
	}
	return true
}

// simulated are limits as the simulator has them. Of two limits a day, which count
// the same, the smaller is the one that matters.
func simulated(limits []advisor.Limit, law meter.Law, scale int64) []sim.Limit {
	var all []sim.Limit
	at := map[string]int{}
	for _, l := range limits {
		kind := quota.TokensPerMinute
		switch l.Kind {
		case quota.RequestsPerMinute, quota.TokensPerMinute, quota.TokensPerDay:
			kind = l.Kind
		case quota.AccountTokensPerDay:
			kind = quota.TokensPerDay
		case quota.InputTokensPerMinute, quota.OutputTokensPerMinute:
		}
		amount := max(int64(math.Round(float64(l.Amount)/float64(scale))), 1)
		if i, ok := at[kind.String()]; ok {
			all[i].Amount = min(all[i].Amount, amount)
			continue
		}
		at[kind.String()] = len(all)
		s := sim.Limit{Kind: kind.String(), Amount: amount}
		if kind.Window() == time.Minute {
			s.Law = law
		}
		all = append(all, s)
	}
	return all
}

// traceOf is so many runs, gap apart.
func traceOf(shapes [][]sim.Call, see func(sim.Call) sim.Call, runs int64, gap time.Duration) *sim.Trace {
	tr := &sim.Trace{Tenants: []sim.Tenant{{Name: "plan", Weight: 1}}}
	for i := range int(runs) {
		shape := shapes[i%len(shapes)]
		tr.Runs = append(tr.Runs, sim.Run{At: time.Duration(i) * gap, First: len(tr.Calls), N: len(shape), Class: llm.ClassStandard, Declared: true})
		for _, c := range shape {
			tr.Calls = append(tr.Calls, see(c))
		}
	}
	return tr
}

func meanCalls(shapes [][]sim.Call) float64 {
	n := 0
	for _, s := range shapes {
		n += len(s)
	}
	return float64(n) / float64(len(shapes))
}

// ask puts questions to the simulator, as many at once as there are processors.
// A limit that lets nothing in needs no simulation.
func (t *trial) ask(ctx context.Context, a *app, questions []question) ([]answer, error) {
	answers := make([]answer, len(questions))
	var plans []trialPlan
	var cases []sim.Case
	for i, q := range questions {
		answers[i] = answer{rate: math.Inf(1), scale: 1}
		for _, wo := range worlds(q.limits) {
			p, ok, err := t.prepare(q, wo)
			if err != nil {
				return nil, err
			}
			if !ok {
				answers[i].take(answer{finish: -1, limit: wo.apart, scale: 1})
				continue
			}
			p.question = i
			plans, cases = append(plans, p), append(cases, p.c)
		}
	}
	results := a.runCases(ctx, cases)
	if len(results) < len(cases) {
		return nil, fault.New(fault.Cancelled, "interrupted: %d of %d simulations were finished", len(results), len(cases))
	}
	for i, p := range plans {
		if bad := results[i].RunsOffered - results[i].RunsFinished; bad > 0 {
			return nil, fmt.Errorf("simulate the plan: %d of %d runs did not finish", bad, results[i].RunsOffered)
		}
		answers[p.question].take(p.read(&results[i], questions[p.question].runs))
	}
	return answers, nil
}

// take keeps of two worlds' answers the tighter.
func (a *answer) take(b answer) {
	a.throttles += b.throttles
	b.throttles = a.throttles
	switch {
	case a.finish < 0:
	case b.finish < 0, b.finish > a.finish, b.finish == 0 && b.rate < a.rate:
		*a = b
	}
}

// read is the answer of one simulation.
func (p *trialPlan) read(r *sim.Result, runs int64) answer {
	a := answer{limit: p.world.apart, scale: p.scale, runs: r.RunsFinished, throttles: r.Throttles, minutes: r.Makespan / 60}
	if runs > 0 {
		took := time.Duration(r.Makespan * float64(time.Second))
		if made := p.runs * p.scale; made < runs { // the formula goes on from there
			whole, ends := p.formula.Finish(runs)
			part, _ := p.formula.Finish(made)
			if took += whole - part; !ends {
				a.finish = -1
				return a
			}
		}
		a.finish = max(took, 1)
		return a
	}
	from, to := int(p.from/time.Minute), int(p.to/time.Minute)
	var begun int64
	for i := from; i < min(to, len(r.Series.Requests)); i++ {
		begun += r.Series.Requests[i]
	}
	a.rate = float64(begun) / float64(to-from) / p.calls * float64(p.scale)
	return a
}
