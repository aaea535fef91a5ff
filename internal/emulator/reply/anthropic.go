package reply

import "encoding/json"

// Anthropic is the form of the Claude models under InvokeModel: Anthropic's
// Messages API.
type Anthropic struct{}

type anthropicUsage struct {
	InputTokens              int64 `json:"input_tokens"`
	CacheCreationInputTokens int64 `json:"cache_creation_input_tokens"`
	CacheReadInputTokens     int64 `json:"cache_read_input_tokens"`
	OutputTokens             int64 `json:"output_tokens"`
}

type anthropicMessage struct {
	Model        string         `json:"model"`
	ID           string         `json:"id"`
	Type         string         `json:"type"`
	Role         string         `json:"role"`
	Content      []any          `json:"content"`
	StopReason   *Stop          `json:"stop_reason"`
	StopSequence *string        `json:"stop_sequence"`
	Usage        anthropicUsage `json:"usage"`
}

type anthropicText struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

type anthropicTool struct {
	Type  string          `json:"type"`
	ID    string          `json:"id"`
	Name  string          `json:"name"`
	Input json.RawMessage `json:"input"`
}

func (Anthropic) message(r *Reply) anthropicMessage {
	u := r.Usage
	return anthropicMessage{
		Model: r.Model, ID: r.ID, Type: "message", Role: "assistant", Content: []any{},
		Usage: anthropicUsage{u.Input, u.CacheWrite, u.CacheRead, u.Output},
	}
}

func stopSequence(r *Reply) *string {
	if r.Stop != StopSequence {
		return nil
	}
	return &r.StopSequence
}

// Body is the response of InvokeModel.
func (a Anthropic) Body(r *Reply, _ Timing) []byte {
	m := a.message(r)
	m.StopReason, m.StopSequence = &r.Stop, stopSequence(r)
	for _, b := range r.Blocks {
		if b.Tool != "" {
			m.Content = append(m.Content, anthropicTool{"tool_use", b.ID, b.Tool, b.whole()})
			continue
		}
		m.Content = append(m.Content, anthropicText{"text", b.Text})
	}
	return marshal(m)
}

// Start opens the message; its usage counts no output yet.
func (a Anthropic) Start(r *Reply) []Event {
	m := a.message(r)
	m.Usage.OutputTokens = min(m.Usage.OutputTokens, 1)
	return []Event{chunkOf(struct {
		Type    string           `json:"type"`
		Message anthropicMessage `json:"message"`
	}{"message_start", m})}
}

// BlockStart opens a block.
func (Anthropic) BlockStart(i int, b Block) []Event {
	var block any = anthropicText{Type: "text"}
	if b.Tool != "" {
		block = anthropicTool{"tool_use", b.ID, b.Tool, json.RawMessage(`{}`)}
	}
	return []Event{chunkOf(struct {
		Type  string `json:"type"`
		Index int    `json:"index"`
		Block any    `json:"content_block"`
	}{"content_block_start", i, block})}
}

// Delta carries a piece of a block.
func (Anthropic) Delta(i int, b Block, piece string) Event {
	var delta any = anthropicText{"text_delta", piece}
	if b.Tool != "" {
		delta = struct {
			Type        string `json:"type"`
			PartialJSON string `json:"partial_json"`
		}{"input_json_delta", piece}
	}
	return chunkOf(struct {
		Type  string `json:"type"`
		Index int    `json:"index"`
		Delta any    `json:"delta"`
	}{"content_block_delta", i, delta})
}

// BlockStop closes a block.
func (Anthropic) BlockStop(i int) Event {
	return chunkOf(struct {
		Type  string `json:"type"`
		Index int    `json:"index"`
	}{"content_block_stop", i})
}

// End closes the message. The last chunk carries the service's metrics.
func (Anthropic) End(r *Reply, t Timing) []Event {
	type delta struct {
		StopReason   Stop    `json:"stop_reason"`
		StopSequence *string `json:"stop_sequence"`
	}
	type usage struct {
		OutputTokens int64 `json:"output_tokens"`
	}
	return []Event{
		chunkOf(struct {
			Type  string `json:"type"`
			Delta delta  `json:"delta"`
			Usage usage  `json:"usage"`
		}{"message_delta", delta{r.Stop, stopSequence(r)}, usage{r.Usage.Output}}),
		chunkOf(struct {
			Type    string             `json:"type"`
			Metrics *invocationMetrics `json:"amazon-bedrock-invocationMetrics"`
		}{"message_stop", metrics(r, t)}),
	}
}
