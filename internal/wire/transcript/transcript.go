// Package transcript reads what was said out of a request and its answer: the texts
// of the messages, in the dialects that pass through Bedrock's runtime. It is for
// people who look at a trace. What it does not understand it leaves out.
package transcript

import (
	"encoding/json"
	"strings"

	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/wire/eventstream"
)

// Message is what one side said.
type Message struct {
	Role  string `json:"role"`
	Parts []Part `json:"parts"`
}

// Part is a piece of a message. What is no text is named by its type alone: tools
// with their name, images and documents without anything.
type Part struct {
	Type    string `json:"type"`
	Content string `json:"content,omitempty"`
	Name    string `json:"name,omitempty"`
}

// body is a request or an answer of any of the dialects.
type body struct {
	System   contents `json:"system"`
	Messages []struct {
		Role    string   `json:"role"`
		Content contents `json:"content"`
	} `json:"messages"`
	Prompt    text `json:"prompt"`
	InputText text `json:"inputText"`
	Output    struct {
		Message struct {
			Role    string   `json:"role"`
			Content contents `json:"content"`
		} `json:"message"`
	} `json:"output"`
	Content contents `json:"content"`
}

// Request is what a request says: Converse's, Anthropic's, or a bare prompt.
func Request(data []byte) []Message {
	var b body
	if json.Unmarshal(data, &b) != nil {
		return nil
	}
	var out []Message
	if len(b.System) > 0 {
		out = append(out, Message{"system", b.System.parts()})
	}
	for _, m := range b.Messages {
		out = append(out, Message{m.Role, m.Content.parts()})
	}
	if bare := string(b.Prompt) + string(b.InputText); bare != "" {
		out = append(out, Message{"user", []Part{{Type: "text", Content: bare}}})
	}
	return out
}

// Answer is what an answer says. Of a stream that was cut it is what came.
func Answer(op llm.Operation, data []byte) []Message {
	if op.Streams() {
		return streamed(data)
	}
	var b body
	if json.Unmarshal(data, &b) != nil {
		return nil
	}
	if parts := append(b.Output.Message.Content.parts(), b.Content.parts()...); len(parts) > 0 {
		return []Message{{"assistant", parts}}
	}
	return nil
}

// delta is an event of a stream: Converse's and Anthropic's are alike in it. Bytes
// is an event of InvokeModel, which holds one of the model's own.
type delta struct {
	Bytes []byte `json:"bytes"`
	Delta struct {
		Text text `json:"text"`
	} `json:"delta"`
	Start struct {
		ToolUse struct {
			Name string `json:"name"`
		} `json:"toolUse"`
	} `json:"start"`
}

func streamed(data []byte) []Message {
	var said strings.Builder
	var tools []Part
	var s eventstream.Scanner
	s.Feed(data)
	for s.Next() {
		var d delta
		if json.Unmarshal(s.Message().Payload, &d) != nil {
			continue
		}
		if d.Bytes != nil {
			inner := d.Bytes
			d = delta{}
			if json.Unmarshal(inner, &d) != nil {
				continue
			}
		}
		said.WriteString(string(d.Delta.Text))
		if name := d.Start.ToolUse.Name; name != "" {
			tools = append(tools, Part{Type: "tool_call", Name: name})
		}
	}
	var parts []Part
	if said.Len() > 0 {
		parts = append(parts, Part{Type: "text", Content: said.String()})
	}
	if parts = append(parts, tools...); len(parts) == 0 {
		return nil
	}
	return []Message{{"assistant", parts}}
}

// contents is what a message holds: a text, or blocks of which each is of one kind.
type contents []block

type block struct {
	Type string `json:"type"`
	Text text   `json:"text"`
	Name string `json:"name"`

	ToolUse    *struct{ Name string } `json:"toolUse"`
	ToolResult json.RawMessage        `json:"toolResult"`
	Image      json.RawMessage        `json:"image"`
	Document   json.RawMessage        `json:"document"`
	Video      json.RawMessage        `json:"video"`
}

// UnmarshalJSON takes a text for one block, and whatever is neither for none.
func (c *contents) UnmarshalJSON(data []byte) error {
	var only string
	if json.Unmarshal(data, &only) == nil {
		*c = contents{{Text: text(only)}}
		return nil
	}
	var blocks []block
	if json.Unmarshal(data, &blocks) == nil {
		*c = blocks
	}
	return nil
}

func (c contents) parts() []Part {
	var out []Part
	for _, b := range c {
		switch {
		case b.Text != "":
			out = append(out, Part{Type: "text", Content: string(b.Text)})
		case b.ToolUse != nil:
			out = append(out, Part{Type: "tool_call", Name: b.ToolUse.Name})
		case b.Type == "tool_use":
			out = append(out, Part{Type: "tool_call", Name: b.Name})
		case b.ToolResult != nil || b.Type == "tool_result":
			out = append(out, Part{Type: "tool_call_response"})
		case b.Image != nil || b.Type == "image":
			out = append(out, Part{Type: "image"})
		case b.Document != nil || b.Type == "document":
			out = append(out, Part{Type: "document"})
		case b.Video != nil:
			out = append(out, Part{Type: "video"})
		}
	}
	return out
}

// text is a string, and empty where there is something else.
type text string

// UnmarshalJSON never fails.
func (t *text) UnmarshalJSON(data []byte) error {
	var s string
	if json.Unmarshal(data, &s) == nil {
		*t = text(s)
	}
	return nil
}
