package adapt

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/headgate/headgate/internal/emulator/meter"
	"github.com/headgate/headgate/internal/quota"
)

// TestEveryHoldEndsOnce reserves, starts, settles, releases and refuses calls in
// any order: shares stay in bounds, and in the end nothing is in use.
func TestEveryHoldEndsOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		opts := Options{Mode: Mode(rapid.IntRange(0, 2).Draw(t, "mode"))}
		opts.Accounting.RefundDelay = time.Duration(rapid.IntRange(0, 1).Draw(t, "late")) * 10 * time.Second
		s := NewSet([]quota.Limit{
			{Kind: quota.RequestsPerMinute, Amount: 50},
			{Kind: quota.TokensPerMinute, Amount: amount},
			{Kind: quota.TokensPerDay, Amount: 1000 * amount},
		}, 250*time.Millisecond, opts)
		now := start()
		var flying []quota.Hold
		end := func() {
			i := rapid.IntRange(0, len(flying)-1).Draw(t, "which")
			h := flying[i]
			flying = append(flying[:i], flying[i+1:]...)
			switch rapid.IntRange(0, 4).Draw(t, "end") {
			case 0:
				s.Release(now, h)
			case 1:
				s.Throttled(now, quota.TokensPerMinute, h)
			case 2:
				s.Throttled(now, quota.RequestsPerMinute, h)
			default:
				s.Settle(now, h, quota.Settled{Tokens: rapid.Int64Range(0, 40_000).Draw(t, "used")})
			}
		}
		for range rapid.IntRange(1, 150).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 5000).Draw(t, "ms")) * time.Millisecond)
			if len(flying) > 0 && rapid.Bool().Draw(t, "end one") {
				end()
			} else {
				hold := rapid.Int64Range(1, 50_000).Draw(t, "hold")
				h, v := s.Reserve(now, quota.Charges{
					Tokens: quota.Charge{Hold: hold, Forecast: rapid.Int64Range(0, 60_000).Draw(t, "forecast")},
					Extra:  quota.Extra{Burndown: 4 * hold},
				})
				if v.Granted {
					s.Started(h, now)
					flying = append(flying, h)
				} else if !v.At.After(now) {
					t.Fatalf("refused at %v until %v", now, v.At)
				}
			}
			checkBounds(t, s)
		}
		for len(flying) > 0 {
			end()
		}
		now = now.Add(25 * time.Hour)
		s.Forecast(now, quota.Work{}, quota.Charges{}) // late refunds come with the next look
		for _, m := range s.Meters() {
			if used := m.Used(now); used != 0 {
				t.Fatalf("%v: %d are used when all has ended", m.Limit().Kind, used)
			}
		}
		if s.books.extraBurndown != 0 || len(s.books.waiting) != 0 {
			t.Fatalf("%d of extras and %d refunds are left", s.books.extraBurndown, len(s.books.waiting))
		}
	})
}

// checkBounds is what holds of a Set at any time.
func checkBounds(t *rapid.T, s *Set) {
	t.Helper()
	for _, m := range s.Meters() {
		if share := m.Rule().Share; share < leastShare || share > 1 {
			t.Fatalf("%v: share %v", m.Limit().Kind, share)
		}
	}
	for _, b := range s.Beliefs() {
		if b.Lower > b.Effective || b.Effective > b.Upper || b.Why == "" {
			t.Fatalf("belief %+v", b)
		}
		if s.opts.Mode != ModeTrials && b.Trial {
			t.Fatalf("a trial in mode %d", s.opts.Mode)
		}
	}
	if r := s.Meters()[1].Rule(); s.opts.Mode == ModeOff && r != (quota.Rule{Share: 1}) {
		t.Fatalf("rule %+v in mode off", r)
	}
}

// TestWhatWasOnItsWay refuses many calls that were sent before the first refusal
// was known: they count as one.
func TestWhatWasOnItsWay(t *testing.T) {
	t.Parallel()
	refuse := func(n int) Belief {
		s := NewSet([]quota.Limit{{Kind: quota.TokensPerMinute, Amount: amount}}, 0, Options{})
		now := start()
		var holds []quota.Hold
		for range 300 {
			h, v := s.Reserve(now, quota.Charges{Tokens: quota.Charge{Hold: 2000, Forecast: 2000}})
			if !v.Granted {
				t.Fatalf("Reserve = %+v", v)
			}
			holds = append(holds, h)
			now = now.Add(200 * time.Millisecond)
		}
		for _, h := range holds[len(holds)-25:][:n] {
			s.Throttled(now, quota.TokensPerMinute, h)
			now = now.Add(10 * time.Millisecond)
		}
		return s.Beliefs()[0]
	}
	one, many := refuse(1), refuse(25)
	many.Last = one.Last
	if one.Throttles != 1 || !reflect.DeepEqual(one, many) {
		t.Errorf("after 25 refusals at once %+v, after one %+v", many, one)
	}
}

// TestRestart stops a Set that has learned and goes on with its snapshots: the
// same share and law, and no throttle to learn them again.
func TestRestart(t *testing.T) {
	t.Parallel()
	tests := []struct {
		law    string
		factor float64
		ratio  float64
		want   Law
	}{
		{"bucket", 0.7, 1.08, LawUnknown},
		{"sliding", 0.8, 1.08, LawUnknown},
		{"bucket", 1, 4, LawBucket},
	}
	for _, tt := range tests {
		t.Run(tt.law, func(t *testing.T) {
			t.Parallel()
			next := even(2500, tt.ratio, 5*time.Second)
			d := newDrive(tt.law, 3, Options{}, next)
			d.hide(meter.Hidden{Factor: tt.factor})
			d.run(20 * time.Minute)
			old := d.set.Meters()[0]
			now := d.begin.Add(20*time.Minute + 30*time.Second)
			text, err := json.Marshal(old.Snapshot(now))
			if err != nil {
				t.Fatal(err)
			}
			var kept quota.Snapshot
			if err := json.Unmarshal(text, &kept); err != nil {
				t.Fatal(err)
			}

			after := newDrive(tt.law, 4, Options{}, next)
			after.begin, after.up = now, d.up
			after.set.Meters()[0].Restore(now, kept)
			after.set.Adopt(now)
			if got := after.set.Meters()[0].Rule(); got != old.Rule() {
				t.Errorf("rule %+v after the restart, %+v before", got, old.Rule())
			}
			if got := after.law(); got != tt.want {
				t.Errorf("law %q, want %q", got, tt.want)
			}
			after.run(8 * time.Minute)
			if n := len(after.throttles); n > 1 {
				t.Errorf("%d throttles %v after the restart, want at most one", n, after.throttles)
			}
			if use := after.use(2*time.Minute, 8*time.Minute) / tt.factor; use < 0.93 {
				t.Errorf("use %.3f of what is there after the restart", use)
			}
		})
	}
}

// TestBeliefsSayWhy reads what is told of a limit before and after a throttle.
func TestBeliefsSayWhy(t *testing.T) {
	t.Parallel()
	d := newDrive("bucket", 3, Options{}, even(2500, 1.08, 2*time.Second))
	d.hide(meter.Hidden{Factor: 0.7})
	b := d.set.Beliefs()[0]
	if b.Throttles != 0 || b.Effective != amount || b.Lower != 0 || b.Upper != amount || b.Law != LawUnknown {
		t.Errorf("at the start %+v", b)
	}
	d.run(15 * time.Minute)
	b = d.set.Beliefs()[0]
	if b.Throttles == 0 || b.Last.IsZero() || b.Amount != amount {
		t.Errorf("after throttles %+v", b)
	}
	if b.Lower > 0.71*amount || b.Upper < 0.69*amount || b.Upper > 0.8*amount {
		t.Errorf("bracket [%d, %d] of %d, of which 0.7 are there", b.Lower, b.Upper, b.Amount)
	}
}
