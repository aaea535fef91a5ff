package suites

import (
	"slices"
	"time"

	"github.com/headgate/headgate/internal/emulator/meter"
	"github.com/headgate/headgate/internal/quota"
	"github.com/headgate/headgate/internal/sim"
)

const (
	// liveScale makes a minute last a second: the suite ends within minutes, and a
	// millisecond is still a thousandth of a window.
	liveScale = 60
	// agreement is how far a live figure may be from the simulated one.
	agreement = 0.03
	// liveTokens a minute are the token limit: a call of 2,500 is 0.5 % of it, so
	// that two hundred are made in a nominal minute, which is a real second.
	liveTokens = 500_000
)

// played is a scenario that is both simulated and played, by some policies at
// once: each has an account of its own.
type played struct {
	scenario sim.Scenario
	policies []sim.Policy
	// apart says how far metrics may be from their simulation that more than
	// limits decides, and why.
	apart []leeway
}

// leeway is more room than agreement, for some metrics and a policy.
type leeway struct {
	policy  sim.Policy // empty: any
	metrics []string
	part    float64
	why     string
}

// allowed is how far a metric may be from its simulation, and why if it is more
// than agreement.
func (p played) allowed(policy sim.Policy, metric string) (part float64, why string) {
	for _, l := range p.apart {
		if (l.policy == "" || l.policy == policy) && slices.Contains(l.metrics, metric) {
			return l.part, l.why
		}
	}
	return agreement, ""
}

// piling is of cases in which work piles up.
func piling() leeway {
	return leeway{"", []string{"mean", "p95"}, 0.15, "times of runs may be 15 % apart: work piles up, and a rate that is one per cent lower lengthens the mean wait by several"}
}

// liveCases are shorter when quick.
func liveCases(quick bool) ([]played, error) {
	few, err := cutDown("agents", "ten agents, two requests a minute", 30*time.Minute)
	if err != nil {
		return nil, err
	}
	few.Workload[0].Arrival.Runs = 10
	length, runs := 12*time.Minute, 20*time.Minute
	arms := []sim.Policy{sim.Headgate, sim.HeadgateFIFO, sim.Fixed}
	if quick { // in so few calls, those that retry are nothing but chance
		few.Workload[0].Calls.Least, arms = 2, arms[:2]
		length, runs = 4*time.Minute, 6*time.Minute
	}
	tails, err := cutDown("heavy-tailed", "heavy-tailed runs, load 1.1, two minutes each", runs)
	if err != nil {
		return nil, err
	}
	tails.Limits[0].Amount, tails.Workload[0].Deadline = liveTokens, 2*time.Minute
	step := meter.Hidden{Steps: []meter.Step{{After: meter.Span(length / 2), Factor: 0.7}}}
	one, three := liveCalls(), liveCalls()
	one.Tenant, three.Tenant, three.Weight = "one", "three", 3
	only := []sim.Policy{sim.Headgate}
	chance := leeway{sim.Fixed, []string{"used", "makespan", "mean", "p95", "throttles"}, 0.2, "use of the quota, times and throttles may be 20 % apart: ten clients retry at the same instants, and who is a moment before the others is chance"}
	large := leeway{"", []string{"used", "finished", "on time"}, 0.06, "runs finished and the use of the quota may be 6 % apart: calls larger than a pacer's burst lose each moment by which a timer is late"}
	trial := leeway{"", []string{"throttles"}, 1, "throttles may be twice as many, or none: how often a larger limit is tried depends on moments"}
	return []played{
		{scenario: few, policies: arms, apart: []leeway{chance}},
		{scenario: overload("calls, load 1.5, bucket", "bucket", length, meter.Hidden{}, liveCalls()), policies: only, apart: []leeway{piling()}},
		{scenario: overload("calls, load 1.5, sliding", "sliding", length, meter.Hidden{}, liveCalls()), policies: only, apart: []leeway{piling()}},
		{scenario: tails, policies: only, apart: []leeway{piling(), large}},
		{scenario: overload("two tenants, weights 1 and 3, load 1.5", "bucket", length, meter.Hidden{}, one, three), policies: only, apart: []leeway{piling()}},
		{scenario: overload("calls, load 1.5, 70 % enforced from half-time on", "bucket", length, step, liveCalls()), policies: only, apart: []leeway{piling(), trial}},
	}, nil
}

// cutDown is a preset as an emulator plays it, for so long.
func cutDown(preset, name string, length time.Duration) (sim.Scenario, error) {
	sc, err := sim.Preset(preset)
	if err != nil {
		return sc, err
	}
	sc.Name, sc.For, sc.Latency.Spread = name, length, 0
	for i := range sc.Workload {
		sc.Workload[i].ByteNoise = -1
	}
	return sc, nil
}

// liveCalls are single equal calls that come at random.
func liveCalls() sim.Source {
	src := tenantCalls("calls", 1, 1)
	src.Input, src.Output = sim.Dist{Kind: sim.Constant, Value: 1500}, sim.Dist{Kind: sim.Constant, Value: outputTokens}
	src.ByteNoise = -1
	return src
}

// overload is half as much again as the limit lets through.
func overload(name, under string, length time.Duration, hidden meter.Hidden, sources ...sim.Source) sim.Scenario {
	return sim.Scenario{
		Name: name, For: length, Load: 1.5,
		Limits:   []sim.Limit{{Kind: quota.TokensPerMinute.String(), Amount: liveTokens, Law: law(under), Hidden: hidden}},
		Pacer:    sim.Belief{MaxWait: 24 * time.Hour},
		Latency:  sim.Latency{FirstToken: 2 * time.Second, PerToken: 30 * time.Millisecond},
		Workload: sources,
	}
}
