package sim

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
)

// ParseScenario reads a scenario from YAML or JSON. Unknown keys are errors with
// their line. What it means is checked by Check.
func ParseScenario(text []byte) (Scenario, error) {
	var s Scenario
	if err := yaml.UnmarshalWithOptions(text, &s, yaml.Strict()); err != nil {
		return Scenario{}, fault.New(fault.Invalid, "%s", yaml.FormatError(err, false, false))
	}
	return s, nil
}

// The bounds of a scenario: far beyond what is of use.
const (
	longest     = 366 * 24 * time.Hour
	mostAmount  = 1_000_000_000_000
	mostLimits  = 4 // as many as meet in one call
	mostAgents  = 100_000
	mostTenants = 10_000
	mostCalls   = 10_000
)

// problems collects what is wrong, each with its key.
type problems []string

func (p *problems) add(key, format string, args ...any) {
	*p = append(*p, key+": "+fmt.Sprintf(format, args...))
}

// within complains about a time outside of 0 to longest.
func (p *problems) within(key string, d time.Duration) {
	if d < 0 || d > longest {
		p.add(key, "%v: want 0 to %v", d, longest)
	}
}

func (p *problems) share(key string, v float64) {
	if !(v >= 0 && v <= 1) {
		p.add(key, "%v: want 0 to 1", v)
	}
}

func (p problems) err() error {
	if len(p) == 0 {
		return nil
	}
	return fault.New(fault.Invalid, "%s", strings.Join(p, "\n"))
}

// Check reports everything that is wrong with a scenario, each with its key, and
// whether simulating it would take more memory than most bytes. A trace stands
// for the workload.
func Check(s Scenario, trace *Trace, most int64) error {
	var p problems
	s.checkLimits(&p)
	p.within("for", s.For)
	p.within("latency.first_token", s.Latency.FirstToken)
	p.within("latency.per_token", s.Latency.PerToken)
	p.within("network.jitter", s.Network.Jitter)
	p.within("network.refusal", s.Network.Refusal)
	p.within("outages.every", s.Outages.Every)
	p.within("outages.for", s.Outages.For)
	p.share("outages.share", s.Outages.Share)
	p.within("pacer.max_wait", s.Pacer.MaxWait)
	if !(s.Latency.Spread >= 0 && s.Latency.Spread <= 5) {
		p.add("latency.spread", "%v: want 0 to 5", s.Latency.Spread)
	}
	if s.WarmUp > orElse(s.For, longest) {
		p.add("warm_up", "%v is longer than the %v of the simulation", s.WarmUp, s.For)
	}
	if s.Processes < 0 || s.Processes > mostAgents {
		p.add("processes", "%d: want 1 to %d", s.Processes, mostAgents)
	}
	if s.Burndown < 0 || s.Burndown > 1000 {
		p.add("burndown", "%d: want 1 to 1000", s.Burndown)
	}
	if !(s.Load >= 0 && s.Load <= 1000) {
		p.add("load", "%v: want above 0, to 1000", s.Load)
	}
	s.checkBelief(&p)
	if err := s.Accounting.Validate(); err != nil {
		p.add("accounting", "%v", err)
	}
	if s.Others != nil {
		if err := s.Others.Validate(); err != nil {
			p.add("others", "%v", err)
		}
	}
	if trace == nil {
		s.checkWorkload(&p)
	}
	if err := p.err(); err != nil {
		return err
	}
	return s.checkMemory(trace, most)
}

func (s *Scenario) checkLimits(p *problems) {
	if len(s.Limits) == 0 || len(s.Limits) > mostLimits {
		p.add("limits", "%d are listed: want 1 to %d", len(s.Limits), mostLimits)
	}
	seen := map[string]bool{}
	for i, l := range s.Limits {
		key := fmt.Sprintf("limits[%d].", i)
		if _, ok := kindOf(l.Kind); !ok {
			p.add(key+"kind", "%q: want requests_per_minute, tokens_per_minute or tokens_per_day", l.Kind)
		}
		if seen[l.Kind] {
			p.add(key+"kind", "a second limit of %s", l.Kind)
		}
		seen[l.Kind] = true
		if l.Amount <= 0 || l.Amount > mostAmount {
			p.add(key+"amount", "%d: want 1 to %d", l.Amount, int64(mostAmount))
		}
		if err := l.Law.Validate(); err != nil {
			p.add(key+"law", "%v", err)
		}
		if err := l.Hidden.Validate(); err != nil {
			p.add(key+"hidden", "%v", err)
		}
	}
}

func (s *Scenario) checkBelief(p *problems) {
	for kind, amount := range s.Pacer.Limits {
		if _, ok := kindOf(kind); !ok {
			p.add("pacer.limits."+kind, "want requests_per_minute, tokens_per_minute or tokens_per_day")
		}
		if amount <= 0 || amount > mostAmount {
			p.add("pacer.limits."+kind, "%d: want 1 to %d", amount, int64(mostAmount))
		}
	}
	switch s.Pacer.Learn {
	case "", LearnTrials, LearnThrottles, LearnOff:
	default:
		p.add("pacer.learn", "%q: want trials, throttles or off", s.Pacer.Learn)
	}
	if a := s.Pacer.Accounting; a != nil {
		if err := a.Validate(); err != nil {
			p.add("pacer.accounting", "%v", err)
		}
	}
}

func (s *Scenario) checkWorkload(p *problems) {
	if len(s.Workload) == 0 {
		p.add("workload", "is empty: nothing would be called")
	}
	scales := false
	for i := range s.Workload {
		s.Workload[i].check(p, fmt.Sprintf("workload[%d].", i))
		scales = scales || s.Workload[i].Arrival.scales()
	}
	if s.Load > 0 && len(s.Workload) > 0 && !scales {
		p.add("load", "nothing arrives at a rate that could be scaled: agents and a single spike make the load that they make")
	}
}

func (s *Source) check(p *problems, key string) {
	if _, ok := llm.ParseClass(s.Class); !ok {
		p.add(key+"class", "%q: want interactive, standard or batch", s.Class)
	}
	if s.Tenants < 0 || s.Tenants > mostTenants {
		p.add(key+"tenants", "%d: want 1 to %d", s.Tenants, mostTenants)
	}
	if s.Weight < 0 || s.Weight > 1_000_000 {
		p.add(key+"weight", "%d: want 1 to 1000000", s.Weight)
	}
	if s.Calls.Least < 0 || max(s.Calls.Least, s.Calls.Most) > mostCalls || s.Calls.Most != 0 && s.Calls.Most < s.Calls.Least {
		p.add(key+"calls", "%d to %d: want 1 to %d, the least first", s.Calls.Least, s.Calls.Most, mostCalls)
	}
	if text := s.Input.fault(); text != "" {
		p.add(key+"input", "%s", text)
	}
	if text := s.Output.fault(); text != "" {
		p.add(key+"output", "%s", text)
	}
	if s.MaxTokens < 0 || s.MaxTokens > mostTokens {
		p.add(key+"max_tokens", "%d: want 1 to %v", s.MaxTokens, float64(mostTokens))
	}
	if s.ModelMax < 0 || s.ModelMax > mostTokens {
		p.add(key+"model_max", "%d: want 1 to %v", s.ModelMax, float64(mostTokens))
	}
	if !(s.ByteNoise >= -1 && s.ByteNoise <= 5) {
		p.add(key+"byte_noise", "%v: want 0 to 5", s.ByteNoise)
	}
	p.share(key+"correlation", s.Correlation)
	p.share(key+"unset", s.Unset)
	p.within(key+"think", s.Think)
	p.within(key+"deadline", s.Deadline)
	s.Arrival.check(p, key+"arrival.")
}

func (a Arrival) check(p *problems, key string) {
	p.within(key+"every", a.Every)
	p.within(key+"pause", a.Pause)
	switch a.Kind {
	case Poisson, Even:
		if !(a.PerMinute > 0 && a.PerMinute <= 1e9) {
			p.add(key+"per_minute", "%v: want above 0, to a billion", a.PerMinute)
		}
	case Spike:
		if a.Runs < 0 || a.Runs > 1_000_000 {
			p.add(key+"runs", "%d: want 1 to 1000000", a.Runs)
		}
	case Closed:
		if a.Agents < 1 || a.Agents > mostAgents {
			p.add(key+"agents", "%d: want 1 to %d", a.Agents, mostAgents)
		}
	default:
		p.add(key+"kind", "%q: want poisson, even, spike or closed", a.Kind)
	}
}

// bytesPerCall is what a call costs at most: in the trace, its state, its place
// in the heap and the policy, and its measures.
const bytesPerCall = 400

// checkMemory refuses a simulation whose calls would not fit.
func (s *Scenario) checkMemory(trace *Trace, most int64) error {
	calls := s.expectedCalls()
	if trace != nil {
		calls = float64(len(trace.Calls))
	}
	if need := calls * bytesPerCall; most > 0 && need > float64(most) {
		return fault.New(fault.Invalid, "about %.0f calls would need %.0f MiB of memory, and %.0f MiB are allowed: simulate a shorter time, a lower load or a smaller quota, or allow more",
			calls, math.Ceil(need/(1<<20)), math.Floor(float64(most)/(1<<20)))
	}
	return nil
}

// expectedCalls is about how many calls arrive, and at most for agents.
func (s *Scenario) expectedCalls() float64 {
	full := s.withDefaults()
	minutes, scale, sum := full.For.Minutes(), full.scale(), 0.0
	for i := range full.Workload {
		src := &full.Workload[i]
		calls, _ := full.meanRun(src, uint64(i))
		switch {
		case src.Arrival.Kind == Closed:
			// An agent's run takes at least its answers.
			each := time.Duration(calls)*(full.Latency.FirstToken+src.Think) + src.Arrival.Pause
			sum += float64(src.Arrival.Agents) * calls * (1 + float64(full.For)/float64(max(each, time.Second)))
		case src.Arrival.scales():
			sum += src.Arrival.perMinute() * scale * minutes * calls
		default:
			sum += float64(src.Arrival.Runs) * calls
		}
	}
	return sum
}
