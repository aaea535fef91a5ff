package agent

import (
	"context"

	"github.com/headgate/headgate/internal/schema/judge"
)

// rounds are the steps of a run, those together that are asked in one call.
func rounds(together bool) [][]judge.Step {
	if together {
		return [][]judge.Step{{judge.Analyze, judge.Columns}, {judge.Relationships, judge.Normalize}, {judge.Validate}, {judge.Final}}
	}
	var out [][]judge.Step
	for _, step := range judge.Steps() {
		out = append(out, []judge.Step{step})
	}
	return out
}

// next goes on over all that is answered already, and returns what is to be asked
// now; nothing when all is.
func (r *Run) next(ctx context.Context) ([]*question, error) {
	for ; r.at < len(r.rounds); r.at++ {
		if r.open == nil {
			if err := r.pose(ctx, r.rounds[r.at]); err != nil {
				return nil, err
			}
		}
		if qs := r.unanswered(); len(qs) > 0 {
			return qs, nil
		}
		r.open = nil
	}
	return nil, nil
}

// pose opens the questions of a round.
func (r *Run) pose(ctx context.Context, steps []judge.Step) error {
	for _, step := range steps {
		if step == judge.Validate {
			if err := r.findings(ctx); err != nil {
				return err
			}
		}
		if req, ok := judge.Ask(step, r.state); ok {
			r.open = append(r.open, &question{run: r, step: step, req: req})
		}
	}
	return nil
}

// unanswered are the open questions that the run before was not answered either.
// Answers are merged in the order in which they came: second ones after all first.
func (r *Run) unanswered() []*question {
	for try := range answersOf {
		var out []*question
		for _, q := range r.open {
			if q.done || q.try != try {
				continue
			}
			if len(out) > 0 || !q.reuse() {
				out = append(out, q)
			}
		}
		if len(out) > 0 {
			return out
		}
	}
	return nil
}

// ahead are the questions of each round that is left, as they would be asked now:
// answers may change them, and validate only asks when an engine finds something.
func (r *Run) ahead() [][]*question {
	var out [][]*question
	for i := r.at; i < len(r.rounds); i++ {
		var qs []*question
		if i == r.at && r.open != nil {
			for _, q := range r.open {
				if !q.done {
					qs = append(qs, q)
				}
			}
		} else {
			for _, step := range r.rounds[i] {
				if req, ok := judge.Ask(step, r.state); ok && step != judge.Validate {
					qs = append(qs, &question{run: r, step: step, req: req})
				}
			}
		}
		out = append(out, qs)
	}
	return out
}

// Expected are the steps that will ask, as far as can be told before the next
// answer: validate only asks when an engine finds something.
func (r *Run) Expected() []judge.Step {
	var out []judge.Step
	for _, qs := range r.ahead() {
		for _, q := range qs {
			out = append(out, q.step)
		}
	}
	return out
}

// callsLeft is how many calls they take, without other schemas' in them.
func (r *Run) callsLeft() int {
	n := 0
	for _, qs := range r.ahead() {
		if len(qs) > 0 {
			n++
		}
	}
	return n
}

// Judge asks the model, step by step, and merges what it says. Without a caller it
// does nothing.
func (r *Run) Judge(ctx context.Context) error {
	if r.o.Caller == nil {
		return nil
	}
	return newCrew(r).judge(ctx)[0]
}
