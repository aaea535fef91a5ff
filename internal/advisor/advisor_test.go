package advisor_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/headgate/headgate/internal/advisor"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

func run() advisor.Workload {
	return advisor.Workload{CallsPerRun: 6, InputPerRun: 2000, OutputPerRun: 1500, MaxTokens: 4096, Latency: 10 * time.Second}
}

func near(a, b float64) bool { return math.Abs(a-b) < 0.005 }

func TestPlanByHand(t *testing.T) {
	t.Parallel()
	unset := run()
	unset.MaxTokens = 0
	lower := run()
	lower.MaxTokens = 500
	whole := run()
	whole.Latency = 0
	tokens := advisor.Limit{Kind: quota.TokensPerMinute, Amount: 500_000}
	for _, tt := range []struct {
		name     string
		w        advisor.Workload
		l        advisor.Limit
		burndown int64
		by       advisor.By
		want     float64
	}{
		// A run settles as 2,000 + 5 × 1,500 = 9,500 and reserves 2,000 + 6 × 4,096 =
		// 26,576; a minute sees 9,500 + 17,076 × 10 / 60 = 12,346; 500,000 / 12,346
		{"reserved", run(), tokens, 5, advisor.ByAdmission, 40.50},
		// Burndown ignored: 3,500 + (26,576 - 3,500) / 6 = 7,346
		{"burndown ignored", run(), tokens, 1, advisor.ByAdmission, 68.06},
		// 9,500 + (2,000 + 6 × 64,000 - 9,500) / 6 = 72,250
		{"max_tokens unset", unset, tokens, 5, advisor.ByAdmission, 6.92},
		// 2,000 + 6 × 500 = 5,000 is less than what is settled: 500,000 / 9,500
		{"max_tokens near the output", lower, tokens, 5, advisor.BySettled, 52.63},
		// 500,000 / 26,576: reservations that stand for all of a minute
		{"a minute's calls", whole, tokens, 5, advisor.ByAdmission, 18.81},
		{"2 requests", run(), advisor.Limit{Kind: quota.RequestsPerMinute, Amount: 2}, 5, advisor.ByRequests, 0.33},
		{"development", run(), advisor.Limit{Kind: quota.RequestsPerMinute, Amount: 20}, 5, advisor.ByRequests, 3.33},
		{"production", run(), advisor.Limit{Kind: quota.RequestsPerMinute, Amount: 100}, 5, advisor.ByRequests, 16.67},
		{"heavy", run(), advisor.Limit{Kind: quota.RequestsPerMinute, Amount: 125}, 5, advisor.ByRequests, 20.83},
		// 13,680,000 / 9,500 = 1,440 runs a day
		{"day", run(), advisor.Limit{Kind: quota.TokensPerDay, Amount: 13_680_000}, 5, advisor.BySettled, 1},
		{"zero", run(), advisor.Limit{Kind: quota.TokensPerDay}, 5, advisor.BySettled, 0},
		{"account's day", run(), advisor.Limit{Kind: quota.AccountTokensPerDay, Amount: 27_360_000}, 5, advisor.BySettled, 2},
		// Mantle: max_tokens is reserved of the input's quota: 2,000 + 24,576 / 6 = 6,096
		{"mantle input", run(), advisor.Limit{Kind: quota.InputTokensPerMinute, Amount: 500_000}, 1, advisor.ByAdmission, 82.02},
		// and the output counts as it comes: 500,000 / 1,500
		{"mantle output", run(), advisor.Limit{Kind: quota.OutputTokensPerMinute, Amount: 500_000}, 1, advisor.BySettled, 333.33},
		// One call reserves 333 + 4,096, more than there is.
		{"less than a call", run(), advisor.Limit{Kind: quota.TokensPerMinute, Amount: 4429}, 5, advisor.BySettled, 0},
	} {
		f, err := advisor.Plan(tt.w, []advisor.Limit{tt.l}, advisor.Model{Burndown: tt.burndown, MaxOutput: 64_000})
		if err != nil {
			t.Fatal(err)
		}
		if b, _ := f.Binding(); b.By != tt.by || !near(f.RunsPerMinute, tt.want) {
			t.Errorf("%s: %s binds at %.2f runs a minute, want %s at %.2f", tt.name, b.By, f.RunsPerMinute, tt.by, tt.want)
		}
	}
	// A bucket refills while calls hold: 500,000 / 9,500.
	f, _ := advisor.Plan(run(), []advisor.Limit{tokens}, advisor.Model{Burndown: 5, Bucket: true})
	if !near(f.RunsPerMinute, 52.63) || len(f.Bounds) != 1 {
		t.Errorf("a bucket: %.2f runs a minute, %d bounds", f.RunsPerMinute, len(f.Bounds))
	}
}

func TestFinishByHand(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		l    advisor.Limit
		runs int64
		want time.Duration
	}{
		// 240 calls, two in each minute: 119 full minutes before the last, and its 10 s.
		{"requests", advisor.Limit{Kind: quota.RequestsPerMinute, Amount: 2}, 40, 119*time.Minute + 10*time.Second},
		// 405 × 12,346 / 500,000 = 10 min 0.02 s; and 10 s × 7 / 2 in the end.
		{"tokens", advisor.Limit{Kind: quota.TokensPerMinute, Amount: 500_000}, 405, 10*time.Minute + 35*time.Second},
		// 20 runs are all under way at once: 20 × 12,346 / 6 / 500,000 = 4.94 s for their first calls, and then six of 10 s.
		{"few runs", advisor.Limit{Kind: quota.TokensPerMinute, Amount: 500_000}, 20, 64*time.Second + 940*time.Millisecond},
		// Six calls of 10 s.
		{"nothing waits", advisor.Limit{Kind: quota.RequestsPerMinute, Amount: 100}, 1, time.Minute},
		// 1,440 runs a day, and 720 of the second; all within a minute of its begin.
		{"day", advisor.Limit{Kind: quota.TokensPerDay, Amount: 13_680_000}, 2160, 24*time.Hour + time.Minute},
		{"none", advisor.Limit{Kind: quota.RequestsPerMinute, Amount: 2}, 0, 0},
	} {
		f, err := advisor.Plan(run(), []advisor.Limit{tt.l}, advisor.Model{Burndown: 5})
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := f.Finish(tt.runs); !ok || (got-tt.want).Abs() > 100*time.Millisecond {
			t.Errorf("%s: %d runs take %s, %t; want %s", tt.name, tt.runs, got, ok, tt.want)
		}
	}
	for _, f := range []advisor.Forecast{{}, zero(t)} {
		if _, ok := f.Finish(1); ok {
			t.Error("runs that never end have an end")
		}
	}
}

func zero(t *testing.T) advisor.Forecast {
	t.Helper()
	f, err := advisor.Plan(run(), []advisor.Limit{{Kind: quota.TokensPerDay}}, advisor.Model{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestNeededForADeadline: 40 runs of 6 calls within two hours are 240 calls in 120
// minutes that begin before the last call's 10 s: 2 a minute.
func TestNeededForADeadline(t *testing.T) {
	t.Parallel()
	w := run()
	w.Runs, w.Within = 40, 2*time.Hour
	f, err := advisor.Plan(w, []advisor.Limit{{Kind: quota.RequestsPerMinute}, {Kind: quota.TokensPerMinute}, {Kind: quota.TokensPerDay}}, advisor.Model{Burndown: 5})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, b := range f.Bounds {
		got[b.Limit+" "+string(b.By)] = b.Needed
	}
	want := map[string]int64{
		"requests_per_minute requests": 2,
		// 40 × 9,500 / (120 - 35/60) = 3,182 is less than what one call reserves.
		"tokens_per_minute settled":   4430,
		"tokens_per_minute admission": 4430,
		"tokens_per_day settled":      380_000, // 40 × 9,500
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("needed (-want +got):\n%s", diff)
	}
}

// TestPlanIsItsOwnInverse: for what quotas give, no more than these quotas are
// needed, as a rate and as a deadline; and with what is needed, what is wanted
// fits.
func TestPlanIsItsOwnInverse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := advisor.Workload{
			CallsPerRun: float64(rapid.IntRange(1, 40).Draw(t, "calls")) + rapid.SampledFrom([]float64{0, 0.25, 0.4}).Draw(t, "part"),
			InputPerRun: rapid.Int64Range(1, 100_000).Draw(t, "in"), OutputPerRun: rapid.Int64Range(0, 4000).Draw(t, "out"),
			MaxTokens: rapid.Int64Range(4000, 64_000).Draw(t, "max"), Latency: time.Duration(rapid.IntRange(0, 200).Draw(t, "latency")) * time.Second,
		}
		m := advisor.Model{Burndown: rapid.Int64Range(1, 5).Draw(t, "burndown"), MaxOutput: 64_000, Bucket: rapid.Bool().Draw(t, "bucket")}
		var limits []advisor.Limit
		for k := range quota.Kind(quota.Kinds) {
			if rapid.Bool().Draw(t, k.String()) {
				least, most := int64(200_000), int64(1_000_000_000)
				if k == quota.RequestsPerMinute {
					least, most = 1, 10_000
				}
				limits = append(limits, advisor.Limit{Kind: k, Amount: rapid.Int64Range(least, most).Draw(t, "amount")})
			}
		}
		f, err := advisor.Plan(w, limits, m)
		if err != nil {
			t.Fatal(err)
		}
		n := rapid.Int64Range(1, 100_000).Draw(t, "runs")
		d, ends := f.Finish(n)
		rate, deadline := w, w
		rate.RunsPerMinute = f.RunsPerMinute
		deadline.Runs, deadline.Within = n, d
		wanted := []advisor.Workload{rate}
		if ends && d > w.Path() {
			wanted = append(wanted, deadline)
		}
		for _, w := range wanted {
			g, err := advisor.Plan(w, limits, m)
			if err != nil {
				t.Fatal(err)
			}
			most := map[quota.Kind]int64{}
			for _, b := range g.Bounds {
				// The last digits of what is left of a deadline that is all but past.
				if b.Needed > b.Amount+1+b.Amount/1_000_000 {
					t.Errorf("%s by %s: %d needed for what %d gives", b.Limit, b.By, b.Needed, b.Amount)
				}
				for k := range quota.Kind(quota.Kinds) {
					if k.String() == b.Limit {
						most[k] = max(most[k], b.Needed)
					}
				}
			}
			var needed []advisor.Limit
			for k, v := range most {
				needed = append(needed, advisor.Limit{Kind: k, Amount: v})
			}
			back, err := advisor.Plan(w, needed, m)
			if err != nil {
				t.Fatal(err)
			}
			if back.RunsPerMinute < w.RunsPerMinute*(1-1e-9) {
				t.Errorf("%.6f runs a minute with what %.6f need", back.RunsPerMinute, w.RunsPerMinute)
			}
		}
	})
}

func TestPlanRefusesNonsense(t *testing.T) {
	t.Parallel()
	for _, w := range []advisor.Workload{
		{},
		{CallsPerRun: math.NaN()},
		{CallsPerRun: 0.5},
		{CallsPerRun: math.Inf(1)},
		{CallsPerRun: 1, InputPerRun: -1},
		{CallsPerRun: 1, RunsPerMinute: math.NaN()},
		{CallsPerRun: 1, RunsPerMinute: -1},
		{CallsPerRun: 1, Latency: -1},
		{CallsPerRun: 1, MaxTokens: 64_001},
		{CallsPerRun: 2, MaxTokens: 10, OutputPerRun: 21},
		{CallsPerRun: 1, Runs: 1, Within: -1},
		{CallsPerRun: 1, Within: time.Hour},
		{CallsPerRun: 6, Latency: 10 * time.Second, Runs: 1, Within: time.Minute},
	} {
		if _, err := advisor.Plan(w, nil, advisor.Model{MaxOutput: 64_000}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%+v is planned", w)
		}
	}
}

func TestRecommendKnowsWhatServiceQuotasRefuses(t *testing.T) {
	t.Parallel()
	w := run()
	w.RunsPerMinute = 100 // 600 requests; with headroom 720
	for _, tt := range []struct {
		name             string
		amount, fallback int64
		adjustable       bool
		how              advisor.How
		priority         int
		ask              int64
	}{
		{"below the default", 2, 10_000, true, advisor.HowSupportCase, advisor.Now, 720},
		{"above the default", 125, 125, true, advisor.HowRequest, advisor.Now, 720},
		{"below both", 2, 125, true, advisor.HowRequest, advisor.Now, 720},
		{"not adjustable", 125, 125, false, advisor.HowSupportCase, advisor.Now, 720},
		{"no headroom", 600, 600, true, advisor.HowRequest, advisor.Soon, 720},
		{"enough", 720, 125, true, advisor.HowNone, advisor.Enough, 0},
	} {
		l := advisor.Limit{Kind: quota.RequestsPerMinute, Amount: tt.amount, Default: tt.fallback, Adjustable: tt.adjustable}
		r, err := advisor.Recommend(w, []advisor.Limit{l}, advisor.Model{Burndown: 5}, nil)
		if err != nil {
			t.Fatal(err)
		}
		a := r.Advice[0]
		if a.How != tt.how || a.Priority != tt.priority || a.Ask != tt.ask {
			t.Errorf("%s: %s, priority %d, ask %d; want %s, %d, %d", tt.name, a.How, a.Priority, a.Ask, tt.how, tt.priority, tt.ask)
		}
		if a.Needed != 600 || !near(a.Before, float64(tt.amount)/6) {
			t.Errorf("%s: needs %d, gives %.2f runs a minute before; want 600 and a sixth of %d", tt.name, a.Needed, a.Before, tt.amount)
		}
		if tt.ask > 0 && !near(a.Gives, 120) {
			t.Errorf("%s: gives %.2f runs a minute, want 120", tt.name, a.Gives)
		}
	}
}

// TestAQuotaOfZeroIsNamed: what Bedrock says of one misleads, since it speaks of a
// day's tokens whichever quota is zero.
func TestAQuotaOfZeroIsNamed(t *testing.T) {
	t.Parallel()
	for _, kind := range []quota.Kind{quota.RequestsPerMinute, quota.TokensPerMinute, quota.TokensPerDay} {
		l := advisor.Limit{Kind: kind, Default: 10_000_000_000, Adjustable: true}
		w := run()
		w.RunsPerMinute = 1
		r, err := advisor.Recommend(w, []advisor.Limit{l}, advisor.Model{Burndown: 5}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if a := r.Advice[0]; a.Priority != advisor.Now || !strings.Contains(a.Why, "the quota is zero: Bedrock answers 429 \"Too many tokens per day\"") {
			t.Errorf("%v: priority %d, why %q", kind, a.Priority, a.Why)
		}
	}
}

func TestLeversGiveMore(t *testing.T) {
	t.Parallel()
	w := run()
	w.MaxTokens, w.RunsPerMinute = 0, 20
	limits := []advisor.Limit{{Kind: quota.TokensPerMinute, Amount: 500_000}}
	r, err := advisor.Recommend(w, limits, advisor.Model{Burndown: 5, MaxOutput: 64_000}, []advisor.Other{{Path: llm.PathGlobal, Limits: limits}})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, l := range r.Levers {
		if l.Gives != nil {
			got[l.Lever] = *l.Gives
		}
	}
	// max_tokens 500 reserves less than what is settled, of which 52.63 fit; twice 6.92.
	if !near(got["max_tokens"], 52.63) || !near(got["path-global"], 13.84) {
		t.Errorf("levers give %v", got)
	}
}

// TestAnAccountsLimitIsOfAllPaths: 27,360,000 a day are two runs a minute of 9,500,
// however many paths have more.
func TestAnAccountsLimitIsOfAllPaths(t *testing.T) {
	t.Parallel()
	w := run()
	w.RunsPerMinute = 20
	account := advisor.Limit{Kind: quota.AccountTokensPerDay, Amount: 27_360_000}
	limits := []advisor.Limit{{Kind: quota.RequestsPerMinute, Amount: 6}, account}
	for _, tt := range []struct {
		shared advisor.Limit
		want   float64
	}{{account, 2}, {advisor.Limit{Kind: quota.AccountTokensPerDay, Amount: 41_040_000}, 2}} {
		r, err := advisor.Recommend(w, limits, advisor.Model{Burndown: 5}, []advisor.Other{{
			Path: llm.PathGlobal, Limits: []advisor.Limit{{Kind: quota.RequestsPerMinute, Amount: 600}, tt.shared},
		}})
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range r.Levers {
			if l.Lever == "path-global" && !near(*l.Gives, tt.want) {
				t.Errorf("both paths give %.2f runs a minute, want %.2f", *l.Gives, tt.want)
			}
		}
	}
}

func TestAskIsInTheUnitsOfServiceQuotas(t *testing.T) {
	t.Parallel()
	w := run()
	w.RunsPerMinute = 1 // 1,440 × 9,500 = 13,680,000 a day; with headroom 16,416,000, which half of it gives
	l := advisor.Limit{Kind: quota.TokensPerDay, Amount: 2_000_000, Default: 1_000_000, Factor: 2, Adjustable: true}
	r, err := advisor.Recommend(w, []advisor.Limit{l}, advisor.Model{Burndown: 5}, nil)
	if err != nil {
		t.Fatal(err)
	}
	// 16,600,000 / 9,500 / 1,440
	if a := r.Advice[0]; a.Current != 1_000_000 || a.Ask != 8_300_000 || !near(a.Gives, 1.2135) {
		t.Errorf("has %d, ask %d, gives %.4f", a.Current, a.Ask, a.Gives)
	}
}
