package emulator_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/bedrock"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/smithy-go"

	"github.com/headgate/headgate/internal/emulator"
	"github.com/headgate/headgate/internal/llm"
)

const (
	haiku     = "anthropic.claude-haiku-4-5-20251001-v1:0"
	usHaiku   = "us." + haiku
	novaLite  = "amazon.nova-lite-v1:0"
	titan     = "amazon.titan-embed-text-v2:0"
	sonnet46  = "anthropic.claude-sonnet-4-6"
	accountID = emulator.DefaultAccount
)

// bench is an emulator on a loopback port with SDK clients for it.
type bench struct {
	*emulator.Emulator

	url     string
	client  *bedrockruntime.Client
	control *bedrock.Client
}

// setup starts an emulator without latency, unless the configuration has one.
func setup(t *testing.T, c emulator.Config) *bench {
	t.Helper()
	if (c.Latency == emulator.Latency{}) {
		c.Latency = emulator.NoLatency()
	}
	e, err := emulator.New(c)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(nil)
	server.Config = emulator.Server(e.Handler())
	server.Start()
	t.Cleanup(server.Close)
	b := &bench{Emulator: e, url: server.URL}
	b.client = b.runtime("AKIDANY", "any", "us-east-1")
	b.control = bedrock.New(bedrock.Options{
		BaseEndpoint: &b.url, Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("AKIDANY", "any", ""),
	})
	return b
}

// runtime is a client of the emulator that does not retry.
func (b *bench) runtime(key, secret, region string) *bedrockruntime.Client {
	return bedrockruntime.New(bedrockruntime.Options{
		BaseEndpoint: &b.url, Region: region, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(key, secret, ""),
	})
}

// pool is what the emulator counted for a model from us-east-1.
func (b *bench) pool(model string, path llm.Path) emulator.PoolStats {
	return b.Stats().Pool(accountID, "us-east-1", llm.ModelID(model), path)
}

func quotas(list ...emulator.Quota) []emulator.Account {
	return []emulator.Account{{ID: accountID, Quotas: list}}
}

func userMessage(text string) []types.Message {
	return []types.Message{{Role: types.ConversationRoleUser, Content: []types.ContentBlock{&types.ContentBlockMemberText{Value: text}}}}
}

func converse(model, text string, maxTokens int32) *bedrockruntime.ConverseInput {
	in := &bedrockruntime.ConverseInput{ModelId: &model, Messages: userMessage(text)}
	if maxTokens > 0 {
		in.InferenceConfig = &types.InferenceConfiguration{MaxTokens: &maxTokens}
	}
	return in
}

// textOf is the text of an answer of Converse.
func textOf(t *testing.T, out *bedrockruntime.ConverseOutput) string {
	t.Helper()
	m, ok := out.Output.(*types.ConverseOutputMemberMessage)
	if !ok || len(m.Value.Content) != 1 {
		t.Fatalf("answer is no message of one block: %#v", out.Output)
	}
	text, ok := m.Value.Content[0].(*types.ContentBlockMemberText)
	if !ok {
		t.Fatalf("answer is no text: %#v", m.Value.Content[0])
	}
	return text.Value
}

func tokensOf(text string) int32 { return int32((len(text) + 3) / 4) }

func TestConverse(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{})
	out, err := b.client.Converse(t.Context(), converse(usHaiku, "Say something. [[output_tokens=250]]", 0))
	if err != nil {
		t.Fatal(err)
	}
	text := textOf(t, out)
	if out.StopReason != types.StopReasonEndTurn || *out.Usage.OutputTokens != 250 || tokensOf(text) != 250 {
		t.Errorf("stop %s, %d tokens reported, %d in the text; want end_turn, 250, 250", out.StopReason, *out.Usage.OutputTokens, tokensOf(text))
	}
	if *out.Usage.TotalTokens != *out.Usage.InputTokens+250 || *out.Usage.InputTokens < 10 {
		t.Errorf("usage %+v does not add up", out.Usage)
	}
	again, err := b.client.Converse(t.Context(), converse(usHaiku, "Say something. [[output_tokens=250]]", 0))
	if err != nil {
		t.Fatal(err)
	}
	if textOf(t, again) != text {
		t.Error("the same prompt is answered with another text")
	}
	short, err := b.client.Converse(t.Context(), converse(usHaiku, "Say something. [[output_tokens=250]]", 20))
	if err != nil {
		t.Fatal(err)
	}
	if short.StopReason != types.StopReasonMaxTokens || *short.Usage.OutputTokens != 20 || tokensOf(textOf(t, short)) != 20 {
		t.Errorf("with max_tokens 20: stop %s, %d tokens", short.StopReason, *short.Usage.OutputTokens)
	}
	p := b.pool(haiku, llm.PathGeo)
	in := int64(*out.Usage.InputTokens)
	if p.Requests != 3 || p.Accepted != 3 || p.Held != 0 || p.InFlight != 0 || p.Settled != 3*in+5*(250+250+20) {
		t.Errorf("stats %+v, want 3 accepted, nothing held, settled %d", p, 3*in+5*520)
	}
}

func TestConverseStopsAtSequence(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{})
	in := converse(novaLite, "Go on.", 0)
	in.InferenceConfig = &types.InferenceConfiguration{StopSequences: []string{". "}}
	out, err := b.client.Converse(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	text := textOf(t, out)
	if out.StopReason != types.StopReasonStopSequence || strings.Contains(text, ".") || *out.Usage.OutputTokens != tokensOf(text) {
		t.Errorf("stop %s after %q with %d tokens", out.StopReason, text, *out.Usage.OutputTokens)
	}
}

func TestConverseStream(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{})
	out, err := b.client.ConverseStream(t.Context(), &bedrockruntime.ConverseStreamInput{ModelId: aws.String(usHaiku), Messages: userMessage("Go on.")})
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	var order []string
	var usage *types.TokenUsage
	for event := range out.GetStream().Events() {
		switch e := event.(type) {
		case *types.ConverseStreamOutputMemberMessageStart:
			order = append(order, "start")
		case *types.ConverseStreamOutputMemberContentBlockDelta:
			text.WriteString(e.Value.Delta.(*types.ContentBlockDeltaMemberText).Value)
		case *types.ConverseStreamOutputMemberContentBlockStop:
			order = append(order, "block stop")
		case *types.ConverseStreamOutputMemberMessageStop:
			order = append(order, string(e.Value.StopReason))
		case *types.ConverseStreamOutputMemberMetadata:
			order = append(order, "metadata")
			usage = e.Value.Usage
		}
	}
	if err := out.GetStream().Err(); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(order, ","); got != "start,block stop,end_turn,metadata" {
		t.Errorf("events: %s", got)
	}
	plain, err := b.client.Converse(t.Context(), converse(usHaiku, "Go on.", 0))
	if err != nil {
		t.Fatal(err)
	}
	if usage == nil || text.String() != textOf(t, plain) || *usage.OutputTokens != tokensOf(text.String()) {
		t.Errorf("the stream says %q with usage %+v; the plain answer %q", text.String(), usage, textOf(t, plain))
	}
}

func TestInvokeAnthropic(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{})
	const body = `{"anthropic_version":"bedrock-2023-05-31","max_tokens":300,"system":[{"type":"text","text":"Be brief."}],` +
		`"messages":[{"role":"user","content":[{"type":"text","text":"Hello [[output_tokens=100]]"}]}],` +
		`"tools":[{"name":"store","input_schema":{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]}}],"tool_choice":TOOL}`
	var usage struct {
		Input  int `json:"input_tokens"`
		Output int `json:"output_tokens"`
	}
	var answer struct {
		Content []struct {
			Type, Text string
			Input      struct{ N *int }
		}
		StopReason string `json:"stop_reason"`
		Usage      any
	}
	answer.Usage = &usage
	text := strings.Replace(body, "TOOL", `{"type":"auto"}`, 1)
	out, err := b.client.InvokeModel(t.Context(), &bedrockruntime.InvokeModelInput{ModelId: aws.String(usHaiku), Body: []byte(text)})
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out.Body, &answer); err != nil {
		t.Fatal(err)
	}
	if answer.StopReason != "end_turn" || usage.Output != 100 || len(answer.Content) != 1 || tokensOf(answer.Content[0].Text) != 100 {
		t.Errorf("answer: %s", out.Body)
	}
	forced := strings.Replace(body, "TOOL", `{"type":"tool","name":"store"}`, 1)
	out, err = b.client.InvokeModel(t.Context(), &bedrockruntime.InvokeModelInput{ModelId: aws.String(usHaiku), Body: []byte(forced)})
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out.Body, &answer); err != nil {
		t.Fatal(err)
	}
	if answer.StopReason != "tool_use" || answer.Content[0].Type != "tool_use" || answer.Content[0].Input.N == nil {
		t.Errorf("answer: %s", out.Body)
	}
}

func TestInvokeHeaders(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{})
	const body = `{"schemaVersion":"messages-v1","messages":[{"role":"user","content":[{"text":"Hello"}]}],"inferenceConfig":{"maxTokens":10}}`
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.url+"/model/"+novaLite+"/invoke", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Emulator-Output-Tokens", "7")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	h := response.Header
	if response.StatusCode != http.StatusOK || h.Get("x-amzn-bedrock-output-token-count") != "7" || h.Get("x-amzn-bedrock-input-token-count") == "" ||
		h.Get("x-amzn-bedrock-invocation-latency") == "" || len(h.Get("x-amzn-requestid")) != 36 ||
		!strings.Contains(string(text), `"stopReason":"end_turn"`) || !strings.Contains(string(text), `"outputTokens":7,`) {
		t.Errorf("%s %v\n%s", response.Status, h, text)
	}
}

func TestInvokeStreams(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{})
	for _, tt := range []struct{ model, body, delta, stop string }{
		{usHaiku, `{"anthropic_version":"bedrock-2023-05-31","max_tokens":500,"messages":[{"role":"user","content":"Hello"}]}`, "text_delta", "message_stop"},
		{novaLite, `{"messages":[{"role":"user","content":[{"text":"Hello"}]}]}`, "contentBlockDelta", "metadata"},
	} {
		out, err := b.client.InvokeModelWithResponseStream(t.Context(), &bedrockruntime.InvokeModelWithResponseStreamInput{
			ModelId: &tt.model, Body: []byte(tt.body), ContentType: aws.String("application/json"),
		})
		if err != nil {
			t.Fatal(err)
		}
		var chunks []string
		for event := range out.GetStream().Events() {
			chunks = append(chunks, string(event.(*types.ResponseStreamMemberChunk).Value.Bytes))
		}
		if err := out.GetStream().Err(); err != nil {
			t.Fatal(err)
		}
		last := chunks[len(chunks)-1]
		var metrics struct {
			Metrics struct {
				InputTokenCount, OutputTokenCount int64
			} `json:"amazon-bedrock-invocationMetrics"`
		}
		if err := json.Unmarshal([]byte(last), &metrics); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(strings.Join(chunks, ""), tt.delta) || !strings.Contains(last, tt.stop) || metrics.Metrics.InputTokenCount == 0 || metrics.Metrics.OutputTokenCount < 60 {
			t.Errorf("%s: last chunk %s", tt.model, last)
		}
	}
}

func TestEmbeddings(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{})
	out, err := b.client.InvokeModel(t.Context(), &bedrockruntime.InvokeModelInput{
		ModelId: aws.String(titan), Body: []byte(`{"inputText":"a field by the canal","dimensions":256,"normalize":true}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Embedding           []float64
		InputTextTokenCount int64
	}
	if err := json.Unmarshal(out.Body, &answer); err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, x := range answer.Embedding {
		sum += x * x
	}
	if len(answer.Embedding) != 256 || sum < 0.999 || sum > 1.001 || answer.InputTextTokenCount != 5 {
		t.Errorf("%d dimensions of length² %v, %d tokens", len(answer.Embedding), sum, answer.InputTextTokenCount)
	}
	if p := b.pool(titan, llm.PathOnDemand); p.Settled != 5 {
		t.Errorf("settled %d, want 5", p.Settled)
	}
}

func TestCountTokens(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{})
	counted, err := b.client.CountTokens(t.Context(), &bedrockruntime.CountTokensInput{
		ModelId: aws.String(haiku),
		Input:   &types.CountTokensInputMemberConverse{Value: types.ConverseTokensRequest{Messages: userMessage("How long is this?")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	out, err := b.client.Converse(t.Context(), converse(usHaiku, "How long is this?", 10))
	if err != nil {
		t.Fatal(err)
	}
	if *counted.InputTokens != *out.Usage.InputTokens {
		t.Errorf("CountTokens says %d, the call %d", *counted.InputTokens, *out.Usage.InputTokens)
	}
	invoke, err := b.client.CountTokens(t.Context(), &bedrockruntime.CountTokensInput{
		ModelId: aws.String(haiku),
		Input: &types.CountTokensInputMemberInvokeModel{Value: types.InvokeModelTokensRequest{
			Body: []byte(`{"anthropic_version":"bedrock-2023-05-31","max_tokens":5,"messages":[{"role":"user","content":"How long is this?"}]}`),
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if *invoke.InputTokens != *counted.InputTokens {
		t.Errorf("CountTokens says %d of the same text as an InvokeModel body, %d as Converse", *invoke.InputTokens, *counted.InputTokens)
	}
	for _, id := range []string{usHaiku, novaLite, "anthropic.claude-sonnet-5"} {
		_, err := b.client.CountTokens(t.Context(), &bedrockruntime.CountTokensInput{
			ModelId: &id, Input: &types.CountTokensInputMemberConverse{Value: types.ConverseTokensRequest{Messages: userMessage("x")}},
		})
		if _, ok := errors.AsType[*types.ValidationException](err); !ok {
			t.Errorf("CountTokens of %s: %v, want a ValidationException", id, err)
		}
	}
}

func TestListings(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{Accounts: []emulator.Account{{ID: accountID, Applications: map[string]string{"abc123def456": usHaiku}}}})
	pager := bedrock.NewListInferenceProfilesPaginator(b.control, &bedrock.ListInferenceProfilesInput{MaxResults: aws.Int32(7)})
	found := map[string]string{}
	for pager.HasMorePages() {
		page, err := pager.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(page.InferenceProfileSummaries) > 7 {
			t.Errorf("a page of %d", len(page.InferenceProfileSummaries))
		}
		for _, p := range page.InferenceProfileSummaries {
			found[*p.InferenceProfileId] = *p.InferenceProfileArn
		}
	}
	arn := "arn:aws:bedrock:us-east-1:" + accountID + ":inference-profile/" + usHaiku
	if found[usHaiku] != arn || found["global."+haiku] == "" || found["abc123def456"] == "" || found["eu."+haiku] != "" {
		t.Errorf("profiles: %v", found)
	}
	for _, id := range []string{usHaiku, arn, "abc123def456"} {
		p, err := b.control.GetInferenceProfile(t.Context(), &bedrock.GetInferenceProfileInput{InferenceProfileIdentifier: &id})
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Models) != 3 || !strings.HasSuffix(*p.Models[0].ModelArn, "us-east-1::foundation-model/"+haiku) {
			t.Errorf("GetInferenceProfile(%s): %+v", id, p.Models)
		}
	}
	models, err := b.control.ListFoundationModels(t.Context(), &bedrock.ListFoundationModelsInput{ByProvider: aws.String("amazon"), ByOutputModality: "EMBEDDING"})
	if err != nil {
		t.Fatal(err)
	}
	if len(models.ModelSummaries) != 1 || *models.ModelSummaries[0].ModelId != titan {
		t.Errorf("embedding models of Amazon: %+v", models.ModelSummaries)
	}
	_, err = b.control.GetInferenceProfile(t.Context(), &bedrock.GetInferenceProfileInput{InferenceProfileIdentifier: aws.String("us.none")})
	if code, ok := errors.AsType[smithy.APIError](err); !ok || code.ErrorCode() != "ResourceNotFoundException" {
		t.Errorf("an unknown profile: %v", err)
	}
}

func TestARNs(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{Accounts: []emulator.Account{{ID: accountID, Applications: map[string]string{"abc123def456": usHaiku}}}})
	prefix := "arn:aws:bedrock:us-east-1:" + accountID
	for _, id := range []string{
		prefix + ":inference-profile/" + usHaiku,
		prefix + ":application-inference-profile/abc123def456",
		"global." + haiku,
		"arn:aws:bedrock:us-east-1::foundation-model/" + sonnet46,
	} {
		if _, err := b.client.Converse(t.Context(), converse(id, "Hi", 5)); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	if p := b.pool(haiku, llm.PathGeo); p.Accepted != 2 {
		t.Errorf("geo pool has %d calls, want 2: application profiles draw on what they copy", p.Accepted)
	}
	if g, s := b.pool(haiku, llm.PathGlobal), b.pool(sonnet46, llm.PathOnDemand); g.Accepted != 1 || s.Accepted != 1 {
		t.Errorf("global pool %d, on-demand pool %d, want 1 each", g.Accepted, s.Accepted)
	}
	// The same ARN unescaped, as some clients send it.
	response, err := http.Post(b.url+"/model/"+prefix+":application-inference-profile/abc123def456/converse", "application/json", strings.NewReader(`{"messages":[{"role":"user","content":[{"text":"x"}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("raw ARN: %s", response.Status)
	}
}

// clientFunc is an HTTP client for the SDK.
type clientFunc func(*http.Request) (*http.Response, error)

func (f clientFunc) Do(r *http.Request) (*http.Response, error) { return f(r) }

func newRuntime(o bedrockruntime.Options) *bedrockruntime.Client { return bedrockruntime.New(o) }
