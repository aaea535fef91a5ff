package counsel

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/advisor"
	"github.com/headgate/headgate/internal/sim"
)

// tolerated is by how much a formula and the simulator may differ without a word.
const tolerated = 0.03

// run has the simulator check the report's figures.
func (t *trial) run(ctx context.Context, r *PlanReport) error {
	questions := []question{{limits: t.limits}}
	if len(t.limits) > 1 && r.Formula.RunsPerMinute > 0 {
		for i := range t.limits {
			questions = append(questions, question{limits: raised(t.limits, i)})
		}
	}
	raisings := len(questions) - 1
	ends := t.w.Runs > 0
	if ends {
		questions = append(questions, question{limits: t.limits, runs: t.w.Runs})
	}
	answers, err := t.ask(ctx, questions)
	if err != nil {
		return err
	}
	base := answers[0]
	r.Trial = &PlanTrial{Policy: sim.Headgate, Runs: base.runs, Minutes: base.minutes, Scale: base.scale, Throttles: base.throttles, Recorded: t.varied}
	r.Simulated = &PlanFigures{RunsPerMinute: base.rate, RunsPerHour: 60 * base.rate, Binding: t.binding(base, answers[1:1+raisings])}
	if ends {
		r.Simulated.Finish = seconds(answers[len(answers)-1].finish)
	}
	r.Differs = []string{}
	if err := t.explain(ctx, r); err != nil {
		return err
	}
	return t.checkNeeded(ctx, r)
}

func seconds(d time.Duration) *float64 {
	if d < 0 {
		return nil
	}
	return new(d.Round(time.Millisecond).Seconds())
}

// raised is limits with the one at i raised so far that it is out of the way.
func raised(limits []advisor.Limit, i int) []advisor.Limit {
	all := append([]advisor.Limit(nil), limits...)
	all[i].Amount *= 4
	return all
}

// binding is the limit that gives most when it alone is raised.
func (t *trial) binding(base answer, up []answer) string {
	most, at := base.rate*1.01, -1
	for i, u := range up {
		if u.rate > most {
			most, at = u.rate, i
		}
	}
	for i, l := range t.limits {
		if l.Amount == 0 || len(t.limits) == 1 {
			at = i
		}
	}
	if at < 0 {
		return ""
	}
	return t.limits[at].Kind.String()
}

// cause is one reason why a simulation gives another rate than the formula.
type cause struct {
	question question
	larger   float64 // how many times larger all limits are in it; 0 is 1
	words    string  // if …
}

// times is how much larger limits are tried, to see what whole calls do to small
// ones.
const times = 8

// causes are those that can be tried: each question is the simulation without it.
func (t *trial) causes(r *PlanReport) []cause {
	all := []cause{
		{question{limits: t.limits, change: func(s *sim.Scenario) { s.Pacer.Jitter = -1 }}, 0, "starts did not keep 250 ms clear of where a minute may end"},
	}
	if t.learn != sim.LearnOff {
		all = append(all, cause{question{limits: t.limits, change: func(s *sim.Scenario) { s.Pacer.Learn = sim.LearnOff }}, 0, "nothing were learned of the law from how limits answer"})
	}
	if t.varied {
		all = append(all, cause{question{limits: t.limits, even: true}, 0, "calls were of one size, so that what they use is known"})
	}
	for _, b := range r.Bounds {
		if b.Binds && b.By != advisor.ByRequests && b.Least > 0 && b.Amount/b.Least < 4*fewWhole {
			larger := append([]advisor.Limit(nil), t.limits...)
			for i := range larger {
				larger[i].Amount *= times
			}
			all = append(all, cause{question{limits: larger}, times, fmt.Sprintf("more than whole calls fit, which is %d of %s tokens at once", b.Amount/b.Least, thousands(b.Least))})
		}
	}
	return all
}

// explain says why the simulated rate, or time, is not the formula's.
func (t *trial) explain(ctx context.Context, r *PlanReport) error {
	want, got := r.Formula.RunsPerMinute, r.Simulated.RunsPerMinute
	if gap := got/want - 1; want > 0 && math.Abs(gap) > tolerated {
		causes := t.causes(r)
		questions := make([]question, len(causes))
		for i, c := range causes {
			questions[i] = c.question
		}
		answers, err := t.ask(ctx, questions)
		if err != nil {
			return err
		}
		var parts []string
		sum := 0.0
		for i, c := range causes {
			without := answers[i].rate / want / max(c.larger, 1)
			if part := got/want - without; part*gap > 0 && math.Abs(part) > math.Abs(gap)/10 {
				parts = append(parts, fmt.Sprintf("%.1f if %s", 100*math.Abs(part), c.words))
				sum += part
			}
		}
		r.Differs = append(r.Differs, fmt.Sprintf("the simulator gives %s runs a minute than the formula", beyond(gap, "more", "fewer"))+causeWords(gap, sum, parts))
	}
	if f, s := r.Formula.Finish, r.Simulated.Finish; f != nil && s != nil && *f > 0 && math.Abs(*s/(*f)-1) > tolerated {
		r.Differs = append(r.Differs, fmt.Sprintf("%s take %s than by the formula", countRuns(t.w.Runs), beyond(*s/(*f)-1, "longer", "less"))+finishWords(*f*want/max(got, 1e-12), *s))
	}
	return nil
}

// finishWords says what of a time is due to the rate: with it alone, the formula
// has at seconds.
func finishWords(at, simulated float64) string {
	rest := simulated - at
	if math.Abs(rest) < 0.01*simulated {
		return ": that is its rate"
	}
	word := "more"
	if rest < 0 {
		word = "less"
	}
	return fmt.Sprintf(": at the simulated rate it has %s; %s %s come of the beginning, when the limits are unused, and of the end, when fewer calls are there than fit",
		duration(at), duration(math.Abs(rest)), word)
}

// causeWords says what of a gap goes without its causes, which sum up to sum, and
// what is left.
func causeWords(gap, sum float64, parts []string) string {
	text := ""
	if len(parts) > 0 {
		text = "; of these points would go " + strings.Join(parts, ", ")
	}
	if rest := gap - sum; rest*gap > 0 && math.Abs(rest) > math.Abs(gap)/10 {
		why := "the room that pacing keeps free so that limits hold under any law"
		if gap > 0 {
			why = "what calls give back of their holds before a minute has counted them"
		}
		text += fmt.Sprintf("; %.1f are %s", 100*math.Abs(rest), why)
	}
	return text
}

// beyond is a difference as a percentage with its direction.
func beyond(gap float64, above, below string) string {
	if gap < 0 {
		return fmt.Sprintf("%.1f %% %s", -100*gap, below)
	}
	return fmt.Sprintf("%.1f %% %s", 100*gap, above)
}

// needed are the limits with just what is needed of each; none where nothing is
// wanted.
func needed(limits []advisor.Limit, bounds []advisor.Bound, factor float64) []advisor.Limit {
	most := map[string]int64{}
	for _, b := range bounds {
		most[b.Limit] = max(most[b.Limit], b.Needed)
	}
	var all []advisor.Limit
	for _, l := range limits {
		if n := most[l.Kind.String()]; n > 0 {
			l.Amount = int64(math.Ceil(float64(n) * factor))
			all = append(all, l)
		}
	}
	return all
}

// checkNeeded has the simulator try what is needed, and finds how much more it
// takes where that is too little.
func (t *trial) checkNeeded(ctx context.Context, r *PlanReport) error {
	factors := []float64{1, 1.05, 1.1, 1.15, 1.2, 1.3, 1.5}
	first := needed(t.limits, r.Bounds, 1)
	if len(first) == 0 {
		return nil
	}
	f, err := advisor.Plan(t.w, first, t.rules)
	if err != nil {
		return err
	}
	answers, err := t.ask(ctx, t.wanted(first))
	if err != nil {
		return err
	}
	r.With = &PlanFigures{RunsPerMinute: answers[0].rate, RunsPerHour: 60 * answers[0].rate, Binding: figuresOf(f, t.w).Binding}
	if t.w.Runs > 0 {
		r.With.Finish = seconds(answers[1].finish)
	}
	if t.enough(answers) {
		return nil
	}
	var questions []question
	for _, factor := range factors[1:] {
		questions = append(questions, t.wanted(needed(t.limits, r.Bounds, factor))...)
	}
	if answers, err = t.ask(ctx, questions); err != nil {
		return err
	}
	each := len(questions) / len(factors[1:])
	for i, factor := range factors[1:] {
		if t.enough(answers[i*each : (i+1)*each]) {
			r.Differs = append(r.Differs, fmt.Sprintf("with just what is needed, the simulator falls short of what is wanted: it takes %g × of each, and quota recommend asks for %g ×", factor, advisor.Headroom))
			return nil
		}
	}
	r.Differs = append(r.Differs, fmt.Sprintf("the simulator falls short of what is wanted even with %g × what is needed of each", factors[len(factors)-1]))
	return nil
}

// wanted asks for what is wanted under limits: the rate, and the end of the runs.
func (t *trial) wanted(limits []advisor.Limit) []question {
	all := []question{{limits: limits}}
	if t.w.Runs > 0 {
		all = append(all, question{limits: limits, runs: t.w.Runs})
	}
	return all
}

// enough reports whether what is wanted was simulated, within what is tolerated.
func (t *trial) enough(answers []answer) bool {
	if t.w.Within > 0 {
		return answers[1].finish >= 0 && float64(answers[1].finish) <= (1+tolerated)*float64(t.w.Within)
	}
	return answers[0].rate >= (1-tolerated)*t.w.RunsPerMinute
}
