package quota

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// TestUseWhileWorkWaits: a limit with a backlog is used to at least 0.98 of what
// its law lets any client use that is never throttled.
//
// The bound of the whole window with holds that differ from settlements is
// 1 ÷ (1 + T/W·(ρ − 1)), where T is how long a call lasts, J included, and ρ the larger of
// hold and forecast ÷ settlement: a call takes more than its settlement for as
// long as it lasts. Where the hold is below the settlement, debt counts for T
// more than W, which is the same with ρ = the part of the settlement that comes
// late, + 1. On top, one call and J's worth of the rate are lost to the edges.
func TestUseWhileWorkWaits(t *testing.T) {
	t.Parallel()
	const amount, minutes, second = 1_000_000, 12, int64(time.Second)
	jitter := int64(250 * time.Millisecond)
	for _, size := range []int64{400, 3_000, 9_000, 20_000} {
		for _, c := range []struct {
			ratio, excess float64
			lasts         int64
		}{
			{1, 1, 10 * second},
			{1.3, 1, 10 * second},
			{2, 1, 10 * second},
			{4, 1, 10 * second},
			{2, 1.4, 10 * second},
			{1, 1.4, 10 * second},
			{0.5, 1, 10 * second},
			{4, 1.4, 2 * second},
			{30, 1.5, 2 * second},
			{2, 2, 2 * second},
		} {
			for _, which := range []law{e1, e3, e5} {
				t.Run(fmt.Sprintf("%s/%d_tokens/hold_%g/forecast_%g/%ds", which, size, c.ratio, c.excess, c.lasts/second), func(t *testing.T) {
					t.Parallel()
					load := tokenLoad{amount: amount, size: size, lasts: c.lasts, ratio: c.ratio, excess: c.excess}
					r := rand.New(rand.NewPCG(uint64(size), 7))
					out := trialOf(TokensPerMinute, amount, jitter, which.upstream(amount, load.largest(), jitter, r), minutes*minute, r,
						func(int) sample { return load.sample(r) }).run()
					late := max(c.ratio, c.excess) - min(1, c.ratio)
					edges := float64(load.largest())/amount + float64(jitter)/float64(minute)
					bound := 1 / (1 + float64(c.lasts+jitter)/float64(minute)*late) * (1 - edges)
					want := 0.98 * bound
					if size == 400 && c.ratio == 1 && c.excess == 1 {
						want = 0.985
					}
					if got := float64(out.settled) / (minutes * amount); got < want {
						t.Errorf("used %.4f of the limit, want at least %.4f (bound %.4f)", got, want, bound)
					}
				})
			}
		}
	}
}

// TestRequestUseWhileWorkWaits: a request limit with a backlog is used to W ÷ (W + J).
func TestRequestUseWhileWorkWaits(t *testing.T) {
	t.Parallel()
	for _, amount := range []int64{2, 10, 100} {
		jitter := int64(250 * time.Millisecond)
		r := rand.New(rand.NewPCG(3, 0))
		out := trialOf(RequestsPerMinute, amount, jitter, newSliding(minute, amount), 60*minute, r, func(int) sample { return sample{lasts: 1} }).run()
		got := float64(len(out.starts)) / float64(60*amount)
		if want := 0.999 * float64(minute) / float64(minute+jitter); got < want {
			t.Errorf("%d a minute: used %.4f, want at least %.4f", amount, got, want)
		}
	}
}

// TestOneRunFromIdle: six sequential calls of 3.5 s at two requests a minute,
// from idle, take at most 1.05 × what the best direct client needs: one that
// knows the law and starts each call at the first instant that it allows.
func TestOneRunFromIdle(t *testing.T) {
	t.Parallel()
	const call = int64(3500 * time.Millisecond)
	for _, which := range []law{e1, e5} {
		r := rand.New(rand.NewPCG(1, 0))
		best := direct(which.upstream(2, 1, 0, r), 6, call)
		tr := trialOf(RequestsPerMinute, 2, int64(250*time.Millisecond), which.upstream(2, 1, 0, r), 10*minute, r, func(i int) sample {
			if i >= 6 {
				return sample{lasts: 1, pause: 20 * minute}
			}
			if i == 0 {
				return sample{lasts: call}
			}
			return sample{lasts: call, pause: call}
		})
		out := tr.run()
		if len(out.refusals) > 0 {
			t.Errorf("%s: %d refusals, want none", which, len(out.refusals))
		}
		took := out.starts[5] + call
		if float64(took) > 1.05*float64(best) {
			t.Errorf("%s: the run took %v, the best direct client %v: ratio %.3f, want at most 1.05", which, time.Duration(took), time.Duration(best), float64(took)/float64(best))
		}
	}
}

// direct is how long sequential calls take when each starts as soon as the
// upstream takes it, to a tenth of a second.
func direct(up upstream, calls int, lasts int64) int64 {
	const step = int64(100 * time.Millisecond)
	at := epoch
	for i := range calls {
		for !up.arrive(at, i, 1) {
			at += step
		}
		at += lasts
		up.settle(at, i, 1)
	}
	return at - epoch
}
