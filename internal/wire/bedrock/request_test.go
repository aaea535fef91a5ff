package bedrock_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/wire/bedrock"
)

func TestPeek(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		op   llm.Operation
		body string
		want bedrock.Request
	}{
		{
			"converse", llm.OpConverse,
			`{"messages":[{"role":"user","content":[{"text":"hello"},{"cachePoint":{"type":"default"}}]},{"role":"assistant","content":[{"text":"h\u00e9\n"}]}],
			  "system":[{"text":"abc"},{"cachePoint":{"type":"default","ttl":"1h"}}],"inferenceConfig":{"maxTokens":512,"temperature":0.25,"topP":1}}`,
			bedrock.Request{Format: bedrock.FormatConverse, MaxTokens: 512, MaxTokensSet: true, Temperature: 0.25, TemperatureSet: true, TextBytes: 5 + 4 + 3, Messages: 2, CachePoints: 2},
		},
		{
			"converse with attachments", llm.OpConverseStream,
			`{"messages":[{"role":"user","content":[{"image":{"format":"png","source":{"bytes":"AAAA"}}},{"document":{"name":"d","format":"pdf","source":{"s3Location":{"uri":"s3://b"}}}},{"video":{"format":"mp4","source":{"bytes":"BB"}}}]}]}`,
			bedrock.Request{Format: bedrock.FormatConverse, DataBytes: 7 + 1 + 3 + 6 + 5, Images: 1, Documents: 1, Videos: 1, Messages: 1},
		},
		{
			"converse with tools", llm.OpConverse,
			`{"messages":[{"role":"user","content":[{"toolUse":{"toolUseId":"t1","name":"f","input":{"image":{"x":1}}}},{"toolResult":{"toolUseId":"t1","status":"success","content":[{"json":{"a":1}},{"image":{"source":{"bytes":"CC"}}}]}}]}],"toolConfig":{"tools":[{"toolSpec":{"name":"f"}},{"cachePoint":{"type":"default"}}]}}`,
			bedrock.Request{Format: bedrock.FormatConverse, TextBytes: int64(len(`f` + `{"image":{"x":1}}` + `{"a":1}` + `{"tools":[{"toolSpec":{"name":"f"}},{"cachePoint":{"type":"default"}}]}`)), DataBytes: 2, Images: 1, Messages: 1, CachePoints: 1},
		},
		{
			"labels", llm.OpConverse,
			`{"messages":[],"requestMetadata":{"team":"x","headgate.class":"batch","headgate.run-calls":"6","headgate.run":"r\u00e9"}}`,
			bedrock.Request{Format: bedrock.FormatConverse, Metadata: bedrock.Metadata{"headgate.class": "batch", "headgate.run-calls": "6", "headgate.run": "ré"}},
		},
		{
			"metadata without labels", llm.OpConverse, `{"requestMetadata":{"team":"x"}}`,
			bedrock.Request{Format: bedrock.FormatConverse},
		},
		{
			"max tokens of another dialect", llm.OpConverse, `{"max_tokens":"x","inferenceConfig":{"max_new_tokens":"x","maxTokens":null}}`,
			bedrock.Request{Format: bedrock.FormatConverse},
		},
		{
			"escaped name", llm.OpConverse, `{"inferenceConfig":{"max\u0054okens":7}}`,
			bedrock.Request{Format: bedrock.FormatConverse, MaxTokens: 7, MaxTokensSet: true},
		},
		{
			"anthropic", llm.OpInvokeStream,
			`{"max_tokens":1024,"anthropic_version":"bedrock-2023-05-31","system":"be brief","messages":[{"role":"user","content":"hello"},{"role":"user","content":[{"type":"text","text":"abc","cache_control":{"type":"ephemeral"}},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}},{"type":"tool_use","id":"i","name":"f","input":{"k":"v"}}]}],"tools":[{"name":"f","input_schema":{"type":"object"},"cache_control":{"type":"ephemeral"}}],"temperature":1}`,
			bedrock.Request{
				Format: bedrock.FormatAnthropic, MaxTokens: 1024, MaxTokensSet: true, Temperature: 1, TemperatureSet: true,
				TextBytes: int64(len("be brief" + "hello" + "abc" + "f" + `{"k":"v"}` + `[{"name":"f","input_schema":{"type":"object"},"cache_control":{"type":"ephemeral"}}]`)),
				DataBytes: int64(len("base64" + "image/png" + "AAAA")), Images: 1, Messages: 2, CachePoints: 2,
			},
		},
		{
			"nova", llm.OpInvoke, `{"schemaVersion":"messages-v1","messages":[{"role":"user","content":[{"text":"hi"}]}],"inferenceConfig":{"max_new_tokens":20,"maxTokens":30}}`,
			bedrock.Request{Format: bedrock.FormatNova, MaxTokens: 30, MaxTokensSet: true, TextBytes: 2, Messages: 1},
		},
		{"nova without configuration", llm.OpInvoke, `{"schemaVersion":"messages-v1"}`, bedrock.Request{Format: bedrock.FormatNova}},
		{
			"titan text", llm.OpInvoke, `{"inputText":"hi","textGenerationConfig":{"maxTokenCount":9,"temperature":0}}`,
			bedrock.Request{Format: bedrock.FormatTitanText, MaxTokens: 9, MaxTokensSet: true, TemperatureSet: true, TextBytes: 2},
		},
		{"titan embeddings", llm.OpInvoke, `{"inputText":"hello","dimensions":256}`, bedrock.Request{Format: bedrock.FormatTitanEmbed, TextBytes: 5}},
		{"llama", llm.OpInvoke, `{"prompt":"hey","max_gen_len":11}`, bedrock.Request{Format: bedrock.FormatUnknown, MaxTokens: 11, MaxTokensSet: true, TextBytes: 3}},
		{"ai21", llm.OpInvoke, `{"prompt":"hey","maxTokens":12}`, bedrock.Request{Format: bedrock.FormatUnknown, MaxTokens: 12, MaxTokensSet: true, TextBytes: 3}},
		{"openai", llm.OpInvoke, `{"messages":[{"role":"user","content":"hey"}],"max_tokens":null,"max_completion_tokens":13}`, bedrock.Request{Format: bedrock.FormatUnknown, MaxTokens: 13, MaxTokensSet: true, TextBytes: 3, Messages: 1}},
		{"cohere embeddings", llm.OpInvoke, `{"texts":["ab","c"],"input_type":"search_query"}`, bedrock.Request{Format: bedrock.FormatUnknown, TextBytes: 3}},
		{"counting tokens", llm.OpCountTokens, `{"input":{"converse":{"messages":[]}},"messages":1,"messages":2}`, bedrock.Request{Format: bedrock.FormatUnknown}},
		{"surrogate pair", llm.OpInvoke, `{"prompt":"\ud83d\ude00\ud83d"}`, bedrock.Request{Format: bedrock.FormatUnknown, TextBytes: 4 + 3}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := bedrock.Peek(tt.op, []byte(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Peek (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPeekRefuses(t *testing.T) {
	t.Parallel()
	const secret = "sesame"
	for _, tt := range []struct {
		name string
		op   llm.Operation
		body string
		want string
	}{
		{"nothing", llm.OpConverse, ``, "not a JSON object"},
		{"an array", llm.OpInvoke, `[]`, "not a JSON object"},
		{"text", llm.OpConverse, secret, "not a JSON object"},
		{"cut", llm.OpConverse, `{"messages":[`, "unexpected end"},
		{"cut string", llm.OpConverse, `{"messages":"` + secret, "unterminated string at byte 12"},
		{"more after the end", llm.OpConverse, `{} {}`, "unexpected data after the value at byte 3"},
		{"trailing comma", llm.OpConverse, `{"a":1,}`, "expected a member's name at byte 7"},
		{"trailing comma in an array", llm.OpConverse, `{"a":[1,]}`, "unexpected character at byte 8"},
		{"no comma", llm.OpConverse, `{"a":1 "b":2}`, "expected a comma"},
		{"no colon", llm.OpConverse, `{"a" 1}`, "expected a colon"},
		{"leading zero", llm.OpConverse, `{"a":01}`, "unexpected character at byte 5"},
		{"bare word", llm.OpConverse, `{"a":nul}`, "unexpected character at byte 5"},
		{"bad escape", llm.OpConverse, `{"a":"\x"}`, "invalid escape"},
		{"bad hex", llm.OpConverse, `{"a":"\u12g4"}`, "invalid escape"},
		{"control character", llm.OpConverse, "{\"a\":\"\n\"}", "control character"},
		{"too deep", llm.OpConverse, `{"a":` + strings.Repeat("[", 2000) + strings.Repeat("]", 2000) + `}`, "too many levels"},
		{"max tokens as text", llm.OpConverse, `{"inferenceConfig":{"maxTokens":"` + secret + `"}}`, "inferenceConfig.maxTokens: expected a positive integer"},
		{"max tokens 0", llm.OpConverse, `{"inferenceConfig":{"maxTokens":0}}`, "expected a positive integer"},
		{"max tokens below 0", llm.OpInvoke, `{"max_tokens":-1}`, "max_tokens: expected a positive integer"},
		{"max tokens broken", llm.OpInvoke, `{"max_gen_len":1.5}`, "max_gen_len: expected a positive integer"},
		{"max tokens absurd", llm.OpInvoke, `{"max_tokens":99999999999999999999}`, "expected a positive integer"},
		{"configuration as a list", llm.OpConverse, `{"inferenceConfig":[]}`, "inferenceConfig: expected an object"},
		{"metadata as text", llm.OpConverse, `{"requestMetadata":"x"}`, "requestMetadata: expected an object"},
		{"label as number", llm.OpConverse, `{"requestMetadata":{"headgate.run-calls":6}}`, "headgate.run-calls: expected a string"},
		{"label twice", llm.OpConverse, `{"requestMetadata":{"headgate.run":"a","headgate.run":"b"}}`, "duplicate member headgate.run"},
		{"temperature as text", llm.OpInvoke, `{"temperature":"hot"}`, "temperature: expected a number"},
		{"max tokens twice", llm.OpInvoke, `{"max_tokens":1,"max_tokens":2}`, "duplicate member max_tokens"},
		{"max tokens twice, once escaped", llm.OpInvoke, `{"max_tokens":1,"max\u005ftokens":2}`, "duplicate member max_tokens"},
		{"inner max tokens twice", llm.OpConverse, `{"inferenceConfig":{"maxTokens":1,"maxTokens":2}}`, "duplicate member inferenceConfig.maxTokens"},
		{"configuration twice", llm.OpConverse, `{"inferenceConfig":{},"inferenceConfig":null}`, "duplicate member inferenceConfig"},
		{"messages twice", llm.OpConverse, `{"messages":[],"messages":[]}`, "duplicate member messages"},
		{"cut, counting tokens", llm.OpCountTokens, `{"input":`, "unexpected end"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := bedrock.Peek(tt.op, []byte(tt.body))
			if fault.KindOf(err) != fault.Invalid || !strings.Contains(fault.Message(err), tt.want) {
				t.Fatalf("Peek = %v, want an invalid request: %s", err, tt.want)
			}
			if !strings.HasPrefix(fault.Message(err), "Malformed input request, ") || strings.Contains(err.Error(), secret) {
				t.Errorf("message = %q", fault.Message(err))
			}
		})
	}
}

func TestParseMetadata(t *testing.T) {
	t.Parallel()
	got, err := bedrock.ParseMetadata(`{"headgate.tenant":"acme","other":"x"}`)
	if diff := cmp.Diff(bedrock.Metadata{bedrock.LabelTenant: "acme"}, got); diff != "" || err != nil {
		t.Errorf("ParseMetadata (-want +got), err %v:\n%s", err, diff)
	}
	if got, err := bedrock.ParseMetadata(""); got != nil || err != nil {
		t.Errorf(`ParseMetadata("") = %v, %v`, got, err)
	}
	for _, bad := range []string{"[]", `{"headgate.run":1}`, `{`, `{} x`} {
		if _, err := bedrock.ParseMetadata(bad); fault.KindOf(err) != fault.Invalid {
			t.Errorf("ParseMetadata(%q) = %v, want an invalid request", bad, err)
		}
	}
}

func TestPeekDoesNotAllocate(t *testing.T) { //nolint:paralleltest // AllocsPerRun must run alone
	body := prompt(2 << 10)
	if got := testing.AllocsPerRun(100, func() { bedrock.Peek(llm.OpConverse, body) }); got != 0 {
		t.Errorf("allocations per Peek = %v, want 0", got)
	}
}

// prompt is a Converse body of about size bytes.
func prompt(size int) []byte {
	line := "The canal feeds forty fields, and each has a gate.\\n"
	return []byte(`{"messages":[{"role":"user","content":[{"text":"` + strings.Repeat(line, size/len(line)) +
		`"}]}],"system":[{"text":"Answer as a clerk would."}],"inferenceConfig":{"maxTokens":512,"temperature":0.5}}`)
}

func FuzzPeek(f *testing.F) {
	for _, body := range []string{
		`{"messages":[{"role":"user","content":[{"text":"h\u00e9"}]}],"inferenceConfig":{"maxTokens":5}}`,
		`{"max_tokens":1,"anthropic_version":"x","messages":[{"content":[{"type":"image"}]}]}`,
		`{"a":[1,-0.5e+3,true,null,"\ud83d\ude00"],"requestMetadata":{"headgate.run":"r"}}`,
		`{"a":}`, `[`, `{"\u0061":"`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, op := range []llm.Operation{llm.OpConverse, llm.OpInvoke, llm.OpCountTokens} {
			req, err := bedrock.Peek(op, body)
			if err == nil && !json.Valid(body) {
				t.Errorf("Peek(%s, %q) took invalid JSON", op, body)
			}
			if err != nil && fault.KindOf(err) != fault.Invalid {
				t.Errorf("Peek(%s, %q) = %v, want kind invalid", op, body, err)
			}
			if req.TextBytes < 0 || req.TextBytes+req.DataBytes > 3*int64(len(body)) || req.MaxTokensSet != (req.MaxTokens > 0) {
				t.Errorf("Peek(%s, %q) = %+v", op, body, req)
			}
		}
		// What the standard library reads as an object, counting tokens lets pass.
		var object map[string]json.RawMessage
		if json.Unmarshal(body, &object) == nil && object != nil {
			if _, err := bedrock.Peek(llm.OpCountTokens, body); err != nil && !strings.Contains(err.Error(), "too many levels") {
				t.Errorf("Peek(%q) = %v, want none", body, err)
			}
		}
	})
}

func BenchmarkPeek(b *testing.B) {
	for _, size := range []int{2 << 10, 196 << 10} {
		body := prompt(size)
		b.Run(map[bool]string{true: "2KB", false: "196KB"}[size == 2<<10], func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := bedrock.Peek(llm.OpConverse, body); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
