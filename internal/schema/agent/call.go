package agent

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/judge"
)

// kept is a step's answer in the run's folder: enough to go on without asking again,
// and nothing of what was sent but its hash.
type kept struct {
	Request string       `json:"request_sha256"`
	Answer  judge.Answer `json:"answer"`
	// Together is how many questions the call answered, and Follows says that one
	// before it, of the same schema, has it already.
	Together int  `json:"together"`
	Follows  bool `json:"follows"`
}

// Call is what a report tells of what was asked for a step.
type Call struct {
	Step   judge.Step   `json:"step"`
	Answer judge.Answer `json:"answer"` // its usage is the step's share of the call's
	// Together is how many questions, of this schema or others, the call answered;
	// Follows says that it is the call of a step before.
	Together int  `json:"together"`
	Follows  bool `json:"follows"`
	// Reused says that the call was made by the run before.
	Reused bool `json:"reused"`
	// Merged says that the answer was taken; Why says why not.
	Merged bool   `json:"merged"`
	Why    string `json:"why,omitempty"`
	// CostNano is in nano-dollars; nil where the price is not known. What was reused
	// cost nothing.
	CostNano *int64 `json:"cost_nano_usd"`
}

// answersOf is how often a question may be asked: after a bad answer once more.
const answersOf = 2

// question is what one step of a run asks.
type question struct {
	run  *Run
	req  judge.Request
	step judge.Step
	try  int  // how often it was answered badly
	done bool // it is answered, or given up
}

// hash is that of what is asked, and of whom.
func (q *question) hash() string {
	data, _ := json.Marshal(q.req) // our own type, which always encodes
	sum := sha256.Sum256(append(data, q.run.o.Model...))
	return hex.EncodeToString(sum[:])
}

// file is where the answer is kept.
func (q *question) file() string {
	at := slices.Index(judge.Steps(), q.step) + 1
	if q.try > 0 {
		return fmt.Sprintf("calls/%02d-%s-%d.json", at, q.step, q.try+1)
	}
	return fmt.Sprintf("calls/%02d-%s.json", at, q.step)
}

// reuse takes what the run before was answered; false when it was not.
func (q *question) reuse() bool {
	var k kept
	r := q.run
	if !r.o.Resume || !r.folder.read(q.file(), &k) || k.Request != q.hash() || r.ended && k.Answer.Emulated && !k.Answer.Scripted {
		return false
	}
	q.merge(k, nil, true)
	return true
}

// take keeps an answer and merges it. bad says that it is not as it was to be.
func (q *question) take(k kept, bad error) error {
	k.Request = q.hash()
	if err := q.run.folder.json(q.file(), k); err != nil {
		return err
	}
	q.merge(k, bad, false)
	return nil
}

// merge puts an answer into the schema. After a bad one the question is asked once
// more, as it is then.
func (q *question) merge(k kept, bad error, reused bool) {
	r := q.run
	c := Call{Step: q.step, Answer: k.Answer, Together: max(k.Together, 1), Follows: k.Follows, Reused: reused, Why: r.unfit(k.Answer)}
	switch {
	case reused:
	case k.Answer.Emulated:
		c.CostNano = new(int64(0)) // nobody sends a bill for it
	case r.o.Cost != nil:
		c.CostNano = r.o.Cost(k.Answer.Model, k.Answer.Pool, k.Answer.Usage)
	}
	var changes []judge.Change
	q.done = true
	if c.Why == "" {
		r.state.Scripted = k.Answer.Scripted
		before := clone(r.state.Schema)
		if bad == nil {
			changes, bad = judge.Merge(q.step, r.state, k.Answer.Input)
		}
		if bad != nil {
			r.state.Schema, c.Why, changes = before, bad.Error(), nil
			q.again()
		}
	}
	c.Merged = c.Why == ""
	r.report.Calls = append(r.report.Calls, c)
	r.report.Judgements = append(r.report.Judgements, changes...)
	if c.Merged {
		r.judged(k.Answer)
	}
	r.o.tell(Progress{Step: string(q.step), Detail: said(c, changes), Waited: k.Answer.Waited, Done: true})
}

// again has the question asked once more, if it may be and there is still something
// to ask.
func (q *question) again() {
	q.try++
	if q.try == answersOf {
		return
	}
	if req, ok := judge.Ask(q.step, q.run.state); ok {
		q.req, q.done = req, false
	}
}

func said(c Call, changes []judge.Change) string {
	if !c.Merged {
		return "not merged: " + c.Why
	}
	refused := 0
	for _, ch := range changes {
		if ch.Refused != "" {
			refused++
		}
	}
	return fmt.Sprintf("%d changes, %d refused", len(changes)-refused, refused)
}

// unfit says why an answer must not be merged; empty when it may.
func (r *Run) unfit(a judge.Answer) string {
	switch {
	case a.Scripted && !r.o.AcceptScripted:
		return "an emulator's script answered, and --accept-scripted is not set"
	case a.Emulated && !a.Scripted:
		return "an emulator answered, no model"
	}
	return ""
}

func (r *Run) judged(a judge.Answer) {
	s := r.state.Schema
	switch {
	case a.Scripted:
		s.Judged = schema.JudgedScripted
	case s.Judged != schema.JudgedScripted:
		s.Judged = schema.JudgedModel
	}
}

// findings tries the schema once, so that validate can ask about what does not hold.
func (r *Run) findings(ctx context.Context) error {
	r.state.Findings = nil
	for _, e := range r.o.Engines {
		res, err := e.Try(ctx, r.state.Schema, r.source)
		if err != nil {
			return err
		}
		r.state.Findings = append(r.state.Findings, res.Findings...)
	}
	return nil
}

// runID is the run that calls are labelled with: the same when it goes on.
func (r *Run) runID() string {
	data, _ := json.Marshal(r.record) // our own type, which always encodes
	sum := sha256.Sum256(data)
	return "schema-" + r.o.Name + "-" + hex.EncodeToString(sum[:4])
}
