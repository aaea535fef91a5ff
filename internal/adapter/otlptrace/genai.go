package otlptrace

import (
	"slices"

	"go.opentelemetry.io/otel/attribute"

	"github.com/headgate/headgate/internal/dispatch"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
)

// The attributes of the GenAI conventions, which are still in development, as of
// November 2026 (github.com/open-telemetry/semantic-conventions-genai, aws-bedrock).
const (
	attrProvider      = "gen_ai.provider.name"
	attrOperation     = "gen_ai.operation.name"
	attrRequestModel  = "gen_ai.request.model"
	attrMaxTokens     = "gen_ai.request.max_tokens" //nolint:gosec // a name
	attrStream        = "gen_ai.request.stream"
	attrResponseModel = "gen_ai.response.model"
	attrResponseID    = "gen_ai.response.id"
	attrFinish        = "gen_ai.response.finish_reasons"
	attrFirstChunk    = "gen_ai.response.time_to_first_chunk"
	attrInput         = "gen_ai.usage.input_tokens"
	attrOutput        = "gen_ai.usage.output_tokens"
	attrCacheRead     = "gen_ai.usage.cache_read.input_tokens"
	attrCacheWrite    = "gen_ai.usage.cache_creation.input_tokens"
	attrInputText     = "gen_ai.input.messages"
	attrOutputText    = "gen_ai.output.messages"
	attrError         = "error.type"
	attrStatus        = "http.response.status_code"
	attrRequestID     = "aws.request_id"

	provider = "aws.bedrock"
)

// operation is the convention's name of what was asked for.
func operation(s *dispatch.Story) string {
	switch {
	case s.Entry.Operation == llm.OpCountTokens:
		return "count_tokens"
	case s.Embedding:
		return "embeddings"
	}
	return "chat"
}

// attributes are those of a call's span.
func attributes(s *dispatch.Story) []attribute.KeyValue {
	e := &s.Entry
	out := []attribute.KeyValue{
		attribute.String(attrProvider, provider),
		attribute.String(attrOperation, operation(s)),
		attribute.String(attrRequestModel, e.ModelID),
		attribute.Bool(attrStream, e.Operation.Streams()),
		attribute.String("headgate.call", string(e.ID)),
		attribute.String("headgate.class", e.Class.String()),
		attribute.String("headgate.tenant", string(e.Tenant)),
		attribute.String("headgate.outcome", string(e.Outcome)),
		attribute.Int("headgate.attempts", e.Attempts),
		attribute.Float64("headgate.queue_wait_seconds", e.Queued.Seconds()),
		attribute.Int64("headgate.quota.held_tokens", e.Hold),
		attribute.Int64("headgate.quota.settled_tokens", e.Settled),
	}
	text := func(name, value string) {
		if value != "" {
			out = append(out, attribute.String(name, value))
		}
	}
	if e.Pool.Model != "" { // else the model id meant nothing
		text(attrResponseModel, string(e.Pool.Model))
		text("headgate.pool", e.Pool.String())
	}
	text("headgate.run", string(e.Run))
	text("headgate.limit", e.Limit)
	text("headgate.reason", e.Reason)
	text("headgate.cache", e.Cache)
	text(attrError, e.ErrorKind)
	if e.MaxTokens > 0 {
		out = append(out, attribute.Int64(attrMaxTokens, e.MaxTokens))
	}
	if s.StopReason != "" {
		out = append(out, attribute.StringSlice(attrFinish, []string{s.StopReason}))
	}
	if n := throttles(e); n > 0 {
		out = append(out, attribute.Int("headgate.throttles", n))
	}
	if e.Cost != ledger.UnknownCost {
		out = append(out, attribute.Float64("headgate.cost_usd", float64(e.Cost)/1e9))
	}
	return append(out, used(s)...)
}

// used are the attributes of what the call used. By the convention the input is all
// of it, whatever of it came from a cache.
func used(s *dispatch.Story) []attribute.KeyValue {
	e, u := &s.Entry, s.Entry.Usage
	var out []attribute.KeyValue
	if u.Total() > 0 {
		out = append(out, attribute.Int64(attrInput, u.Input+u.CacheRead+u.CacheWrite), attribute.Int64(attrOutput, u.Output))
	}
	if u.CacheRead > 0 {
		out = append(out, attribute.Int64(attrCacheRead, u.CacheRead))
	}
	if u.CacheWrite > 0 {
		out = append(out, attribute.Int64(attrCacheWrite, u.CacheWrite))
	}
	if e.Operation.Streams() && e.FirstByte > 0 {
		out = append(out, attribute.Float64(attrFirstChunk, e.FirstByte.Seconds()))
	}
	for _, step := range slices.Backward(s.Steps) {
		if step.Request != "" {
			return append(out, attribute.String(attrResponseID, step.Request))
		}
	}
	return out
}

func throttles(e *ledger.Entry) int { return e.ThrottledRequests + e.ThrottledTokens + e.ThrottledDay }
