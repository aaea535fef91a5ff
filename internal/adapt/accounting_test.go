package adapt

import (
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/internal/emulator/meter"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

// calls are calls alike, of one use, as a pool plans them under an accounting.
func calls(a quota.Accounting, in llm.Usage, maxTokens, burndown int64, lasts time.Duration) func(int) load {
	cost := in.Input + in.CacheWrite + burndown*in.Output
	return func(int) load {
		return load{
			charges: quota.Charges{
				Tokens: quota.Charge{Hold: a.Hold(in, maxTokens, burndown), Forecast: cost},
				Extra:  a.Extra(in, maxTokens, burndown),
			},
			used: cost, lasts: lasts,
		}
	}
}

// driveAccounting drives an upstream that counts in one way with a configuration
// that may say another.
func driveAccounting(law string, configured, upstream quota.Accounting, in llm.Usage, maxTokens, burndown int64) *drive {
	next := calls(configured, in, maxTokens, burndown, 5*time.Second)
	d := newDrive(law, 3, Options{Mode: ModeThrottles, Accounting: configured}, func(i int) load {
		l := next(i)
		l.held = upstream.Hold(in, maxTokens, burndown)
		return l
	})
	d.up.Accounting.RefundDelay = meter.Span(upstream.RefundDelay)
	return d.run(20 * time.Minute)
}

// TestAccounting drives upstreams that count in a way that the configuration does
// not know of, and in one that it does.
func TestAccounting(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		in       llm.Usage
		max      int64
		burndown int64
		upstream quota.Accounting
		learned  string
	}{
		{
			"cache reads in the hold",
			llm.Usage{Input: 500, CacheRead: 4000, Output: 400},
			2000, 5,
			quota.Accounting{ReserveCacheRead: true},
			"reserve_cache_read",
		},
		{
			"the burndown in the hold",
			llm.Usage{Input: 500, Output: 400},
			1500, 5,
			quota.Accounting{ReserveBurndown: true},
			"reserve_burndown",
		},
		{
			"refunds that come late",
			llm.Usage{Input: 500, Output: 400},
			6000, 5,
			quota.Accounting{RefundDelay: 10 * time.Second},
			"refund_delay",
		},
	}
	for _, tt := range tests {
		for _, law := range []string{"bucket", "sliding", "fixed:random"} {
			for _, known := range []bool{false, true} {
				t.Run(tt.name+" "+law, func(t *testing.T) {
					t.Parallel()
					var configured quota.Accounting
					if known {
						configured = tt.upstream
					}
					d := driveAccounting(law, configured, tt.upstream, tt.in, tt.max, tt.burndown)
					names := strings.Join(d.set.Beliefs()[0].Learned, "; ")
					if known {
						if len(d.throttles) > 0 || names != "" {
							t.Errorf("configured: %d throttles %v, learned %q; want none", len(d.throttles), d.throttles, names)
						}
						return
					}
					t.Logf("%s: throttles %v, learned %q, share %.3f", law, d.throttles, names, d.set.Meters()[0].Rule().Share)
					if n := len(d.throttles); n > 2 || n == 0 && law != "bucket" {
						t.Errorf("%d throttles %v, want one or two", n, d.throttles)
					}
					if len(d.throttles) == 0 {
						return // a bucket has room for either way to count
					}
					if !strings.Contains(names, tt.learned) {
						t.Errorf("learned %q, want %s", names, tt.learned)
					}
				})
			}
		}
	}
}

// TestRejectedCallsAreCharged drives an upstream that counts the calls it refuses
// as requests, with the tokens as the limit that refuses.
func TestRejectedCallsAreCharged(t *testing.T) {
	t.Parallel()
	for _, charged := range []bool{true, false} {
		s := NewSet([]quota.Limit{{Kind: quota.RequestsPerMinute, Amount: 100}, {Kind: quota.TokensPerMinute, Amount: amount}}, 0,
			Options{Accounting: quota.Accounting{ChargeRejected: charged}})
		h, v := s.Reserve(start(), quota.Charges{Tokens: quota.Charge{Hold: 1000, Forecast: 1000}})
		if !v.Granted {
			t.Fatalf("Reserve = %+v", v)
		}
		s.Throttled(start().Add(time.Second), quota.TokensPerMinute, h)
		want := int64(0)
		if charged {
			want = 1
		}
		if got := s.Meters()[0].Used(start().Add(2 * time.Second)); got != want {
			t.Errorf("charged %v: %d requests are used after a refusal, want %d", charged, got, want)
		}
		if got := s.Meters()[1].Used(start().Add(2 * time.Second)); got != 0 {
			t.Errorf("charged %v: %d tokens are used after a refusal, want none", charged, got)
		}
	}
}

// TestLessIsNotAccounting takes a part of the limit away from calls whose holds
// other ways to count would raise: what is learned is the part, not the way.
func TestLessIsNotAccounting(t *testing.T) {
	t.Parallel()
	in := llm.Usage{Input: 500, CacheRead: 4000, Output: 400}
	for _, law := range []string{"bucket", "sliding", "fixed:random"} {
		for _, factor := range []float64{0.6, 0.7, 0.8, 0.9} {
			t.Run(law, func(t *testing.T) {
				t.Parallel()
				d := newDrive(law, 3, Options{}, calls(quota.Accounting{}, in, 2200, 5, 5*time.Second))
				d.hide(meter.Hidden{Factor: factor})
				d.run(40 * time.Minute)
				b := d.set.Beliefs()[0]
				t.Logf("%s %v: throttles %v, learned %q, effective %d, use %.3f", law, factor, d.throttles, b.Learned, b.Effective, d.use(10*time.Minute, 40*time.Minute)/factor)
				if len(b.Learned) > 0 {
					t.Errorf("factor %v: learned %q", factor, b.Learned)
				}
				if n := len(d.throttles); n > 12 {
					t.Errorf("factor %v: %d throttles, want at most 12", factor, n)
				}
				if use := d.use(10*time.Minute, 40*time.Minute) / factor; use < 0.94 {
					t.Errorf("factor %v: use %.3f of what is there", factor, use)
				}
			})
		}
	}
}
