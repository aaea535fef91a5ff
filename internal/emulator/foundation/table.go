package foundation

import (
	"slices"

	"github.com/headgate/headgate/internal/llm"
)

// Token counts of the published maxima. The model cards of
// docs.aws.amazon.com/bedrock write "64K" and "128K" (as of 2026-10-09); the
// public quota registries write 65,536 for the former, so K is read as 1,024.
const (
	k4   = 4 << 10
	k8   = 8 << 10
	k16  = 16 << 10
	k32  = 32 << 10
	k64  = 64 << 10
	k128 = 128 << 10
)

// The least cached prefix: 4,096 tokens for Claude Haiku 4.5 by its model
// card; 1,024 is the usual figure of userguide/prompt-caching.
const (
	cacheHaiku45 = 4096
	cacheUsual   = 1024
)

// Table is a set of models. It is read-only once made, and safe for
// concurrent use.
type Table struct {
	models []*Model
	byID   map[llm.ModelID]*Model
}

// New returns the emulator's models.
func New() *Table {
	t := &Table{byID: map[llm.ModelID]*Model{}}
	for _, family := range [][]Model{claude(), claude3(), amazon(), others()} {
		for i := range family {
			t.models = append(t.models, &family[i])
			t.byID[family[i].ID] = &family[i]
		}
	}
	return t
}

// Models returns every model in the table's order. The caller must not change
// what it points to.
func (t *Table) Models() []*Model { return slices.Clone(t.models) }

// Model finds a model by its bare id; nil when there is none.
func (t *Table) Model(id llm.ModelID) *Model { return t.byID[id] }

// claude is the Claude 4 and 5 families.
//
// Burndown: docs.aws.amazon.com/bedrock userguide/quotas-token-burndown, as of
// 2026-10-09: 15 for Opus 4.8; 10 for Sonnet 5, Opus 5, Opus 5.5 and Fable
// 5.1; 5 for all others of version 4.7 and below. Sonnet 5.5, Haiku 5.5 and
// Fable 5 are not named there; 10, the figure of their generation, is assumed.
// Maximum output and profiles: the model cards.
func claude() []Model {
	row := func(id, name string, maxOutput, burndown int64, counts bool) Model {
		return Model{
			ID: llm.ModelID("anthropic.claude-" + id), Name: "Claude " + name, Provider: "Anthropic",
			Body: BodyAnthropic, MaxOutput: maxOutput, Burndown: burndown, CacheMinimum: cacheUsual,
			Geos: []string{"us", "eu"}, Global: true, CountsTokens: counts,
		}
	}
	haiku := row("haiku-4-5-20251001-v1:0", "Haiku 4.5", k64, 5, true)
	haiku.CacheMinimum = cacheHaiku45
	haiku.Geos = []string{"us", "eu", "au", "jp", "in"}
	sonnet4 := row("sonnet-4-20250514-v1:0", "Sonnet 4", k64, 5, true)
	sonnet4.Geos = []string{"us", "eu", "apac"}
	sonnet45 := row("sonnet-4-5-20250929-v1:0", "Sonnet 4.5", k64, 5, true)
	sonnet45.Geos = []string{"us", "eu", "au", "jp"}
	sonnet46 := row("sonnet-4-6", "Sonnet 4.6", k64, 5, true)
	sonnet46.OnDemand = true
	sonnet5 := row("sonnet-5", "Sonnet 5", k128, 10, false)
	sonnet5.OnDemand = true
	opus4 := row("opus-4-20250514-v1:0", "Opus 4", k32, 5, true)
	opus41 := row("opus-4-1-20250805-v1:0", "Opus 4.1", k32, 5, true)
	for _, m := range []*Model{&opus4, &opus41} {
		m.Geos, m.Global = []string{"us"}, false
	}
	return []Model{
		haiku,
		row("haiku-5-5", "Haiku 5.5", k128, 10, false),
		sonnet4,
		sonnet45,
		sonnet46,
		sonnet5,
		row("sonnet-5-5", "Sonnet 5.5", k128, 10, false),
		opus4,
		opus41,
		row("opus-4-5-20251101-v1:0", "Opus 4.5", k64, 5, true),
		row("opus-4-6-v1", "Opus 4.6", k128, 5, true),
		row("opus-4-7", "Opus 4.7", k128, 5, true),
		row("opus-4-8", "Opus 4.8", k128, 15, false),
		row("opus-5", "Opus 5", k128, 10, false),
		row("opus-5-5", "Opus 5.5", k128, 10, false),
		row("fable-5", "Fable 5", k128, 10, false),
		row("fable-5-1", "Fable 5.1", k128, 10, false),
	}
}

// claude3 is the Claude 3 family. The newest sentence on burndown, read
// literally, gives it 5 as well; older texts give 1.
func claude3() []Model {
	row := func(id, name string, maxOutput int64, onDemand, retired bool) Model {
		return Model{
			ID: llm.ModelID("anthropic.claude-" + id), Name: "Claude " + name, Provider: "Anthropic",
			Body: BodyAnthropic, MaxOutput: maxOutput, Burndown: 5, OnDemand: onDemand,
			Geos: []string{"us", "eu", "apac"}, Retired: retired, CountsTokens: true,
		}
	}
	sonnet37 := row("3-7-sonnet-20250219-v1:0", "3.7 Sonnet", k64, false, false)
	sonnet37.CacheMinimum = cacheUsual
	sonnet35 := row("3-5-sonnet-20241022-v2:0", "3.5 Sonnet v2", k8, true, false)
	sonnet35.Geos = []string{"us", "apac"}
	return []Model{
		sonnet37,
		sonnet35,
		row("3-5-sonnet-20240620-v1:0", "3.5 Sonnet", k8, true, false),
		row("3-5-haiku-20241022-v1:0", "3.5 Haiku", k8, true, true),
		row("3-haiku-20240307-v1:0", "3 Haiku", k4, true, true),
		row("3-sonnet-20240229-v1:0", "3 Sonnet", k4, true, true),
	}
}

// amazon is Nova and Titan. Maximum output: public quota registries.
func amazon() []Model {
	nova := func(id, name string, maxOutput int64, onDemand bool) Model {
		return Model{
			ID: llm.ModelID("amazon.nova-" + id), Name: "Nova " + name, Provider: "Amazon", Body: BodyNova,
			MaxOutput: maxOutput, Burndown: 1, CacheMinimum: cacheUsual, OnDemand: onDemand,
			Geos: []string{"us", "eu", "apac"},
		}
	}
	premier := nova("premier-v1:0", "Premier", 25600, false)
	premier.Retired = true
	lite2 := nova("2-lite-v1:0", "2 Lite", k64, false)
	lite2.Geos, lite2.Global = []string{"us", "eu"}, true
	return []Model{
		nova("micro-v1:0", "Micro", 5120, true),
		nova("lite-v1:0", "Lite", 5120, true),
		nova("pro-v1:0", "Pro", 5120, true),
		premier,
		lite2,
		{ID: "amazon.nova-sonic-v1:0", Name: "Nova Sonic", Provider: "Amazon", MaxOutput: k8, Burndown: 1, OnDemand: true, Retired: true},
		{
			ID: "amazon.titan-embed-text-v2:0", Name: "Titan Text Embeddings V2", Provider: "Amazon",
			Body: BodyTitanEmbedding, Burndown: 1, OnDemand: true,
		},
	}
}

// others is the rest: all settle their output once, but for the GPT-5.6 models
// (10, userguide/quotas-token-burndown). They answer by Converse alone.
func others() []Model {
	row := func(provider, id, name string, maxOutput, burndown int64, onDemand bool, geos ...string) Model {
		return Model{
			ID: llm.ModelID(id), Name: name, Provider: provider,
			MaxOutput: maxOutput, Burndown: burndown, OnDemand: onDemand, Geos: geos,
		}
	}
	list := []Model{
		row("Meta", "meta.llama3-1-8b-instruct-v1:0", "Llama 3.1 8B Instruct", k8, 1, true, "us"),
		row("Meta", "meta.llama3-1-70b-instruct-v1:0", "Llama 3.1 70B Instruct", k8, 1, true, "us"),
		row("Meta", "meta.llama3-3-70b-instruct-v1:0", "Llama 3.3 70B Instruct", k8, 1, true, "us"),
		row("Meta", "meta.llama4-scout-17b-instruct-v1:0", "Llama 4 Scout 17B Instruct", k8, 1, false, "us"),
		row("Meta", "meta.llama4-maverick-17b-instruct-v1:0", "Llama 4 Maverick 17B Instruct", k8, 1, false, "us"),
		row("OpenAI", "openai.gpt-5.6-sol", "GPT-5.6 Sol", k128, 10, false, "us"),
		row("OpenAI", "openai.gpt-5.6-terra", "GPT-5.6 Terra", k128, 10, false, "us"),
		row("OpenAI", "openai.gpt-5.6-luna", "GPT-5.6 Luna", k128, 10, false, "us"),
		row("OpenAI", "openai.gpt-oss-120b-1:0", "gpt-oss-120b", k16, 1, true),
		row("OpenAI", "openai.gpt-oss-20b-1:0", "gpt-oss-20b", k16, 1, true),
		row("DeepSeek", "deepseek.r1-v1:0", "DeepSeek-R1", k32, 1, false, "us"),
	}
	for _, size := range []string{"1b", "3b", "11b", "90b"} {
		m := row("Meta", "meta.llama3-2-"+size+"-instruct-v1:0", "Llama 3.2 "+size+" Instruct", k8, 1, false, "us")
		m.Retired = true
		list = append(list, m)
	}
	return list
}
