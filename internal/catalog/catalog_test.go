package catalog_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/llm"
)

const (
	haiku45  llm.ModelID = "anthropic.claude-haiku-4-5-20251001-v1:0"
	haiku55  llm.ModelID = "anthropic.claude-haiku-5-5"
	sonnet45 llm.ModelID = "anthropic.claude-sonnet-4-5-20250929-v1:0"
)

func load(tb testing.TB, overrides ...catalog.Document) *catalog.Catalog {
	tb.Helper()
	c, err := catalog.Load(overrides...)
	if err != nil {
		tb.Fatalf("Load: %v", err)
	}
	return c
}

func TestEveryRowHasAnOrigin(t *testing.T) {
	t.Parallel()
	c := load(t)
	check := func(row string, o catalog.Origin) {
		if o.Source == "" || o.AsOf.IsZero() || o.Confidence == "" {
			t.Errorf("%s: origin %+v is not whole", row, o)
		}
		if o.AsOf.After(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)) || o.AsOf.Year() < 2025 {
			t.Errorf("%s: as of %s", row, o.AsOf)
		}
	}
	for _, m := range c.Models() {
		check(string(m.ID), m.Origin)
		for _, path := range m.Paths {
			if p, ok := c.Price(m.ID, path); ok {
				check("price of "+string(m.ID), p.Origin)
			}
		}
	}
	for _, p := range c.Profiles() {
		check(p.ID, p.Origin)
	}
	for _, q := range c.AllQuotas() {
		check(q.Code+" "+q.Name, q.Origin)
	}
}

func TestQuotaCodes(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^L-[0-9A-F]{8}$`)
	seen := make(map[string]bool)
	for _, q := range load(t).AllQuotas() {
		if q.Code == "" {
			continue // not known
		}
		if !form.MatchString(q.Code) || seen[q.Code] {
			t.Errorf("code %q of %q is malformed or there twice", q.Code, q.Name)
		}
		seen[q.Code] = true
	}
	if len(seen) < 100 {
		t.Errorf("only %d codes", len(seen))
	}
}

func TestModelsAreUsable(t *testing.T) {
	t.Parallel()
	c := load(t)
	models := c.Models()
	if !slices.IsSortedFunc(models, func(a, b catalog.Model) int { return strings.Compare(string(a.ID), string(b.ID)) }) {
		t.Error("Models is not sorted by id")
	}
	for _, m := range models {
		if m.Burndown < 1 || m.MaxOutput < 1 && !m.Embedding || len(m.Paths) == 0 {
			t.Errorf("%s: burndown %d, maximum output %d, paths %v", m.ID, m.Burndown, m.MaxOutput, m.Paths)
		}
		if !m.EndOfLife.IsZero() && !m.Retired {
			t.Errorf("%s has an end of life but is not retired", m.ID)
		}
		for _, path := range m.Paths {
			for _, q := range c.Quotas(m.ID, path) {
				if q.Name == "" {
					t.Errorf("quota %s of %s has no name", q.Code, m.ID)
				}
			}
		}
	}
}

// The published figures on which the rest of Headgate leans most.
func TestHaiku45(t *testing.T) {
	t.Parallel()
	c := load(t)
	m, ok := c.Model(haiku45)
	if !ok {
		t.Fatal("not known")
	}
	if m.Burndown != 5 || m.BurndownAssumed || m.MaxOutput != 65536 || m.Context != 200_000 || m.CacheMinimum != 4096 {
		t.Errorf("model %+v", m)
	}
	if want := []llm.Path{llm.PathGeo, llm.PathGlobal}; !slices.Equal(m.Paths, want) {
		t.Errorf("paths %v, want %v", m.Paths, want)
	}
	type row struct {
		Code    string
		Kind    catalog.QuotaKind
		Default int64
		Limit   int64
		Adj     catalog.Adjustable
		Until   bool
	}
	var got []row
	for _, q := range c.Quotas(haiku45, llm.PathGeo) {
		got = append(got, row{q.Code, q.Kind, q.Default, q.Limit(), q.Adjustable, !q.Until.IsZero()})
	}
	want := []row{
		{"L-CCA5DF70", catalog.RequestsPerMinute, 10_000, 10_000, catalog.AdjustableYes, false},
		{"L-6120CF2D", catalog.TokensPerDay, 3_600_000_000, 7_200_000_000, catalog.AdjustableNo, true},
		{"L-58BE175A", catalog.TokensPerMinute, 5_000_000, 5_000_000, catalog.AdjustableYes, false},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("quotas (-want +got):\n%s", diff)
	}
	if name := c.Quotas(haiku45, llm.PathGlobal)[2].Name; name != "Global cross-region model inference tokens per minute for Anthropic Claude Haiku 4.5" {
		t.Errorf("name %q", name)
	}
}

func TestAccountQuotas(t *testing.T) {
	t.Parallel()
	rows := load(t).AccountQuotas()
	if len(rows) != 1 || rows[0].Code != "L-E3F10727" || rows[0].Default != 700_000_000 || rows[0].Kind != catalog.TokensPerDay || rows[0].Model != "" {
		t.Errorf("AccountQuotas() = %+v", rows)
	}
}

func TestVariantQuotasAreApart(t *testing.T) {
	t.Parallel()
	c := load(t)
	for _, q := range c.Quotas(sonnet45, llm.PathGeo) {
		if q.Variant != "" {
			t.Errorf("Quotas holds the %s row %s", q.Variant, q.Code)
		}
	}
	rows := c.VariantQuotas(sonnet45, llm.PathGeo, "1m")
	if len(rows) != 3 || rows[0].Default != 1000 || !strings.HasSuffix(rows[0].Name, "Sonnet 4.5 V1 1M Context Length") {
		t.Errorf("VariantQuotas(1m) = %+v", rows)
	}
}

func TestUnknownDefaultIsNotZero(t *testing.T) {
	t.Parallel()
	for _, q := range load(t).Quotas("anthropic.claude-opus-4-7", llm.PathGeo) {
		if q.Known || q.Default != 0 {
			t.Errorf("%s: default %d, known %t; it is not published", q.Code, q.Default, q.Known)
		}
	}
}

func TestGeography(t *testing.T) {
	t.Parallel()
	c := load(t)
	for region, want := range map[llm.Region][]string{
		"us-east-1":      {"us"},
		"us-gov-west-1":  {"us-gov"},
		"eu-west-1":      {"eu"},
		"ap-northeast-1": {"jp", "apac"},
		"ap-southeast-2": {"au", "apac"},
		"ap-southeast-1": {"apac"},
		"ca-central-1":   {"ca", "us"},
		"af-south-1":     nil,
		"":               nil,
	} {
		if got := c.Geographies(region); !slices.Equal(got, want) {
			t.Errorf("Geographies(%q) = %v, want %v", region, got, want)
		}
		own := ""
		if len(want) > 0 {
			own = want[0]
		}
		if got := c.Geography(region); got != own {
			t.Errorf("Geography(%q) = %q, want %q", region, got, own)
		}
	}
	for region, want := range map[llm.Region]string{
		"us-east-1":      "us." + string(haiku45),
		"ap-northeast-3": "jp." + string(haiku45),
		"ap-southeast-1": "global." + string(haiku45),
		"":               "global." + string(haiku45),
	} {
		if got := c.ProfileFor(haiku45, region); got != want {
			t.Errorf("ProfileFor(%q) = %q, want %q", region, got, want)
		}
	}
}

func TestAssume(t *testing.T) {
	t.Parallel()
	c := load(t)
	for id, want := range map[llm.ModelID]int64{
		"anthropic.claude-opus-6":                  10,
		"anthropic.claude-5-7-haiku-20270101-v1:0": 10,
		"anthropic.claude-3-opus-20240229-v1:0":    5,
		"anthropic.claude-instant-v1":              5,
		"mistral.mistral-large-2402-v1:0":          1,
		"provisioned-model/abc":                    1,
	} {
		m := c.Assume(id)
		if m.ID != id || m.Burndown != want || !m.BurndownAssumed || !m.MaxOutputAssumed || m.MaxOutput < 1 {
			t.Errorf("Assume(%s) = %+v, want an assumed burndown of %d", id, m, want)
		}
	}
	if m := c.Assume(haiku45); m.BurndownAssumed || m.Name != "Claude Haiku 4.5" {
		t.Errorf("Assume of a known model = %+v", m)
	}
}

func TestMantleHasNoBurndown(t *testing.T) {
	t.Parallel()
	m, _ := load(t).Model("anthropic.claude-opus-4-8")
	if on, mantle := m.BurndownOn(llm.PathGeo), m.BurndownOn(llm.PathMantle); on != 15 || mantle != 1 {
		t.Errorf("burndown %d on geo and %d on mantle, want 15 and 1", on, mantle)
	}
}

func TestCopiesAreCopies(t *testing.T) {
	t.Parallel()
	c := load(t)
	c.Models()[0].Paths[0] = "changed"
	c.AllQuotas()[0].Code = "changed"
	for _, p := range c.Profiles() {
		for source := range p.Destinations {
			p.Destinations[source][0] = "changed"
		}
	}
	if c.Models()[0].Paths[0] == "changed" || c.AllQuotas()[0].Code == "changed" {
		t.Error("a caller changed the catalog")
	}
	for _, p := range c.Profiles() {
		for source, regions := range p.Destinations {
			if regions[0] == "changed" {
				t.Errorf("a caller changed %s from %s", p.ID, source)
			}
		}
	}
}
