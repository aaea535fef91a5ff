package restream

import (
	"bytes"
	"encoding/json"
	"strings"
)

// The shapes of Converse's answer and of ConverseStream's events
// (docs.aws.amazon.com/bedrock, API_runtime_ConverseResponse and
// API_runtime_ConverseStreamOutput). Raw members pass as they are.

type converseAnswer struct {
	Output struct {
		Message converseMessage `json:"message"`
	} `json:"output"`
	StopReason string          `json:"stopReason"`
	Usage      json.RawMessage `json:"usage,omitempty"`
	Metrics    json.RawMessage `json:"metrics,omitempty"`
	converseRest

	AdditionalModelResponseFields json.RawMessage `json:"additionalModelResponseFields,omitempty"`
}

// converseRest is what the answer and the stream's last event share.
type converseRest struct {
	Trace             json.RawMessage `json:"trace,omitempty"`
	PerformanceConfig json.RawMessage `json:"performanceConfig,omitempty"`
	ServiceTier       json.RawMessage `json:"serviceTier,omitempty"`
}

type converseMessage struct {
	Role    string          `json:"role"`
	Content []converseBlock `json:"content"`
}

type converseBlock struct {
	Text      *string         `json:"text,omitempty"`
	ToolUse   *converseTool   `json:"toolUse,omitempty"`
	Reasoning *converseReason `json:"reasoningContent,omitempty"`
}

type converseTool struct {
	ID    string          `json:"toolUseId,omitempty"`
	Name  string          `json:"name,omitempty"`
	Type  string          `json:"type,omitempty"`
	Input json.RawMessage `json:"input,omitempty"`
}

type converseReason struct {
	Text *struct {
		Text      string  `json:"text"`
		Signature *string `json:"signature,omitempty"`
	} `json:"reasoningText,omitempty"`
	Redacted []byte `json:"redactedContent,omitempty"`
}

type converseEvent struct {
	Role  string         `json:"role,omitempty"`
	Index *int           `json:"contentBlockIndex,omitempty"`
	Start *converseStart `json:"start,omitempty"`
	Delta *converseDelta `json:"delta,omitempty"`

	StopReason                    string          `json:"stopReason,omitempty"`
	AdditionalModelResponseFields json.RawMessage `json:"additionalModelResponseFields,omitempty"`

	Usage   json.RawMessage `json:"usage,omitempty"`
	Metrics json.RawMessage `json:"metrics,omitempty"`
	converseRest

	// Padding is what Bedrock fills its messages up with.
	Padding string `json:"p,omitempty"`
}

type converseStart struct {
	ToolUse *converseTool `json:"toolUse,omitempty"`
}

type converseDelta struct {
	Text      *string              `json:"text,omitempty"`
	ToolUse   *converseInput       `json:"toolUse,omitempty"`
	Reasoning *converseReasonDelta `json:"reasoningContent,omitempty"`
}

type converseInput struct {
	Input string `json:"input"`
}

type converseReasonDelta struct {
	Text      *string `json:"text,omitempty"`
	Signature *string `json:"signature,omitempty"`
	Redacted  []byte  `json:"redactedContent,omitempty"`
}

// block is a content block as it is put together from deltas.
type block struct {
	tool      *converseTool
	text      strings.Builder
	input     strings.Builder
	reason    strings.Builder
	signature *string
	redacted  []byte
	kind      byte // of the deltas: t, i, r or d; 0 before the first
}

// take adds a delta. It reports false for a kind that is not known, and for a block
// of two kinds.
func (b *block) take(d *converseDelta) bool {
	var kind byte
	switch {
	case d.Text != nil:
		kind = 't'
		b.text.WriteString(*d.Text)
	case d.ToolUse != nil:
		kind = 'i'
		b.input.WriteString(d.ToolUse.Input)
	case d.Reasoning == nil:
		return false
	case d.Reasoning.Redacted != nil:
		kind = 'd'
		b.redacted = append(b.redacted, d.Reasoning.Redacted...)
	default:
		kind = 'r'
		if d.Reasoning.Text != nil {
			b.reason.WriteString(*d.Reasoning.Text)
		}
		if d.Reasoning.Signature != nil {
			b.signature = d.Reasoning.Signature
		}
	}
	if b.kind == 0 {
		b.kind = kind
	}
	return b.kind == kind && (kind == 'i') == (b.tool != nil)
}

// whole is the finished block.
func (b *block) whole() (converseBlock, bool) {
	switch {
	case b.tool != nil:
		tool := *b.tool
		tool.Input = json.RawMessage(b.input.String())
		if len(tool.Input) == 0 {
			tool.Input = json.RawMessage("{}")
		}
		return converseBlock{ToolUse: &tool}, json.Valid(tool.Input)
	case b.kind == 'r':
		r := &converseReason{}
		r.Text = &struct {
			Text      string  `json:"text"`
			Signature *string `json:"signature,omitempty"`
		}{b.reason.String(), b.signature}
		return converseBlock{Reasoning: r}, true
	case b.kind == 'd':
		return converseBlock{Reasoning: &converseReason{Redacted: b.redacted}}, true
	}
	text := b.text.String()
	return converseBlock{Text: &text}, true
}

func wholeConverse(stream []byte) ([]byte, bool) {
	var a converseAnswer
	var blocks []*block
	ended := false
	ok := events(stream, func(name string, payload []byte) bool {
		var e converseEvent
		if ended || !strict(payload, &e) {
			return false
		}
		switch name {
		case "messageStart":
			a.Output.Message.Role = e.Role
		case "contentBlockStart":
			if e.Index == nil || e.Start == nil || e.Start.ToolUse == nil || *e.Index != len(blocks) {
				return false
			}
			blocks = append(blocks, &block{tool: e.Start.ToolUse})
		case "contentBlockDelta":
			// A text has no start of its own.
			if e.Index == nil || e.Delta == nil || *e.Index < 0 || *e.Index > len(blocks) {
				return false
			}
			if *e.Index == len(blocks) {
				blocks = append(blocks, &block{})
			}
			return blocks[*e.Index].take(e.Delta)
		case "contentBlockStop":
		case "messageStop":
			a.StopReason, a.AdditionalModelResponseFields = e.StopReason, e.AdditionalModelResponseFields
		case "metadata":
			a.Usage, a.Metrics, a.converseRest = e.Usage, e.Metrics, e.converseRest
			ended = true
		default:
			return false
		}
		return true
	})
	if !ok || !ended {
		return nil, false
	}
	a.Output.Message.Content = make([]converseBlock, 0, len(blocks))
	for _, b := range blocks {
		whole, ok := b.whole()
		if !ok {
			return nil, false
		}
		a.Output.Message.Content = append(a.Output.Message.Content, whole)
	}
	return encode(a)
}

func streamConverse(whole []byte) ([]byte, bool) {
	var a converseAnswer
	if !strict(whole, &a) || a.StopReason == "" {
		return nil, false
	}
	var w writer
	w.event("messageStart", converseEvent{Role: a.Output.Message.Role})
	for i, b := range a.Output.Message.Content {
		delta := func(d converseDelta) { w.event("contentBlockDelta", converseEvent{Index: &i, Delta: &d}) }
		switch {
		case b.Text != nil:
			delta(converseDelta{Text: b.Text})
		case b.ToolUse != nil:
			input := string(b.ToolUse.Input)
			b.ToolUse.Input = nil
			w.event("contentBlockStart", converseEvent{Index: &i, Start: &converseStart{ToolUse: b.ToolUse}})
			delta(converseDelta{ToolUse: &converseInput{Input: input}})
		case b.Reasoning != nil && b.Reasoning.Text != nil:
			delta(converseDelta{Reasoning: &converseReasonDelta{Text: &b.Reasoning.Text.Text}})
			if b.Reasoning.Text.Signature != nil {
				delta(converseDelta{Reasoning: &converseReasonDelta{Signature: b.Reasoning.Text.Signature}})
			}
		case b.Reasoning != nil && b.Reasoning.Redacted != nil:
			delta(converseDelta{Reasoning: &converseReasonDelta{Redacted: b.Reasoning.Redacted}})
		default:
			return nil, false
		}
		w.event("contentBlockStop", converseEvent{Index: &i})
	}
	w.event("messageStop", converseEvent{StopReason: a.StopReason, AdditionalModelResponseFields: a.AdditionalModelResponseFields})
	w.event("metadata", converseEvent{Usage: a.Usage, Metrics: a.Metrics, converseRest: a.converseRest})
	return w.done()
}

// encode writes JSON without escaping what is only special in HTML.
func encode(v any) ([]byte, bool) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if e.Encode(v) != nil {
		return nil, false
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), true
}
