package meter_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/headgate/headgate/internal/emulator/meter"
	"github.com/headgate/headgate/internal/llm"
)

// instant is what is available of a limit some time after the epoch.
type instant struct {
	at   time.Duration
	want int64
}

func check(t *testing.T, name string, l *meter.Limit, list []instant) {
	t.Helper()
	for _, x := range list {
		if got := l.Available(epoch().Add(x.at)); got != x.want {
			t.Errorf("%s: %d available at %v, want %d", name, got, x.at, x.want)
		}
	}
}

// TestRefunds: 600 of 1,000 set aside at 0 that cost 100, settled at 50 s.
func TestRefunds(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		a    meter.Accounting
		list []instant
	}{
		{"at the settlement", meter.Accounting{}, []instant{{50 * time.Second, 900}, {60 * time.Second, 1000}}},
		{"later", meter.Accounting{RefundDelay: meter.Span(5 * time.Second)}, []instant{
			{50 * time.Second, 400}, {55*time.Second - 1, 400}, {55 * time.Second, 900}, {60 * time.Second, 1000},
		}},
		{"too late for its window", meter.Accounting{RefundDelay: meter.Span(15 * time.Second)}, []instant{
			{50 * time.Second, 400}, {60 * time.Second, 1000}, {65 * time.Second, 1000},
		}},
	} {
		l := meter.NewLimit(meter.Tokens, meter.Law{Kind: meter.Fixed}, 1000, time.Minute, 0, epoch())
		l.Accounting = tt.a
		tk, _ := meter.Admit(epoch(), []*meter.Limit{l}, 600)
		tk.Settle(epoch().Add(50*time.Second), 100)
		check(t, tt.name, l, tt.list)
	}
}

// TestRefundsToNow: a call of the last window gives back to what this one has.
func TestRefundsToNow(t *testing.T) {
	t.Parallel()
	for refund, want := range map[meter.Refund]int64{"": 700, meter.RefundOrigin: 700, meter.RefundNow: 1000} {
		l := meter.NewLimit(meter.Tokens, meter.Law{Kind: meter.Fixed}, 1000, time.Minute, 0, epoch())
		l.Accounting.Refund = refund
		tk, _ := meter.Admit(epoch(), []*meter.Limit{l}, 600)
		meter.Admit(epoch().Add(time.Minute), []*meter.Limit{l}, 300)
		tk.Settle(epoch().Add(70*time.Second), 100)
		check(t, "refund to "+string(refund), l, []instant{{70 * time.Second, want}})
	}
}

// TestPeriodicRelease: 1,000 set aside that will cost 200 after 40 s, adjusted
// every 10 s: 200 are given back each time. And 100 that will cost 500.
func TestPeriodicRelease(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name       string
		hold, cost int64
		list       []instant
	}{
		{"what is not used", 1000, 200, []instant{
			{0, 1000},
			{10*time.Second - 1, 1000},
			{10 * time.Second, 1200},
			{29 * time.Second, 1400},
			{30 * time.Second, 1600},
			{40*time.Second - 1, 1600},
		}},
		{"what will be owed", 100, 500, []instant{{0, 1900}, {10 * time.Second, 1800}, {20 * time.Second, 1700}, {39 * time.Second, 1600}}},
	} {
		for _, asked := range []bool{true, false} {
			l := meter.NewLimit(meter.Tokens, meter.Law{Kind: meter.Fixed}, 2000, time.Minute, 0, epoch())
			l.Accounting.ReleaseEvery = meter.Span(10 * time.Second)
			tk, _ := meter.Admit(epoch(), []*meter.Limit{l}, tt.hold)
			tk.Expect(llm.Usage{Input: tt.cost}, 40*time.Second)
			if asked {
				check(t, tt.name, l, tt.list)
			}
			tk.Settle(epoch().Add(40*time.Second), tt.cost)
			check(t, tt.name+", settled", l, []instant{{40 * time.Second, 2000 - tt.cost}, {59 * time.Second, 2000 - tt.cost}})
		}
	}
	// A call that ends early, with another cost than expected.
	l := meter.NewLimit(meter.Tokens, meter.Law{Kind: meter.Fixed}, 2000, time.Minute, 0, epoch())
	l.Accounting.ReleaseEvery = meter.Span(10 * time.Second)
	tk, _ := meter.Admit(epoch(), []*meter.Limit{l}, 1000)
	tk.Expect(llm.Usage{Input: 200}, 40*time.Second)
	tk.Settle(epoch().Add(25*time.Second), 77)
	check(t, "ended early", l, []instant{{25 * time.Second, 1923}, {30 * time.Second, 1923}, {59 * time.Second, 1923}})
}

func TestRejectedCallsMayPayTheirHold(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a                meter.Accounting
		requests, tokens int64
	}{
		{meter.Accounting{}, 10, 100},
		{meter.Accounting{ChargeRejected: true}, 9, 100},
		{meter.Accounting{ChargeRejectedHold: true}, 9, -50},
	} {
		ls := []*meter.Limit{
			meter.NewLimit(meter.Requests, meter.Law{}, 10, time.Minute, 0, epoch()),
			meter.NewLimit(meter.Tokens, meter.Law{}, 100, time.Minute, 0, epoch()),
		}
		for _, l := range ls {
			l.Accounting = tt.a
		}
		d := meter.Demand{Input: llm.Usage{Input: 50}, MaxTokens: 100, Burndown: 5}
		if _, m := meter.AdmitCall(epoch(), ls, d); m != meter.Tokens {
			t.Fatalf("admitted: %v", m)
		}
		meter.RejectCall(epoch(), ls, d)
		if r, n := ls[0].Available(epoch()), ls[1].Available(epoch()); r != tt.requests || n != tt.tokens {
			t.Errorf("%+v: %d requests and %d tokens left, want %d and %d", tt.a, r, n, tt.requests, tt.tokens)
		}
	}
}

func TestDays(t *testing.T) {
	t.Parallel()
	const hour = time.Hour
	used := llm.Usage{Input: 100, Output: 50, CacheRead: 200, CacheWrite: 40}
	for _, tt := range []struct {
		law  string
		hold int64 // of the call, with max_tokens 60
		list []instant
	}{
		// 100 + 40 + 60 set aside at 23:00, 100 + 40 + 5 × 50 charged.
		{"calendar", 200, []instant{{23 * hour, 610}, {24*hour - 1, 610}, {24 * hour, 1000}}},
		{"rolling", 200, []instant{{24 * hour, 610}, {47*hour - 1, 610}, {47 * hour, 1000}}},
		// 100 + 1.25 × 40 + 0.1 × 200 + 5 × 60, and 5 × 50.
		{"calendar:priced", 470, []instant{{23 * hour, 580}, {24 * hour, 1000}}},
		{"rolling:priced", 470, []instant{{24 * hour, 580}, {47 * hour, 1000}}},
	} {
		var law meter.DayLaw
		if err := law.UnmarshalText([]byte(tt.law)); err != nil || law.String() != tt.law {
			t.Fatalf("%s: %v, %v", tt.law, law, err)
		}
		midnight := epoch().Truncate(24 * hour)
		shift := midnight.Sub(epoch())
		l := meter.NewDay(law, 1000, 24*hour, midnight)
		tk, _ := meter.AdmitCall(midnight.Add(23*hour), []*meter.Limit{l}, meter.Demand{Input: used, MaxTokens: 60, Burndown: 5})
		check(t, tt.law, l, []instant{{shift + 23*hour, 1000 - tt.hold}})
		tk.SettleUsage(midnight.Add(23*hour), used)
		for _, x := range tt.list {
			check(t, tt.law, l, []instant{{shift + x.at, x.want}})
		}
	}
	var law meter.DayLaw
	if law.UnmarshalText([]byte("weekly")) == nil {
		t.Error("a law of weeks was taken")
	}
}

// TestRollingDayNeverExceeds its amount in any 24 hours, though it counts in
// minutes, and forgets at most a minute late.
func TestRollingDayNeverExceeds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const amount, day = 1000, 24 * time.Hour
		l := meter.NewDay(meter.DayLaw{Rolling: true}, amount, day, epoch())
		var log []taken
		at := time.Duration(0)
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			at += time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "wait"))
			n := rapid.Int64Range(1, 200).Draw(t, "n")
			if _, m := meter.Admit(epoch().Add(at), []*meter.Limit{l}, n); m == meter.None {
				log = append(log, taken{at, n})
			}
			exact, late := between(log, at-day+1, at+1), between(log, at-day-time.Minute, at+1)
			if got := amount - l.Available(epoch().Add(at)); exact > amount || got < exact || got > late {
				t.Fatalf("%d in 24 h, %d with a minute more; the limit says %d of %d", exact, late, got, amount)
			}
		}
	})
}

// TestChangesUnderWay: whatever changes while calls are under way, what is
// spent in the end is what was charged, and refunds that nobody has coming are
// not given.
func TestChangesUnderWay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const amount = 100_000
		laws := []meter.Law{{}, {Kind: meter.Fixed}, {Kind: meter.First}, {Kind: meter.Sliding}, {Kind: meter.SlidingCounter}, {Kind: meter.Shards, Shards: 4}}
		law := func() meter.Law { return rapid.SampledFrom(laws).Draw(t, "law") }
		fresh := func(now time.Time) *meter.Limit {
			l := meter.NewLimit(meter.Tokens, law(), amount, 100*time.Hour, 3, now)
			l.Accounting.ReleaseEvery = meter.Span(rapid.SampledFrom([]time.Duration{0, time.Second, 7 * time.Second}).Draw(t, "every"))
			l.Accounting.RefundDelay = meter.Span(rapid.SampledFrom([]time.Duration{0, 10 * time.Second}).Draw(t, "delay"))
			return l
		}
		now := time.Unix(1_790_000_040, 0).Truncate(100 * time.Hour).Add(time.Hour)
		l := fresh(now)
		var open []meter.Ticket
		var charged int64
		settle := func(i int) {
			charge := rapid.Int64Range(0, 2*open[i].Hold()).Draw(t, "charge")
			open[i].Settle(now, charge)
			charged += charge
			open = append(open[:i], open[i+1:]...)
		}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0:
				next := fresh(now)
				l.ReplaceBy(now, next)
				l = next
			case 1:
				if len(open) > 0 {
					settle(rapid.IntRange(0, len(open)-1).Draw(t, "which"))
				}
			default:
				if tk, m := meter.Admit(now, []*meter.Limit{l}, rapid.Int64Range(0, 500).Draw(t, "hold")); m == meter.None {
					tk.Expect(llm.Usage{Input: rapid.Int64Range(0, 900).Draw(t, "cost")}, time.Duration(rapid.Int64Range(0, 60).Draw(t, "over"))*time.Second)
					open = append(open, tk)
				}
			}
		}
		for len(open) > 0 {
			settle(0)
		}
		// No bucket forgets: compare at once, but for what is given back later.
		// Within 10 s of 100 h, 10 of 100,000 flow into a bucket, and as much is
		// forgotten of a previous window.
		later := l.Available(now.Add(10 * time.Second))
		if spent := amount - later; spent > charged || spent < charged-12 {
			t.Fatalf("%v: %d spent in the end, %d were charged", l.Law, spent, charged)
		}
	})
}

// TestARefundOfAForgottenCallStaysForgotten when its limit is replaced.
func TestARefundOfAForgottenCallStaysForgotten(t *testing.T) {
	t.Parallel()
	for _, law := range []meter.Law{{Kind: meter.Fixed}, {Kind: meter.First}, {Kind: meter.Sliding}, {Kind: meter.SlidingCounter}} {
		old := meter.NewLimit(meter.Tokens, law, 100, time.Minute, 0, epoch())
		tk, _ := meter.Admit(epoch(), []*meter.Limit{old}, 60)
		now := epoch().Add(5 * time.Minute)
		meter.Admit(now, []*meter.Limit{old}, 30)
		next := meter.NewLimit(meter.Tokens, meter.Law{Kind: meter.Fixed}, 200, time.Minute, 0, now)
		old.ReplaceBy(now, next)
		tk.Settle(now, 10)
		if got := next.Available(now); got != 170 {
			t.Errorf("%v: %d available, want 170: the refund's window was forgotten", law, got)
		}
	}
}
