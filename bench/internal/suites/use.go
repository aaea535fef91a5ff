package suites

import (
	"context"
	"time"

	"github.com/headgate/headgate/bench/internal/report"
	"github.com/headgate/headgate/bench/internal/results"
	"github.com/headgate/headgate/internal/chart"
	"github.com/headgate/headgate/internal/quota"
	"github.com/headgate/headgate/internal/sim"
)

// shape is what calls are like in a case of the use of quotas.
type shape struct {
	name string
	// requests is the limit of requests a minute, in place of one of tokens.
	requests int64
	// Each call takes so many tokens of input, and lasts as long as its output of
	// outputTokens takes; maxTokens is what it asks for.
	input, maxTokens int64
	lasts            time.Duration
	laws             []string
	// flat shapes have a flat target as well: the largest charge is at most 1 % of
	// the limit, hold ÷ settlement at most 1.1, jitter at most 0.5 % of the window.
	flat bool
}

const (
	outputTokens = 200
	// perMinute is the token limit of every case; a call of 1,500 + 5 × 200 is
	// 0.25 % of it.
	perMinute = 1_000_000
	// jitter is the most that the way to the upstream takes: 0.2 % of a minute.
	jitter = 120 * time.Millisecond
)

func windows() []string { return []string{"bucket", "fixed:random", "first", "sliding"} }

func shapes() []shape {
	return []shape{
		{
			name: "0.25 % calls, hold = settlement, 2 s", input: 1500, maxTokens: 1000, lasts: 2 * time.Second, flat: true,
			laws: append(windows(), "bucket:5s", "counter", "dual", "shards:4"),
		},
		{name: "0.25 % calls, hold 2 ×, 10 s", input: 1500, maxTokens: 3500, lasts: 10 * time.Second, laws: append(windows(), "bucket:5s")},
		{name: "0.25 % calls, hold 4 ×, 10 s", input: 1500, maxTokens: 8500, lasts: 10 * time.Second, laws: append(windows(), "bucket:5s")},
		{name: "10 % calls, hold = settlement, 10 s", input: 99_000, maxTokens: 1000, lasts: 10 * time.Second, laws: windows()},
		{name: "2 requests a minute", requests: 2, input: 1500, maxTokens: 1000, lasts: 5 * time.Second, laws: append(windows(), "counter")},
		{name: "60 requests a minute", requests: 60, input: 1500, maxTokens: 1000, lasts: 5 * time.Second, laws: append(windows(), "counter")},
	}
}

// scenario offers more than the limit for so long that work always waits.
func (c shape) scenario(under string) sim.Scenario {
	limit := sim.Limit{Kind: quota.TokensPerMinute.String(), Amount: perMinute, Law: law(under)}
	length := 40 * time.Minute
	if c.requests > 0 {
		limit.Kind, limit.Amount = quota.RequestsPerMinute.String(), c.requests
		length = 3 * time.Hour
	}
	const first = time.Second
	return sim.Scenario{
		Name: c.name, Limits: []sim.Limit{limit}, For: length, Load: 1.5,
		Pacer:   sim.Belief{MaxWait: 24 * time.Hour},
		Latency: sim.Latency{FirstToken: first, PerToken: (c.lasts - first) / outputTokens},
		Network: sim.Network{Jitter: jitter},
		Workload: []sim.Source{{
			Tenant: "calls", Arrival: sim.Arrival{Kind: sim.Poisson, PerMinute: 1}, Calls: sim.Range{Least: 1},
			Input:  sim.Dist{Kind: sim.Constant, Value: float64(c.input)},
			Output: sim.Dist{Kind: sim.Constant, Value: outputTokens}, MaxTokens: c.maxTokens, ByteNoise: 0.01,
		}},
	}
}

// flatTarget is the least part of the quota that is used, whatever the bound.
func flatTarget(law string) float64 {
	switch law {
	case "bucket", "bucket:5s":
		return 0.99
	case "shards:4":
		return 0.95
	}
	return 0.97
}

const unpromised = "a sliding counter at so few requests allows about half; it is learned, and not promised"

// unpromised reports whether the law does not let so few requests be used.
func (c shape) unpromised(law string) bool {
	return law == "counter" && c.requests > 0 && c.requests < 50
}

// throttled is what is asked of a law's throttles after the first window, as part
// of the calls made; only the laws that are promised have it.
func throttled(law string) (most float64, asked bool) {
	switch law {
	case "counter":
		return 0, false
	case "shards:4":
		return 0.001, true
	}
	return 0, true
}

// rivals are the arms beside ours that pace or retry on their own.
func rivals() []sim.Policy {
	return []sim.Policy{sim.Even85, sim.TokenBucket, sim.SDKAdaptive, sim.SDKStandard, sim.BotocoreLegacy}
}

func uses(l *lab) Suite {
	return Suite{
		Section: report.Section{
			Name: "quota-use", Title: "How much of the quota is used while work waits", Group: results.Simulated,
			About: "Half as much again as the limit is offered, so that work always waits; the first window is left out. The bound is the analytic " +
				"one of the law: a bucket can be used up; in windows a hold above its settlement, and a large call, cost throughput for good. " +
				"The law of each case is that of its name; Headgate is told none of them. Rivals run under the bucket, which is kindest to them; theirs is the use over all of the time.",
			Metrics: []report.Metric{
				{Name: "used", Title: "Used of the quota", Unit: "ratio"},
				{Name: "flat", Title: "Used of the quota, flat targets", Unit: "ratio", About: "Calls of 0.25 % of the limit that hold what they cost."},
			},
			Charts: []report.Chart{{
				File: "quota-use", Title: "Quota used while work waits", Subtitle: "the tick is the analytic bound", Metric: "used",
				Where: func(r results.Row) bool { return r.Law == "bucket" }, Max: 1.05, Marks: []chart.Mark{},
			}},
		},
		Run: func(ctx context.Context, s Settings, emit func(results.Row)) error {
			return l.each(ctx, s, emit, useRows)
		},
	}
}

func throttles(l *lab) Suite {
	return Suite{
		Section: report.Section{
			Name: "throttles", Title: "Throttles", Group: results.Simulated,
			About: "Of the same runs: 429s after the first window, as a part of the calls that were sent, and upstream calls for each client call. " +
				"Where holds far exceed settlements Headgate tries once whether the limit is a bucket; under a law of windows that trial is answered by a throttle, " +
				"which no client sees.",
			Metrics: []report.Metric{
				{Name: "throttled", Title: "Throttles ÷ calls", Unit: "ratio"},
				{Name: "throttles", Title: "Throttles", About: "In 40 minutes, or three hours of requests."},
				{Name: "amplification", Title: "Upstream calls ÷ client calls", Unit: "ratio"},
			},
			Charts: []report.Chart{{
				File: "amplification", Title: "Upstream calls for each client call", Metric: "amplification",
				Where: func(r results.Row) bool { return r.Law == "bucket" },
			}},
		},
		Run: func(ctx context.Context, s Settings, emit func(results.Row)) error {
			return l.each(ctx, s, emit, throttleRows)
		},
	}
}

// noTrials is Headgate that learns from throttles which come anyway, and risks none.
const noTrials = "without trials"

// arm is one column of the use of quotas.
type arm struct {
	name     string
	policy   sim.Policy
	noTrials bool
}

// arms are those of a case. Rivals run under the bucket alone.
func (c shape) arms(under string) []arm {
	out := []arm{{name: report.Ours, policy: sim.Headgate}}
	if !c.flat && c.requests == 0 {
		out = append(out, arm{noTrials, sim.Headgate, true})
	}
	if under == "bucket" {
		for _, p := range rivals() {
			out = append(out, arm{name: string(p), policy: p})
		}
	}
	return out
}

// each makes every case of the use of quotas and has its rows written.
func (l *lab) each(ctx context.Context, s Settings, emit func(results.Row), rows func(shape, string, string, []sim.Result, func(results.Row))) error {
	for _, c := range shapes() {
		for _, under := range c.laws {
			for _, a := range c.arms(under) {
				sc, name := c.scenario(under), c.name+", "+under
				if a.noTrials {
					sc.Pacer.Learn, name = sim.LearnThrottles, name+", "+noTrials
				}
				all, err := l.run(ctx, s, name, sc, a.policy)
				if err != nil {
					return err
				}
				rows(c, under, a.name, all, emit)
			}
		}
	}
	return nil
}

// ofBound is the part of the analytic bound that is to be used.
const ofBound = 0.98

func useRows(c shape, under, arm string, all []sim.Result, emit func(results.Row)) {
	used := of(all, func(r *sim.Result) float64 {
		if arm == report.Ours || arm == noTrials {
			return r.QuotaUsed
		}
		return r.UsedOverall // who waits between retries does not wait in any line
	})
	bounds := spread(results.Row{}, of(all, func(r *sim.Result) float64 { return r.Bound }))
	r := spread(row(c.name+", "+under, "used", arm, under, 1.5), used)
	r.Bound = &bounds.Value
	if arm == report.Ours {
		if c.unpromised(under) {
			r.Note = unpromised
		} else {
			r.Target = results.AtLeast(ofBound, "bound")
		}
	}
	emit(r)
	if arm == report.Ours && c.flat && under != "counter" {
		r := spread(row(c.name+", "+under, "flat", arm, under, 1.5), used)
		r.Target = results.AtLeast(flatTarget(under), "")
		emit(r)
	}
}

func throttleRows(c shape, under, arm string, all []sim.Result, emit func(results.Row)) {
	name := c.name + ", " + under
	part := spread(row(name, "throttled", arm, under, 1.5), of(all, func(r *sim.Result) float64 { return float64(r.ThrottlesWarm) / float64(max(1, r.UpstreamCalls)) }))
	count := spread(row(name, "throttles", arm, under, 1.5), of(all, func(r *sim.Result) float64 { return float64(r.ThrottlesWarm) }))
	amplified := spread(row(name, "amplification", arm, under, 1.5), of(all, func(r *sim.Result) float64 { return r.Amplification }))
	if arm == report.Ours {
		if most, asked := throttled(under); asked {
			part.Target = results.AtMost(most, "")
		}
		if amplified.Target = results.AtMost(1.01, ""); c.unpromised(under) {
			amplified.Target, amplified.Note = "", unpromised
		}
	}
	emit(part)
	emit(count)
	emit(amplified)
}
