package catalog_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/llm"
)

func TestCost(t *testing.T) {
	t.Parallel()
	c := load(t)
	tests := []struct {
		name  string
		model llm.ModelID
		path  llm.Path
		usage llm.Usage
		want  int64 // nano-USD
	}{
		// One run of the schema agent: $0.0095 global, $0.01045 geo.
		{"global", haiku45, llm.PathGlobal, llm.Usage{Input: 2000, Output: 1500}, 9_500_000},
		{"geo costs a tenth more", haiku45, llm.PathGeo, llm.Usage{Input: 2000, Output: 1500}, 10_450_000},
		{"geo cache", haiku45, llm.PathGeo, llm.Usage{CacheRead: 1000, CacheWrite: 1000}, 110_000 + 1_375_000},
		{"no premium for older models", "anthropic.claude-sonnet-4-20250514-v1:0", llm.PathGeo, llm.Usage{Input: 1000}, 3_000_000},
		{"below the tier", haiku55, llm.PathGlobal, llm.Usage{Input: 100_000}, 100_000 * 100},
		{"the whole request is in the tier", haiku55, llm.PathGlobal, llm.Usage{Input: 100_001, Output: 1}, 100_001*500 + 2500},
		{"cached tokens count for the tier", haiku55, llm.PathGlobal, llm.Usage{Input: 1, CacheRead: 100_000}, 500 + 100_000*50},
		{"tier rates that are not given stay", "openai.gpt-5.6-sol", llm.PathGlobal, llm.Usage{Input: 272_001, CacheWrite: 1}, 272_001*11_000 + 6875},
		{"embeddings have no output", "amazon.titan-embed-text-v2:0", llm.PathOnDemand, llm.Usage{Input: 1000}, 20_000},
		{"unknown cache rates cost as input", "meta.llama3-1-8b-instruct-v1:0", llm.PathOnDemand, llm.Usage{CacheRead: 10, CacheWrite: 10}, 20 * 220},
		{"finer rates are rounded", "amazon.nova-micro-v1:0", llm.PathOnDemand, llm.Usage{CacheRead: 1000}, 9000},
	}
	for _, test := range tests {
		p, ok := c.Price(test.model, test.path)
		if !ok {
			t.Errorf("%s: no price of %s", test.name, test.model)
			continue
		}
		if got := p.Cost(test.usage); got != test.want {
			t.Errorf("%s: Cost(%+v) = %d, want %d", test.name, test.usage, got, test.want)
		}
	}
}

func TestCostOfLongCacheWrites(t *testing.T) {
	t.Parallel()
	p, _ := load(t).Price(haiku45, llm.PathGlobal)
	u := llm.Usage{CacheWrite: 1000}
	if got := p.CostWith(u, 400); got != 600*1250+400*2000 {
		t.Errorf("CostWith(400 of 1000) = %d", got)
	}
	if got := p.CostWith(u, 5000); got != 1000*2000 {
		t.Errorf("more hour-long writes than writes: %d", got)
	}
}

func TestBatchCost(t *testing.T) {
	t.Parallel()
	c := load(t)
	p, _ := c.Price(haiku45, llm.PathGlobal)
	if got, ok := p.BatchCost(llm.Usage{Input: 1000}); !ok || got != 500_000 {
		t.Errorf("BatchCost = %d, %t, want half", got, ok)
	}
	p, _ = c.Price("anthropic.claude-opus-5-5", llm.PathGlobal)
	if got, ok := p.BatchCost(llm.Usage{Input: 1000}); ok {
		t.Errorf("Opus 5.5 has no batch, got %d", got)
	}
}

func TestPriceInRegion(t *testing.T) {
	t.Parallel()
	c := load(t)
	general, _ := c.PriceIn("amazon.nova-2-lite-v1:0", llm.PathGlobal, "us-east-1")
	frankfurt, _ := c.PriceIn("amazon.nova-2-lite-v1:0", llm.PathGlobal, "eu-central-1")
	if general.Input != 300 || frankfurt.Input != 390 {
		t.Errorf("input %d in general and %d in Frankfurt, want 300 and 390", general.Input, frankfurt.Input)
	}
	if _, ok := c.Price("vendor.model-v1:0", llm.PathGeo); ok {
		t.Error("an unknown model has a price")
	}
	if _, ok := c.Price(haiku45, "sideways"); ok {
		t.Error("an unknown path has a price")
	}
}

func TestPricesDoNotShareTiers(t *testing.T) {
	t.Parallel()
	c := load(t)
	for _, path := range []llm.Path{llm.PathGlobal, llm.PathGeo} {
		before, _ := c.Price(haiku55, path)
		want := before.Tiers[0].Input
		before.Tiers[0].Input = 1
		if after, _ := c.Price(haiku55, path); after.Tiers[0].Input != want {
			t.Errorf("%s: a caller changed the catalog's tiers", path)
		}
	}
}

// More tokens never cost less, within a tier.
func TestCostIsMonotonic(t *testing.T) {
	t.Parallel()
	c := load(t)
	var prices []catalog.Price
	for _, m := range c.Models() {
		if p, ok := c.Price(m.ID, llm.PathGeo); ok {
			prices = append(prices, p)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SampledFrom(prices).Draw(t, "price")
		tokens := rapid.Int64Range(0, 2_000_000)
		u := llm.Usage{Input: tokens.Draw(t, "input"), Output: tokens.Draw(t, "output"), CacheRead: tokens.Draw(t, "read"), CacheWrite: tokens.Draw(t, "write")}
		more := u
		more.Input += tokens.Draw(t, "more")
		more.Output += tokens.Draw(t, "more")
		if a, b := p.Cost(u), p.Cost(more); a < 0 || b < a {
			t.Fatalf("%s: Cost(%+v) = %d, Cost(%+v) = %d", p.Model, u, a, more, b)
		}
	})
}
