package reply

import "encoding/json"

// Nova is the form of the Nova models under InvokeModel: that of Converse,
// one event to a chunk, with the event's name as its only member.
type Nova struct{}

type novaUsage struct {
	InputTokens               int64 `json:"inputTokens"`
	OutputTokens              int64 `json:"outputTokens"`
	TotalTokens               int64 `json:"totalTokens"`
	CacheReadInputTokenCount  int64 `json:"cacheReadInputTokenCount"`
	CacheWriteInputTokenCount int64 `json:"cacheWriteInputTokenCount"`
}

func usageOf(r *Reply) novaUsage {
	u := r.Usage
	return novaUsage{u.Input, u.Output, u.Total(), u.CacheRead, u.CacheWrite}
}

// Body is the response of InvokeModel.
func (Nova) Body(r *Reply, _ Timing) []byte {
	type output struct {
		Message converseMessage `json:"message"`
	}
	return marshal(struct {
		Output     output    `json:"output"`
		StopReason Stop      `json:"stopReason"`
		Usage      novaUsage `json:"usage"`
	}{output{message(r)}, r.Stop, usageOf(r)})
}

// named wraps an event of Converse in an object with its name.
func named(e Event) Event { return chunkOf(map[string]json.RawMessage{e.Type: e.Payload}) }

func allNamed(list []Event) []Event {
	for i := range list {
		list[i] = named(list[i])
	}
	return list
}

// Start opens the message.
func (Nova) Start(r *Reply) []Event { return allNamed(Converse{}.Start(r)) }

// BlockStart opens the call of a tool.
func (Nova) BlockStart(i int, b Block) []Event { return allNamed(Converse{}.BlockStart(i, b)) }

// Delta carries a piece of a block.
func (Nova) Delta(i int, b Block, piece string) Event { return named(Converse{}.Delta(i, b, piece)) }

// BlockStop closes a block.
func (Nova) BlockStop(i int) Event { return named(Converse{}.BlockStop(i)) }

// End closes the message. The last chunk carries the service's metrics.
func (Nova) End(r *Reply, t Timing) []Event {
	type metadata struct {
		Usage   novaUsage `json:"usage"`
		Metrics struct{}  `json:"metrics"`
		Trace   struct{}  `json:"trace"`
	}
	stop := Converse{}.End(r, t)[:1]
	return append(allNamed(stop), chunkOf(struct {
		Metadata metadata           `json:"metadata"`
		Metrics  *invocationMetrics `json:"amazon-bedrock-invocationMetrics"`
	}{metadata{Usage: usageOf(r)}, metrics(r, t)}))
}
