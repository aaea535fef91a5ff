// Package judge asks a language model what evidence cannot know: what tables are
// about, which of the doubtful references are meant, how to name what is cryptic.
//
// It writes requests and merges answers; it makes no calls. A model chooses, names,
// describes and adds, and overturns nothing that was measured: what an answer says
// against the evidence is refused, and the refusal is told.
package judge

import (
	"context"
	"encoding/json"
	"time"
)

// Step is one of the calls of a schema.
type Step string

// The steps.
const (
	Analyze       Step = "analyze"
	Columns       Step = "columns"
	Relationships Step = "relationships"
	Normalize     Step = "normalize"
	Validate      Step = "validate"
	Final         Step = "final"
)

// Steps are all of them, in order.
func Steps() []Step { return []Step{Analyze, Columns, Relationships, Normalize, Validate, Final} }

// Request is one call to a model: it must answer by calling the tool.
type Request struct {
	Step      Step   `json:"step"` // of a joined request those of its parts, with + between
	System    string `json:"system"`
	User      string `json:"user"`
	Tool      Tool   `json:"tool"`
	MaxTokens int    `json:"max_tokens"`
	// Input and Output are the tokens that the call is expected to take.
	Input  int `json:"input"`
	Output int `json:"output"`
}

// Tool is what a model fills in.
type Tool struct {
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Schema      json.RawMessage `json:"schema"` // JSON Schema of its input
}

// Labels say to a gateway what a call belongs to.
type Labels struct {
	Run   string // the schema's run
	Calls int    // how many calls the run has in all, at most
	Step  Step
}

// Answer is what came of a call.
type Answer struct {
	Input json.RawMessage `json:"input"` // of the tool, as the model filled it in
	Usage Usage           `json:"usage"`
	Model string          `json:"model"` // the id that was called
	// Pool, CallID and Attempts are the gateway's words; empty and 0 without one.
	Pool     string `json:"pool"`
	CallID   string `json:"call_id"`
	Attempts int    `json:"attempts"`
	// Waited is how long the call waited for its turn, Took how long it lasted with
	// that.
	Waited time.Duration `json:"waited"`
	Took   time.Duration `json:"took"`
	// Emulated says that no model answered, and Scripted that an emulator's script
	// did.
	Emulated bool `json:"emulated"`
	Scripted bool `json:"scripted"`
}

// Usage is what a call took, in tokens.
type Usage struct {
	Input      int64 `json:"input"`
	Output     int64 `json:"output"`
	CacheRead  int64 `json:"cache_read"`
	CacheWrite int64 `json:"cache_write"`
}

// Caller makes calls. It is safe for concurrent use. Errors are *fault.Error.
type Caller interface {
	Call(ctx context.Context, r Request, l Labels) (Answer, error)
}

// Change is one thing that an answer changed, or wanted to.
type Change struct {
	Step Step `json:"step"`
	// About is the id of what it is about.
	About string `json:"about"`
	What  string `json:"what"` // a word for programs, such as "reference" or "name"
	From  string `json:"from,omitempty"`
	To    string `json:"to,omitempty"`
	// Refused says why it was not merged; empty when it was.
	Refused string `json:"refused,omitempty"`
}
