package emulator_test

import (
	"context"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/headgate/headgate/internal/emulator"
	"github.com/headgate/headgate/internal/llm"
)

// nova is what the emulator counted for Nova Lite, whose tokens cost one each.
func (b *bench) nova() emulator.PoolStats { return b.pool(novaLite, llm.PathOnDemand) }

// burst makes calls of five tokens in and one out at one instant, and returns
// how many were accepted and the last refusal.
func burst(t *testing.T, b *bench, calls int) (accepted int, refusal string) {
	t.Helper()
	for range calls {
		_, err := b.client.Converse(t.Context(), converse(novaLite, "x", 1))
		switch text := throttle(err); {
		case err == nil:
			accepted++
		case text == "":
			t.Fatal(err)
		default:
			refusal = text
		}
	}
	return accepted, refusal
}

// TestLawsOverHTTP: how many of a burst of twelve calls each law lets through,
// of 4 requests a minute, at some instants.
func TestLawsOverHTTP(t *testing.T) {
	t.Parallel()
	type at struct {
		second   float64
		accepted int
	}
	for law, list := range map[string][]at{
		"bucket":    {{0, 4}, {14.9, 0}, {15, 1}, {75, 4}},
		"bucket:2s": {{0, 1}, {14.9, 0}, {15, 1}, {75, 1}},
		"fixed":     {{50, 4}, {59.9, 0}, {60, 4}, {61, 0}},
		"fixed:20s": {{10, 4}, {19.9, 0}, {20, 4}, {60, 0}, {80, 4}},
		"first":     {{10, 4}, {69.9, 0}, {70, 4}, {129.9, 0}, {200, 4}, {259, 0}, {260, 4}},
		"sliding":   {{10, 4}, {69.9, 0}, {70, 4}, {100, 0}},
		"counter":   {{50, 4}, {60, 0}, {75, 1}, {90, 1}, {120, 2}},
		"dual":      {{0, 1}, {0.9, 0}, {15, 1}, {30, 1}},
		"dual:30s":  {{0, 2}, {14.9, 0}, {15, 1}, {300, 2}},
		"shards:1":  {{0, 4}, {15, 1}},
		"shards:4":  {{0, 4}, {59.9, 0}, {60, 4}},
	} {
		t.Run(law, func(t *testing.T) {
			t.Parallel()
			clock := newClock()
			b := setup(t, emulator.Config{Now: clock.Now})
			put(t, b.url+"/emulator/quotas", `{"requests_per_minute":4,"law":"`+law+`"}`, 204)
			start := clock.Now()
			for _, x := range list {
				clock.add(time.Duration(x.second*float64(time.Second)) - clock.Now().Sub(start))
				calls := 12
				if law == "shards:4" {
					calls = 60 // so that each shard is met, whatever the seed
				}
				if got, refusal := burst(t, b, calls); got != x.accepted || refusal != tooManyRequests {
					t.Errorf("at %v s: %d accepted, then %q; want %d", x.second, got, refusal, x.accepted)
				}
			}
			if got := b.nova().Levels[0]; got.Law != law || got.Amount != 4 {
				t.Errorf("the statistics show %+v", got)
			}
		})
	}
}

// TestShardsThrottleBelowTheirAmount: a call meets one shard, so that some are
// refused while others have room, the same ones for the same seed.
func TestShardsThrottleBelowTheirAmount(t *testing.T) {
	t.Parallel()
	outcomes := func(seed uint64) string {
		clock := newClock()
		var law emulator.Law
		if err := law.UnmarshalText([]byte("shards:4")); err != nil {
			t.Fatal(err)
		}
		b := setup(t, emulator.Config{Now: clock.Now, Accounts: quotas(emulator.Quota{RequestsPerMinute: new(int64(8)), Law: law, Seed: seed})})
		burst(t, b, 8)
		var s []string
		for _, x := range b.nova().Starts {
			s = append(s, x.Outcome)
		}
		return strings.Join(s, " ")
	}
	differ, refused := false, 0
	for seed := range uint64(4) {
		one := outcomes(seed)
		if one != outcomes(seed) {
			t.Errorf("seed %d routes differently a second time", seed)
		}
		differ = differ || one != outcomes(0)
		refused += strings.Count(one, "requests")
	}
	// Eight calls meet four shards of two each evenly in 4 of 100 cases.
	if refused == 0 {
		t.Error("four seeds let every call through, as one bucket would")
	}
	if !differ {
		t.Error("four seeds route alike")
	}
}

// TestHiddenStepOverHTTP: the published amount stays what it was, half of it is
// enforced, and a change of the quota ends that.
func TestHiddenStepOverHTTP(t *testing.T) {
	t.Parallel()
	clock := newClock()
	b := setup(t, emulator.Config{Now: clock.Now, TimeScale: 2})
	put(t, b.url+"/emulator/quotas", `{"requests_per_minute":10,"law":"sliding",
		"hidden":{"factor":0.8,"steps":[{"after":"1m","factor":0.5}]}}`, 204)
	for i, want := range []struct {
		accepted int
		factor   float64
	}{{8, 0.8}, {5, 0.5}} {
		got, refusal := burst(t, b, 12)
		l := b.nova().Levels[0]
		if got != want.accepted || refusal != tooManyRequests || l.Amount != 10 || l.Factor != want.factor || l.Enforced != int64(want.accepted) || l.Available != 0 {
			t.Errorf("minute %d: %d accepted, %q; %+v, want a factor of %v", i, got, refusal, l, want.factor)
		}
		clock.add(30 * time.Second) // a minute at twice the speed
	}
	put(t, b.url+"/emulator/quotas", `{"requests_per_minute":10,"law":"sliding"}`, 204)
	if got, _ := burst(t, b, 12); got != 10 {
		t.Errorf("after the change: %d accepted, want 10", got)
	}
}

// TestDriftOverHTTP: what is enforced wanders within its bounds, each pool its
// own way.
func TestDriftOverHTTP(t *testing.T) {
	t.Parallel()
	clock := newClock()
	b := setup(t, emulator.Config{Now: clock.Now, Seed: 5})
	put(t, b.url+"/emulator/quotas", `{"tokens_per_minute":1000000,"hidden":{"drift":{"per_hour":0.4,"min":0.6,"max":1}}}`, 204)
	seen := map[int64]bool{}
	for range 24 {
		burst(t, b, 1)
		b.client.Converse(t.Context(), converse(usHaiku, "x", 1))
		one, two := b.nova().Levels[0], b.pool(haiku, llm.PathGeo).Levels[0]
		if one.Enforced < 600_000 || one.Enforced > 1_000_000 || one.Amount != 1_000_000 || one.Capacity > 1_000_000 {
			t.Errorf("%+v is out of bounds", one)
		}
		seen[one.Enforced], seen[two.Enforced] = true, true
		clock.add(time.Hour)
	}
	if len(seen) < 40 {
		t.Errorf("two pools saw %d amounts in a day", len(seen))
	}
}

// TestAccountingOverHTTP: each switch, set for one quota of 1,000 tokens a
// minute, on calls that set 800 and some aside and use a few.
func TestAccountingOverHTTP(t *testing.T) {
	t.Parallel()
	type step struct {
		wait time.Duration
		want string // of the second and later calls
	}
	for _, tt := range []struct {
		name, accounting string
		steps            []step
	}{
		{"published", `{}`, []step{{0, ""}, {0, ""}}},
		{"refund later", `{"refund_delay":"5s"}`, []step{{4999 * time.Millisecond, tooManyTokens}, {time.Millisecond, ""}, {0, tooManyTokens}}},
		{"refund later than its window", `{"refund_delay":"50s"}`, []step{{49 * time.Second, tooManyTokens}, {11 * time.Second, ""}}},
		{"rejected calls pay for good", `{"charge_rejected_hold":true,"refund_delay":"5s"}`, []step{{0, tooManyTokens}, {6 * time.Second, tooManyTokens}}},
		{"least output set aside", `{"min_reserved_output":990}`, []step{{0, tooManyTokens}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			clock := newClock()
			b := setup(t, emulator.Config{Now: clock.Now, Accounting: emulator.Accounting{ReserveBurndown: true}})
			put(t, b.url+"/emulator/quotas", `{"tokens_per_minute":1000,"law":"fixed","accounting":`+tt.accounting+`}`, 204)
			call := func() error {
				_, err := b.client.Converse(t.Context(), converse(novaLite, "[[output_tokens=9]]", 800))
				return err
			}
			if err := call(); err != nil {
				t.Fatal(err)
			}
			for i, s := range tt.steps {
				clock.add(s.wait)
				if got := throttle(call()); got != s.want {
					t.Errorf("step %d: %q, want %q; %+v", i, got, s.want, b.nova().Levels)
				}
			}
		})
	}
}

// flying makes a call that takes ten hours to answer, for as long as ctx lasts,
// and returns when it is under way.
func flying(ctx context.Context, t *testing.T, b *bench, wg *sync.WaitGroup) {
	t.Helper()
	wg.Go(func() {
		b.client.Converse(ctx, converse(novaLite, "[[output_tokens=10]]", 1010))
	})
	await(t, "the call is under way", func() bool { return b.nova().InFlight == 1 })
}

// await waits until something is so.
func await(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !so(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// TestReleaseOverHTTP: a call under way gives back what it will not use while
// its answer is generated, and the rest when its client leaves.
func TestReleaseOverHTTP(t *testing.T) {
	t.Parallel()
	clock := newClock()
	b := setup(t, emulator.Config{Now: clock.Now, Latency: emulator.Latency{TimeToFirstToken: -1, PerToken: time.Hour}})
	put(t, b.url+"/emulator/quotas", `{"tokens_per_day":5000,"accounting":{"release_every":"1h"}}`, 204)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var wg sync.WaitGroup
	flying(ctx, t, b, &wg)
	const input = 9
	left := func() int64 { return b.nova().Levels[0].Available }
	if got := left(); got != 5000-1010-input {
		t.Errorf("%d left, want 1010 and the input set aside", got)
	}
	clock.add(5*time.Hour + 59*time.Minute)
	await(t, "half of 1,000 is released after five of ten hours", func() bool { return left() == 5000-1010-input+500 })
	cancel()
	wg.Wait()
	await(t, "all but the input is given back", func() bool { return left() == 5000-input })
}

// TestChangeUnderWayOverHTTP: a call that was let in under one law settles
// under another, with another accounting.
func TestChangeUnderWayOverHTTP(t *testing.T) {
	t.Parallel()
	for _, law := range []string{"bucket", "bucket:30s", "fixed", "first", "sliding", "counter", "dual:30s", "shards:3"} {
		clock := newClock()
		b := setup(t, emulator.Config{Now: clock.Now, Latency: emulator.Latency{TimeToFirstToken: -1, PerToken: time.Hour}})
		put(t, b.url+"/emulator/quotas", `{"tokens_per_minute":5000,"law":"sliding"}`, 204)
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		flying(ctx, t, b, &wg)
		put(t, b.url+"/emulator/quotas", `{"tokens_per_minute":6000,"law":"`+law+`","accounting":{"refund_delay":"1s"}}`, 204)
		capacity := b.nova().Levels[0].Capacity
		if got := b.nova().Levels[0].Available; got != capacity-1019 {
			t.Errorf("%s: %d of %d left after the change, want 1019 less", law, got, capacity)
		}
		cancel()
		wg.Wait()
		await(t, "the call settles", func() bool { return b.nova().InFlight == 0 })
		if got := b.nova().Levels[0].Available; got != capacity-1019 {
			t.Errorf("%s: %d of %d left before the delay is over", law, got, capacity)
		}
		clock.add(time.Second)
		want := capacity - 9
		if strings.HasPrefix(law, "bucket") || strings.HasPrefix(law, "dual") || strings.HasPrefix(law, "shards") {
			want = capacity // a second refills 100
		}
		if got := b.nova().Levels[0].Available; got != want {
			t.Errorf("%s: %d of %d left after the settlement, want %d", law, got, capacity, want)
		}
	}
}

// TestOthersOverHTTP: others take their part of the limits, and are counted
// apart.
func TestOthersOverHTTP(t *testing.T) {
	t.Parallel()
	clock := newClock()
	b := setup(t, emulator.Config{Now: clock.Now})
	put(t, b.url+"/emulator/quotas", `{"requests_per_minute":10,"tokens_per_minute":1000,"law":"fixed",
		"others":{"requests_per_minute":6,"tokens_per_minute":120,"arrivals":"even","seed":3}}`, 204)
	burst(t, b, 1) // the pool begins
	clock.add(time.Minute - 1)
	if got, refusal := burst(t, b, 12); got != 3 || refusal != tooManyRequests {
		t.Errorf("%d accepted beside six of others and one of ours, %q", got, refusal)
	}
	p := b.nova()
	if o := p.Others; o == nil || o.Requests != 6 || o.Accepted != 6 || o.Tokens != 120 || p.Requests != 13 || p.Accepted != 4 || p.Levels[1].Available != 1000-120-4*6 {
		t.Errorf("others %+v, ours %+v", p.Others, p)
	}
	clock.add(1)
	burst(t, b, 10) // the whole minute, before others come
	clock.add(time.Minute - 2)
	if o := b.nova().Others; o.Throttled.Requests < 5 || o.Requests != 12 || o.Tokens != o.Accepted*20 {
		t.Errorf("others are not throttled as anyone: %+v", o)
	}
	put(t, b.url+"/emulator/quotas", `{"requests_per_minute":10}`, 204)
	clock.add(time.Hour)
	if o := b.nova().Others; o == nil || o.Requests != 12 {
		t.Errorf("others after they left: %+v", o)
	}
}

// TestOthersDrainTheAccountsDay, which all models share, also from pools that
// nobody asks about.
func TestOthersDrainTheAccountsDay(t *testing.T) {
	t.Parallel()
	clock := newClock()
	accounts := quotas(emulator.Quota{Model: haiku, Others: &emulator.Others{RequestsPerMinute: 10, TokensPerCall: 100}})
	accounts[0].TokensPerDay = new(int64(100_000))
	b := setup(t, emulator.Config{Now: clock.Now, Accounts: accounts})
	b.client.Converse(t.Context(), converse(usHaiku, "x", 1)) // the pool of others begins
	if got, _ := burst(t, b, 1); got != 1 {
		t.Error("the day was spent at once")
	}
	clock.add(3 * time.Hour) // 1,800 calls of 100
	if got, refusal := burst(t, b, 1); got != 0 || refusal != tooManyPerDay {
		t.Errorf("%d accepted, %q, of a day that others have spent", got, refusal)
	}
}

// TestDaysOverHTTP: when a day's quota starts anew, and what tokens weigh.
func TestDaysOverHTTP(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		quota string
		// accepted of five calls at 20:00, at midnight, and at 20:00 again
		first, midnight, next int
	}{
		{`{"tokens_per_day":12}`, 2, 2, 0},
		{`{"tokens_per_day":12,"day_law":"rolling"}`, 2, 0, 2},
		{`{"tokens_per_day":20,"day_law":"calendar:priced"}`, 2, 2, 0},
		{`{"tokens_per_day":24,"day_law":"rolling:priced","day_weights":{"input":1,"output":3}}`, 3, 0, 3},
		{`{"account_tokens_per_day":12}`, 2, 2, 0},
		{`{"account_tokens_per_day":12,"account_day_law":"rolling"}`, 2, 0, 2},
		{`{"account_tokens_per_day":20,"account_day_law":"rolling:priced"}`, 2, 0, 2},
		{`{"account_tokens_per_day":36,"account_day_law":"calendar:priced","account_day_weights":{"input":2,"output":2}}`, 3, 3, 0},
	} {
		clock := newClock()
		midnight := clock.Now().Truncate(24 * time.Hour).Add(24 * time.Hour)
		clock.add(midnight.Add(-4 * time.Hour).Sub(clock.Now()))
		b := setup(t, emulator.Config{Now: clock.Now})
		put(t, b.url+"/emulator/quotas", tt.quota, 204)
		for i, want := range []int{tt.first, tt.midnight, tt.next} {
			got, refusal := burst(t, b, 5)
			if got != want || refusal != tooManyPerDay {
				t.Errorf("%s: burst %d: %d accepted, %q; want %d", tt.quota, i, got, refusal, want)
			}
			clock.add([]time.Duration{4 * time.Hour, 20 * time.Hour, 0}[i])
		}
	}
}

// TestFaultBursts: a fault strikes for 10 s of every minute, at the same times
// for the same seed.
func TestFaultBursts(t *testing.T) {
	t.Parallel()
	outcomes := func(seed uint64, scale float64) string {
		clock := newClock()
		b := setup(t, emulator.Config{Now: clock.Now, Seed: seed, TimeScale: scale})
		put(t, b.url+"/emulator/faults", `{"kind":"unavailable","every_ms":60000,"lasting_ms":10000}`, 204)
		var s strings.Builder
		for range 120 {
			_, err := b.client.Converse(t.Context(), converse(novaLite, "x", 1))
			switch {
			case err == nil:
				s.WriteByte('.')
			case strings.HasPrefix(code(err), "ServiceUnavailableException"):
				s.WriteByte('!')
			default:
				t.Fatal(err)
			}
			clock.add(time.Duration(float64(time.Second) / scale))
		}
		return s.String()
	}
	one := outcomes(1, 1)
	if strings.Count(one, "!") != 20 || one[:60] != one[60:] || !strings.Contains(one+one, "!!!!!!!!!!") {
		t.Errorf("strikes %s", one)
	}
	if again := outcomes(1, 1); again != one {
		t.Errorf("one seed: %s, then %s", one, again)
	}
	if other := outcomes(2, 1); other == one {
		t.Errorf("two seeds strike alike: %s", one)
	}
	if fast := outcomes(1, 60); strings.Count(fast, "!") != 20 {
		t.Errorf("at 60 times the speed: %s", fast)
	}
}
