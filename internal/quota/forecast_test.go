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
		} else if v.Kind != TokensPerDay && !v.At.Equal(before) || before.After(v.At) {
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

// TestForecastOfADayCountsWhatComesBack: a day that is full of holds has room as
// soon as their calls end, not when the holds leave the window. What they are
// expected to cost does not come back.
func TestForecastOfADayCountsWhatComesBack(t *testing.T) {
	t.Parallel()
	own := Charges{Tokens: Charge{Hold: 400, Forecast: 50}}
	tests := map[string]struct {
		inFlight Charge
		ahead    Work
		within   time.Duration
	}{
		"holds that come back":  {inFlight: Charge{Hold: 900, Forecast: 50}, within: 0},
		"and work ahead":        {inFlight: Charge{Hold: 900, Forecast: 50}, ahead: Work{Calls: 5, Tokens: 500}, within: 0},
		"too much work ahead":   {inFlight: Charge{Hold: 900, Forecast: 50}, ahead: Work{Calls: 6, Tokens: 600}, within: 25 * time.Hour},
		"holds that stay":       {inFlight: Charge{Hold: 900, Forecast: 900}, within: 25 * time.Hour},
		"costs above the holds": {inFlight: Charge{Hold: 100, Forecast: 900}, within: 25 * time.Hour},
	}
	for name, test := range tests {
		s := NewSet([]Limit{{Kind: TokensPerDay, Amount: 1000}}, 0)
		h, v := s.Reserve(second(0), Charges{Tokens: test.inFlight})
		if !v.Granted {
			t.Fatal("the first call was not granted")
		}
		at, _ := s.Forecast(second(1), test.ahead, own)
		if got := at.Sub(second(1)); got > test.within || test.within > 0 && got == 0 {
			t.Errorf("%s: forecast in %v, want within %v", name, got, test.within)
		}
		// Once it has ended, the forecast is the same with nothing in flight.
		s.Settle(second(2), h, Settled{Tokens: test.inFlight.Forecast})
		if at, _ := s.Forecast(second(2), test.ahead, own); (at.Sub(second(2)) == 0) != (test.within == 0) {
			t.Errorf("%s: forecast in %v after the call in flight has ended", name, at.Sub(second(2)))
		}
	}
}
