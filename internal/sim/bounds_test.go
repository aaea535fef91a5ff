package sim

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/headgate/headgate/internal/emulator/meter"
	"github.com/headgate/headgate/internal/quota"
)

func TestQuotaBound(t *testing.T) {
	t.Parallel()
	tokens := BoundInput{Kind: quota.TokensPerMinute, Amount: 1_000_000, Largest: 20_000, Jitter: 250 * time.Millisecond}
	under := func(k meter.Kind, in BoundInput, excess time.Duration) BoundInput {
		in.Law.Kind, in.Excess = k, excess
		return in
	}
	requests := BoundInput{Kind: quota.RequestsPerMinute, Amount: 2, Largest: 1, Jitter: 250 * time.Millisecond}
	for _, c := range []struct {
		name string
		in   BoundInput
		want float64
	}{
		{"a bucket gives all", under(meter.Bucket, tokens, 30*time.Second), 1},
		{"a window less the largest call and the jitter", under(meter.Sliding, tokens, 0), 1 - 0.02 - 0.25/60},
		{"holds four times the settlement for 10 s", under(meter.Sliding, tokens, 30*time.Second), 1 / 1.5},
		{"holds eight times the settlement for 10 s", under(meter.Fixed, tokens, 70*time.Second), 1 / (1 + 7.0/6)},
		{"whole calls in any window and jitter", under(meter.Fixed, requests, 0), 60 / 60.25},
		{"a counter at two a minute allows half", under(meter.SlidingCounter, requests, 0), 0.5 - 0.25/60},
	} {
		if got := QuotaBound(c.in); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// TestMostOnTime compares with every subset of a few jobs.
func TestMostOnTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		jobs := make([]Job, rapid.IntRange(0, 9).Draw(t, "jobs"))
		for i := range jobs {
			jobs[i] = Job{float64(rapid.IntRange(1, 10).Draw(t, "size")), float64(rapid.IntRange(1, 30).Draw(t, "due"))}
		}
		best := 0
		for set := range 1 << len(jobs) {
			n := 0
			for i := range jobs {
				n += set >> i & 1
			}
			if n > best && feasible(jobs, set) {
				best = n
			}
		}
		if got := MostOnTime(jobs); got != best {
			t.Fatalf("MostOnTime(%v) = %d, want %d", jobs, got, best)
		}
	})
}

// feasible reports whether a set of jobs can be done on time: up to each due
// date, all that is due by then must fit.
func feasible(jobs []Job, set int) bool {
	for _, last := range jobs {
		sum := 0.0
		for i, j := range jobs {
			if set>>i&1 == 1 && j.Due <= last.Due {
				sum += j.Size
			}
		}
		if sum > last.Due {
			return false
		}
	}
	return true
}

// TestMaxMin checks what defines the shares: nothing is left that somebody
// wants, nobody gets more than it wants, and who gets less than it wants has no
// less for its weight than anybody.
func TestMaxMin(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "tenants")
		demands, weights, wanted := make([]float64, n), make([]float64, n), 0.0
		for i := range n {
			demands[i] = float64(rapid.IntRange(0, 100).Draw(t, "demand"))
			weights[i] = float64(rapid.IntRange(1, 5).Draw(t, "weight"))
			wanted += demands[i]
		}
		capacity := float64(rapid.IntRange(0, 300).Draw(t, "capacity"))
		shares := MaxMin(capacity, demands, weights)
		given := 0.0
		for i, s := range shares {
			given += s
			if s > demands[i]+1e-9 {
				t.Fatalf("tenant %d gets %v of the %v it wants", i, s, demands[i])
			}
			for j := range shares {
				if s < demands[i]-1e-9 && shares[j]/weights[j] > s/weights[i]+1e-9 {
					t.Fatalf("tenant %d gets less for its weight than %d: %v", i, j, shares)
				}
			}
		}
		if want := min(capacity, wanted); math.Abs(given-want) > 1e-6 {
			t.Fatalf("%v is given out of %v, want %v", given, capacity, want)
		}
	})
}

func TestJain(t *testing.T) {
	t.Parallel()
	for want, amounts := range map[float64][]float64{1: {3, 3, 3}, 0.25: {8, 0, 0, 0}, 0.9: {1, 2}} {
		if got := Jain(amounts); math.Abs(got-want) > 1e-9 {
			t.Errorf("Jain(%v) = %v, want %v", amounts, got, want)
		}
	}
}

func TestFalseRefusals(t *testing.T) {
	t.Parallel()
	idle := []idleSpan{{from: 100, to: 110, used: 4}, {from: 200, to: 204}} // room for 6, and for 4
	for _, c := range []struct {
		name    string
		refused []refusedCall
		want    int64
	}{
		{"the room comes too late", []refusedCall{{at: 0, until: 90, need: 1}}, 0},
		{"it fits into what is left", []refusedCall{{at: 0, until: 120, need: 6}}, 1},
		{"it needs more", []refusedCall{{at: 0, until: 120, need: 7}}, 0},
		{"two idle times together", []refusedCall{{at: 0, until: 300, need: 10}}, 1},
		{"room serves one of them", []refusedCall{{at: 0, until: 120, need: 4}, {at: 0, until: 120, need: 4}}, 1},
		{"and the rest another", []refusedCall{{at: 0, until: 120, need: 4}, {at: 0, until: 300, need: 6}}, 2},
		{"only from its refusal on", []refusedCall{{at: 203, until: 300, need: 2}}, 0},
	} {
		if got := falseRefusals(c.refused, idle, 1); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}
