package judge

import (
	"encoding/json"

	"github.com/headgate/headgate/internal/schema"
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

// Ask writes a step's request; false when there is nothing to ask.
func Ask(step Step, st *State) (Request, bool) { return Request{}, false }

// Merge checks an answer and puts it into the schema. The error says that the answer
// is not as the tool's schema wants it: asked once more, it may be. What it says
// against the evidence, and of ids that were not asked about, is refused, which is no
// error.
func Merge(step Step, st *State, answer json.RawMessage) ([]Change, error) { return nil, nil }
