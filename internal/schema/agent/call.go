package agent

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/judge"
)

// kept is a call in the run's folder: enough to go on without making it again, and
// nothing of what was sent but its hash.
type kept struct {
	Request string       `json:"request_sha256"`
	Answer  judge.Answer `json:"answer"`
}

// Call is what a report tells of a call.
type Call struct {
	Step   judge.Step   `json:"step"`
	Answer judge.Answer `json:"answer"`
	// Reused says that the call was made by the run before.
	Reused bool `json:"reused"`
	// Merged says that the answer was taken; Why says why not.
	Merged bool   `json:"merged"`
	Why    string `json:"why,omitempty"`
	// CostNano is in nano-dollars; nil where the price is not known. What was reused
	// cost nothing.
	CostNano *int64 `json:"cost_nano_usd"`
}

// Expected are the steps that will ask, as far as can be told before the first
// answer: validate only asks when an engine finds something.
func (r *Run) Expected() []judge.Step {
	var out []judge.Step
	for _, step := range judge.Steps() {
		if _, ok := judge.Ask(step, r.state); ok {
			out = append(out, step)
		}
	}
	return out
}

// Judge asks the model, step by step, and merges what it says. Without a caller it
// does nothing.
func (r *Run) Judge(ctx context.Context) error {
	if r.o.Caller == nil {
		return nil
	}
	calls := len(r.Expected())
	for _, step := range judge.Steps() {
		if step == judge.Validate {
			if err := r.findings(ctx); err != nil {
				return err
			}
		}
		if err := r.step(ctx, step, calls); err != nil {
			return err
		}
	}
	return nil
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

// answersOf is how often a step may ask: a bad answer is asked for once more.
const answersOf = 2

// step asks one step's question, if it has one.
func (r *Run) step(ctx context.Context, step judge.Step, calls int) error {
	req, ok := judge.Ask(step, r.state)
	if !ok {
		return nil
	}
	for try := range answersOf {
		r.o.tell(Progress{Step: string(step)})
		c, err := r.call(ctx, req, try, judge.Labels{Run: r.runID(), Calls: max(calls, 1), Step: step})
		if err != nil {
			return err
		}
		c.Why = r.unfit(c.Answer)
		var changes []judge.Change
		if c.Why == "" {
			r.state.Scripted = c.Answer.Scripted
			before := clone(r.state.Schema)
			if changes, err = judge.Merge(step, r.state, c.Answer.Input); err != nil {
				r.state.Schema = before
				c.Why = err.Error()
			}
		}
		bad := err != nil
		c.Merged = c.Why == ""
		r.report.Calls = append(r.report.Calls, c)
		r.report.Judgements = append(r.report.Judgements, changes...)
		r.o.tell(Progress{Step: string(step), Detail: said(c, changes), Waited: c.Answer.Waited, Done: true})
		if c.Merged {
			r.judged(c.Answer)
		}
		if !bad {
			return nil
		}
	}
	return nil
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

// call makes a call, or takes what the run before was answered.
func (r *Run) call(ctx context.Context, req judge.Request, try int, l judge.Labels) (Call, error) {
	data, err := json.Marshal(req)
	if err != nil {
		return Call{}, fmt.Errorf("write a request: %w", err)
	}
	sum := sha256.Sum256(data)
	hash := hex.EncodeToString(sum[:])
	at := slices.Index(judge.Steps(), req.Step) + 1
	name := fmt.Sprintf("calls/%02d-%s.json", at, req.Step)
	if try > 0 {
		name = fmt.Sprintf("calls/%02d-%s-%d.json", at, req.Step, try+1)
	}
	var k kept
	if r.o.Resume && r.folder.read(name, &k) && k.Request == hash {
		return Call{Step: req.Step, Answer: k.Answer, Reused: true}, nil
	}
	a, err := r.o.Caller.Call(ctx, req, l)
	if err != nil {
		return Call{}, fault.Wrap(fault.KindOf(err), "ask a model ("+string(req.Step)+")", err)
	}
	if err := r.folder.json(name, kept{Request: hash, Answer: a}); err != nil {
		return Call{}, err
	}
	c := Call{Step: req.Step, Answer: a}
	if r.o.Cost != nil {
		c.CostNano = r.o.Cost(a.Model, a.Pool, a.Usage)
	}
	return c, nil
}

// runID is the run that calls are labelled with: the same when it goes on.
func (r *Run) runID() string {
	data, _ := json.Marshal(r.record) // our own type, which always encodes
	sum := sha256.Sum256(data)
	return "schema-" + r.o.Name + "-" + hex.EncodeToString(sum[:4])
}
