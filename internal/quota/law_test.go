package quota

import (
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const minute = int64(time.Minute)

// law is an enforcement model, by the names that the documentation of the
// emulator uses.
type law string

const (
	e1 law = "E1" // a bucket of one window
	e2 law = "E2" // a bucket of a few seconds
	e3 law = "E3" // a fixed window at an unknown phase
	e5 law = "E5" // an exact sliding window
)

// upstream builds the model of a law. Largest is the largest call's hold; a
// short bucket holds it and what the network may bring together.
func (l law) upstream(amount, largest, jitter int64, r *rand.Rand) upstream {
	switch l {
	case e1:
		return newBucket(minute, amount, amount)
	case e2:
		burst := amount / 120
		return newBucket(minute, amount, max(burst, largest)+(amount*jitter+minute-1)/minute)
	case e3:
		return newFixed(minute, amount, r.Int64N(minute))
	default:
		return newSliding(minute, amount)
	}
}

// tokenLoad draws calls of random sizes around a mean, whose holds are ratio ×
// and whose forecasts are excess × what they cost, and which last up to twice
// the mean duration. Every so often nothing is offered for a while.
type tokenLoad struct {
	amount, size, lasts int64
	ratio, excess       float64
	pauses              bool
}

func (l tokenLoad) sample(r *rand.Rand) sample {
	size := max(1, l.size/2+r.Int64N(l.size+1))
	s := tokenSample(min(l.amount, int64(float64(size)*l.ratio)), int64(float64(size)*l.excess), size, 1+r.Int64N(2*l.lasts))
	if l.pauses && r.IntN(40) == 0 {
		s.pause = r.Int64N(100 * int64(time.Second))
	}
	return s
}

// largest is the largest hold that sample draws.
func (l tokenLoad) largest() int64 {
	return min(l.amount, int64(float64(l.size/2+l.size)*l.ratio))
}

func tokenSample(hold, forecast, settled, lasts int64) sample {
	return sample{charges: Charges{Tokens: Charge{hold, forecast}}, settled: Settled{Tokens: settled}, lasts: lasts}
}

func drawJitter(t *rapid.T) int64 {
	return rapid.SampledFrom([]int64{0, int64(time.Millisecond), int64(250 * time.Millisecond), int64(2 * time.Second)}).Draw(t, "jitter")
}

func trialOf(kind Kind, amount, jitter int64, up upstream, lasts int64, r *rand.Rand, next func(int) sample) *trial {
	return &trial{
		set:       NewSet([]Limit{{Kind: kind, Amount: amount}}, time.Duration(jitter)),
		upstreams: []upstream{up},
		jitter:    jitter, rand: r, lasts: lasts, next: next,
	}
}

// TestNoTokenThrottles: whatever the holds, as long as forecasts are not below
// settlements, no model of a whole window refuses what the set let through.
func TestNoTokenThrottles(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		amount := rapid.SampledFrom([]int64{4_000, 100_000, 1_000_000}).Draw(t, "amount")
		load := tokenLoad{
			amount: amount,
			size:   max(1, amount/rapid.Int64Range(2, 400).Draw(t, "calls a minute")),
			lasts:  int64(rapid.SampledFrom([]time.Duration{time.Second, 10 * time.Second, 80 * time.Second}).Draw(t, "lasts")),
			ratio:  rapid.SampledFrom([]float64{0.2, 0.9, 1, 1.3, 4, 30}).Draw(t, "hold ÷ settlement"),
			excess: rapid.SampledFrom([]float64{1, 1.4, 3}).Draw(t, "forecast ÷ settlement"),
			pauses: rapid.Bool().Draw(t, "pauses"),
		}
		// A settlement above the whole limit is debt that no forecast can cover.
		load.size = min(load.size, amount*2/3)
		jitter := drawJitter(t)
		which := rapid.SampledFrom([]law{e1, e3, e5}).Draw(t, "law")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		up := which.upstream(amount, load.largest(), jitter, r)
		out := trialOf(TokensPerMinute, amount, jitter, up, 8*minute, r, func(int) sample { return load.sample(r) }).run()
		if len(out.refusals) > 0 {
			t.Fatalf("%s refused %d of %d calls that were granted, the first at %v", which, len(out.refusals), len(out.starts), time.Duration(out.refusals[0]))
		}
		if len(out.starts) < 3 {
			t.Fatalf("%d calls started in 8 minutes: the trial shows nothing", len(out.starts))
		}
	})
}

// TestNoThrottlesInAShortBucket: while holds are settlements, a bucket that
// holds no more than the largest call refuses nothing either.
func TestNoThrottlesInAShortBucket(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const amount = 600_000
		load := tokenLoad{
			amount: amount, size: amount / rapid.Int64Range(6, 600).Draw(t, "calls a minute"),
			lasts: int64(10 * time.Second), ratio: 1, excess: rapid.SampledFrom([]float64{1, 1.5}).Draw(t, "forecast ÷ settlement"),
			pauses: true,
		}
		jitter := drawJitter(t)
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		up := e2.upstream(amount, load.largest(), jitter, r)
		out := trialOf(TokensPerMinute, amount, jitter, up, 8*minute, r, func(int) sample { return load.sample(r) }).run()
		if len(out.refusals) > 0 {
			t.Fatalf("E2 refused %d of %d calls, the first at %v", len(out.refusals), len(out.starts), time.Duration(out.refusals[0]))
		}
	})
}

// TestShortBucketIsLearned: where holds exceed settlements, a short bucket
// refuses a few calls; once that has shown, none for as long as it is believed.
func TestShortBucketIsLearned(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const amount = 600_000
		load := tokenLoad{
			amount: amount, size: amount / rapid.Int64Range(30, 600).Draw(t, "calls a minute"),
			lasts: int64(10 * time.Second), ratio: rapid.SampledFrom([]float64{2, 8}).Draw(t, "hold ÷ settlement"), excess: 1.2,
		}
		jitter := drawJitter(t)
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		up := e2.upstream(amount, load.largest(), jitter, r)
		out := trialOf(TokensPerMinute, amount, jitter, up, strictWindows*minute, r, func(int) sample { return load.sample(r) }).run()
		if len(out.refusals) == 0 {
			return // the first calls went at the bucket's own pace
		}
		// Those that had been granted when the first refusal came back are refused too.
		first := out.refusals[0]
		for _, at := range out.refusals {
			if at > first+3*jitter {
				t.Fatalf("E2 refused %d of %d calls: one at %v, although the first at %v had shown the law", len(out.refusals), len(out.starts), time.Duration(at), time.Duration(first))
			}
		}
	})
}

// TestNoRequestThrottles: request limits never exceed any model of a window.
func TestNoRequestThrottles(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		amount := rapid.SampledFrom([]int64{1, 2, 3, 10, 250}).Draw(t, "amount")
		jitter := drawJitter(t)
		which := rapid.SampledFrom([]law{e1, e3, e5}).Draw(t, "law")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		out := trialOf(RequestsPerMinute, amount, jitter, which.upstream(amount, 1, jitter, r), 20*minute, r, requestLoad(r)).run()
		if len(out.refusals) > 0 {
			t.Fatalf("%s refused %d of %d calls, the first at %v", which, len(out.refusals), len(out.starts), time.Duration(out.refusals[0]))
		}
	})
}

func requestLoad(r *rand.Rand) func(int) sample {
	return func(int) sample {
		s := sample{lasts: 1 + r.Int64N(int64(20*time.Second))}
		if r.IntN(4) == 0 {
			s.pause = r.Int64N(int64(50 * time.Second))
		}
		return s
	}
}

// TestRequestSpacingIsLearned: a bucket of one call and a little more refuses a
// few requests, then none.
func TestRequestSpacingIsLearned(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		amount := rapid.SampledFrom([]int64{2, 5, 10, 60}).Draw(t, "amount")
		const jitter = int64(250 * time.Millisecond)
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		up := newBucket(minute, amount, 1+(amount*jitter+minute-1)/minute)
		out := trialOf(RequestsPerMinute, amount, jitter, up, 20*minute, r, func(int) sample { return sample{lasts: int64(3 * time.Second)} }).run()
		if most := int(amount) + 1; len(out.refusals) > most {
			t.Fatalf("%d calls were refused, want at most the %d of the first burst", len(out.refusals), most)
		}
		for _, at := range out.refusals {
			if at > 2*jitter {
				t.Fatalf("a call was refused at %v, after the spacing had been learned", time.Duration(at))
			}
		}
	})
}

// TestTwoRequestsAMinute: exactly two in every W + J, whatever its phase, so
// never three in a window, and never one in a window and its slack.
func TestTwoRequestsAMinute(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		jitter := drawJitter(t)
		first := rapid.Int64Range(0, 2*minute).Draw(t, "pause before the second call")
		r := rand.New(rand.NewPCG(1, 0))
		out := trialOf(RequestsPerMinute, 2, jitter, newSliding(minute, 2), 60*minute, r, func(i int) sample {
			if i == 1 {
				return sample{lasts: 1, pause: first}
			}
			return sample{lasts: 1}
		}).run()
		period := minute + jitter
		for i := 2; i < len(out.starts); i++ {
			if got := out.starts[i] - out.starts[i-2]; got < period || out.starts[i-1] > first && got != period {
				t.Fatalf("starts %d and %d lie %v apart, want %v", i-2, i, time.Duration(got), time.Duration(period))
			}
		}
		if want := 2 * int((60*minute-first)/period); len(out.starts) < want {
			t.Fatalf("%d starts in an hour, want at least %d", len(out.starts), want)
		}
	})
}
