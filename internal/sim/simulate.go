package sim

import "github.com/headgate/headgate/internal/emulator/meter"

// Case is one simulation to be made.
type Case struct {
	Scenario Scenario
	// Trace replaces the scenario's workload when it is there. It is not changed.
	Trace  *Trace
	Policy Policy
	Seed   uint64
	// Series keeps what happened in each minute.
	Series bool
	// Stop is asked now and then whether to give up; nil never is.
	Stop func() bool
}

// Simulate makes one simulation. The scenario and the trace must be valid (see
// Check). It reports false when Stop ended it: then the result is that of the
// time until then.
func Simulate(c Case) (Result, bool) {
	sc := c.Scenario.withDefaults()
	trace := c.Trace
	if trace == nil {
		trace = sc.draw(c.Seed)
	}
	w := newWorld(&sc, trace, c.Seed)
	if c.Series {
		w.m.series = newSeries(&sc)
	}
	w.policy = newPolicy(w, c.Policy, c.Seed)
	done := w.live(c.Stop)
	r := w.result()
	r.Policy, r.Law = c.Policy, sc.law()
	return r, done
}

// law names the laws of the limits: one name when all have the same.
func (s *Scenario) law() string {
	var name string
	for _, l := range s.Limits {
		text, err := l.Law.MarshalText()
		if err != nil {
			continue
		}
		switch {
		case name == "":
			name = string(text)
		case name != string(text):
			name += "+" + string(text)
		}
	}
	return name
}

// Under is the scenario with every limit under one law.
func (s Scenario) Under(law meter.Law) Scenario {
	limits := make([]Limit, len(s.Limits))
	for i, l := range s.Limits {
		l.Law = law
		limits[i] = l
	}
	s.Limits = limits
	return s
}
