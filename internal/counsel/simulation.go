package counsel

import (
	"math"
	"time"

	"github.com/headgate/headgate/internal/advisor"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
	"github.com/headgate/headgate/internal/sim"
)

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
		return p, false, fault.WithCure(fault.New(fault.Invalid,
			"to try this takes %.0f calls, and %d at most are made: a run takes %v even if none of its calls waits", work, mostWork, t.w.Path()),
			"A lower %s, or fewer %s, make it shorter.", t.spell("latency"), t.spell("calls_per_run"))
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
func simulated(limits []advisor.Limit, law sim.Law, scale int64) []sim.Limit {
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
