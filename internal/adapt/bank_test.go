package adapt

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// trueBucket is what a bank guesses at.
type trueBucket struct{ share, capacity, level float64 }

func (b *trueBucket) pass(windows float64) { b.level = min(b.capacity, b.level+b.share*windows) }

func (b *trueBucket) take(charge float64) bool {
	if b.level < charge {
		return false
	}
	b.level -= charge
	return true
}

// TestBankKeepsTheTruth sends calls to a bucket of any share, capacity and level,
// at any pace, with part of each given back later. What the bank leaves must
// contain the share however long that goes on.
func TestBankKeepsTheTruth(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		charge := rapid.Float64Range(0.0005, 0.006).Draw(t, "charge")
		share := rapid.Float64Range(0.31, 1).Draw(t, "share")
		least := max(share*leastCapacity, 4*charge)
		up := trueBucket{share: share, capacity: rapid.Float64Range(least, max(share, least)).Draw(t, "capacity")}
		up.level = up.capacity * rapid.Float64Range(0, 1).Draw(t, "level")
		pace := rapid.Float64Range(0.8, 1.5).Draw(t, "pace") * share
		kept := rapid.Float64Range(0.3, 1).Draw(t, "kept")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))

		var b bank
		at, begun, refusals := 0.0, false, 0
		var back []float64 // when what the calls did not use is given back
		for range 4000 {
			gap := charge * kept / pace * 2 * r.Float64()
			at += gap
			up.pass(gap)
			for len(back) > 0 && back[0] <= at {
				back = back[1:]
				up.level = min(up.capacity, up.level+charge*(1-kept))
				b.give(at, charge*(1-kept), charge)
			}
			if at-b.at >= look {
				b.advance(at, charge)
			}
			switch {
			case up.take(charge):
				b.take(charge)
				back = append(back, at+0.03)
			case !begun:
				begun = true
				b.begin(at, charge)
			default:
				refusals++
				b.advance(at, charge)
				b.refuse(charge, 0, 0)
				rest := firstRest * r.Float64()
				at += rest
				up.pass(rest)
			}
			if !begun {
				continue
			}
			if lower, upper, ok := b.bounds(); !ok || share < lower || share > upper {
				t.Fatalf("after %d refusals the bank leaves [%.3f, %.3f] (%v); %.3f is there", refusals, lower, upper, ok, share)
			}
		}
	})
}

// TestBankFindsTheShare sends more than a bucket gives: after a few refusals the
// bracket is narrow.
func TestBankFindsTheShare(t *testing.T) {
	t.Parallel()
	for _, share := range []float64{0.4, 0.605, 0.75, 0.93} {
		const charge = 0.002
		up := trueBucket{share: share, capacity: share}
		var b bank
		b.begin(0, charge)
		at, refusals := 0.0, 0
		for refusals < 6 && at < 10 {
			gap := charge / (share * 1.02)
			at += gap
			up.pass(gap)
			b.advance(at, charge)
			if up.take(charge) {
				b.take(charge)
				continue
			}
			refusals++
			b.refuse(charge, 0, 0)
		}
		lower, upper, ok := b.bounds()
		if !ok || lower > share || upper < share || upper-lower > 0.07*share {
			t.Errorf("share %v: the bank leaves [%.3f, %.3f] (%v) after %d refusals in %.1f windows", share, lower, upper, ok, refusals, at)
		}
	}
}

// TestBankTellsAWindow takes a bucket out of the question when nothing is given
// for longer than any of them would go without.
func TestBankTellsAWindow(t *testing.T) {
	t.Parallel()
	var b bank
	b.begin(0, 0.002)
	b.advance(0.2, 0.002)
	b.refuse(0.002, 0, 0)
	if lower, upper, ok := b.bounds(); ok {
		t.Errorf("the bank leaves [%.3f, %.3f] after a fifth of a window without a call that was taken", lower, upper)
	}
}
