package transcript_test

import (
	"encoding/base64"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/wire/eventstream"
	"github.com/headgate/headgate/internal/wire/transcript"
)

func said(role string, parts ...transcript.Part) transcript.Message {
	return transcript.Message{Role: role, Parts: parts}
}

func words(s string) transcript.Part { return transcript.Part{Type: "text", Content: s} }

func TestRequest(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, body string
		want       []transcript.Message
	}{
		{
			"Converse", `{"system":[{"text":"be brief"}],"messages":[{"role":"user","content":[{"text":"hi"},{"image":{"format":"png","source":{"bytes":"AAAA"}}},{"toolUse":{"name":"look","input":{"q":"x"}}},{"toolResult":{"toolUseId":"1"}}]}]}`,
			[]transcript.Message{said("system", words("be brief")), said("user", words("hi"), transcript.Part{Type: "image"}, transcript.Part{Type: "tool_call", Name: "look"}, transcript.Part{Type: "tool_call_response"})},
		},
		{"Anthropic", `{"system":"be brief","messages":[{"role":"user","content":"hi"},{"role":"assistant","content":[{"type":"tool_use","name":"look"}]}]}`, []transcript.Message{said("system", words("be brief")), said("user", words("hi")), said("assistant", transcript.Part{Type: "tool_call", Name: "look"})}},
		{"Titan", `{"inputText":"hi"}`, []transcript.Message{said("user", words("hi"))}},
		{"a prompt", `{"prompt":"hi"}`, []transcript.Message{said("user", words("hi"))}},
		{"nothing that is known", `{"messages":[{"role":"user","content":7}],"prompt":{}}`, []transcript.Message{said("user")}},
		{"no JSON", `hi`, nil},
		{"nothing", ``, nil},
	} {
		if diff := cmp.Diff(c.want, transcript.Request([]byte(c.body))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// stream is an event stream of payloads.
func stream(tb testing.TB, payloads ...string) (out []byte) {
	tb.Helper()
	for _, p := range payloads {
		var err error
		if out, err = eventstream.Append(out, []eventstream.Header{{Name: ":message-type", Value: "event"}}, []byte(p)); err != nil {
			tb.Fatal(err)
		}
	}
	return out
}

func TestAnswer(t *testing.T) {
	t.Parallel()
	inner := base64.StdEncoding.EncodeToString([]byte(`{"type":"content_block_delta","delta":{"type":"text_delta","text":"hello"}}`))
	hello := []transcript.Message{said("assistant", words("hello"))}
	for _, c := range []struct {
		name string
		op   llm.Operation
		body []byte
		want []transcript.Message
	}{
		{"Converse", llm.OpConverse, []byte(`{"output":{"message":{"role":"assistant","content":[{"text":"hello"}]}}}`), hello},
		{"Anthropic", llm.OpInvoke, []byte(`{"role":"assistant","content":[{"type":"text","text":"hello"}]}`), hello},
		{"ConverseStream", llm.OpConverseStream, stream(t, `{"role":"assistant"}`, `{"delta":{"text":"hel"}}`, `{"delta":{"text":"lo"}}`, `{"stopReason":"end_turn"}`), hello},
		{"a stream of InvokeModel", llm.OpInvokeStream, stream(t, `{"bytes":"`+inner+`"}`), hello},
		{"a stream that was cut", llm.OpConverseStream, stream(t, `{"delta":{"text":"hello"}}`, `{"delta":{"text":"never"}}`)[:70], hello},
		{"an embedding", llm.OpInvoke, []byte(`{"embedding":[1,2]}`), nil},
		{"nothing", llm.OpConverse, nil, nil},
	} {
		if diff := cmp.Diff(c.want, transcript.Answer(c.op, c.body)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// FuzzTranscript: whatever passes may be looked at.
func FuzzTranscript(f *testing.F) {
	f.Add([]byte(`{"messages":[{"role":"user","content":[{"text":"hi"}]}]}`))
	f.Add(stream(f, `{"delta":{"text":"hel"}}`))
	f.Fuzz(func(_ *testing.T, data []byte) {
		transcript.Request(data)
		transcript.Answer(llm.OpConverse, data)
		transcript.Answer(llm.OpConverseStream, data)
	})
}
