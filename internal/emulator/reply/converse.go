package reply

import (
	"encoding/json"
	"time"
)

// Converse is the form of Converse and ConverseStream.
type Converse struct{}

type converseUsage struct {
	InputTokens           int64         `json:"inputTokens"`
	OutputTokens          int64         `json:"outputTokens"`
	TotalTokens           int64         `json:"totalTokens"`
	CacheReadInputTokens  int64         `json:"cacheReadInputTokens"`
	CacheWriteInputTokens int64         `json:"cacheWriteInputTokens"`
	CacheDetails          []cacheDetail `json:"cacheDetails,omitempty"`
}

type cacheDetail struct {
	TTL         string `json:"ttl"`
	InputTokens int64  `json:"inputTokens"`
}

type converseTool struct {
	ToolUseID string          `json:"toolUseId"`
	Name      string          `json:"name"`
	Input     json.RawMessage `json:"input,omitempty"`
}

type converseBlock struct {
	Text    string        `json:"text,omitempty"`
	ToolUse *converseTool `json:"toolUse,omitempty"`
}

type converseMessage struct {
	Role    string          `json:"role"`
	Content []converseBlock `json:"content"`
}

type converseMetrics struct {
	LatencyMs int64 `json:"latencyMs"`
}

type converseTier struct {
	Type string `json:"type"`
}

type conversePerformance struct {
	Latency string `json:"latency"`
}

type converseExtra struct {
	StopSequence string `json:"stop_sequence"`
}

// converseTail is what both the body and the metadata event carry.
type converseTail struct {
	Usage             converseUsage        `json:"usage"`
	Metrics           converseMetrics      `json:"metrics"`
	PerformanceConfig *conversePerformance `json:"performanceConfig,omitempty"`
	ServiceTier       *converseTier        `json:"serviceTier,omitempty"`
}

type converseBody struct {
	Metrics converseMetrics `json:"metrics"`
	Output  struct {
		Message converseMessage `json:"message"`
	} `json:"output"`
	StopReason        Stop                 `json:"stopReason"`
	Usage             converseUsage        `json:"usage"`
	Extra             *converseExtra       `json:"additionalModelResponseFields,omitempty"`
	PerformanceConfig *conversePerformance `json:"performanceConfig,omitempty"`
	ServiceTier       *converseTier        `json:"serviceTier,omitempty"`
}

func tail(r *Reply, t Timing) converseTail {
	u := r.Usage
	x := converseTail{
		Usage: converseUsage{
			InputTokens: u.Input, OutputTokens: u.Output, TotalTokens: u.Total(),
			CacheReadInputTokens: u.CacheRead, CacheWriteInputTokens: u.CacheWrite,
		},
		Metrics: converseMetrics{LatencyMs: t.Total.Milliseconds()},
	}
	if u.CacheWrite > 0 {
		ttl := "5m"
		if r.CacheTTL > 5*time.Minute {
			ttl = "1h"
		}
		x.Usage.CacheDetails = []cacheDetail{{TTL: ttl, InputTokens: u.CacheWrite}}
	}
	if r.ServiceTier != "" {
		x.ServiceTier = &converseTier{r.ServiceTier}
	}
	if r.Latency != "" {
		x.PerformanceConfig = &conversePerformance{r.Latency}
	}
	return x
}

func extra(r *Reply) *converseExtra {
	if r.Stop != StopSequence {
		return nil
	}
	return &converseExtra{r.StopSequence}
}

func message(r *Reply) converseMessage {
	m := converseMessage{Role: "assistant", Content: make([]converseBlock, 0, len(r.Blocks))}
	for _, b := range r.Blocks {
		if b.Tool != "" {
			m.Content = append(m.Content, converseBlock{ToolUse: &converseTool{b.ID, b.Tool, b.whole()}})
			continue
		}
		m.Content = append(m.Content, converseBlock{Text: b.Text})
	}
	return m
}

// Body is the response of Converse.
func (Converse) Body(r *Reply, t Timing) []byte {
	x := tail(r, t)
	b := converseBody{
		Metrics: x.Metrics, StopReason: r.Stop, Usage: x.Usage, Extra: extra(r),
		PerformanceConfig: x.PerformanceConfig, ServiceTier: x.ServiceTier,
	}
	b.Output.Message = message(r)
	return marshal(b)
}

// Start opens the message.
func (Converse) Start(*Reply) []Event {
	return []Event{{"messageStart", []byte(`{"role":"assistant"}`)}}
}

// BlockStart is sent for a tool's call alone; text begins with its first delta.
func (Converse) BlockStart(i int, b Block) []Event {
	if b.Tool == "" {
		return nil
	}
	type start struct {
		ToolUse converseTool `json:"toolUse"`
	}
	return []Event{{"contentBlockStart", marshal(struct {
		ContentBlockIndex int   `json:"contentBlockIndex"`
		Start             start `json:"start"`
	}{i, start{converseTool{ToolUseID: b.ID, Name: b.Tool}}})}}
}

type converseDelta struct {
	ContentBlockIndex int `json:"contentBlockIndex"`
	Delta             struct {
		Text    string              `json:"text,omitempty"`
		ToolUse *converseInputDelta `json:"toolUse,omitempty"`
	} `json:"delta"`
}

type converseInputDelta struct {
	Input string `json:"input"`
}

// Delta carries a piece of a block.
func (Converse) Delta(i int, b Block, piece string) Event {
	d := converseDelta{ContentBlockIndex: i}
	if b.Tool != "" {
		d.Delta.ToolUse = &converseInputDelta{piece}
	} else {
		d.Delta.Text = piece
	}
	return Event{"contentBlockDelta", marshal(d)}
}

// BlockStop closes a block.
func (Converse) BlockStop(i int) Event {
	return Event{"contentBlockStop", marshal(struct {
		ContentBlockIndex int `json:"contentBlockIndex"`
	}{i})}
}

// End closes the message and sends the metadata event with the usage.
func (Converse) End(r *Reply, t Timing) []Event {
	return []Event{
		{"messageStop", marshal(struct {
			StopReason Stop           `json:"stopReason"`
			Extra      *converseExtra `json:"additionalModelResponseFields,omitempty"`
		}{r.Stop, extra(r)})},
		{"metadata", marshal(tail(r, t))},
	}
}
