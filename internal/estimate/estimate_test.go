package estimate

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

func TestInputLearnsTheRate(t *testing.T) {
	t.Parallel()
	var e Input
	r := rand.New(rand.NewPCG(1, 2))
	truth := func(f Features) int64 { return int64(float64(f.TextBytes)/4.6) + 12 }
	under := 0
	const calls, warm = 400, 200
	for i := range calls {
		f := Features{TextBytes: 400 + r.Int64N(20_000), Messages: 3}
		got, want := e.Tokens(f), truth(f)
		if i >= warm {
			if got < want {
				under++
			}
			if float64(got) > 1.08*float64(want)+8 {
				t.Fatalf("call %d: Tokens(%d bytes) = %d, truth %d: more than 8 %% above", i, f.TextBytes, got, want)
			}
		}
		e.Observe(f, want)
	}
	if under > (calls-warm)/4 {
		t.Errorf("%d of %d warm estimates were below the truth, want at most a quarter", under, calls-warm)
	}
}

func TestInputIgnoresWhatTellsNothing(t *testing.T) {
	t.Parallel()
	var e Input
	f := Features{TextBytes: 8000}
	before := e.Tokens(f)
	e.Observe(Features{TextBytes: 3}, 900)
	e.Observe(f, 0)
	if got := e.Tokens(f); got != before {
		t.Errorf("Tokens = %d after useless observations, want %d", got, before)
	}
}

func TestOutputQuantile(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var e Output
		most := rapid.Int64Range(1, 100_000).Draw(t, "most")
		counts := rapid.SliceOfN(rapid.Int64Range(0, most), enoughOut, 2000).Draw(t, "outputs")
		for _, n := range counts {
			e.Observe(n)
		}
		if got := e.Quantile(1, most); got < 1 || got > most {
			t.Fatalf("Quantile(1) = %d, want within [1, %d]", got, most)
		}
		low, high := e.Quantile(0.5, 1<<40), e.Quantile(0.9, 1<<40)
		if low > high {
			t.Fatalf("Quantile(0.5) = %d > Quantile(0.9) = %d", low, high)
		}
	})
}

func TestOutputForgets(t *testing.T) {
	t.Parallel()
	var e Output
	for range 3 * rotateAt {
		e.Observe(4000)
	}
	for range 3 * rotateAt {
		e.Observe(100)
	}
	if got := e.Quantile(0.99, 64_000); got > 120 {
		t.Errorf("Quantile(0.99) = %d after the route changed to 100 tokens, want at most one bucket above", got)
	}
}
