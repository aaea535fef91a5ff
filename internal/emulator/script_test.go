package emulator_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/document"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"github.com/headgate/headgate/internal/emulator"
)

// withTool offers a tool, and forces it unless choice is nil.
func withTool(text string, choice types.ToolChoice) *bedrockruntime.ConverseInput {
	in := converse(usHaiku, text, 0)
	in.ToolConfig = &types.ToolConfiguration{ToolChoice: choice, Tools: []types.Tool{&types.ToolMemberToolSpec{Value: types.ToolSpecification{
		Name: aws.String("store"),
		InputSchema: &types.ToolInputSchemaMemberJson{Value: document.NewLazyDocument(map[string]any{
			"type": "object", "required": []string{"table", "columns"},
			"properties": map[string]any{
				"table":   map[string]any{"type": "string"},
				"columns": map[string]any{"type": "array", "minItems": 2, "items": map[string]any{"enum": []string{"text", "int"}}},
			},
		})},
	}}}}
	return in
}

type stored struct {
	Table   string   `json:"table" document:"table"`
	Columns []string `json:"columns" document:"columns"`
}

func toolUse(t *testing.T, out *bedrockruntime.ConverseOutput) stored {
	t.Helper()
	use, ok := out.Output.(*types.ConverseOutputMemberMessage).Value.Content[0].(*types.ContentBlockMemberToolUse)
	if !ok || *use.Value.Name != "store" || *use.Value.ToolUseId == "" {
		t.Fatalf("no call of the tool: %+v", out.Output)
	}
	var s stored
	if err := use.Value.Input.UnmarshalSmithyDocument(&s); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestForcedTools(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.Config{})
	for _, choice := range []types.ToolChoice{
		&types.ToolChoiceMemberAny{},
		&types.ToolChoiceMemberTool{Value: types.SpecificToolChoice{Name: aws.String("store")}},
	} {
		in := withTool("Store it.", choice)
		out, err := b.client.Converse(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		if s := toolUse(t, out); out.StopReason != types.StopReasonToolUse || s.Table == "" || len(s.Columns) < 2 {
			t.Errorf("%T: stop %s, input %+v", choice, out.StopReason, s)
		}
		streamed, err := b.client.ConverseStream(t.Context(), &bedrockruntime.ConverseStreamInput{ModelId: in.ModelId, Messages: in.Messages, ToolConfig: in.ToolConfig})
		if err != nil {
			t.Fatal(err)
		}
		var input strings.Builder
		for event := range streamed.GetStream().Events() {
			if e, ok := event.(*types.ConverseStreamOutputMemberContentBlockDelta); ok {
				input.WriteString(*e.Value.Delta.(*types.ContentBlockDeltaMemberToolUse).Value.Input)
			}
		}
		var s stored
		if err := json.Unmarshal([]byte(input.String()), &s); err != nil || len(s.Columns) < 2 {
			t.Errorf("streamed input %q: %v", input.String(), err)
		}
	}
	out, err := b.client.Converse(t.Context(), withTool("Store it.", &types.ToolChoiceMemberAuto{}))
	if err != nil {
		t.Fatal(err)
	}
	if out.StopReason != types.StopReasonEndTurn {
		t.Errorf("a tool that is free to use: stop %s", out.StopReason)
	}
}

func TestScript(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "long.txt"), []byte(strings.Repeat("größer ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	const text = `
- name: hello
  match: {contains: "hello", operation: converse}
  answer: {text: "Good day."}
  times: 1
- match: {regexp: "^hel+o$", model: "anthropic.*"}
  answer: {text: "Again?"}
- name: tool
  match: {tool: store, contains: "scripted"}
  answer: {tool_input: {table: users, columns: [text]}}
- name: broken
  match: {contains: "break"}
  answer: {status: 424, type: ModelErrorException, message: "It broke."}
- name: file
  match: {contains: "file"}
  answer: {file: long.txt}
`
	script, err := emulator.ParseScript([]byte(text), dir)
	if err != nil {
		t.Fatal(err)
	}
	b := setup(t, emulator.Config{Script: script})
	marked := ""
	options := b.client.Options()
	options.HTTPClient = clientFunc(func(r *http.Request) (*http.Response, error) {
		response, err := http.DefaultTransport.RoundTrip(r)
		if err == nil {
			marked = response.Header.Get("x-emulator-script")
		}
		return response, err
	})
	client := newRuntime(options)
	for _, tt := range []struct{ model, text, want, mark string }{
		{usHaiku, "hello", "Good day.", "hello"},
		{usHaiku, "hello", "Again?", "1"},
		{usHaiku, "file", "größer ", "file"},
		{usHaiku, "other", "", ""},
		{novaLite, "hello", "", ""},
	} {
		out, err := client.Converse(t.Context(), converse(tt.model, tt.text, 50))
		if err != nil {
			t.Fatal(err)
		}
		if got := textOf(t, out); !strings.HasPrefix(got, tt.want) || marked != tt.mark || *out.Usage.OutputTokens != tokensOf(got) {
			t.Errorf("%s to %s: %q marked %q with %d tokens, want %q marked %q", tt.text, tt.model, got, marked, *out.Usage.OutputTokens, tt.want, tt.mark)
		}
	}
	out, err := client.Converse(t.Context(), withTool("scripted", &types.ToolChoiceMemberAuto{}))
	if err != nil {
		t.Fatal(err)
	}
	if s := toolUse(t, out); s.Table != "users" || marked != "tool" {
		t.Errorf("scripted tool: %+v marked %q", s, marked)
	}
	if _, err := client.Converse(t.Context(), converse(usHaiku, "break", 5)); code(err) != "ModelErrorException: It broke." || marked != "broken" {
		t.Errorf("scripted error: %v", err)
	}
}

func TestScriptIsChecked(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"- answer: {}",
		"- answer: {text: a, status: 500}",
		"- answer: {status: 200, type: X}",
		"- answer: {text: a}\n  often: 3",
		"- answer: {text: a}\n  times: -1",
		"- match: {regexp: '('}\n  answer: {text: a}",
		"- answer: {file: none.txt}",
		"-",
		"not a list",
	} {
		if _, err := emulator.ParseScript([]byte(text), t.TempDir()); err == nil {
			t.Errorf("ParseScript(%q) gave no error", text)
		}
	}
}
