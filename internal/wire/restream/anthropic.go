package restream

import (
	"encoding/json"
	"maps"
	"strings"
)

// The shapes of Anthropic's Messages in InvokeModel and of its stream
// (platform.claude.com/docs, Messages and Streaming). A whole message is kept as raw
// members, so that what is not known of it passes.

// anthropicChunk is the event of InvokeModelWithResponseStream: one of the model's own.
type anthropicChunk struct {
	Bytes []byte `json:"bytes"`
	// Padding is what Bedrock fills its messages up with.
	Padding string `json:"p,omitempty"`
}

type anthropicEvent struct {
	Type    string                     `json:"type"`
	Message map[string]json.RawMessage `json:"message,omitempty"`
	Index   *int                       `json:"index,omitempty"`
	Block   map[string]json.RawMessage `json:"content_block,omitempty"`
	Delta   map[string]json.RawMessage `json:"delta,omitempty"`
	Usage   map[string]json.RawMessage `json:"usage,omitempty"`
	Metrics json.RawMessage            `json:"amazon-bedrock-invocationMetrics,omitempty"`
}

// anthropicDeltas names, for the type of a delta, its member and that of the block
// which it is appended to.
func anthropicDeltas(delta string) (from, to string) {
	switch delta {
	case "text_delta":
		return "text", "text"
	case "thinking_delta":
		return "thinking", "thinking"
	case "signature_delta":
		return "signature", "signature"
	case "input_json_delta":
		return "partial_json", "input"
	}
	return "", ""
}

// anthropicBlock is a block as it is put together.
type anthropicBlock struct {
	members map[string]json.RawMessage
	texts   map[string]*strings.Builder // by member
}

func (b *anthropicBlock) take(delta map[string]json.RawMessage) bool {
	from, to := anthropicDeltas(text(delta["type"]))
	raw, there := delta[from]
	var piece string
	if from == "" || !there || len(delta) != 2 || json.Unmarshal(raw, &piece) != nil {
		return false
	}
	if b.texts[to] == nil {
		b.texts[to] = &strings.Builder{}
	}
	_, _ = b.texts[to].WriteString(piece) // never fails
	return true
}

func (b *anthropicBlock) whole() (map[string]json.RawMessage, bool) {
	for member, said := range b.texts {
		if member == "input" {
			if said.Len() > 0 {
				b.members["input"] = json.RawMessage(said.String())
			}
			continue
		}
		raw, ok := encode(said.String())
		if !ok {
			return nil, false
		}
		b.members[member] = raw
	}
	return b.members, json.Valid(b.members["type"])
}

// anthropicStream is a stream while it is read.
type anthropicStream struct {
	message map[string]json.RawMessage
	usage   map[string]json.RawMessage
	blocks  []*anthropicBlock
	ended   bool
}

func (s *anthropicStream) take(e *anthropicEvent) bool {
	switch e.Type {
	case "message_start":
		s.message = e.Message
		return s.message != nil && (s.message["usage"] == nil || json.Unmarshal(s.message["usage"], &s.usage) == nil)
	case "content_block_start":
		if e.Index == nil || *e.Index != len(s.blocks) || e.Block == nil {
			return false
		}
		s.blocks = append(s.blocks, &anthropicBlock{members: e.Block, texts: map[string]*strings.Builder{}})
	case "content_block_delta":
		return e.Index != nil && *e.Index >= 0 && *e.Index < len(s.blocks) && s.blocks[*e.Index].take(e.Delta)
	case "message_delta":
		if s.message == nil {
			return false
		}
		maps.Copy(s.message, e.Delta)
		if s.usage == nil {
			s.usage = map[string]json.RawMessage{}
		}
		maps.Copy(s.usage, e.Usage)
	case "message_stop":
		s.ended = true
	case "content_block_stop", "ping":
	default:
		return false
	}
	return true
}

func wholeAnthropic(stream []byte) ([]byte, bool) {
	var s anthropicStream
	ok := events(stream, func(name string, payload []byte) bool {
		var chunk anthropicChunk
		var e anthropicEvent
		return name == "chunk" && !s.ended && strict(payload, &chunk) && json.Unmarshal(chunk.Bytes, &e) == nil && s.take(&e)
	})
	if !ok || !s.ended || s.message == nil {
		return nil, false
	}
	content := make([]map[string]json.RawMessage, 0, len(s.blocks))
	for _, b := range s.blocks {
		members, ok := b.whole()
		if !ok {
			return nil, false
		}
		content = append(content, members)
	}
	for member, value := range map[string]any{"content": content, "usage": s.usage} {
		raw, ok := encode(value)
		if !ok {
			return nil, false
		}
		s.message[member] = raw
	}
	return encode(s.message)
}

// streamAnthropic writes the events that a whole message stands for. Its usage comes
// with the last delta, and with Bedrock's own measure of it at the end.
func streamAnthropic(whole []byte) ([]byte, bool) {
	var message map[string]json.RawMessage
	var content []map[string]json.RawMessage
	if json.Unmarshal(whole, &message) != nil || text(message["type"]) != "message" || json.Unmarshal(message["content"], &content) != nil {
		return nil, false
	}
	var usage map[string]json.RawMessage
	if json.Unmarshal(message["usage"], &usage) != nil {
		return nil, false
	}
	stop := map[string]json.RawMessage{"stop_reason": message["stop_reason"], "stop_sequence": message["stop_sequence"]}
	for member, value := range stop {
		if value == nil {
			stop[member] = json.RawMessage("null")
		}
		message[member] = json.RawMessage("null")
	}
	message["content"] = json.RawMessage("[]")
	var w writer
	chunk := func(e anthropicEvent) {
		data, ok := encode(e)
		w.bad = w.bad || !ok
		w.event("chunk", anthropicChunk{Bytes: data})
	}
	chunk(anthropicEvent{Type: "message_start", Message: message})
	for i, b := range content {
		deltas, ok := anthropicPieces(b)
		if !ok {
			return nil, false
		}
		chunk(anthropicEvent{Type: "content_block_start", Index: &i, Block: b})
		for _, delta := range deltas {
			chunk(anthropicEvent{Type: "content_block_delta", Index: &i, Delta: delta})
		}
		chunk(anthropicEvent{Type: "content_block_stop", Index: &i})
	}
	chunk(anthropicEvent{Type: "message_delta", Delta: stop, Usage: usage})
	metrics, ok := encode(map[string]json.RawMessage{
		"inputTokenCount": number(usage["input_tokens"]), "outputTokenCount": number(usage["output_tokens"]),
		"cacheReadInputTokenCount": number(usage["cache_read_input_tokens"]), "cacheWriteInputTokenCount": number(usage["cache_creation_input_tokens"]),
	})
	w.bad = w.bad || !ok
	chunk(anthropicEvent{Type: "message_stop", Metrics: metrics})
	return w.done()
}

// anthropicPieces takes what comes in deltas out of a block and returns it as such.
func anthropicPieces(b map[string]json.RawMessage) ([]map[string]json.RawMessage, bool) {
	var out []map[string]json.RawMessage
	piece := func(delta, member string, value json.RawMessage) {
		kind, _ := encode(delta)
		out = append(out, map[string]json.RawMessage{"type": kind, member: value})
	}
	empty := json.RawMessage(`""`)
	switch text(b["type"]) {
	case "text":
		if b["citations"] != nil && string(b["citations"]) != "null" {
			return nil, false
		}
		piece("text_delta", "text", b["text"])
		b["text"] = empty
	case "thinking":
		piece("thinking_delta", "thinking", b["thinking"])
		piece("signature_delta", "signature", b["signature"])
		b["thinking"], b["signature"] = empty, empty
	case "tool_use":
		input, ok := encode(string(b["input"]))
		if !ok {
			return nil, false
		}
		piece("input_json_delta", "partial_json", input)
		b["input"] = json.RawMessage("{}")
	case "redacted_thinking":
	default:
		return nil, false
	}
	for _, delta := range out {
		for _, value := range delta {
			if value == nil {
				return nil, false
			}
		}
	}
	return out, true
}

// number is a JSON number, 0 for what is none.
func number(raw json.RawMessage) json.RawMessage {
	var n json.Number
	if json.Unmarshal(raw, &n) != nil || n == "" {
		return json.RawMessage("0")
	}
	return json.RawMessage(n)
}

// text is a JSON string's value, empty for what is none.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}
