package meter_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/headgate/headgate/internal/emulator/meter"
)

// kinds are laws of every kind.
func kinds() []meter.Law {
	return []meter.Law{
		{},
		{Capacity: 5 * time.Second},
		{Kind: meter.Fixed},
		{Kind: meter.Fixed, Phase: 20 * time.Second},
		{Kind: meter.Fixed, RandomPhase: true},
		{Kind: meter.First},
		{Kind: meter.Sliding},
		{Kind: meter.SlidingCounter},
		{Kind: meter.Dual},
		{Kind: meter.Dual, Capacity: 10 * time.Second},
		{Kind: meter.Shards, Shards: 4},
	}
}

// TestMoreLaws has the instants of the laws that TestLaws has not.
func TestMoreLaws(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		law    string
		amount int64
		steps  []step
	}{
		{"a window begins with the first charge after the last one", "first", 2, []step{
			{10 * time.Second, 1, true},
			{69 * time.Second, 1, true}, // still the window of second 10
			{70*time.Second - 1, 1, false},
			{70 * time.Second, 0, true}, // opens a window
			{129 * time.Second, 3, false},
			{129 * time.Second, 2, true},
			{130*time.Second - 1, 1, false},
			{130 * time.Second, 2, true},
			{3 * time.Minute, 1, false},
			{10*time.Minute + 7*time.Second, 2, true}, // nothing for minutes: the window begins here
			{11 * time.Minute, 1, false},
			{11*time.Minute + 7*time.Second, 1, true},
		}},
		{"a refused call opens no window", "first", 2, []step{
			{0, 3, false}, {30 * time.Second, 2, true}, {60 * time.Second, 1, false}, {90 * time.Second, 1, true},
		}},
		{"an estimate weighs the previous minute by what is left of it", "counter", 100, []step{
			{59 * time.Second, 100, true}, // all of it late
			{60 * time.Second, 1, false},  // 100 × (1 − 0/60)
			{75 * time.Second, 26, false}, // 100 × (1 − 15/60) = 75
			{75 * time.Second, 25, true},
			{90 * time.Second, 26, false}, // 50 + 25
			{90 * time.Second, 25, true},  // 75 in 60 s of charges at second 59 and later: 150
			{120 * time.Second, 51, false},
			{120 * time.Second, 50, true}, // the minute before had 50
			{5 * time.Minute, 101, false},
			{5 * time.Minute, 100, true},
		}},
		{"an estimate is rounded up", "counter", 10, []step{
			{0, 1, true}, {61 * time.Second, 10, false}, {61 * time.Second, 9, true},
		}},
		{"a dual bucket wants room for a second and for a minute", "dual", 600, []step{
			{0, 11, false}, // more than a second's worth never fits
			{0, 10, true},
			{0, 1, false},
			{500 * time.Millisecond, 6, false},
			{500 * time.Millisecond, 5, true},
			{time.Hour, 10, true},
		}},
		{"a dual bucket of ten seconds", "dual:10s", 60, []step{
			{0, 11, false}, {0, 10, true}, {5 * time.Second, 5, true}, {5 * time.Second, 1, false}, {15 * time.Second, 10, true},
		}},
		{"one shard is a bucket", "shards:1", 2, []step{
			{0, 2, true}, {0, 1, false}, {30*time.Second - 1, 1, false}, {30 * time.Second, 1, true},
		}},
		{"a call larger than a shard never fits", "shards:4", 100, []step{
			{0, 26, false}, {0, 26, false}, {0, 26, false}, {0, 26, false}, {0, 25, true},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var law meter.Law
			if err := law.UnmarshalText([]byte(tt.law)); err != nil {
				t.Fatal(err)
			}
			c := meter.NewCounter(law, tt.amount, time.Minute, 1, epoch())
			for i, s := range tt.steps {
				now := epoch().Add(s.at)
				if got := c.Fits(now, s.n); got != s.want {
					t.Fatalf("step %d: Fits(+%v, %d) = %v, want %v (available %d)", i, s.at, s.n, got, s.want, c.Available(now))
				}
				if s.want {
					c.Take(now, s.n)
				}
			}
		})
	}
}

// TestMoreCorrections: what becomes of 50 of 100, taken at once, that are
// corrected later, to the charge of origin or to now.
func TestMoreCorrections(t *testing.T) {
	t.Parallel()
	const at = meter.Now // stands for: to now
	tests := []struct {
		name, law string
		to        meter.Entry
		delta     int64
		after     time.Duration
		want      int64
	}{
		{"first refunds within the window", "first", 0, 40, 59 * time.Second, 90},
		{"first forgets a refund for a window that ended", "first", 0, 40, 60 * time.Second, 100},
		{"first charges a debt when no window is open", "first", 0, -30, 60 * time.Second, 70},
		{"counter refunds the current minute", "counter", 0, 40, 59 * time.Second, 90},
		{"counter refunds the previous minute", "counter", 0, 40, 90 * time.Second, 95},
		{"counter forgets a refund for an older minute", "counter", 0, 40, 120 * time.Second, 100},
		{"counter charges a debt to the current minute", "counter", 0, -30, 90 * time.Second, 45},
		{"dual refunds a second's worth at the most", "dual:30s", 0, 40, 0, 40},
		{"dual goes into debt", "dual:30s", 0, -30, 0, -30},
		{"shards refund their own", "shards:1", 0, 40, 0, 90},
		{"now is the current window: fixed", "fixed", at, 40, 60 * time.Second, 100},
		{"now within the window: fixed", "fixed", at, 40, 59 * time.Second, 90},
		{"never above the amount: fixed", "fixed", at, 70, 59 * time.Second, 100},
		{"now within the window: first", "first", at, 70, 59 * time.Second, 100},
		{"now is not the previous minute: counter", "counter", at, 40, 90 * time.Second, 75},
		{"now is what is remembered: sliding", "sliding", at, 70, 59 * time.Second, 100},
		{"now is nothing: sliding", "sliding", at, 40, 60 * time.Second, 100},
		{"now is as origin: bucket", "bucket", at, 40, 0, 90},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var law meter.Law
			if err := law.UnmarshalText([]byte(tt.law)); err != nil {
				t.Fatal(err)
			}
			c := meter.NewCounter(law, 100, time.Minute, 1, epoch())
			e := c.Take(epoch(), 50)
			if tt.to == at {
				e = meter.Now
			}
			now := epoch().Add(tt.after)
			c.Correct(now, e, tt.delta)
			if got := c.Available(now); got != tt.want {
				t.Errorf("Available after Correct(%d) = %d, want %d", tt.delta, got, tt.want)
			}
		})
	}
}

// taken is one charge in a log that knows nothing of the counter.
type taken struct {
	at time.Duration // after the epoch
	n  int64
}

// between sums the charges of [from, to).
func between(log []taken, from, to time.Duration) (sum int64) {
	for _, x := range log {
		if x.at >= from && x.at < to {
			sum += x.n
		}
	}
	return sum
}

// most is the largest n that a law allows at an instant, worked out from the
// whole log in another way than the counters do.
func most(law meter.Law, amount int64, log []taken, now time.Duration) int64 {
	const w = time.Minute
	bucket := func(full time.Duration) int64 {
		// A bucket allows n when, since every earlier charge and since now, what
		// was charged does not exceed what it holds and what flowed in. Sums are
		// kept in units × milliseconds, so that nothing is rounded before the end.
		const ms = int64(w / time.Millisecond)
		holds := max(amount*full.Milliseconds()/ms, 1) // one at least
		room, sum := holds*ms, int64(0)
		for _, x := range slices.Backward(log) {
			sum += x.n
			room = min(room, (holds-sum)*ms+amount*(now-x.at).Milliseconds())
		}
		return int64(math.Floor(float64(room) / float64(ms)))
	}
	minute := now.Truncate(w)
	switch law.Kind {
	case meter.Fixed:
		start := (now - law.Phase + w).Truncate(w) + law.Phase - w
		return amount - between(log, start, now+1)
	case meter.First:
		start, open := time.Duration(0), false
		for _, x := range log {
			if !open || x.at >= start+w {
				start, open = x.at, true
			}
		}
		if !open || now >= start+w {
			return amount
		}
		return amount - between(log, start, now+1)
	case meter.Sliding:
		return amount - between(log, now-w+1, now+1)
	case meter.SlidingCounter:
		left := 1 - float64(now-minute)/float64(w)
		return int64(math.Floor(float64(amount) - float64(between(log, minute, now+1)) - left*float64(between(log, minute-w, minute)) + 1e-6))
	case meter.Dual:
		return min(bucket(w), bucket(law.Capacity))
	default:
		if law.Capacity == 0 {
			law.Capacity = w
		}
		return bucket(law.Capacity)
	}
}

// TestNeverMoreThanTheLaw: what fits is exactly what a plain log allows.
func TestNeverMoreThanTheLaw(t *testing.T) {
	t.Parallel()
	for _, law := range []meter.Law{
		{},
		{Capacity: 5 * time.Second},
		{Kind: meter.Fixed},
		{Kind: meter.Fixed, Phase: 20 * time.Second},
		{Kind: meter.First},
		{Kind: meter.Sliding},
		{Kind: meter.SlidingCounter},
		{Kind: meter.Dual, Capacity: 10 * time.Second},
	} {
		t.Run(law.String(), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				amount := rapid.Int64Range(1, 1000).Draw(t, "amount")
				c := meter.NewCounter(law, amount, time.Minute, 0, epoch())
				var log []taken
				at := time.Duration(0)
				for range rapid.IntRange(1, 80).Draw(t, "steps") {
					at += time.Duration(rapid.Int64Range(0, 15_000).Draw(t, "wait")) * time.Millisecond
					now := epoch().Add(at)
					allowed := most(law, amount, log, at)
					if got := c.Available(now); got != allowed {
						t.Fatalf("at %v: %d available, the log allows %d", at, got, allowed)
					}
					n := rapid.Int64Range(0, amount/4+1).Draw(t, "n")
					if fits := c.Fits(now, n); fits != (n <= allowed) {
						t.Fatalf("at %v: Fits(%d) = %v with %d allowed", at, n, fits, allowed)
					} else if fits {
						c.Take(now, n)
						log = append(log, taken{at, n})
					}
				}
			})
		})
	}
}

// TestShards: the slices sum to the amount, however it divides; a call meets
// one of them, the same in every process.
func TestShards(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.IntRange(1, 20).Draw(t, "k")
		amount := rapid.Int64Range(0, 500).Draw(t, "amount")
		seed := rapid.Uint64().Draw(t, "seed")
		law := meter.Law{Kind: meter.Shards, Shards: k}
		c, twin := meter.NewCounter(law, amount, time.Minute, seed, epoch()), meter.NewCounter(law, amount, time.Minute, seed, epoch())
		if c.Capacity() != amount || c.Available(epoch()) != amount {
			t.Fatalf("%d shards of %d hold %d", k, amount, c.Capacity())
		}
		gave := make([]int64, k)
		for range rapid.IntRange(0, 60).Draw(t, "calls") {
			n := rapid.Int64Range(1, 9).Draw(t, "n")
			fits := c.Fits(epoch(), n)
			if twin.Fits(epoch(), n) != fits {
				t.Fatal("two counters of one seed differ")
			}
			if !fits {
				continue
			}
			e := c.Take(epoch(), n)
			if twin.Take(epoch(), n) != e {
				t.Fatal("two counters of one seed route differently")
			}
			if gave[e] += n; gave[e] > (amount+int64(k)-1)/int64(k) {
				t.Fatalf("shard %d gave %d of %d/%d", e, gave[e], amount, k)
			}
		}
	})
}

func TestShardsRouteByTheirSeed(t *testing.T) {
	t.Parallel()
	routes := func(seed uint64) (all []meter.Entry) {
		c := meter.NewCounter(meter.Law{Kind: meter.Shards, Shards: 4}, 1e6, time.Minute, seed, epoch())
		met := map[meter.Entry]int{}
		for range 400 {
			e := c.Take(epoch(), 1)
			met[e]++
			all = append(all, e)
		}
		for e, n := range met {
			if len(met) != 4 || n < 60 || n > 140 {
				t.Errorf("shard %d of %d met %d of 400 calls", e, len(met), n)
			}
		}
		return all
	}
	one, two := routes(1), routes(2)
	same := 0
	for i := range one {
		if one[i] == two[i] {
			same++
		}
	}
	if same > 200 {
		t.Errorf("two seeds agree on %d of 400 routes", same)
	}
}

func TestLawText(t *testing.T) {
	t.Parallel()
	for _, text := range meter.Forms() {
		var l meter.Law
		if err := l.UnmarshalText([]byte(text)); err != nil {
			t.Errorf("UnmarshalText(%q): %v", text, err)
		}
		if got, err := l.MarshalText(); err != nil || string(got) != text {
			t.Errorf("MarshalText of %q = %q, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{
		"leaky":            "bucket, bucket:5s, fixed, fixed:20s, fixed:random, first, sliding, counter, dual, dual:2s, shards:4",
		"bucket:":          "no duration above zero",
		"bucket:-1s":       "no duration above zero",
		"bucket:9999999h":  "no duration above zero",
		"bucket:100000h":   "not from 0 to 744h",
		"sliding:5s":       "takes nothing after it",
		"first:5s":         "takes nothing after it",
		"counter:5s":       "takes nothing after it",
		"fixed:soon":       "no duration",
		"dual:0s":          "no duration above zero",
		"shards":           "want how many shards",
		"shards:":          "want how many shards",
		"shards:many":      "want how many shards",
		"shards:0":         "not from 1 to 1000",
		"shards:1001":      "not from 1 to 1000",
		"shards:-4":        "not from 1 to 1000",
		"shards:4:random":  "want how many shards",
		"fixed:random:20s": "no duration",
	} {
		l := meter.Law{Kind: meter.First}
		if err := l.UnmarshalText([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("UnmarshalText(%q) = %v, want an error that says %q", text, err, want)
		}
		if l.Kind != meter.First {
			t.Errorf("UnmarshalText(%q) changed the law in spite of its error", text)
		}
	}
}
