package sim

import (
	"strings"
	"time"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/quota"
)

// Presets names the scenarios that Preset knows.
func Presets() []string {
	return []string{"agents", "heavy-tailed", "steady", "spiky", "mixed", "tenants"}
}

// Preset is a scenario of a name:
//
//   - agents: 40 agents begin at once, each with a run of six dependent calls,
//     on an account of two requests a minute.
//   - heavy-tailed: runs of five or six calls of very different sizes, each with
//     ten minutes' time; a call is about 0.25 % of the limit and takes 8 s.
//   - steady: small, equal calls at an even rate.
//   - spiky: the same in bursts, every three minutes.
//   - mixed: interactive calls, standard runs and a flood of batch work.
//   - tenants: a tenant with fifty times the work of each of nine others.
func Preset(name string) (Scenario, error) {
	switch name {
	case "agents":
		return agentsPreset(), nil
	case "heavy-tailed":
		return heavyTailed(), nil
	case "steady":
		return oneSource(name, smallCalls(Arrival{Kind: Even, PerMinute: 1})), nil
	case "spiky":
		return oneSource(name, smallCalls(Arrival{Kind: Spike, Runs: 600, Every: 3 * time.Minute})), nil
	case "mixed":
		return mixed(), nil
	case "tenants":
		return tenantsPreset(), nil
	}
	return Scenario{}, fault.New(fault.Invalid, "preset %q: want one of %s", name, strings.Join(Presets(), ", "))
}

// million is a token limit with which a call of 2,500 tokens is 0.25 %.
func million() []Limit {
	return []Limit{{Kind: quota.TokensPerMinute.String(), Amount: 1_000_000}}
}

func agentsPreset() Scenario {
	return Scenario{
		Name: "agents",
		Limits: []Limit{
			{Kind: quota.RequestsPerMinute.String(), Amount: 2},
			{Kind: quota.TokensPerMinute.String(), Amount: 500_000},
		},
		Pacer:     Belief{MaxWait: 4 * time.Hour},
		Latency:   Latency{FirstToken: time.Second, PerToken: 20 * time.Millisecond, Spread: 0.1},
		Processes: 40,
		Workload: []Source{{
			Tenant: "agents", Arrival: Arrival{Kind: Spike, Runs: 40}, Calls: Range{Least: 6}, Declared: true,
			Input: Dist{Kind: Constant, Value: 330}, Output: Dist{Kind: Constant, Value: 250}, MaxTokens: 1024,
		}},
	}
}

func heavyTailed() Scenario {
	return Scenario{
		Name: "heavy-tailed", Limits: million(), Load: 1.1,
		Pacer:   Belief{MaxWait: 10 * time.Minute},
		Latency: Latency{FirstToken: 2 * time.Second, PerToken: 30 * time.Millisecond, Spread: 0.2},
		Workload: []Source{{
			Tenant: "runs", Arrival: Arrival{Kind: Poisson, PerMinute: 1}, Calls: Range{Least: 5, Most: 6}, Declared: true,
			// Mean input 1,500 and output 200: 2,500 tokens settled, and as many held.
			Input:       Dist{Kind: Lognormal, Value: 910, Sigma: 1, Max: 30_000},
			Output:      Dist{Kind: Lognormal, Value: 145, Sigma: 0.8, Max: 1024},
			Correlation: 0.7, MaxTokens: 1024, Deadline: 10 * time.Minute,
		}},
	}
}

// smallCalls is a source of single calls whose holds are little above their
// settlements: 0.25 % of a million.
func smallCalls(a Arrival) Source {
	return Source{
		Tenant: "calls", Arrival: a, Calls: Range{Least: 1},
		Input: Dist{Kind: Lognormal, Value: 1450, Sigma: 0.3, Max: 8000}, Output: Dist{Kind: Lognormal, Value: 190, Sigma: 0.3, Max: 1024}, MaxTokens: 1024,
	}
}

func oneSource(name string, src Source) Scenario {
	return Scenario{Name: name, Limits: million(), Load: 0.9, Latency: Latency{FirstToken: 2 * time.Second, PerToken: 30 * time.Millisecond, Spread: 0.2}, Workload: []Source{src}}
}

func mixed() Scenario {
	interactive, standard, batch := smallCalls(Arrival{Kind: Poisson, PerMinute: 2}), smallCalls(Arrival{Kind: Poisson, PerMinute: 1}), smallCalls(Arrival{Kind: Poisson, PerMinute: 6})
	interactive.Tenant, interactive.Class, interactive.Deadline = "people", "interactive", time.Minute
	standard.Tenant, standard.Calls, standard.Declared = "agents", Range{Least: 2, Most: 6}, true
	batch.Tenant, batch.Class = "batch", "batch"
	s := oneSource("mixed", interactive)
	s.Workload = append(s.Workload, standard, batch)
	s.Pacer.MaxWait = time.Hour
	s.Load = 1.1
	return s
}

func tenantsPreset() Scenario {
	quiet, noisy := smallCalls(Arrival{Kind: Poisson, PerMinute: 9}), smallCalls(Arrival{Kind: Poisson, PerMinute: 50})
	quiet.Tenant, quiet.Tenants = "quiet", 9
	noisy.Tenant = "noisy"
	s := oneSource("tenants", quiet)
	s.Workload = append(s.Workload, noisy)
	s.Pacer.MaxWait = time.Hour
	s.Load = 1.3
	return s
}
