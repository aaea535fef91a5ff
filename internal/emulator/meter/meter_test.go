package meter_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/headgate/headgate/internal/emulator/meter"
	"github.com/headgate/headgate/internal/llm"
)

// epoch lies on a minute's boundary.
func epoch() time.Time { return time.Unix(1_790_000_040, 0).UTC().Truncate(time.Minute) }

// step is one question to a limit: at an instant, does n fit? What fits is
// taken.
type step struct {
	at   time.Duration
	n    int64
	want bool
}

func TestLaws(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		law    meter.Law
		amount int64
		steps  []step
	}{
		{"bucket holds a minute and refills evenly", meter.Law{}, 2, []step{
			{0, 1, true},
			{0, 1, true},
			{0, 1, false},
			{30*time.Second - 1, 1, false},
			{30 * time.Second, 1, true},
			{30 * time.Second, 1, false},
			{60 * time.Second, 1, true},
			{time.Hour, 2, true},
			{time.Hour, 1, false},
		}},
		{"bucket refills exactly in thirds", meter.Law{}, 3, []step{
			{0, 3, true},
			{7 * time.Second, 1, false},
			{13 * time.Second, 1, false},
			{19 * time.Second, 1, false},
			{20 * time.Second, 1, true},
			{40 * time.Second, 1, true},
			{60 * time.Second, 1, true},
			{60 * time.Second, 1, false},
		}},
		{"short bucket holds five seconds' worth", meter.Law{Capacity: 5 * time.Second}, 600, []step{
			{0, 51, false},
			{0, 50, true},
			{0, 1, false},
			{time.Second, 11, false},
			{time.Second, 10, true},
			{time.Hour, 51, false},
			{time.Hour, 50, true},
		}},
		{"short bucket holds one at least", meter.Law{Capacity: time.Second}, 2, []step{
			{0, 1, true}, {0, 1, false}, {30 * time.Second, 1, true},
		}},
		{"fixed minute lets two windows' worth through at its boundary", meter.Law{Kind: meter.Fixed}, 2, []step{
			{59 * time.Second, 2, true},
			{60*time.Second - 1, 1, false},
			{60 * time.Second, 2, true},
			{60 * time.Second, 1, false},
			{119 * time.Second, 1, false},
			{120 * time.Second, 1, true},
		}},
		{"fixed minute with a phase", meter.Law{Kind: meter.Fixed, Phase: 20 * time.Second}, 2, []step{
			{10 * time.Second, 2, true}, {19 * time.Second, 1, false}, {20 * time.Second, 2, true}, {79 * time.Second, 1, false}, {80 * time.Second, 1, true},
		}},
		{"sliding minute forgets each charge at its age", meter.Law{Kind: meter.Sliding}, 2, []step{
			{0, 1, true},
			{59 * time.Second, 1, true},
			{60*time.Second - 1, 1, false},
			{60 * time.Second, 1, true},
			{60 * time.Second, 1, false},
			{118 * time.Second, 1, false},
			{119 * time.Second, 1, true},
		}},
		{"a limit of zero fits nothing", meter.Law{}, 0, []step{{0, 0, false}, {time.Hour, 1, false}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := meter.NewCounter(tt.law, tt.amount, time.Minute, 1, epoch())
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

func TestCorrect(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		law   meter.Law
		delta int64
		after time.Duration
		want  int64
	}{
		{"bucket takes a refund at once", meter.Law{}, 40, 0, 90},
		{"bucket never rises above its capacity", meter.Law{}, 50, 59 * time.Second, 100},
		{"bucket goes into debt", meter.Law{}, -80, 0, -30},
		{"fixed refunds within the window", meter.Law{Kind: meter.Fixed}, 40, 59 * time.Second, 90},
		{"fixed forgets a refund for an old window", meter.Law{Kind: meter.Fixed}, 40, 60 * time.Second, 100},
		{"fixed charges a debt to the current window", meter.Law{Kind: meter.Fixed}, -30, 60 * time.Second, 70},
		{"sliding refunds the charge of origin", meter.Law{Kind: meter.Sliding}, 40, 59 * time.Second, 90},
		{"sliding forgets a refund for a forgotten charge", meter.Law{Kind: meter.Sliding}, 40, 60 * time.Second, 100},
		{"sliding charges a debt now", meter.Law{Kind: meter.Sliding}, -30, 60 * time.Second, 70},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := meter.NewCounter(tt.law, 100, time.Minute, 1, epoch())
			e := c.Take(epoch(), 50)
			now := epoch().Add(tt.after)
			c.Correct(now, e, tt.delta)
			if got := c.Available(now); got != tt.want {
				t.Errorf("Available after Correct(%d) = %d, want %d", tt.delta, got, tt.want)
			}
		})
	}
}

func TestBucketIsExactForLargeQuotas(t *testing.T) {
	t.Parallel()
	const trillions = 30_000_000_000_000
	c := meter.NewCounter(meter.Law{}, trillions, 24*time.Hour, 1, epoch())
	c.Take(epoch(), trillions)
	now := epoch()
	for range 24 * 60 {
		now = now.Add(time.Minute)
		c.Fits(now, 1)
	}
	if got := c.Available(now); got != trillions {
		t.Errorf("after a day of small steps: available %d, want %d", got, int64(trillions))
	}
}

// TestAccounting is the worked example of the quotas-token-burndown page of
// the Bedrock user guide, and its variants.
func TestAccounting(t *testing.T) {
	t.Parallel()
	input := llm.Usage{Input: 3000, CacheRead: 4000, CacheWrite: 1000}
	tests := []struct {
		name string
		a    meter.Accounting
		want int64
	}{
		{"published", meter.Accounting{}, 36_000},
		{"with cache reads", meter.Accounting{ReserveCacheRead: true}, 40_000},
		{"with burndown", meter.Accounting{ReserveBurndown: true}, 164_000},
		{"with a minimum that is met", meter.Accounting{MinReservedOutput: 4096}, 36_000},
		{"with a minimum above", meter.Accounting{MinReservedOutput: 33_000}, 37_000},
	}
	for _, tt := range tests {
		if got := tt.a.Hold(input, 32_000, 5); got != tt.want {
			t.Errorf("%s: Hold = %d, want %d", tt.name, got, tt.want)
		}
	}
	input.Output = 1000
	if got := meter.Charge(input, 5); got != 9000 {
		t.Errorf("Charge = %d, want 9000", got)
	}
}

func TestAdmitNamesTheFirstMeasure(t *testing.T) {
	t.Parallel()
	now := epoch()
	limits := func(requests, tokens, day int64) []*meter.Limit {
		return []*meter.Limit{
			meter.NewLimit(meter.Day, meter.Law{Kind: meter.Fixed}, day, 24*time.Hour, 0, now),
			meter.NewLimit(meter.Tokens, meter.Law{}, tokens, time.Minute, 0, now),
			meter.NewLimit(meter.Requests, meter.Law{}, requests, time.Minute, 0, now),
		}
	}
	for _, tt := range []struct {
		requests, tokens, day int64
		want                  meter.Measure
	}{
		{10, 1000, 1000, meter.None},
		{10, 99, 1000, meter.Tokens},
		{10, 1000, 99, meter.Day},
		{10, 99, 99, meter.Tokens},
		{0, 1000, 1000, meter.Day},
		{10, 0, 99, meter.Day},
	} {
		ls := limits(tt.requests, tt.tokens, tt.day)
		_, got := meter.Admit(now, ls, 100)
		if got != tt.want {
			t.Errorf("Admit with %d/%d/%d = %v, want %v", tt.requests, tt.tokens, tt.day, got, tt.want)
		}
		for _, l := range ls {
			spent := l.Amount - l.Available(now)
			if tt.want != meter.None && spent != 0 {
				t.Errorf("a refused call spent %d of %v", spent, l.Measure)
			}
		}
	}
}

func TestRejectedCallsMayBeCharged(t *testing.T) {
	t.Parallel()
	now := epoch()
	ls := []*meter.Limit{meter.NewLimit(meter.Requests, meter.Law{}, 1, time.Minute, 0, now)}
	for range 3 {
		meter.Reject(now, ls)
	}
	if got := ls[0].Available(now); got != -2 {
		t.Errorf("available after three charged refusals = %d, want -2", got)
	}
}

// TestReplaceBy: a quota that changes while calls are under way keeps what was
// spent, and the calls settle with the new one.
func TestReplaceBy(t *testing.T) {
	t.Parallel()
	for _, law := range kinds() {
		if law.Capacity != 0 || law.Kind == meter.Dual {
			continue // hold less than what is asked for here
		}
		now := epoch()
		old := meter.NewLimit(meter.Tokens, meter.Law{Kind: meter.Sliding}, 100, time.Minute, 0, now)
		tk, _ := meter.Admit(now, []*meter.Limit{old}, 60)
		next := meter.NewLimit(meter.Tokens, law, 200, time.Minute, 0, now)
		old.ReplaceBy(now, next)
		if got := next.Available(now); got != 140 {
			t.Errorf("%v: available after the change = %d, want 140", law, got)
		}
		tk.Settle(now, 10)
		if got := next.Available(now); got != 190 {
			t.Errorf("%v: available after the settlement = %d, want 190", law, got)
		}
	}
}

// TestConservation: whatever is admitted and settled, in whatever order, what
// the limits believe is spent is what was charged, and nothing stays held.
func TestConservation(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		now := epoch()
		const amount = 10_000
		day := meter.NewLimit(meter.Day, meter.Law{Kind: meter.Fixed}, amount, 24*time.Hour, 0, now)
		law := rapid.SampledFrom(kinds()).Draw(t, "law")
		if law.Capacity != 0 || law.Kind == meter.Dual {
			law = meter.Law{} // a short bucket spills refunds
		}
		minute := meter.NewLimit(meter.Tokens, law, amount, time.Hour, 0, now)
		limits := []*meter.Limit{minute, day}
		var open []meter.Ticket
		var held, charged int64
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			if len(open) > 0 && rapid.Bool().Draw(t, "settle") {
				i := rapid.IntRange(0, len(open)-1).Draw(t, "which")
				charge := rapid.Int64Range(0, 2*open[i].Hold()).Draw(t, "charge")
				held -= open[i].Hold()
				charged += charge
				open[i].Settle(now, charge)
				open[i].Settle(now, charge) // a second time changes nothing
				open = append(open[:i], open[i+1:]...)
			} else if tk, m := meter.Admit(now, limits, rapid.Int64Range(1, 3000).Draw(t, "hold")); m == meter.None {
				held += tk.Hold()
				open = append(open, tk)
			}
			for _, l := range limits {
				if got := amount - l.Available(now); got != held+charged {
					t.Fatalf("%v: spent %d, want held %d + charged %d", l.Measure, got, held, charged)
				}
			}
		}
	})
}

// TestSlidingNeverExceeds: in no window is more admitted than the amount.
func TestSlidingNeverExceeds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const amount = 100
		c := meter.NewCounter(meter.Law{Kind: meter.Sliding}, amount, time.Minute, 0, epoch())
		type taken struct {
			at time.Time
			n  int64
		}
		var all []taken
		now := epoch()
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(20*time.Second)).Draw(t, "wait")))
			n := rapid.Int64Range(1, 40).Draw(t, "n")
			if c.Fits(now, n) {
				c.Take(now, n)
				all = append(all, taken{now, n})
			}
			var sum int64
			for _, x := range all {
				if now.Sub(x.at) < time.Minute {
					sum += x.n
				}
			}
			if sum > amount || amount-c.Available(now) != sum {
				t.Fatalf("%d in the last minute of at most %d; counter says %d", sum, amount, amount-c.Available(now))
			}
		}
	})
}
