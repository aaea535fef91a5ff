package prompt_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/emulator/prompt"
	"github.com/headgate/headgate/internal/emulator/refusal"
)

const converseBody = `{
	"system": [{"text":"Be brief."}, {"cachePoint":{"type":"default","ttl":"1h"}}],
	"messages": [
		{"role":"user","content":[{"text":"First"}, {"image":{"format":"png","source":{"bytes":"AAAA"}}}]},
		{"role":"assistant","content":[{"toolUse":{"toolUseId":"1","name":"store","input":{"a":1}}}]},
		{"role":"user","content":[{"toolResult":{"toolUseId":"1","content":[{"text":"stored"},{"json":{"n":1}}]}},{"text":"caf\u00e9"},{"cachePoint":{"type":"default"}}]}
	],
	"inferenceConfig": {"maxTokens": 100, "stopSequences": ["END"]},
	"toolConfig": {"tools":[{"toolSpec":{"name":"store","inputSchema":{"json":{"type":"object"}}}}],"toolChoice":{"any":{}}},
	"serviceTier": {"type":"flex"}, "performanceConfig": {"latency":"optimized"},
	"requestMetadata": {"team":"canal"}, "somethingNew": {"kept":"out"}
}`

func TestConverse(t *testing.T) {
	t.Parallel()
	p, err := prompt.Converse(converseBody)
	if err != nil {
		t.Fatal(err)
	}
	tool := int64(len(`{"toolSpec":{"name":"store","inputSchema":{"json":{"type":"object"}}}}`)+3) / 4
	use := int64(len(`{"toolUse":{"toolUseId":"1","name":"store","input":{"a":1}}}`)+3) / 4
	system := tool + 3
	total := system + 4 + 2 + 1600 + 4 + use + 4 + 2 + int64(len(`{"json":{"n":1}}`)+3)/4 + 2
	want := &prompt.Prompt{
		Tokens: total, Hash: p.Hash, LastUser: "stored\ncafé", System: "Be brief.",
		Tools:  []prompt.Tool{{Name: "store", Schema: `{"type":"object"}`}},
		Choice: prompt.Choice{Kind: prompt.ChoiceAny}, MaxTokens: 100, Stop: []string{"END"},
		Marks:       []prompt.Mark{{Hash: p.Marks[0].Hash, Tokens: system, TTL: time.Hour}, {Hash: p.Hash, Tokens: total, TTL: 5 * time.Minute}},
		ServiceTier: "flex", Latency: "optimized",
	}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Errorf("Converse (-want +got):\n%s", diff)
	}
	if p.Forced() == nil || p.Forced().Name != "store" {
		t.Errorf("Forced = %v", p.Forced())
	}
}

func TestAnthropic(t *testing.T) {
	t.Parallel()
	const body = `{
		"anthropic_version":"bedrock-2023-05-31","max_tokens":64,"stop_sequences":["X"],
		"system":[{"type":"text","text":"Be brief.","cache_control":{"type":"ephemeral"}}],
		"tools":[{"name":"store","input_schema":{"type":"object"},"cache_control":{"type":"ephemeral","ttl":"1h"}}],
		"tool_choice":{"type":"tool","name":"store"},
		"messages":[{"role":"user","content":"First"},{"role":"assistant","content":[{"type":"text","text":"Yes"}]},
			{"role":"user","content":[{"type":"tool_result","tool_use_id":"1","content":"done"},{"type":"text","text":"Next"}]}]
	}`
	p, err := prompt.Anthropic(body)
	if err != nil {
		t.Fatal(err)
	}
	if p.MaxTokens != 64 || p.LastUser != "done\nNext" || p.System != "Be brief." || len(p.Marks) != 2 ||
		p.Marks[0].TTL != time.Hour || p.Marks[1].TTL != 5*time.Minute || p.Marks[0].Tokens >= p.Marks[1].Tokens ||
		p.Choice != (prompt.Choice{Kind: prompt.ChoiceNamed, Name: "store"}) || len(p.Stop) != 1 {
		t.Errorf("Anthropic = %+v", p)
	}
}

// TestPrefixesHashAlike: what comes after a mark does not change it, what comes
// before does.
func TestPrefixesHashAlike(t *testing.T) {
	t.Parallel()
	mark := func(system, user string) prompt.Mark {
		p, err := prompt.Converse(`{"system":[{"text":"` + system + `"},{"cachePoint":{}}],"messages":[{"role":"user","content":[{"text":"` + user + `"}]}]}`)
		if err != nil {
			t.Fatal(err)
		}
		return p.Marks[0]
	}
	if mark("abc", "one") != mark("abc", "two") {
		t.Error("the same prefix has two marks")
	}
	if mark("abc", "one") == mark("abd", "one") {
		t.Error("two prefixes have the same mark")
	}
}

func FuzzDecoders(f *testing.F) {
	f.Add(converseBody)
	f.Add(`{"messages":[{"role":"user","content":[{"text":"x"}]}],"inferenceConfig":null}`)
	f.Add(`{"anthropic_version":"x","max_tokens":1,"messages":[{"role":"user","content":[{"type":"image","source":{}}]}]}`)
	f.Add(`{"inputText":"x","embeddingTypes":["float"]}`)
	f.Add(`{"input":{"invokeModel":{"body":"e30="}}}`)
	f.Add(`{"messages":[{"role":"user","content":[{"toolResult":{"content":[[[[]]]]}}]}],"toolConfig":[]}`)
	f.Fuzz(func(t *testing.T, body string) {
		texts := map[string]func(string) (*prompt.Prompt, error){
			"converse": prompt.Converse, "nova": prompt.Nova, "anthropic": prompt.Anthropic,
		}
		check := func(name string, tokens int64, err error) {
			if err != nil {
				if e, ok := errors.AsType[*refusal.Error](err); !ok || e.Status != 400 || e.Message == "" {
					t.Errorf("%s: %v is no refusal of a bad request", name, err)
				}
				return
			}
			if tokens < 0 || tokens > int64(len(body))*2000 {
				t.Errorf("%s: %d tokens in %d bytes", name, tokens, len(body))
			}
		}
		for name, read := range texts {
			p, err := read(body)
			if err != nil {
				check(name, 0, err)
				continue
			}
			check(name, p.Tokens, nil)
			again, err := read(body)
			if err != nil || again.Hash != p.Hash || again.Tokens != p.Tokens {
				t.Errorf("%s: read differently the second time", name)
			}
		}
		n, err := prompt.CountTokens(body)
		check("count", n, err)
		_, err = prompt.TitanEmbedding(body)
		check("titan", 0, err)
	})
}
