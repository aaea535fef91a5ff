package suites

import (
	"context"
	"fmt"
	"time"

	"github.com/headgate/headgate/bench/internal/report"
	"github.com/headgate/headgate/bench/internal/results"
	"github.com/headgate/headgate/internal/quota"
	"github.com/headgate/headgate/internal/sim"
)

// tenantCalls are a tenant's calls: 0.25 % of the limit each, as many as perMinute
// says against the others.
func tenantCalls(name string, weight int64, perMinute float64) sim.Source {
	return sim.Source{
		Tenant: name, Weight: weight, Arrival: sim.Arrival{Kind: sim.Poisson, PerMinute: perMinute}, Calls: sim.Range{Least: 1},
		Input: sim.Dist{Kind: sim.Lognormal, Value: 1300, Sigma: 0.6, Max: 9000}, Output: sim.Dist{Kind: sim.Lognormal, Value: 170, Sigma: 0.6, Max: 1000}, MaxTokens: 1000,
	}
}

func tenantsOf(name string, load float64, sources ...sim.Source) sim.Scenario {
	return sim.Scenario{
		Name: name, Limits: []sim.Limit{{Kind: quota.TokensPerMinute.String(), Amount: perMinute}}, For: time.Hour, Load: load,
		Pacer:    sim.Belief{MaxWait: 24 * time.Hour},
		Latency:  sim.Latency{FirstToken: 2 * time.Second, PerToken: 30 * time.Millisecond, Spread: 0.2},
		Workload: sources,
	}
}

// fairCases are tenants that all offer more than their shares.
func fairCases() []sim.Scenario {
	return []sim.Scenario{
		tenantsOf("ten tenants, one with 50 × the work", 1.3, tenantCalls("noisy", 1, 50),
			tenantCalls("a", 1, 9), tenantCalls("b", 1, 9), tenantCalls("c", 1, 9), tenantCalls("d", 1, 9),
			tenantCalls("e", 1, 9), tenantCalls("f", 1, 9), tenantCalls("g", 1, 9), tenantCalls("h", 1, 9), tenantCalls("i", 1, 9)),
		tenantsOf("weights 1, 2, 4, 8, the same work", 4, tenantCalls("one", 1, 1), tenantCalls("two", 2, 1), tenantCalls("four", 4, 1), tenantCalls("eight", 8, 1)),
		tenantsOf("a small tenant, one with 50 × its work", 1.3, tenantCalls("quiet", 1, 1), tenantCalls("noisy", 1, 50)),
	}
}

func fairness(l *lab) Suite {
	return Suite{
		Section: report.Section{
			Name: "fairness", Title: "Fairness between tenants", Group: results.Simulated,
			About: "Calls of tenants on one token limit for an hour. Jain's index is over service ÷ weighted max-min share (1 is perfect); the gap is the largest " +
				"difference of two waiting tenants' services ÷ weight, in largest calls. Last, a tenant with little to do, alone and beside one with fifty times its work: " +
				"what it waits more, against the time of one call.",
			Metrics: []report.Metric{
				{Name: "jain", Title: "Jain's index", Unit: "ratio"},
				{Name: "gap", Title: "Largest gap, in largest calls"},
				{Name: "wait more", Title: "Mean wait of a quiet tenant more than alone", Unit: "s"},
				{Name: "wait more, p99", Title: "99th percentile of its wait more than alone", Unit: "s"},
			},
			Charts: []report.Chart{{File: "fairness", Title: "Jain's index over weighted max-min shares", Metric: "jain", Max: 1.02}},
		},
		Run: func(ctx context.Context, s Settings, emit func(results.Row)) error {
			for _, sc := range fairCases() {
				for _, p := range []sim.Policy{sim.Headgate, sim.FIFO, sim.TokenBucket} {
					all, err := l.run(ctx, s, sc.Name, sc, p)
					if err != nil {
						return err
					}
					fairRows(sc.Name, sc.Load, p, all, emit)
				}
			}
			for _, load := range []float64{0.9, 1.3, 3} {
				if err := l.quiet(ctx, s, load, emit); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func fairRows(name string, load float64, p sim.Policy, all []sim.Result, emit func(results.Row)) {
	jain := spread(row(name, "jain", string(p), "bucket", load), of(all, func(r *sim.Result) float64 { return r.Jain }))
	gap := spread(row(name, "gap", string(p), "bucket", load), of(all, func(r *sim.Result) float64 { return r.Gap }))
	if p == sim.Headgate {
		jain.Target, gap.Target = results.AtLeast(0.98, ""), results.AtMost(2, "")
	}
	emit(jain)
	emit(gap)
}

// quiet compares the waits of a tenant alone and beside a noisy one. The work of
// the quiet one is the same in both.
func (l *lab) quiet(ctx context.Context, s Settings, load float64, emit func(results.Row)) error {
	const noisier = 50
	name := fmt.Sprintf("a quiet tenant beside 50 × its work, load %g", load)
	both := tenantsOf(name, load, tenantCalls("quiet", 1, 1), tenantCalls("noisy", 1, noisier))
	alone := tenantsOf(name+", alone", load/(noisier+1), tenantCalls("quiet", 1, 1))
	for _, p := range []sim.Policy{sim.Headgate, sim.FIFO} {
		with, err := l.run(ctx, s, both.Name, both, p)
		if err != nil {
			return err
		}
		without, err := l.run(ctx, s, alone.Name, alone, p)
		if err != nil {
			return err
		}
		for _, m := range []struct {
			metric string
			of     func(sim.Wait) float64
		}{{"wait more", func(w sim.Wait) float64 { return w.Mean }}, {"wait more, p99", func(w sim.Wait) float64 { return w.P99 }}} {
			more := make([]float64, len(with))
			for i := range with {
				more[i] = m.of(with[i].TenantWaits["quiet"]) - m.of(without[i].TenantWaits["quiet"])
			}
			r := spread(row(name, m.metric, string(p), "bucket", load), more)
			call := callTime(both)
			r.Bound = &call
			if p == sim.Headgate {
				r.Target = results.AtMost(1, "call")
			}
			emit(r)
		}
	}
	return nil
}

// callTime is how long the median call of a scenario takes upstream, in seconds.
func callTime(sc sim.Scenario) float64 {
	return (sc.Latency.FirstToken + time.Duration(sc.Workload[0].Output.Value*float64(sc.Latency.PerToken))).Seconds()
}
