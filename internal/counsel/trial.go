package counsel

import (
	"context"
	"math"
	"time"

	"github.com/headgate/headgate/internal/advisor"
	"github.com/headgate/headgate/internal/quota"
	"github.com/headgate/headgate/internal/sim"
)

// trial lets the gateway's own pacing make a workload's runs in virtual time.
type trial struct {
	w      advisor.Workload
	rules  advisor.Model
	limits []advisor.Limit
	law    sim.Law
	learn  sim.Learning
	shapes [][]sim.Call // of runs, made again and again
	even   [][]sim.Call // runs of calls that are all alike
	varied bool         // shapes are not even

	simulate func(context.Context, []sim.Case) []sim.Result
	spell    func(string) string
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

// newTrial prepares to try a workload; own says that the asker has stated what its
// calls are like, so that those that were recorded are not.
func (m *Matter) newTrial() (*trial, error) {
	w := m.Workload
	t := &trial{w: w, rules: m.rules(), limits: m.limits, law: m.law, learn: m.c.opts.Learn, simulate: m.c.opts.Simulate, spell: m.q.spell}
	if w.CallsPerRun > mostCalls {
		return nil, m.q.wrong("", "%s must be at most %d for a plan to be tried, not %v", m.q.spell("calls_per_run"), mostCalls, w.CallsPerRun)
	}
	t.even = evenShapes(w, t.rules)
	t.shapes = t.even
	if m.Recorded != nil && !m.q.statesCalls() {
		t.shapes, t.varied = m.Recorded.Shapes, true
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
