package bedrock_test

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/wire/bedrock"
	"github.com/headgate/headgate/internal/wire/eventstream"
)

// report is everything that an Answer says.
type report struct {
	Usage     llm.Usage
	Complete  bool
	Stop      string
	Latency   int64
	Content   bool
	Exception string
	Message   string
	Boundary  bool
}

func read(a *bedrock.Answer) report {
	r := report{Stop: a.StopReason(), Latency: a.LatencyMs(), Content: a.FirstContent(), Boundary: a.AtBoundary()}
	r.Usage, r.Complete = a.Usage()
	r.Exception, r.Message, _ = a.Exception()
	return r
}

// event is one frame of ConverseStream.
func event(name, payload string) string {
	return frame(eventstream.Header{Name: ":message-type", Value: "event"}, eventstream.Header{Name: ":event-type", Value: name}, payload)
}

// chunk is one frame of InvokeModelWithResponseStream.
func chunk(inner string) string {
	return event("chunk", `{"bytes":"`+base64.StdEncoding.EncodeToString([]byte(inner))+`","p":"abcd"}`)
}

func exception(name, payload string) string {
	return frame(eventstream.Header{Name: ":message-type", Value: "exception"}, eventstream.Header{Name: ":exception-type", Value: name}, payload)
}

func frame(kind, name eventstream.Header, payload string) string {
	b, err := eventstream.Append(nil, []eventstream.Header{kind, name, {Name: ":content-type", Value: "application/json"}}, []byte(payload))
	if err != nil {
		panic(err)
	}
	return string(b)
}

const (
	converseBody = `{"output":{"message":{"role":"assistant","content":[{"text":"a \"usage\":{\"inputTokens\":1} b\\"}]}},"stopReason":"end_turn",
		"usage" : {"inputTokens":26,"outputTokens":1203,"totalTokens":1229,"cacheReadInputTokens":7,"cacheWriteInputTokens":8,"cacheDetails":[{"ttl":"1h","inputTokens":99}]} ,"metrics":{"latencyMs":4069}}`
	anthropicBody = `{"id":"m","type":"message","content":[{"type":"text","text":"hi"}],"stop_reason":"max_tokens","stop_sequence":null,
		"usage":{"input_tokens":12,"cache_creation_input_tokens":3,"cache_read_input_tokens":4,"cache_creation":{"input_tokens":77},"output_tokens":5}}`
)

func TestAnswerReadsBodies(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, body string
		want       report
	}{
		{"converse", converseBody, report{Usage: llm.Usage{Input: 26, Output: 1203, CacheRead: 7, CacheWrite: 8}, Complete: true, Stop: "end_turn", Latency: 4069, Content: true, Boundary: true}},
		{"anthropic", anthropicBody, report{Usage: llm.Usage{Input: 12, Output: 5, CacheRead: 4, CacheWrite: 3}, Complete: true, Stop: "max_tokens", Content: true, Boundary: true}},
		{
			"nova", `{"output":{},"stopReason":"end_turn","usage":{"inputTokens":1,"outputTokens":2,"totalTokens":3,"cacheReadInputTokenCount":4,"cacheWriteInputTokenCount":5}}`,
			report{Usage: llm.Usage{Input: 1, Output: 2, CacheRead: 4, CacheWrite: 5}, Complete: true, Stop: "end_turn", Content: true, Boundary: true},
		},
		{"titan embeddings", `{"embedding":[0.5,-1e-3],"inputTextTokenCount": 9 }`, report{Usage: llm.Usage{Input: 9}, Complete: true, Content: true, Boundary: true}},
		{"llama", `{"generation":"x","prompt_token_count":8,"generation_token_count":2,"stop_reason":"stop"}`, report{Usage: llm.Usage{Input: 8, Output: 2}, Complete: true, Stop: "stop", Content: true, Boundary: true}},
		{
			"openai", `{"choices":[{"finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":4}}}`,
			report{Usage: llm.Usage{Input: 6, Output: 2, CacheRead: 4}, Complete: true, Content: true, Boundary: true},
		},
		{"without usage", `{"outputs":[{"text":"x"}]}`, report{Content: true, Boundary: true}},
		{"cut after its usage", converseBody[:len(converseBody)-1], report{Usage: llm.Usage{Input: 26, Output: 1203, CacheRead: 7, CacheWrite: 8}, Stop: "end_turn", Content: true}},
		{"nothing", "", report{}},
		{"not an object", "\"usage\"", report{Content: true}},
		{"a usage that is too long", `{"usage":{"inputTokens":1,"x":"` + strings.Repeat("y", 20<<10) + `"},"stopReason":"end_turn"}`, report{Stop: "end_turn", Content: true, Boundary: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, size := range []int{1, 7, len(tt.body) + 1} {
				a := bedrock.NewAnswer(llm.OpInvoke, "application/json")
				feed(a, tt.body, size)
				got := read(a)
				if tt.name == "cut after its usage" {
					got.Latency = 0 // the last member, cut or not
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("in pieces of %d (-want +got):\n%s", size, diff)
				}
				if err := a.End(); (err == nil) != tt.want.Boundary {
					t.Errorf("End() = %v, whole: %t", err, tt.want.Boundary)
				}
			}
		})
	}
}

func feed(a *bedrock.Answer, s string, size int) {
	for len(s) > 0 {
		n := min(size, len(s))
		if got, err := a.Write([]byte(s[:n])); got != n || err != nil {
			panic("Write must take everything")
		}
		s = s[n:]
	}
}

func TestAnswerReadsStreams(t *testing.T) {
	t.Parallel()
	start := event("messageStart", `{"role":"assistant"}`)
	delta := event("contentBlockDelta", `{"contentBlockIndex":0,"delta":{"text":"hi"}}`)
	opened := chunk(`{"type":"message_start","message":{"role":"assistant","usage":{"input_tokens":30,"cache_read_input_tokens":2,"output_tokens":1}}}`)
	for _, tt := range []struct {
		name, stream string
		want         report
	}{
		{
			"converse", start + delta + event("contentBlockStop", `{}`) + event("messageStop", `{"stopReason":"tool_use"}`) + event("metadata", `{"usage":{"inputTokens":1,"outputTokens":2,"totalTokens":3},"metrics":{"latencyMs":55}}`),
			report{Usage: llm.Usage{Input: 1, Output: 2}, Complete: true, Stop: "tool_use", Latency: 55, Content: true, Boundary: true},
		},
		{"only opened", start, report{Boundary: true}},
		{"content begun", start + event("contentBlockStart", `{}`), report{Content: true, Boundary: true}},
		{"throttled within", start + exception("throttlingException", `{"message":"Too many tokens, please wait before trying again."}`), report{Exception: "throttlingException", Message: "Too many tokens, please wait before trying again.", Boundary: true}},
		{
			"anthropic", opened + chunk(`{"type":"ping"}`) + chunk(`{"type":"content_block_delta","delta":{"type":"text_delta","text":"\"usage\""}}`) + chunk(`{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":99}}`) +
				chunk(`{"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":7,"outputTokenCount":126,"invocationLatency":4069,"firstByteLatency":1117,"cacheReadInputTokenCount":14486,"cacheWriteInputTokenCount":2238}}`),
			report{Usage: llm.Usage{Input: 7, Output: 126, CacheRead: 14486, CacheWrite: 2238}, Complete: true, Stop: "end_turn", Latency: 4069, Content: true, Boundary: true},
		},
		{"anthropic, only opened", opened, report{Usage: llm.Usage{Input: 30, Output: 1, CacheRead: 2}, Boundary: true}},
		{
			"anthropic, cut before its end", opened + chunk(`{"type":"content_block_start"}`) + chunk(`{"type":"message_delta","delta":{"stop_reason":"max_tokens"},"usage":{"output_tokens":40}}`) + delta[:20],
			report{Usage: llm.Usage{Input: 30, Output: 40, CacheRead: 2}, Stop: "max_tokens", Content: true},
		},
		{
			"nova", chunk(`{"messageStart":{"role":"assistant"}}`) + chunk(`{"contentBlockDelta":{"delta":{"text":"x"}}}`) + chunk(`{"messageStop":{"stopReason":"end_turn"}}`) + chunk(`{"metadata":{"usage":{"inputTokens":3,"outputTokens":4},"metrics":{}}}`),
			report{Usage: llm.Usage{Input: 3, Output: 4}, Complete: true, Stop: "end_turn", Content: true, Boundary: true},
		},
		{"a chunk that is no base64", event("chunk", `{"bytes":"?"}`), report{Content: true, Boundary: true}},
		{"garbage", "not an event stream at all", report{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, size := range []int{1, 7, len(tt.stream) + 1} {
				a := bedrock.NewAnswer(llm.OpConverseStream, "application/vnd.amazon.eventstream")
				feed(a, tt.stream, size)
				if diff := cmp.Diff(tt.want, read(a)); diff != "" {
					t.Errorf("in pieces of %d (-want +got):\n%s", size, diff)
				}
				if err := a.End(); (err == nil) != tt.want.Boundary {
					t.Errorf("End() = %v, whole: %t", err, tt.want.Boundary)
				}
			}
		})
	}
}

func TestAnswerNamesAFaultyFrame(t *testing.T) {
	t.Parallel()
	a := bedrock.NewAnswer(llm.OpConverseStream, "")
	feed(a, strings.Repeat("x", 32), 32)
	var fault *eventstream.Error
	if err := a.End(); !errors.As(err, &fault) {
		t.Errorf("End() = %v, want an *eventstream.Error", err)
	}
}

func TestHeaderUsage(t *testing.T) {
	t.Parallel()
	h := http.Header{}
	if _, _, ok := bedrock.HeaderUsage(h.Get); ok {
		t.Error("HeaderUsage of no headers: ok")
	}
	h.Set("x-amzn-bedrock-input-token-count", "11")
	h.Set("x-amzn-bedrock-output-token-count", "22")
	h.Set("x-amzn-bedrock-cache-read-input-token-count", "33")
	h.Set("x-amzn-bedrock-cache-write-input-token-count", "-44")
	h.Set("x-amzn-bedrock-invocation-latency", "55")
	usage, latency, ok := bedrock.HeaderUsage(h.Get)
	if want := (llm.Usage{Input: 11, Output: 22, CacheRead: 33}); usage != want || latency != 55 || !ok {
		t.Errorf("HeaderUsage = %+v, %d, %t; want %+v, 55, true", usage, latency, ok, want)
	}
}

// conversation is a stream as Claude sends it by the given operation.
func conversation(op llm.Operation) string {
	text := strings.Repeat("word ", 8)
	if op == llm.OpConverseStream {
		return event("messageStart", `{"role":"assistant"}`) + strings.Repeat(event("contentBlockDelta", `{"delta":{"text":"`+text+`"}}`), 50) +
			event("messageStop", `{"stopReason":"end_turn"}`) + event("metadata", `{"usage":{"inputTokens":1,"outputTokens":2}}`)
	}
	return chunk(`{"type":"message_start","message":{"usage":{"input_tokens":1}}}`) + strings.Repeat(chunk(`{"type":"content_block_delta","delta":{"text":"`+text+`"}}`), 50) +
		chunk(`{"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":1,"outputTokenCount":2}}`)
}

func TestAnswerDoesNotAllocateWhenWarm(t *testing.T) { //nolint:paralleltest // AllocsPerRun must run alone
	for op, content := range map[llm.Operation]string{llm.OpConverseStream: eventstream.ContentType, llm.OpInvokeStream: eventstream.ContentType, llm.OpConverse: "application/json"} {
		stream := []byte(conversation(op))
		if op == llm.OpConverse {
			stream = []byte(converseBody)
		}
		a := bedrock.NewAnswer(op, content)
		run := func() {
			a.Reset(op, content)
			for rest := stream; len(rest) > 0; {
				n := min(1000, len(rest))
				a.Write(rest[:n])
				rest = rest[n:]
			}
			if _, complete := a.Usage(); !complete || a.End() != nil {
				t.Errorf("%s: complete %t, end %v", op, complete, a.End())
			}
		}
		run()
		if got := testing.AllocsPerRun(100, run); got != 0 {
			t.Errorf("%s: allocations per answer = %v, want 0", op, got)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add([]byte(converseBody), uint8(3), false)
	f.Add([]byte(`{"usage":{"inputTokens":1e9,"outputTokens":-1},"stopReason":1}`), uint8(0), false)
	f.Add([]byte(event("messageStart", "{}")+exception("x", `{"message":1}`)), uint8(9), true)
	f.Add([]byte(chunk(`{"type":"message_start","message":{"usage":[]}}`)+event("chunk", `{"bytes":"\/\/8="}`)), uint8(1), true)
	f.Fuzz(func(t *testing.T, stream []byte, size uint8, frames bool) {
		content := "application/json"
		if frames {
			content = eventstream.ContentType
		}
		whole, cut := bedrock.NewAnswer(llm.OpInvoke, content), bedrock.NewAnswer(llm.OpInvoke, content)
		feed(whole, string(stream), len(stream)+1)
		feed(cut, string(stream), int(size)+1)
		if diff := cmp.Diff(read(whole), read(cut)); diff != "" {
			t.Errorf("the answer depends on the cuts (-whole +cut):\n%s", diff)
		}
		if u, _ := whole.Usage(); u.Input < 0 || u.Output < 0 || u.CacheRead < 0 || u.CacheWrite < 0 {
			t.Errorf("Usage() = %+v", u)
		}
	})
}

func BenchmarkAnswer(b *testing.B) {
	for _, op := range []llm.Operation{llm.OpConverse, llm.OpConverseStream, llm.OpInvokeStream} {
		stream, content := []byte(conversation(op)), eventstream.ContentType
		if op == llm.OpConverse {
			stream, content = []byte(strings.Replace(converseBody, "a ", strings.Repeat("word ", 300), 1)), "application/json"
		}
		b.Run(string(op), func(b *testing.B) {
			a := bedrock.NewAnswer(op, content)
			b.SetBytes(int64(len(stream)))
			b.ReportAllocs()
			for b.Loop() {
				a.Reset(op, content)
				a.Write(stream)
			}
		})
	}
}
