// Package reply writes what a model says in the shapes of the Bedrock runtime:
// the bodies of Converse, Anthropic and Nova, and their event streams.
package reply

import (
	"encoding/json"
	"time"

	"github.com/headgate/headgate/internal/llm"
)

// Stop says why an answer ended.
type Stop string

// The reasons that the emulator gives. Converse and Anthropic spell them alike.
const (
	StopEnd      Stop = "end_turn"
	StopLength   Stop = "max_tokens"
	StopTool     Stop = "tool_use"
	StopSequence Stop = "stop_sequence"
)

// Block is one part of an answer: text, or a call of a tool when Tool is set.
type Block struct {
	Text string
	Tool string // the tool's name
	ID   string // of the call
	// Input is the tool's input. In an answer that was cut short it is not
	// whole JSON.
	Input string
}

// Content is what the block puts on a stream.
func (b Block) Content() string {
	if b.Tool != "" {
		return b.Input
	}
	return b.Text
}

// whole is the tool's input as an object; {} when it was cut short.
func (b Block) whole() json.RawMessage {
	if json.Valid([]byte(b.Input)) {
		return json.RawMessage(b.Input)
	}
	return json.RawMessage(`{}`)
}

// Reply is a whole answer. Its usage covers all of its blocks.
type Reply struct {
	ID           string // of the message, for the dialects that name it
	Model        string // the model's bare id
	Blocks       []Block
	Stop         Stop
	StopSequence string // what stopped it, for StopSequence
	Usage        llm.Usage
	CacheTTL     time.Duration // of what was written to the cache
	ServiceTier  string        // echoed; empty when not asked for
	Latency      string        // echoed; empty when not asked for
}

// Timing is how long an answer took, in nominal time.
type Timing struct {
	Total, FirstToken time.Duration
}

// Event is one event of a stream.
type Event struct {
	Type    string
	Payload []byte
}

// Form is the shape of an answer. A stream is Start, then for each block
// BlockStart, Deltas and BlockStop, then End.
type Form interface {
	Body(r *Reply, t Timing) []byte
	Start(r *Reply) []Event
	BlockStart(i int, b Block) []Event
	Delta(i int, b Block, piece string) Event
	BlockStop(i int) Event
	End(r *Reply, t Timing) []Event
}

// marshal writes JSON. What we marshal is made of our own types, which cannot
// fail.
func marshal(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("reply: " + err.Error())
	}
	return b
}
