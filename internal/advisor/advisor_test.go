package advisor_test

import (
	"math"
	"testing"
	"time"

	"github.com/headgate/headgate/internal/advisor"
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
		// 2,000 + 5 × 1,500 = 9,500; 500,000 / 9,500
		{"settled", run(), tokens, 5, advisor.BySettled, 52.63},
		// Burndown ignored, a run would be 3,500; then the reservations bind:
		// (2,000 + 6 × 4,096) / 6 = 4,429.33; 500,000 / 4,429.33
		{"burndown ignored", run(), tokens, 1, advisor.ByAdmission, 112.88},
		// (2,000 + 6 × 64,000) / 6 = 64,333.33
		{"max_tokens unset", unset, tokens, 5, advisor.ByAdmission, 7.77},
		// 500,000 / 26,576: reservations that stand for all of a minute
		{"a minute's calls", whole, tokens, 5, advisor.ByAdmission, 18.81},
		{"2 requests", run(), advisor.Limit{Kind: quota.RequestsPerMinute, Amount: 2}, 5, advisor.ByRequests, 0.33},
		{"development", run(), advisor.Limit{Kind: quota.RequestsPerMinute, Amount: 20}, 5, advisor.ByRequests, 3.33},
		{"production", run(), advisor.Limit{Kind: quota.RequestsPerMinute, Amount: 100}, 5, advisor.ByRequests, 16.67},
		{"heavy", run(), advisor.Limit{Kind: quota.RequestsPerMinute, Amount: 125}, 5, advisor.ByRequests, 20.83},
		// 13,680,000 / 9,500 = 1,440 runs a day
		{"day", run(), advisor.Limit{Kind: quota.TokensPerDay, Amount: 13_680_000}, 5, advisor.BySettled, 1},
		{"zero", run(), advisor.Limit{Kind: quota.TokensPerDay}, 5, advisor.BySettled, 0},
	} {
		f, err := advisor.Plan(tt.w, []advisor.Limit{tt.l}, advisor.Model{Burndown: tt.burndown, MaxOutput: 64_000})
		if err != nil {
			t.Fatal(err)
		}
		if b, _ := f.Binding(); b.By != tt.by || !near(f.RunsPerMinute, tt.want) {
			t.Errorf("%s: %s binds at %.2f runs a minute, want %s at %.2f", tt.name, b.By, f.RunsPerMinute, tt.by, tt.want)
		}
	}
	// The settled figure without burndown: 500,000 / 3,500
	f, _ := advisor.Plan(run(), []advisor.Limit{tokens}, advisor.Model{Burndown: 1})
	if !near(f.Bounds[0].RunsPerMinute, 142.86) {
		t.Errorf("settled without burndown: %.2f runs a minute", f.Bounds[0].RunsPerMinute)
	}
}

func TestFinish(t *testing.T) {
	t.Parallel()
	f := advisor.Forecast{RunsPerMinute: 2}
	if d, ok := f.Finish(30); !ok || d != 15*time.Minute {
		t.Errorf("30 runs at 2 a minute take %s, %t", d, ok)
	}
	if _, ok := (advisor.Forecast{}).Finish(1); ok {
		t.Error("runs that never end have an end")
	}
}

func TestPlanRefusesNonsense(t *testing.T) {
	t.Parallel()
	for _, w := range []advisor.Workload{{}, {CallsPerRun: 1, InputPerRun: -1}, {CallsPerRun: 1, RunsPerMinute: math.NaN()}, {CallsPerRun: 1, Latency: -1}} {
		if _, err := advisor.Plan(w, nil, advisor.Model{}); err == nil {
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
		if tt.ask > 0 && !near(a.Gives, 120) {
			t.Errorf("%s: gives %.2f runs a minute, want 120", tt.name, a.Gives)
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
	// max_tokens 500: reservations allow 600, and what is settled 52.63.
	if !near(got["max_tokens"], 52.63) || !near(got["path-global"], 15.54) {
		t.Errorf("levers give %v", got)
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
