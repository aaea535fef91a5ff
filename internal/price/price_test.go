package price_test

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/price"
)

const (
	haiku45 llm.ModelID = "anthropic.claude-haiku-4-5-20251001-v1:0"
	haiku55 llm.ModelID = "anthropic.claude-haiku-5-5"
)

// guide is a run of the user's guide: six calls, 2,000 tokens in, 1,500 out.
var guide = price.Workload{Calls: 6, Input: 2000, Output: 1500}

func of(t *testing.T, model llm.ModelID, path llm.Path, w price.Workload, mode price.Mode) price.Offer {
	t.Helper()
	c, err := catalog.Default()
	if err != nil {
		t.Fatal(err)
	}
	p, known := c.Price(model, path)
	o, err := price.Of(p, known, c.Assume(model), w, mode)
	if err != nil {
		t.Fatalf("Of(%s, %s, %+v, %s) error: %v", model, path, w, mode, err)
	}
	return o
}

func TestByHand(t *testing.T) {
	t.Parallel()
	cached := price.Workload{Calls: 6, Input: 60_000, Output: 1500, Cached: 500_000}
	for _, tc := range []struct {
		name        string
		model       llm.ModelID
		path        llm.Path
		w           price.Workload
		mode        price.Mode
		want, saves int64
	}{
		// 2,000 × 1,000 + 1,500 × 5,000 nano-USD = $0.0095.
		{"global", haiku45, llm.PathGlobal, guide, price.Standard, 9_500_000, 0},
		// 2,000 × 1,100 + 1,500 × 5,500 = $0.01045.
		{"geo", haiku45, llm.PathGeo, guide, price.Standard, 10_450_000, 0},
		// Half of these.
		{"global batch", haiku45, llm.PathGlobal, guide, price.Batch, 4_750_000, 4_750_000},
		{"geo batch", haiku45, llm.PathGeo, guide, price.Batch, 5_225_000, 5_225_000},
		// Calls of 10,000 tokens, 5,000 of which the first writes and five read. Input 30,000 × 1,000 = 30,000,000,
		// write 5,000 × 1,250 = 6,250,000, reads 25,000 × 100 = 2,500,000, output 1,500 × 5,000 = 7,500,000: 46,250,000.
		// Without the cache: 60,000,000 + 7,500,000 = 67,500,000.
		{"global cached", haiku45, llm.PathGlobal, cached, price.Cached, 46_250_000, 21_250_000},
		// A tenth more: 50,875,000 of 74,250,000.
		{"geo cached", haiku45, llm.PathGeo, cached, price.Cached, 50_875_000, 23_375_000},
		// One call writes and nobody reads: 5,000 × 1,000 + 5,000 × 1,250 = 11,250,000 of 10,000,000.
		{"cached in vain", haiku45, llm.PathGlobal, price.Workload{Calls: 1, Input: 10_000, Cached: 500_000}, price.Cached, 11_250_000, -1_250_000},
		// 100,000 × 100 + 1,000 × 500: the last prompt of the lower tier.
		{"lower tier", haiku55, llm.PathGlobal, price.Workload{Calls: 1, Input: 100_000, Output: 1000}, price.Standard, 10_500_000, 0},
		// 100,001 × 500 + 1,000 × 2,500: all of it in the upper tier.
		{"upper tier", haiku55, llm.PathGlobal, price.Workload{Calls: 1, Input: 100_001, Output: 1000}, price.Standard, 52_500_500, 0},
		// Two calls of 100,001 and 100,000 tokens: 100,001 × 500 + 100,000 × 100, and 1,000 × 2,500 + 1,000 × 500.
		{"a call in each tier", haiku55, llm.PathGlobal, price.Workload{Calls: 2, Input: 200_001, Output: 2000}, price.Standard, 63_000_500, 0},
		// The older model, whose price the guide gives: 2,000 × 250 + 1,500 × 1,250 = $0.002375.
		{"on demand", "anthropic.claude-3-haiku-20240307-v1:0", llm.PathOnDemand, guide, price.Standard, 2_375_000, 0},
	} {
		o := of(t, tc.model, tc.path, tc.w, tc.mode)
		if o.NanoUSD == nil || *o.NanoUSD != tc.want || *o.Saves != tc.saves || o.Why != "" {
			t.Errorf("%s: costs %v and saves %v (%s), want %d and %d", tc.name, show(o.NanoUSD), show(o.Saves), o.Why, tc.want, tc.saves)
		}
		if in, out := o.Usage.Total()-o.Usage.Output, o.Usage.Output; in != tc.w.Input || out != tc.w.Output {
			t.Errorf("%s: uses %d in and %d out, want all of %d and %d", tc.name, in, out, tc.w.Input, tc.w.Output)
		}
	}
}

// 10,000 runs a day for 30 days: 300,000 × $0.0095 = $2,850.
func TestTimes(t *testing.T) {
	t.Parallel()
	run := int64(9_500_000)
	day, err := price.Times(&run, 10_000)
	if err != nil || *day != 95_000_000_000 {
		t.Errorf("Times(run, 10,000) = %v, %v, want $95", show(day), err)
	}
	month, err := price.Times(day, 30)
	if err != nil || *month != 2_850_000_000_000 {
		t.Errorf("Times(day, 30) = %v, %v, want $2,850", show(month), err)
	}
	if got, err := price.Times(nil, 30); got != nil || err != nil {
		t.Errorf("Times(nil, 30) = %v, %v, want nil", show(got), err)
	}
	for _, amount := range []int64{math.MaxInt64, math.MinInt64, math.MaxInt64/2 + 1, -math.MaxInt64/2 - 1} {
		if got, err := price.Times(&amount, 2); fault.KindOf(err) != fault.Invalid || got != nil {
			t.Errorf("Times(%d, 2) = %v, %v, want an invalid product", amount, show(got), err)
		}
	}
	last, loss := int64(math.MaxInt64/2), int64(-7)
	if got, err := price.Times(&last, 2); err != nil || *got != math.MaxInt64-1 {
		t.Errorf("Times(2^62 - 1, 2) = %v, %v, want 2^63 - 2", show(got), err)
	}
	if got, err := price.Times(&loss, 3); err != nil || *got != -21 {
		t.Errorf("Times(-7, 3) = %v, %v, want -21", show(got), err)
	}
}

func TestUnknownIsNotZero(t *testing.T) {
	t.Parallel()
	large := price.Workload{Calls: 2, Input: 100_000, Output: 10, Cached: 500_000}
	for _, tc := range []struct {
		name  string
		model llm.ModelID
		path  llm.Path
		w     price.Workload
		mode  price.Mode
		why   string
	}{
		{"a model that nobody knows", "acme.frontier-v1:0", llm.PathOnDemand, guide, price.Standard, "no price"},
		{"no batch", "anthropic.claude-opus-5-5", llm.PathGeo, guide, price.Batch, "batch inference is not offered"},
		{"mantle", haiku45, llm.PathMantle, guide, price.Batch, "bedrock-mantle"},
		{"no rates of a cache", "meta.llama3-3-70b-instruct-v1:0", llm.PathOnDemand, large, price.Cached, "no prompt cache"},
		{"nothing to cache", haiku45, llm.PathGeo, guide, price.Cached, "no call has input to cache"},
		// 2,000 ÷ 6 = 333 tokens, below 4,096.
		{"too little", haiku45, llm.PathGeo, price.Workload{Calls: 6, Input: 2000, Output: 1500, Cached: 1_000_000}, price.Cached, "at least 4096 tokens, and what a run's calls begin with is 333"},
		{"one too little", haiku45, llm.PathGeo, price.Workload{Calls: 2, Input: 2 * 4095, Cached: 1_000_000}, price.Cached, "is 4095"},
	} {
		if o := of(t, tc.model, tc.path, tc.w, tc.mode); o.NanoUSD != nil || o.Saves != nil || !strings.Contains(o.Why, tc.why) {
			t.Errorf("%s: costs %v and saves %v (%q), want nil and %q", tc.name, show(o.NanoUSD), show(o.Saves), o.Why, tc.why)
		}
	}
	if o := of(t, haiku45, llm.PathGeo, price.Workload{Calls: 2, Input: 2 * 4096, Cached: 1_000_000}, price.Cached); o.NanoUSD == nil {
		t.Errorf("the least that can be cached: nil (%s), want a cost", o.Why)
	}
}

func TestNoWorkload(t *testing.T) {
	t.Parallel()
	for _, w := range []price.Workload{
		{},
		{Calls: 1},
		{Calls: -1, Input: 1},
		{Calls: price.MostCalls + 1, Input: 1},
		{Calls: 1, Input: -1, Output: 1},
		{Calls: 1, Input: 1, Output: -1},
		{Calls: 1, Input: price.MostTokens + 1},
		{Calls: 1, Output: price.MostTokens + 1},
		{Calls: 1, Input: 1, Cached: -1},
		{Calls: 1, Input: 1, Cached: 1_000_001},
	} {
		if o, err := price.Of(catalog.Price{Input: 1}, true, catalog.Model{}, w, price.Standard); fault.KindOf(err) != fault.Invalid {
			t.Errorf("Of(%+v) = %v, %v, want an invalid workload", w, show(o.NanoUSD), err)
		}
	}
	for _, fraction := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), -0.001, 1.001} {
		if got, err := price.ShareOf(fraction); fault.KindOf(err) != fault.Invalid {
			t.Errorf("ShareOf(%v) = %d, %v, want an invalid one", fraction, got, err)
		}
	}
	if got, err := price.ShareOf(0.35); got != 350_000 || err != nil {
		t.Errorf("ShareOf(0.35) = %d, %v, want 350,000 millionths", got, err)
	}
}

// TestLargeSums: the dearest price that a catalog takes is a dollar a token.
func TestLargeSums(t *testing.T) {
	t.Parallel()
	dear := catalog.Price{Path: llm.PathGeo, Input: 1_000_000_000, Output: 1_000_000_000, BatchPercent: 1000}
	most := price.Workload{Calls: 1, Input: price.MostTokens, Output: price.MostTokens}
	for _, mode := range []price.Mode{price.Standard, price.Batch} {
		if o, err := price.Of(dear, true, catalog.Model{}, most, mode); fault.KindOf(err) != fault.Invalid || o.NanoUSD != nil {
			t.Errorf("Of(%+v, %s) = %v, %v, want an error: it does not fit", most, mode, show(o.NanoUSD), err)
		}
	}
	// 2 × 10⁹ tokens at 5,500 nano-USD at most.
	if o := of(t, haiku45, llm.PathGeo, most, price.Batch); *o.NanoUSD != (1100+5500)/2*price.MostTokens {
		t.Errorf("the largest run in a batch costs %v, want 3,300,000 USD", show(o.NanoUSD))
	}
}

// TestParts: however a run is cut into calls, one by one they cost the same.
func TestParts(t *testing.T) {
	t.Parallel()
	c, err := catalog.Default()
	if err != nil {
		t.Fatal(err)
	}
	p, _ := c.Price(haiku55, llm.PathGeo)
	rapid.Check(t, func(t *rapid.T) {
		w := price.Workload{
			Calls: rapid.Int64Range(1, 20).Draw(t, "calls"), Input: rapid.Int64Range(0, 3_000_000).Draw(t, "input"),
			Output: rapid.Int64Range(1, 5000).Draw(t, "output"), Cached: price.Share(rapid.Int64Range(0, 1_000_000).Draw(t, "cached")),
		}
		mode := rapid.SampledFrom([]price.Mode{price.Standard, price.Cached}).Draw(t, "mode")
		prefix := int64(0)
		if mode == price.Cached {
			prefix = w.Input / w.Calls * int64(w.Cached) / 1_000_000
		}
		var want price.Offer
		var cost int64
		for i := range w.Calls {
			u := llm.Usage{Input: w.Input/w.Calls - prefix, Output: w.Output / w.Calls, CacheRead: prefix}
			if i == 0 {
				u.CacheRead, u.CacheWrite = 0, prefix
			}
			if i < w.Input%w.Calls {
				u.Input++
			}
			if i < w.Output%w.Calls {
				u.Output++
			}
			cost += p.Cost(u)
			want.Usage.Input += u.Input
			want.Usage.Output += u.Output
			want.Usage.CacheRead += u.CacheRead
			want.Usage.CacheWrite += u.CacheWrite
		}
		got, err := price.Of(p, true, catalog.Model{}, w, mode)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.Usage, got.Usage); diff != "" {
			t.Fatalf("Of(%+v, %s) usage (-want +got):\n%s", w, mode, diff)
		}
		if prefix == 0 && mode == price.Cached {
			return
		}
		if *got.NanoUSD != cost {
			t.Fatalf("Of(%+v, %s) = %d, want %d", w, mode, *got.NanoUSD, cost)
		}
	})
}

func TestMistaken(t *testing.T) {
	t.Parallel()
	c, err := catalog.Default()
	if err != nil {
		t.Fatal(err)
	}
	want := "$0.25 and $1.25 per million tokens of input and output are often given for Claude Haiku 4.5: they are the prices of Claude 3 Haiku; " +
		"it costs $1.00 and $5.00 global, $1.10 and $5.50 geo"
	if got := price.Mistaken(c, haiku45); got != want {
		t.Errorf("Mistaken(Haiku 4.5) =\n%s\nwant\n%s", got, want)
	}
	if got := price.Mistaken(c, haiku55); got != "" {
		t.Errorf("Mistaken(Haiku 5.5) = %q, want nothing", got)
	}
}

func show(n *int64) any {
	if n == nil {
		return "nil"
	}
	return *n
}
