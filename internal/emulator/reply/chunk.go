package reply

import "encoding/base64"

// chunkOf wraps a model's own event as InvokeModelWithResponseStream does.
func chunkOf(v any) Event {
	inner := marshal(v)
	out := make([]byte, 0, base64.StdEncoding.EncodedLen(len(inner))+len(`{"bytes":""}`))
	out = append(out, `{"bytes":"`...)
	out = base64.StdEncoding.AppendEncode(out, inner)
	return Event{"chunk", append(out, `"}`...)}
}

// invocationMetrics is what the service adds to a model's last chunk.
type invocationMetrics struct {
	InputTokenCount           int64 `json:"inputTokenCount"`
	OutputTokenCount          int64 `json:"outputTokenCount"`
	InvocationLatency         int64 `json:"invocationLatency"`
	FirstByteLatency          int64 `json:"firstByteLatency"`
	CacheReadInputTokenCount  int64 `json:"cacheReadInputTokenCount"`
	CacheWriteInputTokenCount int64 `json:"cacheWriteInputTokenCount"`
}

func metrics(r *Reply, t Timing) *invocationMetrics {
	return &invocationMetrics{
		InputTokenCount: r.Usage.Input, OutputTokenCount: r.Usage.Output,
		InvocationLatency: t.Total.Milliseconds(), FirstByteLatency: t.FirstToken.Milliseconds(),
		CacheReadInputTokenCount: r.Usage.CacheRead, CacheWriteInputTokenCount: r.Usage.CacheWrite,
	}
}
