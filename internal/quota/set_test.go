package quota

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/headgate/headgate/internal/llm"
)

// second is an instant, in seconds since the tests' beginning.
func second(s float64) time.Time { return time.Unix(0, epoch+int64(s*float64(time.Second))) }

func TestReserveInstants(t *testing.T) {
	t.Parallel()
	const jitter = 250 * time.Millisecond
	type step struct {
		at   float64 // s
		hold int64
		want float64 // s at which it fits; at itself when granted, -1 when never
	}
	for name, c := range map[string]struct {
		limit Limit
		slack float64 // s that a window may be late: one of its slots
		steps []step
	}{
		"two requests a minute": {
			Limit{Kind: RequestsPerMinute, Amount: 2},
			0,
			[]step{{0, 1, 0}, {10, 1, 10}, {10, 1, 60.25}, {60.24, 1, 60.25}, {60.25, 1, 60.25}, {60.25, 1, 70.25}, {80, 1, 80}},
		},
		"a scaled window": {
			Limit{Kind: RequestsPerMinute, Amount: 1, Window: time.Second},
			0,
			[]step{{0, 1, 0}, {0, 1, 1.25}, {1.25, 1, 1.25}},
		},
		"no requests at all": {
			Limit{Kind: RequestsPerMinute},
			0,
			[]step{{0, 1, -1}, {1e6, 1, -1}},
		},
		"tokens keep the pace": { // 1,000 a second, 500 together
			Limit{Kind: TokensPerMinute, Amount: 60_000},
			0,
			[]step{{0, 250, 0}, {0, 250, 0}, {0, 250, 0.25}, {0.25, 250, 0.25}, {0.25, 5000, 0.75}, {0.75, 5000, 0.75}, {0.75, 1, 5.251}},
		},
		"a call of the whole limit": {
			Limit{Kind: TokensPerMinute, Amount: 60_000},
			0.241,
			[]step{{0, 60_001, -1}, {0, 60_000, 0}, {1, 1, 60.25}, {60.5, 60_000, 60.5}},
		},
		"a quota of no tokens": {
			Limit{Kind: TokensPerMinute},
			0,
			[]step{{0, 0, -1}},
		},
		"tokens a day have no pace": {
			Limit{Kind: TokensPerDay, Amount: 60_000},
			345.61,
			[]step{{0, 30_000, 0}, {1, 30_000, 1}, {2, 1, 86_400.25}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := NewSet([]Limit{c.limit}, jitter)
			for i, st := range c.steps {
				call := Charges{Tokens: Charge{st.hold, st.hold}}
				_, v := s.Reserve(second(st.at), call)
				got := -1.0
				switch {
				case v.Granted:
					got = st.at
				case !v.At.IsZero():
					got = float64(v.At.UnixNano()-epoch) / 1e9
				}
				if got < st.want-0.0005 || got > st.want+c.slack+0.0005 {
					t.Errorf("step %d: Reserve(%g s, %d) fits at %.4f s, want %.4f s", i, st.at, st.hold, got, st.want)
				}
				if never := s.Never(call) != nil; never != (st.want < 0) {
					t.Errorf("step %d: Never(%d) = %t, want %t", i, st.hold, never, st.want < 0)
				}
			}
		})
	}
}

// TestDebtIsKeptFree: what a call in flight will owe finds room when it ends,
// even after its own hold has left the window.
func TestDebtIsKeptFree(t *testing.T) {
	t.Parallel()
	s := NewSet([]Limit{{Kind: TokensPerDay, Amount: 1000}}, 0)
	long, _ := s.Reserve(second(0), Charges{Tokens: Charge{Hold: 100, Forecast: 600}})
	other := Charges{Tokens: Charge{Hold: 500, Forecast: 500}}
	for _, at := range []float64{1, 2 * 86_400} {
		if _, v := s.Reserve(second(at), other); at == 1 && v.Granted || at > 1 && !v.Granted {
			t.Fatalf("Reserve(500) at %g s granted = %t while 500 of 1000 are owed", at, v.Granted)
		}
	}
	if _, v := s.Reserve(second(2*86_400), Charges{Tokens: Charge{Hold: 1}}); v.Granted || !v.At.After(second(2*86_400)) {
		t.Errorf("Reserve(1) = %+v on a limit that is held or owed in full, want a later instant", v)
	}
	s.Settle(second(2*86_400+1), long, Settled{Tokens: 300})
	if got := s.meters[0].Status(second(2*86_400 + 1)); got.Used != 700 || got.Planned != 700 {
		t.Errorf("Status = used %d, planned %d after a debt of 200 on 500 held, want 700", got.Used, got.Planned)
	}
}

func TestVerdictNamesTheLimit(t *testing.T) {
	t.Parallel()
	limits := []Limit{{Kind: RequestsPerMinute, Amount: 10}, {Kind: TokensPerMinute, Amount: 1000}, {Kind: TokensPerDay, Amount: 2500}}
	s := NewSet(limits, 0)
	call := Charges{Tokens: Charge{1000, 1000}}
	want := []Verdict{
		{Granted: true},
		{Kind: TokensPerMinute},
		{Granted: true},
		{Kind: TokensPerDay},
	}
	for i, at := range []float64{0, 1, 70, 140} {
		_, got := s.Reserve(second(at), call)
		if diff := cmp.Diff(want[i], got, cmpopts.IgnoreFields(Verdict{}, "At")); diff != "" {
			t.Errorf("Reserve at %g s (-want +got):\n%s", at, diff)
		}
	}
	if _, got := s.Reserve(second(141), Charges{Tokens: Charge{2600, 1}}); !got.At.IsZero() || got.Kind != TokensPerMinute {
		t.Errorf("Reserve(2600) = %+v, want never, for the tokens of a minute", got)
	}
}

func TestThrottled(t *testing.T) {
	t.Parallel()
	s := NewSet([]Limit{{Kind: RequestsPerMinute, Amount: 2}, {Kind: TokensPerMinute, Amount: 60_000}}, 0, NewMeter(Limit{Kind: AccountTokensPerDay, Amount: 1 << 40}, 0))
	call := Charges{Tokens: Charge{6000, 6000}}
	h, _ := s.Reserve(second(0), call)
	if got, want := s.Throttled(second(1), TokensPerMinute, h), second(7); !got.Equal(want) {
		t.Errorf("Throttled(tokens) = %v, want %v: as long as 6000 take to earn", got, want)
	}
	if _, v := s.Reserve(second(6.9), call); v.Granted || v.Kind != TokensPerMinute {
		t.Errorf("Reserve before the rest is over = %+v", v)
	}
	h, v := s.Reserve(second(7), call)
	if !v.Granted {
		t.Fatalf("Reserve after the rest = %+v, want granted: the refused call was released", v)
	}
	if st := s.Meter(RequestsPerMinute).Status(second(7)); st.Used != 1 {
		t.Errorf("%d requests count, want 1: a refused call is not one", st.Used)
	}
	// An account's day limit answers for the day when the pool has none.
	if got, want := s.Throttled(second(8), TokensPerDay, h), second(8+900); !got.Equal(want) {
		t.Errorf("Throttled(day) = %v, want %v", got, want)
	}
	if got := s.Throttled(second(9), InputTokensPerMinute, Hold{}); !got.IsZero() {
		t.Errorf("Throttled on a limit that the set has not = %v, want zero", got)
	}
}

// TestForeignTrafficIsNoEvidence: a refusal after a quiet time does not make a
// request limit space its calls; one right after another call does.
func TestForeignTrafficIsNoEvidence(t *testing.T) {
	t.Parallel()
	for gap, want := range map[float64]bool{1: true, 29: true, 31: false, 61: false} {
		s := NewSet([]Limit{{Kind: RequestsPerMinute, Amount: 2}}, 0)
		s.Reserve(second(0), Charges{})
		h, _ := s.Reserve(second(gap), Charges{})
		s.Throttled(second(gap+0.3), RequestsPerMinute, h)
		if got := s.meters[0].Status(second(gap + 0.3)).Spaced; got != want {
			t.Errorf("refused %g s after the call before: Spaced = %t, want %t", gap, got, want)
		}
	}
}

// TestStartedMovesOn: a call that was sent late counts for longer, in both kinds.
func TestStartedMovesOn(t *testing.T) {
	t.Parallel()
	s := NewSet([]Limit{{Kind: RequestsPerMinute, Amount: 1}, {Kind: TokensPerDay, Amount: 1000}}, 0)
	h, _ := s.Reserve(second(0), Charges{Tokens: Charge{1000, 1000}})
	s.Started(h, second(3600))
	s.Started(h, second(1800)) // never back
	if _, v := s.Reserve(second(3601), Charges{}); v.Granted || !v.At.Equal(second(3660)) {
		t.Errorf("Reserve = %+v, want at 3660 s", v)
	}
	s.Settle(second(4000), h, Settled{Tokens: 400})
	if got := s.Meter(TokensPerDay).Status(second(4000)).Used; got != 400 {
		t.Errorf("used = %d after settlement, want 400", got)
	}
	if got := s.Meter(TokensPerDay).Status(second(86_400 + 3500)).Used; got < 400 {
		t.Errorf("used = %d within a day of the start, want at least 400", got)
	}
	if got := s.Meter(TokensPerDay).Status(second(86_400 + 4400)).Used; got != 0 {
		t.Errorf("used = %d after the day, want 0", got)
	}
}

// TestConservation: random holds all end; the sums follow them exactly, a
// refused reservation changes nothing, and after a window all is back.
func TestConservation(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		amount := rapid.Int64Range(1, 1_000_000).Draw(t, "amount")
		limits := []Limit{{Kind: RequestsPerMinute, Amount: 50}, {Kind: TokensPerMinute, Amount: amount}, {Kind: TokensPerDay, Amount: 20 * amount}}
		s := NewSet(limits, time.Second)
		var held []Hold
		now := second(0)
		t.Repeat(map[string]func(*rapid.T){
			"reserve": func(t *rapid.T) {
				c := Charges{Tokens: Charge{rapid.Int64Range(0, amount).Draw(t, "hold"), rapid.Int64Range(0, 2*amount).Draw(t, "forecast")}}
				before := snapshots(s, now)
				h, v := s.Reserve(now, c)
				if v.Granted {
					held = append(held, h)
					return
				}
				if diff := cmp.Diff(before, snapshots(s, now)); diff != "" {
					t.Fatalf("a refused Reserve changed the set (-before +after):\n%s", diff)
				}
				if !v.At.After(now) {
					t.Fatalf("Reserve refused until %v, which is not after %v", v.At, now)
				}
			},
			"reserve and release": func(t *rapid.T) {
				before := snapshots(s, now)
				if h, v := s.Reserve(now, Charges{Tokens: Charge{rapid.Int64Range(0, amount).Draw(t, "hold"), rapid.Int64Range(0, 2*amount).Draw(t, "forecast")}}); v.Granted {
					s.Release(now, h)
				}
				if diff := cmp.Diff(before, snapshots(s, now)); diff != "" {
					t.Fatalf("Release did not restore what Reserve found (-before +after):\n%s", diff)
				}
			},
			"end": func(t *rapid.T) {
				if len(held) == 0 {
					t.Skip()
				}
				i := rapid.IntRange(0, len(held)-1).Draw(t, "which")
				if rapid.Bool().Draw(t, "released") {
					s.Release(now, held[i])
				} else {
					s.Settle(now, held[i], Settled{Tokens: rapid.Int64Range(0, 3*amount).Draw(t, "settled")})
				}
				held = append(held[:i], held[i+1:]...)
			},
			"start late": func(t *rapid.T) {
				if len(held) > 0 {
					s.Started(held[len(held)-1], now)
				}
			},
			"wait": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.Int64Range(1, 100*int64(time.Second)).Draw(t, "ns")))
			},
			"": func(t *rapid.T) { checkTokens(t, s) },
		})
		for _, h := range held {
			s.Settle(now, h, Settled{Tokens: 1})
		}
		now = now.Add(25 * time.Hour)
		for _, m := range s.Meters() {
			if st := m.Status(now); st.Used != 0 || st.Planned != 0 {
				t.Fatalf("%s: used %d, planned %d after everything ended and a window passed, want 0", st.Limit, st.Used, st.Planned)
			}
			if m.limit.Kind != RequestsPerMinute && (m.tokens.owed != 0 || m.tokens.ahead != 0) {
				t.Fatalf("%s: %d owed by nobody", m.limit.Kind, m.tokens.owed)
			}
		}
		now = now.Add(time.Hour)
		if _, v := s.Reserve(now, Charges{Tokens: Charge{amount, amount}}); !v.Granted {
			t.Fatalf("Reserve(the whole limit) = %+v on an empty set, want granted", v)
		}
	})
}

// checkTokens recounts the windows' sums.
func checkTokens(t *rapid.T, s *Set) {
	for _, m := range s.Meters() {
		if m.limit.Kind == RequestsPerMinute {
			continue
		}
		var sum int64
		for _, n := range m.tokens.window.slots {
			sum += n
		}
		if w := &m.tokens.window; sum != w.sum || sum < 0 {
			t.Fatalf("%s: slots hold %d, the sum says %d", m.limit.Kind, sum, w.sum)
		}
		if m.tokens.owed < 0 {
			t.Fatalf("%s: %d owed", m.limit.Kind, m.tokens.owed)
		}
	}
}

func snapshots(s *Set, now time.Time) []Snapshot {
	var out []Snapshot
	for _, m := range s.Meters() {
		out = append(out, m.Snapshot(now))
	}
	return out
}

// TestVerdictIsExact: at the instant that a verdict names the call fits, if
// nothing else happens, and a moment before it does not.
func TestVerdictIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := NewSet([]Limit{{Kind: RequestsPerMinute, Amount: 5}, {Kind: TokensPerMinute, Amount: 10_000}}, 250*time.Millisecond)
		now := second(0)
		for range rapid.IntRange(1, 60).Draw(t, "calls") {
			n := rapid.Int64Range(1, 10_000).Draw(t, "tokens")
			c := Charges{Tokens: Charge{n, n}}
			h, v := s.Reserve(now, c)
			if v.Granted {
				now = now.Add(time.Duration(rapid.Int64Range(0, 20*int64(time.Second)).Draw(t, "then")))
				s.Settle(now, h, Settled{Tokens: n})
				continue
			}
			if h, early := s.Reserve(v.At.Add(-1), c); early.Granted {
				t.Fatalf("Reserve at %v was refused until %v, but fits before (%+v)", now, v.At, h)
			}
			if _, then := s.Reserve(v.At, c); !then.Granted {
				t.Fatalf("Reserve at %v was refused until %v, and then until %v", now, v.At, then.At)
			}
			now = v.At
		}
	})
}

// TestExtremes: the largest quota that is known of (3e12 tokens a day), a
// thousand times over, at instants up to 2^62 ns, overflows nothing.
func TestExtremes(t *testing.T) {
	t.Parallel()
	const most = int64(3e12) * 1000
	for _, kind := range []Kind{TokensPerMinute, TokensPerDay} {
		for _, at := range []int64{0, 1, epoch, 1 << 62} {
			for _, amount := range []int64{1, most} {
				t.Run(fmt.Sprintf("%s/%d/%d", kind, amount, at), func(t *testing.T) {
					t.Parallel()
					s := NewSet([]Limit{{Kind: kind, Amount: amount}}, time.Second)
					now := time.Unix(0, at)
					for range 5 {
						h, v := s.Reserve(now, Charges{Tokens: Charge{amount, most}})
						if !v.Granted {
							t.Fatalf("Reserve(%d) at %v = %+v on a limit that rested", amount, now, v)
						}
						s.Settle(now, h, Settled{Tokens: most})
						_, v = s.Reserve(now, Charges{Tokens: Charge{amount, amount}})
						if v.Granted || !v.At.After(now) {
							t.Fatalf("Reserve(%d) at %v = %+v on a limit that is spent, want a later instant", amount, now, v)
						}
						fits, _ := s.Forecast(now, Work{Calls: math.MaxInt64, Tokens: math.MaxInt64}, Charges{Tokens: Charge{amount, amount}})
						if fits.Before(v.At) {
							t.Fatalf("Forecast behind all work = %v, before %v without", fits, v.At)
						}
						if amount < most {
							return // the debt outlasts the age of the universe
						}
						now = now.Add(30 * time.Hour)
					}
				})
			}
		}
	}
}

func TestHold(t *testing.T) {
	t.Parallel()
	in := llm.Usage{Input: 4000, CacheRead: 2000, CacheWrite: 500, Output: 99}
	for _, c := range []struct {
		acc  Accounting
		want int64
	}{
		{Accounting{}, 4000 + 500 + 1000},
		{Accounting{ReserveCacheRead: true}, 4000 + 500 + 2000 + 1000},
		{Accounting{ReserveBurndown: true}, 4000 + 500 + 5*1000},
		{Accounting{MinReservedOutput: 3000}, 4000 + 500 + 3000},
		{Accounting{MinReservedOutput: 3000, ReserveBurndown: true, ReserveCacheRead: true}, 4000 + 500 + 2000 + 15_000},
	} {
		if got := c.acc.Hold(in, 1000, 5); got != c.want {
			t.Errorf("%+v.Hold = %d, want %d", c.acc, got, c.want)
		}
	}
}

func TestShare(t *testing.T) {
	t.Parallel()
	s := NewSet([]Limit{{Kind: RequestsPerMinute, Amount: 100}, {Kind: TokensPerMinute, Amount: 1000}, {Kind: TokensPerDay, Amount: 1001}}, 0)
	for tokens, want := range map[int64]int64{0: shareUnit / 100, 10: shareUnit / 100, 500: shareUnit / 2, 2000: 2 * shareUnit} {
		if got := s.Share(Settled{Tokens: tokens}); got != want {
			t.Errorf("Share(%d tokens) = %d, want %d", tokens, got, want)
		}
	}
	if got := NewSet(nil, 0).Share(Settled{Tokens: 5}); got != 1 {
		t.Errorf("Share without limits = %d, want 1", got)
	}
}

// TestKindsAreMeteredApart: each limit takes its own part of a call's charges.
func TestKindsAreMeteredApart(t *testing.T) {
	t.Parallel()
	charges := Charges{Tokens: Charge{10, 10}, Input: Charge{20, 20}, Output: Charge{30, 30}, Priced: Charge{40, 40}}
	used := Settled{Tokens: 11, Input: 21, Output: 31, Priced: 41}
	for _, c := range []struct {
		limit         Limit
		held, finally int64
	}{
		{Limit{Kind: RequestsPerMinute}, 1, 1},
		{Limit{Kind: TokensPerMinute}, 10, 11},
		{Limit{Kind: InputTokensPerMinute}, 20, 21},
		{Limit{Kind: OutputTokensPerMinute}, 30, 31},
		{Limit{Kind: TokensPerDay}, 10, 11},
		{Limit{Kind: AccountTokensPerDay}, 10, 11},
		{Limit{Kind: AccountTokensPerDay, Unit: UnitPriced}, 40, 41},
	} {
		c.limit.Amount = 1000
		s := NewSet([]Limit{c.limit}, 0)
		h, _ := s.Reserve(second(0), charges)
		if got := s.meters[0].Status(second(0)).Used; got != c.held {
			t.Errorf("%s: %d held, want %d", c.limit.Kind, got, c.held)
		}
		s.Settle(second(1), h, used)
		if got := s.meters[0].Status(second(1)).Used; got != c.finally {
			t.Errorf("%s: %d settled, want %d", c.limit.Kind, got, c.finally)
		}
	}
}

// TestCallsBesideAreEvidence: of two calls sent together, the one that went
// through is known to have arrived after the other was granted.
func TestCallsBesideAreEvidence(t *testing.T) {
	t.Parallel()
	s := NewSet([]Limit{{Kind: RequestsPerMinute, Amount: 4}}, 0)
	accepted, _ := s.Reserve(second(0), Charges{})
	refused, _ := s.Reserve(second(0), Charges{})
	s.Started(accepted, second(0.1))
	s.Throttled(second(0.2), RequestsPerMinute, refused)
	if !s.meters[0].Status(second(0.2)).Spaced {
		t.Error("a refusal beside a call of our own does not space calls")
	}
}
