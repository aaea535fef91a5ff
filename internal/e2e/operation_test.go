package e2e

import (
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrock"
	bedrocktypes "github.com/aws/aws-sdk-go-v2/service/bedrock/types"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/document"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"github.com/headgate/headgate/internal/emulator"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
)

func TestConverseByEveryNameOfAModel(t *testing.T) {
	t.Parallel()
	s := setup(t, options{})
	c := runtime(t, s.gateway)
	names := []string{usHaiku, "global." + string(haiku), profileARN, applicationARN}
	for _, id := range names {
		q := question("hello")
		q.ModelId = &id
		out, err := c.Converse(t.Context(), q)
		if err != nil {
			t.Errorf("Converse(%s): %v", id, err)
			continue
		}
		if aws.ToInt32(out.Usage.OutputTokens) == 0 || out.StopReason == "" {
			t.Errorf("Converse(%s) = usage %+v, stop reason %q; want both", id, out.Usage, out.StopReason)
		}
	}
	for i, e := range s.entries(t) {
		want := llm.Pool{Account: account, Region: region, Model: haiku, Path: llm.PathGeo}
		if strings.HasPrefix(e.ModelID, "global.") {
			want.Path = llm.PathGlobal
		}
		if e.Pool.Model != want.Model || e.Pool.Path != want.Path || e.Pool.Region != want.Region {
			t.Errorf("call %d of %s: pool %s, want %s", i, e.ModelID, e.Pool, want)
		}
	}
}

func TestConverseStream(t *testing.T) {
	t.Parallel()
	s := setup(t, options{})
	got, err := converseStream(t.Context(), runtime(t, s.gateway), "hello", outputTokens(40))
	if err != nil || got.text == "" || got.usage == nil || aws.ToInt32(got.usage.OutputTokens) != 40 {
		t.Errorf("ConverseStream = %+v, %v; want text and a usage of 40 output tokens", got, err)
	}
}

// TestCleartextHTTP2 speaks HTTP/2 by prior knowledge, as the AWS SDK for
// JavaScript does by default: many calls share one connection.
func TestCleartextHTTP2(t *testing.T) {
	t.Parallel()
	s := setup(t, options{faults: []emulator.Fault{{Kind: emulator.FaultStreamCut, Next: 1, After: 5}}})
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	tr := transport(t)
	tr.Protocols = &protocols
	c := runtime(t, s.gateway, func(o *bedrockruntime.Options) { o.HTTPClient = &http.Client{Transport: tr} })
	if got, err := converseStream(t.Context(), c, "hello", outputTokens(80)); !isType[*types.ModelStreamErrorException](err) || got.text == "" {
		t.Errorf("a cut stream = %+v, %v; want some text and a ModelStreamErrorException", got, err)
	}
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if got, err := converseStream(t.Context(), c, "hello", outputTokens(40)); err != nil || got.usage == nil {
				t.Errorf("ConverseStream = %+v, %v; want text and usage", got, err)
			}
			if _, err := c.Converse(t.Context(), question("hello")); err != nil {
				t.Errorf("Converse: %v", err)
			}
		})
	}
	all.Wait()
}

func TestForcedToolIsCalled(t *testing.T) {
	t.Parallel()
	s := setup(t, options{})
	q := question("name the columns")
	q.ToolConfig = &types.ToolConfiguration{
		Tools: []types.Tool{&types.ToolMemberToolSpec{Value: types.ToolSpecification{
			Name: aws.String("columns"),
			InputSchema: &types.ToolInputSchemaMemberJson{Value: document.NewLazyDocument(map[string]any{
				"type": "object", "properties": map[string]any{"names": map[string]any{"type": "array", "items": map[string]any{"type": "string"}, "minItems": 1}},
				"required": []string{"names"},
			})},
		}}},
		ToolChoice: &types.ToolChoiceMemberTool{Value: types.SpecificToolChoice{Name: aws.String("columns")}},
	}
	out, err := runtime(t, s.gateway).Converse(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	var input struct {
		Names []string `document:"names"`
	}
	for _, block := range out.Output.(*types.ConverseOutputMemberMessage).Value.Content {
		if use, ok := block.(*types.ContentBlockMemberToolUse); ok {
			if err := use.Value.Input.UnmarshalSmithyDocument(&input); err != nil {
				t.Fatal(err)
			}
		}
	}
	if out.StopReason != types.StopReasonToolUse || len(input.Names) == 0 {
		t.Errorf("stop reason %s, input %+v; want tool_use with at least one name", out.StopReason, input)
	}
}

// invocations are the bodies of InvokeModel in the dialects of their models.
func invocations() map[string]struct{ model, body string } {
	return map[string]struct{ model, body string }{
		"anthropic": {usHaiku, `{"anthropic_version":"bedrock-2023-05-31","max_tokens":50,"messages":[{"role":"user","content":"hello"}]}`},
		"nova":      {string(novaLite), `{"messages":[{"role":"user","content":[{"text":"hello"}]}],"inferenceConfig":{"max_new_tokens":50}}`},
	}
}

func TestInvokeModel(t *testing.T) {
	t.Parallel()
	for name, inv := range invocations() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup(t, options{})
			out, err := runtime(t, s.gateway).InvokeModel(t.Context(), &bedrockruntime.InvokeModelInput{
				ModelId: &inv.model, Body: []byte(inv.body), ContentType: aws.String("application/json"),
			})
			if err != nil {
				t.Fatal(err)
			}
			if !json.Valid(out.Body) || aws.ToString(out.ContentType) != "application/json" {
				t.Errorf("InvokeModel = %s of type %s", out.Body, aws.ToString(out.ContentType))
			}
			checkUsage(t, s)
		})
	}
}

func TestInvokeModelWithResponseStream(t *testing.T) {
	t.Parallel()
	for name, inv := range invocations() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup(t, options{})
			out, err := runtime(t, s.gateway).InvokeModelWithResponseStream(t.Context(), &bedrockruntime.InvokeModelWithResponseStreamInput{
				ModelId: &inv.model, Body: []byte(inv.body), ContentType: aws.String("application/json"),
			})
			if err != nil {
				t.Fatal(err)
			}
			stream, chunks := out.GetStream(), 0
			for event := range stream.Events() {
				chunk, ok := event.(*types.ResponseStreamMemberChunk)
				if !ok || !json.Valid(chunk.Value.Bytes) {
					t.Errorf("event %d is %+v, want a chunk of JSON", chunks, event)
				}
				chunks++
			}
			// The SDK closes its reader when the events are over, and now and then takes
			// that for an error of its last read (aws-sdk-go-v2 bedrockruntime v1.63.11,
			// waitStreamClose).
			if err := stream.Err(); err != nil && !errors.Is(err, net.ErrClosed) || chunks < 3 {
				t.Errorf("the stream had %d chunks and ended with %v, want some and none", chunks, err)
			}
			_ = stream.Close() // has ended
			checkUsage(t, s)
		})
	}
}

// checkUsage holds the ledger's one entry against what the emulator counted.
func checkUsage(t *testing.T, s *stand) {
	t.Helper()
	entries := s.entries(t)
	if len(entries) != 1 || entries[0].Outcome != ledger.OK {
		t.Fatalf("the ledger has %+v, want one call that is ok", entries)
	}
	e := entries[0]
	up := s.emulator.Stats().Pool(account, region, e.Pool.Model, e.Pool.Path)
	if e.Usage != up.Usage || e.Settled != up.Settled || e.Settled == 0 {
		t.Errorf("the ledger has usage %+v and settled %d, the emulator %+v and %d", e.Usage, e.Settled, up.Usage, up.Settled)
	}
}

func TestEmbedding(t *testing.T) {
	t.Parallel()
	s := setup(t, options{})
	out, err := runtime(t, s.gateway).InvokeModel(t.Context(), &bedrockruntime.InvokeModelInput{
		ModelId: aws.String(string(titan)), Body: []byte(`{"inputText":"hello there, canal","dimensions":256}`), ContentType: aws.String("application/json"),
	})
	if err != nil {
		t.Fatal(err)
	}
	var vector struct {
		Embedding []float64 `json:"embedding"`
	}
	if err := json.Unmarshal(out.Body, &vector); err != nil || len(vector.Embedding) != 256 {
		t.Errorf("got %d dimensions, %v; want 256", len(vector.Embedding), err)
	}
	checkUsage(t, s)
}

func TestCountTokensIsFree(t *testing.T) {
	t.Parallel()
	s := setup(t, options{quotas: nil})
	out, err := runtime(t, s.gateway).CountTokens(t.Context(), &bedrockruntime.CountTokensInput{
		ModelId: aws.String(string(haiku)),
		Input:   &types.CountTokensInputMemberConverse{Value: types.ConverseTokensRequest{Messages: userMessage("hello there")}},
	})
	if err != nil || aws.ToInt32(out.InputTokens) == 0 {
		t.Fatalf("CountTokens = %+v, %v", out, err)
	}
	entries := s.entries(t)
	if len(entries) != 1 || entries[0].Hold != 0 || entries[0].Settled != 0 {
		t.Errorf("the ledger has %+v, want one call that held and settled nothing", entries)
	}
}

func TestListings(t *testing.T) {
	t.Parallel()
	s := setup(t, options{})
	c := control(t, s.gateway)
	profiles, err := c.ListInferenceProfiles(t.Context(), &bedrock.ListInferenceProfilesInput{TypeEquals: bedrocktypes.InferenceProfileTypeSystemDefined})
	if err != nil || len(profiles.InferenceProfileSummaries) == 0 {
		t.Fatalf("ListInferenceProfiles = %+v, %v", profiles, err)
	}
	for _, id := range []string{usHaiku, profileARN, applicationARN} {
		one, err := c.GetInferenceProfile(t.Context(), &bedrock.GetInferenceProfileInput{InferenceProfileIdentifier: &id})
		if err != nil || len(one.Models) == 0 {
			t.Errorf("GetInferenceProfile(%s) = %+v, %v", id, one, err)
		}
	}
	models, err := c.ListFoundationModels(t.Context(), &bedrock.ListFoundationModelsInput{ByProvider: aws.String("anthropic")})
	if err != nil || len(models.ModelSummaries) == 0 {
		t.Errorf("ListFoundationModels = %+v, %v", models, err)
	}
}
