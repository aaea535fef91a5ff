package e2e

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"github.com/headgate/headgate/internal/emulator"
	"github.com/headgate/headgate/internal/llm"
)

// TestRefusalsAreTyped makes calls through the SDK that no wait can mend. Each
// error has the SDK's own type and says what to do; none reaches the upstream.
func TestRefusalsAreTyped(t *testing.T) {
	t.Parallel()
	day := emulator.Quota{Model: string(haiku), Path: string(llm.PathGeo), TokensPerDay: aws.Int64(0)}
	for _, c := range []struct {
		name   string
		quota  emulator.Quota
		model  string // of the call; empty: Claude Haiku 4.5
		tokens *int32 // max_tokens
		is     func(error) bool
		status int
		words  string
	}{
		{"zero requests", perMinute(0, 500_000), "", aws.Int32(10), isType[*types.ThrottlingException], 429, "Support case"},
		{"zero tokens a day", day, "", aws.Int32(10), isType[*types.ThrottlingException], 429, "tokens_per_day"},
		{"max_tokens above the limit", perMinute(2, 5_000), "", aws.Int32(6_000), isType[*types.ValidationException], 400, "can ever hold"},
		{"max_tokens above the model's", perMinute(2, 5_000_000), "", aws.Int32(100_000), isType[*types.ValidationException], 400, "exceed the model limit"},
		{"unset max_tokens", perMinute(2, 5_000), "", nil, isType[*types.ValidationException], 400, "max_tokens is not set"},
		{"near miss of a model", perMinute(2, 500_000), "anthropic.claude-3-5-haiku-20241022:0", aws.Int32(10), isType[*types.ValidationException], 400, "did you mean us.anthropic.claude-3-5-haiku-20241022-v1:0"},
		{"no model at all", perMinute(2, 500_000), "haiku please", aws.Int32(10), isType[*types.ValidationException], 400, "model identifier is invalid"},
		{"a path for a model", perMinute(2, 500_000), "../../etc/passwd", aws.Int32(10), isType[*types.ValidationException], 400, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := setup(t, options{quotas: []emulator.Quota{c.quota}})
			q := question("hello")
			if c.model != "" {
				q.ModelId = &c.model
			}
			q.InferenceConfig.MaxTokens = c.tokens
			_, err := runtime(t, s.gateway).Converse(t.Context(), q)
			answer, ok := errors.AsType[*awshttp.ResponseError](err)
			if !ok || !c.is(err) || answer.HTTPStatusCode() != c.status || !strings.Contains(err.Error(), c.words) {
				t.Errorf("got %v, want status %d of its type with %q", err, c.status, c.words)
			}
			_, err = converseStreamOf(t, s, q)
			if !c.is(err) {
				t.Errorf("streamed: got %v, want the same", err)
			}
			if s.wire.count() != 0 {
				t.Errorf("%d requests upstream, want none", s.wire.count())
			}
		})
	}
}

func converseStreamOf(t *testing.T, s *stand, q *bedrockruntime.ConverseInput) (streamed, error) {
	t.Helper()
	out, err := runtime(t, s.gateway).ConverseStream(t.Context(), &bedrockruntime.ConverseStreamInput{
		ModelId: q.ModelId, Messages: q.Messages, InferenceConfig: q.InferenceConfig,
	})
	if err != nil {
		return streamed{}, err
	}
	return readStream(out)
}

// TestBadRequests sends what no SDK would. Each answer has AWS's shape, and the
// gateway serves the next call as if nothing had been.
func TestBadRequests(t *testing.T) {
	t.Parallel()
	converse := "/model/" + usHaiku + "/converse"
	good := `{"messages":[{"role":"user","content":[{"text":"x"}]}],"inferenceConfig":{"maxTokens":5}}`
	s := setup(t, options{quotas: []emulator.Quota{perMinute(10_000, 5_000_000)}})
	for _, c := range []struct {
		name, path, body string
		headers          []string
		status           int
		typ              string
	}{
		{"malformed JSON", converse, `{"messages":[`, nil, 400, "ValidationException"},
		{"no JSON", converse, `hello`, nil, 400, "ValidationException"},
		{"a list", converse, `[]`, nil, 400, "ValidationException"},
		{"nothing", converse, ``, nil, 400, "ValidationException"},
		{"something after the end", converse, good + `{}`, nil, 400, "ValidationException"},
		{"max_tokens of a wrong type", converse, `{"messages":[],"inferenceConfig":{"maxTokens":"many"}}`, nil, 400, "ValidationException"},
		{"negative max_tokens", converse, `{"messages":[],"inferenceConfig":{"maxTokens":-1}}`, nil, 400, "ValidationException"},
		{"duplicate members", converse, `{"messages":[],"messages":[],"inferenceConfig":{"maxTokens":5}}`, nil, 400, "ValidationException"},
		{"duplicate max_tokens", converse, `{"messages":[],"inferenceConfig":{"maxTokens":5,"maxTokens":50000}}`, nil, 400, "ValidationException"},
		{"one byte too many", converse, good + strings.Repeat(" ", 25_000_001-len(good)), nil, 413, "ValidationException"},
		{"escape from the model path", "/model/..%2F..%2Fadmin/converse", good, nil, 400, "ValidationException"},
		{"double slash", "/model//converse", good, nil, 400, "ValidationException"},
		{"zero byte", "/model/a%00b/converse", good, nil, 400, "ValidationException"},
		{"broken escape", "/model/a%zz/converse", good, nil, 400, ""},
		{"unknown operation", "/model/" + usHaiku + "/delete", good, nil, 404, "UnknownOperationException"},
		{"unknown path", "/v3/other", good, nil, 404, "UnknownOperationException"},
		{"absurd class", converse, good, []string{"X-Headgate-Class", "royal"}, 400, "ValidationException"},
		{"absurd deadline", converse, good, []string{"X-Headgate-Deadline", "NaN"}, 400, "ValidationException"},
		{"presigned", converse + "?X-Amz-Signature=abc", good, nil, 400, "ValidationException"},
		{"huge header", converse, good, []string{"X-Long", strings.Repeat("x", 100_000)}, 431, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			client := &http.Client{Transport: transport(t)}
			got, err := postRaw(t, client, s.gateway, c.path, c.body, c.headers...)
			if err != nil {
				t.Fatal(err)
			}
			if got.status != c.status || got.header.Get("X-Amzn-Errortype") != c.typ {
				t.Errorf("got %d %q %.200s, want %d %q", got.status, got.header.Get("X-Amzn-Errortype"), got.body, c.status, c.typ)
			}
			var shape struct {
				Message string `json:"message"`
			}
			if c.typ != "" && (json.Unmarshal([]byte(got.body), &shape) != nil || shape.Message == "" || got.header.Get("X-Amzn-Requestid") == "") {
				t.Errorf("the body %.200s has no message, or the answer no request id", got.body)
			}
			if got, err := postRaw(t, client, s.gateway, converse, good); err != nil || got.status != http.StatusOK {
				t.Errorf("the next call: %d %.200s, %v", got.status, got.body, err)
			}
		})
	}
}

// TestLargestBodyPasses is the other side of the limit.
func TestLargestBodyPasses(t *testing.T) {
	t.Parallel()
	s := setup(t, options{})
	good := `{"messages":[{"role":"user","content":[{"text":"x"}]}],"inferenceConfig":{"maxTokens":5}}`
	got, err := postRaw(t, &http.Client{Transport: transport(t)}, s.gateway, "/model/"+usHaiku+"/converse", good+strings.Repeat(" ", 25_000_000-len(good)))
	if err != nil || got.status != http.StatusOK {
		t.Fatalf("got %d %.200s, %v", got.status, got.body, err)
	}
	if n := len(s.wire.passed()[0].body); n != 25_000_000 {
		t.Errorf("%d bytes reached the emulator, want all 25,000,000", n)
	}
}
