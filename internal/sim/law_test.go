package sim

import (
	"math"
	"testing"
	"time"

	"github.com/headgate/headgate/internal/emulator/meter"
	"github.com/headgate/headgate/internal/quota"
)

// equalCalls offers, at one and a half times the limit, calls that hold rho
// times what they settle, 1,000 of a million, for ten seconds.
func equalCalls(law meter.Law, rho float64) Scenario {
	return Scenario{
		Name: "equal", For: time.Hour, WarmUp: 5 * time.Minute, Load: 1.5, Burndown: 1,
		Limits:  []Limit{{Kind: quota.TokensPerMinute.String(), Amount: 1_000_000, Law: law}},
		Latency: Latency{FirstToken: 10 * time.Second, PerToken: 1},
		Pacer:   Belief{MaxWait: 24 * time.Hour, Learn: LearnOff},
		Workload: []Source{{
			Tenant: "t", Arrival: Arrival{Kind: Poisson, PerMinute: 1}, Calls: Range{Least: 1}, ByteNoise: -1,
			Input: Dist{Kind: Constant, Value: 600}, Output: Dist{Kind: Constant, Value: 400}, MaxTokens: int64(1000*rho) - 600,
		}},
	}
}

// TestWhatHoldsCost holds the oracle, which paces on the true limit, against the
// closed forms: 1 under a bucket, 1 ÷ (1 + (ρ-1) × T/W) in a sliding window.
func TestWhatHoldsCost(t *testing.T) {
	t.Parallel()
	sliding := meter.Law{Kind: meter.Sliding}
	for _, c := range []struct {
		law  meter.Law
		rho  float64
		want float64
	}{
		{meter.Law{}, 4, 1},
		{sliding, 1, 1},
		{sliding, 2, 0.857},
		{sliding, 4, 0.667},
		{sliding, 8, 0.462},
	} {
		r, _ := Simulate(Case{Scenario: equalCalls(c.law, c.rho), Policy: SRPT, Seed: 1})
		if math.Abs(r.QuotaUsed-c.want) > 0.015 || r.Throttles > 0 {
			t.Errorf("%v, ρ = %v: used %.4f with %d throttles, want %.3f without", c.law, c.rho, r.QuotaUsed, r.Throttles, c.want)
		}
		if c.rho > 1 && math.Abs(r.Bound-c.want) > 0.002 {
			t.Errorf("%v, ρ = %v: bound %.4f, want %.3f", c.law, c.rho, r.Bound, c.want)
		}
	}
}

// TestNobodyBeatsTheLimit: what is used of a window or a bucket never exceeds
// what it granted, whoever asks, but for what a bucket held at first.
func TestNobodyBeatsTheLimit(t *testing.T) {
	t.Parallel()
	for _, law := range []meter.Law{{}, {Kind: meter.Sliding}, {Kind: meter.Fixed, RandomPhase: true}, {Kind: meter.Dual}, {Kind: meter.Shards, Shards: 4}} {
		for _, p := range Policies() {
			s := equalCalls(law, 1)
			s.For, s.WarmUp = 8*time.Minute, 2*time.Minute
			r, _ := Simulate(Case{Scenario: s, Policy: p, Seed: 3})
			if r.UsedOverall > 1+1.0/6+0.01 { // a window in six measured minutes
				t.Errorf("%v, %s: used %.3f of the limit", law, p, r.UsedOverall)
			}
			if p.Ours() && r.ThrottlesWarm > 0 {
				t.Errorf("%v, %s: %d throttles once warm", law, p, r.ThrottlesWarm)
			}
		}
	}
}
