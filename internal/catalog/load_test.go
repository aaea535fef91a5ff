package catalog_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
)

func document(text string) catalog.Document {
	return catalog.Document{Name: "mine.yaml", Data: []byte(text)}
}

func TestOverridesAddAndReplace(t *testing.T) {
	t.Parallel()
	c := load(t, document(`
sources: {page: https://example.com/models}
models:
- {id: vendor.new-v1:0, name: New, provider: Vendor, burndown: 3, max_output: 100, on_demand: true, source: page, as_of: 2026-11-01}
profiles:
- id: mars.vendor.new-v1:0
  from: [mars-west-1]
  to: {mars-west-1: [mars-east-1, mars-west-1]}
geographies:
- {prefix: mars, regions: [mars-*]}
quotas:
- {model: vendor.new-v1:0, path: geo, kind: tokens_per_minute, default: 9, code: L-00000000}
- {model: anthropic.claude-haiku-4-5-20251001-v1:0, path: geo, kind: requests_per_minute, default: 7, code: L-CCA5DF70}
prices:
- {model: vendor.new-v1:0, input: "1", output: "2.5"}
assumptions:
- {prefix: vendor., burndown: 4, max_output: 50}
`))
	m, ok := c.Model("vendor.new-v1:0")
	if !ok || m.Burndown != 3 || m.Source != "https://example.com/models" || len(m.Paths) != 2 {
		t.Errorf("model %+v", m)
	}
	if got, err := c.Resolve("mars.vendor.new-v1:0", "mars-west-1"); err != nil || got.Geo != "mars" || got.Path != llm.PathGeo || len(got.Warnings) > 0 {
		t.Errorf("Resolve = %+v, %v", got, err)
	}
	for _, q := range c.Quotas(haiku45, llm.PathGeo) {
		if q.Kind == catalog.RequestsPerMinute && (q.Default != 7 || q.Adjustable != catalog.AdjustableUnknown || q.Source != "mine.yaml") {
			t.Errorf("the row was not replaced as a whole: %+v", q)
		}
	}
	if p, _ := c.Price("vendor.new-v1:0", llm.PathGeo); p.Input != 1000 || p.Output != 2500 {
		t.Errorf("price %+v", p)
	}
	if m := c.Assume("vendor.other-v1:0"); m.Burndown != 4 || m.MaxOutput != 50 {
		t.Errorf("a user's assumption does not go first: %+v", m)
	}
}

func TestLaterDocumentsGoFirst(t *testing.T) {
	t.Parallel()
	price := func(usd string) catalog.Document {
		return document(`prices: [{model: ` + string(haiku45) + `, input: "` + usd + `", output: "5"}]`)
	}
	c := load(t, price("2"), price("3"))
	if p, _ := c.Price(haiku45, llm.PathGlobal); p.Input != 3000 {
		t.Errorf("input %d, want 3000", p.Input)
	}
}

func TestEmptyDocuments(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "# nothing\n", "---\n", "models:\n", "{}"} {
		if _, err := catalog.Load(document(text)); err != nil {
			t.Errorf("Load(%q): %v", text, err)
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"syntax", "models: [", "mine.yaml:1:9: sequence end token ']' not found"},
		{"two documents", "a: 1\n---\nb: 2\n", "mine.yaml: more than one YAML document"},
		{"no mapping", "[]", "mine.yaml: must be a mapping of keys to values"},
		{"unknown section", "prices: []\nprofile: []\n", "mine.yaml:2:1: profile: unknown key: did you mean profiles?"},
		{"no list", "models: {}", "mine.yaml:1:9: models: must be a list"},
		{
			"every fault of every row at once", `
quotas:
- {model: vendor.unknown-v1:0, path: geo, kind: tokens_per_minute}
- {kind: tokens_per_year, default: -1, adjustable: maybe, code: l-1, colour: red, as_of: soon}
prices:
- {model: anthropic.claude-haiku-4-5-20251001-v1:0, input: cheap}
`,
			`mine.yaml:3:3: quotas[0]: model "vendor.unknown-v1:0" has no row under models: add one
mine.yaml:4:10: quotas[1].kind: must be requests_per_minute, tokens_per_minute, tokens_per_day or the like
mine.yaml:4:36: quotas[1].default: must be a whole number of 0 or more
mine.yaml:4:52: quotas[1].adjustable: must be true or false
mine.yaml:4:65: quotas[1].code: must be L- and eight hexadecimal digits in upper case
mine.yaml:4:70: quotas[1].colour: unknown key
mine.yaml:4:90: quotas[1].as_of: must be a day, such as 2026-10-09
mine.yaml:6:3: prices[0].output: is missing
mine.yaml:6:60: prices[0].input: must be USD per million tokens as decimal text, such as "1.25"`,
		},
		{"model", "models: [{id: ../x, burndown: 0}]", `mine.yaml:1:10: models[0].name: is missing
mine.yaml:1:10: models[0].provider: is missing
mine.yaml:1:10: models[0].max_output: is missing
mine.yaml:1:15: models[0].id: must be an id such as anthropic.claude-haiku-4-5-20251001-v1:0
mine.yaml:1:31: models[0].burndown: must be a whole number of 1 or more`},
		{"twice", "quotas: [{kind: tokens_per_day}, {kind: tokens_per_day}]", "mine.yaml:1:34: quotas[1]: an earlier row of this document has the same key"},
		{"code of another", "quotas: [{kind: input_tokens_per_minute, code: L-CCA5DF70}]", "is also that of"},
		{"prefix", "profiles: [{id: moon.anthropic.claude-haiku-4-5-20251001-v1:0}]", "mine.yaml:1:12: profiles[0]: must begin with global. or the prefix of a row under geographies"},
		{"copy", `application_profiles: [{arn: "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abcdef123456", copy_from: claude-haiku-4-5}]`, "did you mean us.anthropic.claude-haiku-4-5-20251001-v1:0?"},
		{"no application", `application_profiles: [{arn: "arn:aws:bedrock:us-east-1::foundation-model/x.y", copy_from: x.y}]`, "must be arn:aws:bedrock:region:account:application-inference-profile/id"},
		{"tiers", `prices: [{model: anthropic.claude-haiku-4-5-20251001-v1:0, input: "1", output: "1", tiers: [{above: 5, input: "2"}, {above: 5}]}]`, "prices[0].tiers[1].above: must be there, and more than the tier before"},
	}
	for _, test := range tests {
		_, err := catalog.Load(document(test.text))
		if fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: error %v, want an invalid one", test.name, err)
			continue
		}
		got := strings.TrimPrefix(err.Error(), "load the catalog: ")
		if !strings.Contains(got, test.want) || strings.HasPrefix(test.want, "mine.yaml") && got != test.want {
			t.Errorf("%s (-want +got):\n%s", test.name, cmp.Diff(test.want, got))
		}
	}
}
