package quota

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestForecastOfRequestsIsExact: a forecast behind n calls is when the call
// really starts, if those start as soon as they may.
func TestForecastOfRequestsIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		amount := rapid.Int64Range(1, 12).Draw(t, "amount")
		s := NewSet([]Limit{{Kind: RequestsPerMinute, Amount: amount}}, 250*time.Millisecond)
		now := second(0)
		var last Hold
		for range rapid.IntRange(0, 30).Draw(t, "calls before") {
			now = now.Add(time.Duration(rapid.Int64Range(0, 30*int64(time.Second)).Draw(t, "pause")))
			if h, v := s.Reserve(now, Charges{}); v.Granted {
				last = h
			}
		}
		if last.ID > 0 && rapid.Bool().Draw(t, "throttled") {
			s.Throttled(now, RequestsPerMinute, last)
		}
		ahead := rapid.Int64Range(0, 40).Draw(t, "ahead")
		got, kind := s.Forecast(now, Work{Calls: ahead}, Charges{})
		at := now
		for range ahead {
			at = startWhenItFits(t, s, at)
		}
		if want := startWhenItFits(t, s, at); !got.Equal(want) {
			t.Fatalf("Forecast behind %d calls = +%v, the call started at +%v", ahead, got.Sub(now), want.Sub(now))
		}
		if got.After(now) && kind != RequestsPerMinute {
			t.Fatalf("Forecast names %s", kind)
		}
	})
}

func startWhenItFits(t *rapid.T, s *Set, at time.Time) time.Time {
	t.Helper()
	for range 3 {
		_, v := s.Reserve(at, Charges{})
		if v.Granted {
			return at
		}
		at = v.At
	}
	t.Fatalf("Reserve keeps naming later instants: %v", at)
	return at
}

// TestForecastIsMonotone: more work ahead never makes a call earlier, and none
// ahead is when it fits.
func TestForecastIsMonotone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const amount = 60_000
		s := NewSet([]Limit{{Kind: RequestsPerMinute, Amount: 30}, {Kind: TokensPerMinute, Amount: amount}, {Kind: TokensPerDay, Amount: 10 * amount}}, 250*time.Millisecond)
		now := second(0)
		for range rapid.IntRange(0, 30).Draw(t, "calls before") {
			now = now.Add(time.Duration(rapid.Int64Range(0, 10*int64(time.Second)).Draw(t, "pause")))
			s.Reserve(now, Charges{Tokens: Charge{rapid.Int64Range(1, amount).Draw(t, "hold"), rapid.Int64Range(1, amount).Draw(t, "forecast")}})
		}
		own := Charges{Tokens: Charge{rapid.Int64Range(1, amount).Draw(t, "own hold"), rapid.Int64Range(1, amount).Draw(t, "own forecast")}}
		var ahead Work
		before, _ := s.Forecast(now, ahead, own)
		if h, v := s.Reserve(now, own); v.Granted {
			s.Release(now, h)
			if !before.Equal(now) {
				t.Fatalf("Forecast with nothing ahead = +%v, but it fits now", before.Sub(now))
			}
		} else if !v.At.Equal(before) {
			t.Fatalf("Forecast with nothing ahead = +%v, Reserve says +%v", before.Sub(now), v.At.Sub(now))
		}
		for range 20 {
			ahead.Add(rapid.Int64Range(0, 3).Draw(t, "calls"), rapid.Int64Range(0, amount).Draw(t, "tokens"))
			at, _ := s.Forecast(now, ahead, own)
			if at.Before(before) {
				t.Fatalf("Forecast behind %+v = +%v, before +%v with less", ahead, at.Sub(now), before.Sub(now))
			}
			before = at
		}
	})
}

// TestForecastOfTokensIsClose: behind a long queue of equal calls, the fluid
// estimate is within a call and a twentieth of what happens.
func TestForecastOfTokensIsClose(t *testing.T) {
	t.Parallel()
	for _, size := range []int64{500, 5_000, 20_000} {
		s := NewSet([]Limit{{Kind: TokensPerMinute, Amount: 60_000}}, 250*time.Millisecond)
		c := Charges{Tokens: Charge{size, size}}
		const total = 600_000
		got, _ := s.Forecast(second(0), Work{Calls: total / size, Tokens: total}, c)
		at := second(0)
		for range total/size + 1 {
			if _, v := s.Reserve(at, c); !v.Granted {
				at = v.At
				s.Reserve(at, c)
			}
		}
		want, slack := at.Sub(second(0)), time.Duration(size)*time.Millisecond
		if d := got.Sub(second(0)) - want; d > want/20+slack || d < -want/20-slack {
			t.Errorf("calls of %d: Forecast = %v, the call started at %v", size, got.Sub(second(0)), want)
		}
	}
}
