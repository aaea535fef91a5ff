package quota

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestARaisedLimitIsUsedAtOnceAndNotTwice(t *testing.T) {
	t.Parallel()
	s := NewSet([]Limit{{Kind: RequestsPerMinute, Amount: 2}}, 0)
	at := second
	for range 2 {
		if _, v := s.Reserve(at(0), Charges{}); !v.Granted {
			t.Fatalf("the first two: %+v", v)
		}
	}
	if _, v := s.Reserve(at(1), Charges{}); v.Granted {
		t.Fatal("a third of two was granted")
	}
	if !s.SetLimits(at(2), []Limit{{Kind: RequestsPerMinute, Amount: 5}}) {
		t.Error("a raise from 2 to 5 changed nothing")
	}
	granted := 0
	for range 10 {
		if _, v := s.Reserve(at(3), Charges{}); v.Granted {
			granted++
		}
	}
	if granted != 3 {
		t.Errorf("%d more were granted at the raise, want 3: two of five were spent", granted)
	}
	if s.SetLimits(at(4), []Limit{{Kind: RequestsPerMinute, Amount: 5}}) {
		t.Error("the same limits again are told as a change")
	}
	s.SetLimits(at(5), []Limit{{Kind: RequestsPerMinute, Amount: 1}})
	if _, v := s.Reserve(at(59), Charges{}); v.Granted {
		t.Error("a lowered limit was granted from although five of one were spent")
	}
	// The last of the five started at 3 s.
	if _, v := s.Reserve(at(63.1), Charges{}); !v.Granted {
		t.Errorf("when all five had left the window: %+v", v)
	}
}

func TestALevelKeepsItsTokensWhenTheAmountChanges(t *testing.T) {
	t.Parallel()
	m := NewMeter(Limit{Kind: TokensPerMinute, Amount: 60_000}, 0)
	m.Spend(second(0), 6000) // six seconds of 1,000
	m.SetAmount(second(0), 600_000)
	if got := m.tokens.pace.level(second(0).UnixNano()); got != 6000 {
		t.Errorf("the level is %d tokens after the raise, want 6000", got)
	}
	if got := m.tokens.pace.drained - second(0).UnixNano(); got != int64(600*time.Millisecond) {
		t.Errorf("it drains in %v, want 600 ms at ten times the amount", time.Duration(got))
	}
	m.SetAmount(second(0), 0)
	m.SetAmount(second(0), 60_000)
	if got := m.tokens.pace.level(second(0).UnixNano()); got < 600 {
		t.Errorf("after a quota of nothing the level is %d", got)
	}
}

func TestANewLimitDoesNotKnowOfCallsUnderWay(t *testing.T) {
	t.Parallel()
	c := Charges{Tokens: Charge{Hold: 1000, Forecast: 2000}}
	s := NewSet(nil, 0)
	h, v := s.Reserve(second(0), c)
	if !v.Granted {
		t.Fatalf("without a limit: %+v", v)
	}
	s.SetLimits(second(1), []Limit{{Kind: TokensPerMinute, Amount: 60_000}, {Kind: RequestsPerMinute, Amount: 2}})
	s.Started(h, second(1))
	s.Settle(second(2), h, Settled{Tokens: 100})
	for _, m := range s.Meters() {
		if used := m.Used(second(2)); used != 0 {
			t.Errorf("%s: %d used by a call that came before the limit", m.Limit().Kind, used)
		}
	}
	if m := s.Meter(TokensPerMinute); m.tokens.owed != 0 || m.tokens.ahead != 0 {
		t.Errorf("owed %d, ahead %d, want none", m.tokens.owed, m.tokens.ahead)
	}
}

// TestEveryHoldEndsOnceWhateverChanges: however the limits change while calls are
// under way, nothing is left charged when all have ended and the windows have
// passed, and nothing is ever charged below zero.
func TestEveryHoldEndsOnceWhateverChanges(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		amount := func() int64 { return rapid.SampledFrom([]int64{0, 1, 500, 4000, 1_000_000}).Draw(t, "amount") }
		draw := func() []Limit {
			var out []Limit
			for _, k := range []Kind{RequestsPerMinute, TokensPerMinute, TokensPerDay} {
				if rapid.Bool().Draw(t, "has") {
					out = append(out, Limit{Kind: k, Amount: amount()})
				}
			}
			return out
		}
		shared := NewMeter(Limit{Kind: AccountTokensPerDay, Amount: 1 << 40}, 0)
		s := NewSet(draw(), 0, shared)
		now := second(0)
		var under []Hold
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.Int64Range(1, 20*int64(time.Second)).Draw(t, "pause")))
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0:
				s.SetLimits(now, draw())
				shared.SetAmount(now, 1<<rapid.IntRange(8, 40).Draw(t, "day"))
			case 1, 2:
				c := Charges{Tokens: Charge{rapid.Int64Range(1, 600).Draw(t, "hold"), rapid.Int64Range(1, 5000).Draw(t, "forecast")}}
				if h, v := s.Reserve(now, c); v.Granted {
					s.Started(h, now)
					under = append(under, h)
				}
			case 3:
				if len(under) > 0 {
					if rapid.Bool().Draw(t, "settled") {
						s.Settle(now, under[0], Settled{Tokens: rapid.Int64Range(0, 6000).Draw(t, "cost")})
					} else {
						s.Release(now, under[0])
					}
					under = under[1:]
				}
			}
			for _, m := range s.Meters() {
				if m.Used(now) < 0 {
					t.Fatalf("%s: %d used", m.Limit().Kind, m.Used(now))
				}
			}
		}
		for _, h := range under {
			s.Settle(now, h, Settled{Tokens: 10})
		}
		now = now.Add(49 * time.Hour)
		for _, m := range s.Meters() {
			if m.Used(now) != 0 || m.tokens.owed != 0 || m.tokens.ahead != 0 {
				t.Fatalf("%s: %d used, %d owed and %d ahead when all is over", m.Limit().Kind, m.Used(now), m.tokens.owed, m.tokens.ahead)
			}
		}
	})
}
