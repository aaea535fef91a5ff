package restream_test

import (
	"encoding/base64"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/wire/bedrock"
	"github.com/headgate/headgate/internal/wire/eventstream"
	"github.com/headgate/headgate/internal/wire/restream"
)

// answers are unstreamed answers with every kind of content that has a counterpart.
func answers() map[string]struct {
	op    llm.Operation
	whole string
} {
	return map[string]struct {
		op    llm.Operation
		whole string
	}{
		"converse text":      {llm.OpConverseStream, `{"output":{"message":{"role":"assistant","content":[{"text":"Grüß <Gott>"}]}},"stopReason":"end_turn","usage":{"inputTokens":5,"outputTokens":2,"totalTokens":7},"metrics":{"latencyMs":12}}`},
		"converse tool":      {llm.OpConverseStream, `{"output":{"message":{"role":"assistant","content":[{"text":""},{"toolUse":{"toolUseId":"t1","name":"find","input":{"q":[1,2.50,"x"]}}},{"toolUse":{"toolUseId":"t2","name":"stop","input":{}}}]}},"stopReason":"tool_use","usage":{"inputTokens":5,"outputTokens":2,"totalTokens":7},"metrics":{"latencyMs":12},"additionalModelResponseFields":{"a":1},"trace":{"x":{}},"performanceConfig":{"latency":"standard"},"serviceTier":{"type":"default"}}`},
		"converse reasoning": {llm.OpConverseStream, `{"output":{"message":{"role":"assistant","content":[{"reasoningContent":{"reasoningText":{"text":"hm","signature":"abc"}}},{"reasoningContent":{"redactedContent":"AAEC"}},{"text":"yes"}]}},"stopReason":"end_turn","usage":{},"metrics":{}}`},
		"converse empty":     {llm.OpConverseStream, `{"output":{"message":{"role":"assistant","content":[]}},"stopReason":"stop_sequence","usage":{},"metrics":{}}`},
		"anthropic":          {llm.OpInvokeStream, `{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"thinking","thinking":"hm","signature":"s"},{"type":"redacted_thinking","data":"d"},{"type":"text","text":"Grüß <Gott>"},{"type":"tool_use","id":"t","name":"find","input":{"q":1.50}}],"stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":4,"cache_read_input_tokens":1}}`},
		"anthropic empty":    {llm.OpInvokeStream, `{"type":"message","content":[],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":0}}`},
	}
}

func parsed(t *testing.T, data []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	return v
}

func TestThereAndBack(t *testing.T) {
	t.Parallel()
	for name, a := range answers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stream, ok := restream.Stream(a.op, []byte(a.whole))
			if !ok {
				t.Fatal("the answer has no stream")
			}
			whole, ok := restream.Whole(a.op, stream)
			if !ok {
				t.Fatal("its stream has no answer")
			}
			if diff := cmp.Diff(parsed(t, []byte(a.whole)), parsed(t, whole)); diff != "" {
				t.Errorf("there and back is another answer (-want +got):\n%s", diff)
			}
			for cut := range len(stream) {
				if _, ok := restream.Whole(a.op, stream[:cut]); ok {
					t.Errorf("a stream cut at %d of %d bytes has an answer", cut, len(stream))
				}
			}
		})
	}
}

// The stream that is written must be one whose usage and end the gateway reads as
// those of the real one.
func TestStreamsTellTheirUsage(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]llm.Usage{"converse tool": {Input: 5, Output: 2}, "anthropic": {Input: 3, Output: 4, CacheRead: 1}} {
		a := answers()[name]
		stream, _ := restream.Stream(a.op, []byte(a.whole))
		r := bedrock.NewAnswer(a.op, eventstream.ContentType)
		_, _ = r.Write(stream)
		if got, complete := r.Usage(); got != want || !complete || r.StopReason() != "tool_use" || r.End() != nil {
			t.Errorf("%s: usage %+v (complete %t), stop %q, end %v; want %+v", name, got, complete, r.StopReason(), r.End(), want)
		}
	}
}

// A stream as Bedrock cuts it: several deltas for a block, pings, padding.
func TestWholeJoinsDeltas(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		op     llm.Operation
		events [][2]string
		want   string
	}{
		"converse": {llm.OpConverseStream, [][2]string{
			{"messageStart", `{"p":"ab","role":"assistant"}`},
			{"contentBlockDelta", `{"contentBlockIndex":0,"delta":{"text":"Hel"},"p":"abc"}`},
			{"contentBlockDelta", `{"contentBlockIndex":0,"delta":{"text":"lo"}}`},
			{"contentBlockStop", `{"contentBlockIndex":0}`},
			{"contentBlockStart", `{"contentBlockIndex":1,"start":{"toolUse":{"toolUseId":"t","name":"f"}}}`},
			{"contentBlockDelta", `{"contentBlockIndex":1,"delta":{"toolUse":{"input":""}}}`},
			{"contentBlockDelta", `{"contentBlockIndex":1,"delta":{"toolUse":{"input":"{\"a\":"}}}`},
			{"contentBlockDelta", `{"contentBlockIndex":1,"delta":{"toolUse":{"input":"1}"}}}`},
			{"contentBlockStop", `{"contentBlockIndex":1}`},
			{"messageStop", `{"stopReason":"tool_use"}`},
			{"metadata", `{"usage":{"inputTokens":1},"metrics":{"latencyMs":3}}`},
		}, `{"output":{"message":{"role":"assistant","content":[{"text":"Hello"},{"toolUse":{"toolUseId":"t","name":"f","input":{"a":1}}}]}},"stopReason":"tool_use","usage":{"inputTokens":1},"metrics":{"latencyMs":3}}`},
		"anthropic": {llm.OpInvokeStream, [][2]string{
			{"chunk", `{"type":"message_start","message":{"id":"m","type":"message","content":[],"stop_reason":null,"usage":{"input_tokens":7,"output_tokens":1}}}`},
			{"chunk", `{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`},
			{"chunk", `{"type":"ping"}`},
			{"chunk", `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hel"}}`},
			{"chunk", `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"lo"}}`},
			{"chunk", `{"type":"content_block_stop","index":0}`},
			{"chunk", `{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":2}}`},
			{"chunk", `{"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":7,"outputTokenCount":2}}`},
		}, `{"id":"m","type":"message","content":[{"type":"text","text":"Hello"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":7,"output_tokens":2}}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := restream.Whole(tt.op, frames(t, tt.events))
			if !ok {
				t.Fatal("the stream has no answer")
			}
			if diff := cmp.Diff(parsed(t, []byte(tt.want)), parsed(t, got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func frames(t *testing.T, events [][2]string) []byte {
	t.Helper()
	var out []byte
	for _, e := range events {
		payload := e[1]
		if e[0] == "chunk" {
			payload = `{"bytes":"` + base64.StdEncoding.EncodeToString([]byte(payload)) + `"}`
		}
		var err error
		out, err = eventstream.Append(out, []eventstream.Header{{Name: ":event-type", Value: e[0]}, {Name: ":message-type", Value: "event"}}, []byte(payload))
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// What has no counterpart is refused, not left out.
func TestWhatIsNotKnownIsRefused(t *testing.T) {
	t.Parallel()
	for name, whole := range map[string]string{
		"an unknown block":  `{"output":{"message":{"role":"assistant","content":[{"video":{}}]}},"stopReason":"end_turn"}`,
		"an unknown member": `{"output":{"message":{"role":"assistant","content":[]}},"stopReason":"end_turn","new":1}`,
		"no stop reason":    `{"output":{"message":{"role":"assistant","content":[]}}}`,
		"no object":         `[]`,
	} {
		if _, ok := restream.Stream(llm.OpConverseStream, []byte(whole)); ok {
			t.Errorf("%s has a stream", name)
		}
	}
	for name, whole := range map[string]string{
		"another dialect":  `{"generation":"x"}`,
		"an unknown block": `{"type":"message","content":[{"type":"server_tool_use"}],"usage":{}}`,
		"citations":        `{"type":"message","content":[{"type":"text","text":"x","citations":[{}]}],"usage":{}}`,
	} {
		if _, ok := restream.Stream(llm.OpInvokeStream, []byte(whole)); ok {
			t.Errorf("%s has a stream", name)
		}
	}
	for name, events := range map[string][][2]string{
		"an unknown event": {{"messageStart", `{"role":"a"}`}, {"news", `{}`}, {"metadata", `{}`}},
		"an unknown delta": {{"messageStart", `{"role":"a"}`}, {"contentBlockDelta", `{"contentBlockIndex":0,"delta":{"citation":{}}}`}, {"metadata", `{}`}},
		"a mixed block":    {{"messageStart", `{"role":"a"}`}, {"contentBlockDelta", `{"contentBlockIndex":0,"delta":{"text":"x"}}`}, {"contentBlockDelta", `{"contentBlockIndex":0,"delta":{"toolUse":{"input":"x"}}}`}, {"metadata", `{}`}},
		"more after it":    {{"metadata", `{}`}, {"metadata", `{}`}},
		"nothing":          {},
	} {
		if _, ok := restream.Whole(llm.OpConverseStream, frames(t, events)); ok {
			t.Errorf("%s has an answer", name)
		}
	}
}

func FuzzRestream(f *testing.F) {
	for _, a := range answers() {
		stream, _ := restream.Stream(a.op, []byte(a.whole))
		f.Add(a.op == llm.OpConverseStream, stream)
		f.Add(a.op == llm.OpConverseStream, []byte(a.whole))
	}
	f.Fuzz(func(t *testing.T, converse bool, data []byte) {
		op := llm.OpInvokeStream
		if converse {
			op = llm.OpConverseStream
		}
		if stream, ok := restream.Stream(op, data); ok {
			whole, ok := restream.Whole(op, stream)
			if !ok || !json.Valid(whole) {
				t.Errorf("the stream of %q has no answer", data)
			}
		}
		if whole, ok := restream.Whole(op, data); ok && !json.Valid(whole) {
			t.Errorf("the answer of %q is no JSON: %q", data, whole)
		}
	})
}
