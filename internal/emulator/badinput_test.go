package emulator_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/headgate/headgate/internal/emulator"
)

// post sends a body as it is and returns status, exception and message.
func post(t *testing.T, url, body string, header ...string) (status int, kind, message string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	kind, _, _ = strings.Cut(response.Header.Get("x-amzn-errortype"), ":")
	return response.StatusCode, kind, string(text)
}

func TestPathTricks(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{})
	const good = `{"messages":[{"role":"user","content":[{"text":"x"}]}]}`
	for _, tt := range []struct {
		path   string
		status int
	}{
		{"/model/" + novaLite + "/converse", 200},
		{"/model/amazon.nova-lite-v1%3A0/converse", 200},
		{"/model/amazon.nova-lite-v1%3a0/converse", 200},
		{"/model/amazon.nova-lite-v1%253A0/converse", 400},
		{"/model/..%2F..%2Femulator%2Fstats/converse", 400},
		{"/model/../converse", 400},
		{"/model//converse", 400},
		{"//model/" + novaLite + "/converse", 400},
		{"/model/" + novaLite + "%00/converse", 400},
		{"/model/%2F" + novaLite + "/converse", 400},
		{"/model/a b/converse", 400},
		{"/model/" + strings.Repeat("a", 2049) + "/converse", 400},
		{"/model/" + novaLite + "/converse/", 404},
		{"/model/" + novaLite + "/confer", 404},
		{"/model/converse", 404},
		{"/", 404},
		{"/emulator/none", 404},
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.url, strings.NewReader(good))
		if err != nil {
			t.Fatal(err)
		}
		request.URL.Opaque = strings.TrimPrefix(b.url, "http:") + strings.ReplaceAll(tt.path, " ", "%20")
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != tt.status || tt.status != 200 && response.Header.Get("x-amzn-errortype") == "" {
			t.Errorf("%s: %s, want %d", tt.path, response.Status, tt.status)
		}
	}
}

func TestModelIDs(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{})
	for _, tt := range []struct {
		id, kind, message string
		status            int
	}{
		{"anthropic.claude-none", "ValidationException", "The provided model identifier is invalid.", 400},
		{"eu." + haiku, "ValidationException", "The provided model identifier is invalid.", 400},
		{"us.amazon.titan-embed-text-v2:0", "ValidationException", "The provided model identifier is invalid.", 400},
		{haiku, "ValidationException", "Invocation of model ID " + haiku + " with on-demand throughput isn\u2019t supported. Retry your request with the ID or ARN of an inference profile that contains this model.", 400},
		{"us.anthropic.claude-3-5-haiku-20241022-v1:0", "ResourceNotFoundException", "This model version has reached the end of its life.", 404},
		{"amazon.nova-premier-v1:0", "ResourceNotFoundException", "This model version has reached the end of its life.", 404},
		{"arn:aws:bedrock:us-west-2:" + accountID + ":inference-profile/" + usHaiku, "ValidationException", "identifier is invalid", 400},
		{"arn:aws:bedrock:us-east-1:999999999999:inference-profile/" + usHaiku, "AccessDeniedException", "not authorized", 403},
		{"arn:aws:bedrock:us-east-1:" + accountID + ":application-inference-profile/none", "ResourceNotFoundException", "not found", 404},
		{titan, "ValidationException", "This action doesn't support the model", 400},
	} {
		status, kind, message := post(t, b.url+"/model/"+tt.id+"/converse", `{"messages":[{"role":"user","content":[{"text":"x"}]}]}`)
		if status != tt.status || kind != tt.kind || !strings.Contains(message, tt.message) {
			t.Errorf("%s: %d %s %s, want %d %s %s", tt.id, status, kind, message, tt.status, tt.kind, tt.message)
		}
	}
}

func TestBadBodies(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{})
	const (
		ok     = `"messages":[{"role":"user","content":[{"text":"x"}]}]`
		claude = `"anthropic_version":"bedrock-2023-05-31","messages":[{"role":"user","content":"x"}]`
	)
	converseTo, invoke, nova, vector := "us."+haiku+"/converse", "us."+haiku+"/invoke", novaLite+"/invoke", titan+"/invoke"
	for _, tt := range []struct{ path, body, kind, message string }{
		{converseTo, `{`, "SerializationException", ""},
		{converseTo, ``, "SerializationException", ""},
		{converseTo, `[]`, "SerializationException", ""},
		{converseTo, `{"messages":"x"}`, "SerializationException", ""},
		{converseTo, `{"messages":[{"role":"user","content":["x"]}]}`, "SerializationException", ""},
		{converseTo, strings.Repeat("[", 100_000), "SerializationException", ""},
		{converseTo, `{}`, "ValidationException", "A conversation must start with a user message."},
		{converseTo, `{"messages":[]}`, "ValidationException", "A conversation must start with a user message."},
		{converseTo, `{"messages":[{"role":"assistant","content":[{"text":"x"}]}]}`, "ValidationException", "must start with a user message"},
		{converseTo, `{"messages":[{"role":"king","content":[{"text":"x"}]}]}`, "ValidationException", "enum value set"},
		{converseTo, `{"messages":[{"role":"user","content":[]}]}`, "ValidationException", "is empty"},
		{converseTo, `{"messages":[{"role":"user","content":[{"text":" "}]}]}`, "ValidationException", "is blank"},
		{converseTo, `{` + ok + `,"inferenceConfig":{"maxTokens":65537}}`, "ValidationException", "The maximum tokens you requested exceed the model limit of 65536. Try again with a maximum tokens value lower than 65536."},
		{converseTo, `{` + ok + `,"inferenceConfig":{"maxTokens":5},"inferenceConfig":{"maxTokens":65537}}`, "ValidationException", "exceed the model limit"},
		{converseTo, `{` + ok + `,"inferenceConfig":{"maxTokens":0}}`, "ValidationException", "greater than or equal to 1"},
		{converseTo, `{` + ok + `,"inferenceConfig":{"maxTokens":"9"}}`, "SerializationException", ""},
		{converseTo, `{` + ok + `,"requestMetadata":{}}`, "ValidationException", "1 to 16 pairs"},
		{converseTo, `{` + ok + `,"requestMetadata":{"a":"\u2603"}}`, "ValidationException", "a value must be"},
		{converseTo, `{` + ok + `,"requestMetadata":{"a":1}}`, "ValidationException", "a value must be"},
		{converseTo, `{` + ok + `,"requestMetadata":{"` + strings.Repeat("k", 257) + `":"v"}}`, "ValidationException", "a key must have"},
		{converseTo, `{` + ok + `,"toolConfig":{"tools":[],"toolChoice":{"tool":{"name":"none"}}}}`, "ValidationException", "tool choice"},
		{invoke, `{`, "ValidationException", "Malformed input request"},
		{invoke, `{"anthropic_version":"bedrock-2023-05-31","messages":[]}`, "ValidationException", "max_tokens: Field required"},
		{invoke, `{"messages":[]}`, "ValidationException", "anthropic_version: Field required"},
		{invoke, `{"anthropic_version":"x","max_tokens":5,"messages":[]}`, "ValidationException", "messages: at least one message is required"},
		{invoke, `{"max_tokens":0,` + claude + `}`, "ValidationException", "max_tokens: Input should be"},
		{invoke, `{"max_tokens":70000,` + claude + `}`, "ValidationException", "exceed the model limit of 65536"},
		{invoke, `{"max_tokens":5,"anthropic_version":"x","messages":[{"role":"user","content":""}]}`, "ValidationException", "non-empty content"},
		{nova, `nothing`, "ValidationException", "Malformed input request"},
		{vector, `{}`, "ValidationException", "inputText"},
		{vector, `{"inputText":"x","dimensions":3}`, "ValidationException", "dimensions"},
		{titan + "/invoke-with-response-stream", `{"inputText":"x"}`, "ValidationException", "unsupported for streaming"},
		{"openai.gpt-oss-20b-1:0/invoke", `{}`, "ValidationException", "Converse"},
	} {
		status, kind, message := post(t, b.url+"/model/"+tt.path, tt.body)
		if status != 400 || kind != tt.kind || !strings.Contains(message, tt.message) {
			t.Errorf("%s %.80s: %d %s %s, want 400 %s %q", tt.path, tt.body, status, kind, message, tt.kind, tt.message)
		}
	}
	if status, kind, _ := post(t, b.url+"/model/"+nova, `{`+ok+`}`, "X-Amzn-Bedrock-Request-Metadata", `{"a":"!"}`); status != 400 || kind != "ValidationException" {
		t.Errorf("bad metadata header: %d %s", status, kind)
	}
	if n := len(b.Stats().Accounts[0].Pools); n != 0 {
		t.Errorf("bad requests reached the quotas of %d pools", n)
	}
}

func TestBodyTooLarge(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{})
	large := bytes.Repeat([]byte(" "), 25_000_001)
	for _, body := range []io.Reader{bytes.NewReader(large), io.MultiReader(bytes.NewReader(large))} { // with a length, and chunked
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.url+"/model/"+novaLite+"/converse", body)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Expect", "100-continue") // or the client may be cut off while it sends
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusRequestEntityTooLarge || !strings.HasPrefix(response.Header.Get("x-amzn-errortype"), "ValidationException") {
			t.Errorf("25,000,001 bytes: %s", response.Status)
		}
	}
}
