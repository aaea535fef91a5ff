package counsel

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/sim"
)

// ask puts questions to the simulator, as many at once as there are processors.
// A limit that lets nothing in needs no simulation.
func (t *trial) ask(ctx context.Context, questions []question) ([]answer, error) {
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
	results := t.simulate(ctx, cases)
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
