package judge

import (
	"encoding/json"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/edit"
	"github.com/headgate/headgate/internal/schema/evidence"
	"github.com/headgate/headgate/internal/schema/verify"
)

// State is what a step sees. Merge changes Schema alone.
type State struct {
	Evidence    *evidence.Evidence
	Schema      *schema.Schema
	Description string // the user's own words; empty for none
	// Findings are what engines and rules found: validate asks about them.
	Findings []verify.Finding
	// Scripted says that answers come from an emulator's script, which what they
	// decide is marked with.
	Scripted bool
}

// step is how one step asks and what becomes of its answer. It is made anew for each
// of both, from the same state.
type step interface {
	// ask writes the request; false when there is nothing to ask.
	ask() (Request, bool)
	// merge puts an answer that has the form of the tool's schema into the schema.
	merge(answer json.RawMessage, m *merger) error
}

func newStep(s Step, st *State) step {
	switch s {
	case Analyze:
		return newAnalysis(st)
	case Columns:
		return newColumnReview(st)
	case Relationships:
		return newReferenceReview(st)
	case Normalize:
		return newNormalization(st)
	case Validate:
		return &repair{st: st}
	case Final:
		return newConclusion(st)
	}
	return nil
}

// Ask writes a step's request; false when there is nothing to ask. The same state
// gives the same request.
func Ask(step Step, st *State) (Request, bool) {
	s := newStep(step, st)
	if s == nil {
		return Request{}, false
	}
	return s.ask()
}

// Merge checks an answer and puts it into the schema. The error says that the answer
// is not as the tool's schema wants it: asked once more, it may be. What it says
// against the evidence, and of ids that were not asked about, is refused, which is no
// error.
func Merge(step Step, st *State, answer json.RawMessage) ([]Change, error) {
	s := newStep(step, st)
	if s == nil {
		return nil, fault.New(fault.Invalid, "there is no step %q", step)
	}
	req, ok := s.ask()
	if !ok {
		return nil, nil // nothing was asked, so nothing was answered
	}
	if err := admits(req.Tool.Schema, answer); err != nil {
		return nil, err
	}
	m := &merger{st: st, step: step}
	if err := s.merge(answer, m); err != nil {
		return nil, err
	}
	edit.Harmonise(st.Schema)
	st.Schema.Order()
	return m.changes, nil
}

// merger notes what an answer changes.
type merger struct {
	st      *State
	step    Step
	changes []Change
}

// mark is that of what the step decides.
func (m *merger) mark(confidence float64, why string, ids ...string) schema.Mark {
	p := schema.FromModel(string(m.step))
	if m.st.Scripted {
		p = schema.FromScript
	}
	return schema.Mark{Provenance: p, Confidence: confidence, Evidence: ids, Why: why}
}

// did notes a change; to may be empty.
func (m *merger) did(about, what, from, to string) {
	m.changes = append(m.changes, Change{Step: m.step, About: plain(about, longestID), What: what, From: from, To: to})
}

// refused notes what was not merged. What the answer wanted is not repeated beyond
// a few characters: it may be anything.
func (m *merger) refused(about, what, to, why string) {
	m.changes = append(m.changes, Change{Step: m.step, About: plain(about, longestID), What: what, To: plain(to, 48), Refused: why})
}

// longestID is more than any id has.
const longestID = 16

// decode reads an answer into the step's own form.
func decode(answer json.RawMessage, to any) error {
	if err := json.Unmarshal(answer, to); err != nil {
		return unfit()
	}
	return nil
}
