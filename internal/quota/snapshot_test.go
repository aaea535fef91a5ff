package quota

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestRestoreAllowsNoMore: a set restored from a snapshot, under the same limits
// or smaller ones, never lets through what the first would have held back.
func TestRestoreAllowsNoMore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		limits := []Limit{{Kind: RequestsPerMinute, Amount: 6}, {Kind: TokensPerMinute, Amount: 60_000}, {Kind: TokensPerDay, Amount: 500_000}}
		first := NewSet(limits, 250*time.Millisecond)
		now := second(0)
		pass := func() { now = now.Add(time.Duration(rapid.Int64Range(0, 30*int64(time.Second)).Draw(t, "pause"))) }
		var flying []Hold
		for range rapid.IntRange(0, 25).Draw(t, "calls before") {
			pass()
			h, v := first.Reserve(now, drawCharges(t, 60_000))
			if !v.Granted {
				continue
			}
			switch rapid.IntRange(0, 3).Draw(t, "end") {
			case 0:
				pass()
				first.Settle(now, h, Settled{Tokens: rapid.Int64Range(0, 120_000).Draw(t, "settled")})
			case 1:
				pass()
				first.Throttled(now, rapid.SampledFrom([]Kind{RequestsPerMinute, TokensPerMinute}).Draw(t, "throttled"), h)
			default:
				flying = append(flying, h)
			}
		}
		for i := range limits {
			limits[i].Amount -= limits[i].Amount / 10 * rapid.Int64Range(0, 5).Draw(t, "lowered")
		}
		next := restored(t, first, limits, now)
		// The calls in flight end as they were expected to, with the process.
		for _, h := range flying {
			if c := h.Charges.Tokens; c.Forecast > c.Hold {
				first.Settle(now, h, Settled{Tokens: c.Forecast})
			}
		}
		for range 25 {
			c := drawCharges(t, 30_000)
			h2, v2 := next.Reserve(now, c)
			h1, v1 := first.Reserve(now, c)
			if v2.Granted && !v1.Granted {
				t.Fatalf("at %v the restored set granted %+v, the first says %+v", now, c, v1)
			}
			if v1.Granted && !v2.Granted {
				first.Release(now, h1) // they go on from the same calls
			}
			if v1.Granted && v2.Granted && rapid.Bool().Draw(t, "settle") {
				n := rapid.Int64Range(0, 60_000).Draw(t, "settled")
				first.Settle(now, h1, Settled{Tokens: n})
				next.Settle(now, h2, Settled{Tokens: n})
			}
			pass()
		}
	})
}

func drawCharges(t *rapid.T, most int64) Charges {
	return Charges{Tokens: Charge{rapid.Int64Range(0, most).Draw(t, "hold"), rapid.Int64Range(0, most).Draw(t, "forecast")}}
}

// restored makes a set of the limits from what another wrote down.
func restored(t *rapid.T, from *Set, limits []Limit, now time.Time) *Set {
	t.Helper()
	to := NewSet(limits, 250*time.Millisecond)
	for i, m := range from.Meters() {
		raw, err := json.Marshal(m.Snapshot(now))
		if err != nil {
			t.Fatal(err)
		}
		var s Snapshot
		if err := json.Unmarshal(raw, &s); err != nil {
			t.Fatal(err)
		}
		to.Meters()[i].Restore(now, s)
	}
	return to
}

// TestRestoreLosesNothing: calls that ended leave the same sums behind, and a
// limit that rested comes back whole.
func TestRestoreLosesNothing(t *testing.T) {
	t.Parallel()
	limits := []Limit{{Kind: RequestsPerMinute, Amount: 6}, {Kind: TokensPerMinute, Amount: 60_000}}
	first := NewSet(limits, 0)
	for i := range 3 {
		h, v := first.Reserve(second(float64(5*i)), Charges{Tokens: Charge{2000, 1000}})
		if !v.Granted {
			t.Fatalf("call %d: %+v", i, v)
		}
		first.Settle(second(float64(5*i+1)), h, Settled{Tokens: 1000})
	}
	next := NewSet(limits, 0)
	for i, m := range first.Meters() {
		next.Meters()[i].Restore(second(20), m.Snapshot(second(12)))
	}
	for kind, want := range map[Kind]int64{RequestsPerMinute: 3, TokensPerMinute: 3000} {
		if got := next.Meter(kind).Status(second(20)).Used; got != want {
			t.Errorf("%s: used %d after a restore, want %d", kind, got, want)
		}
		if got := next.Meter(kind).Status(second(80)).Used; got != 0 {
			t.Errorf("%s: used %d a minute later, want 0", kind, got)
		}
	}
	if _, v := next.Reserve(second(90), Charges{Tokens: Charge{60_000, 60_000}}); !v.Granted {
		t.Errorf("Reserve(the whole limit) a minute later = %+v, want granted", v)
	}
}

func TestSpend(t *testing.T) {
	t.Parallel()
	s := NewSet([]Limit{{Kind: RequestsPerMinute, Amount: 3}, {Kind: TokensPerMinute, Amount: 600}}, 0)
	s.Meter(RequestsPerMinute).Spend(second(0), 2)
	s.Meter(TokensPerMinute).Spend(second(0), 600)
	for kind, want := range map[Kind]int64{RequestsPerMinute: 2, TokensPerMinute: 600} {
		if got := s.Meter(kind).Status(second(0)).Used; got != want {
			t.Errorf("%s: used %d after Spend, want %d", kind, got, want)
		}
	}
	if _, v := s.Reserve(second(30), Charges{Tokens: Charge{1, 1}}); v.Granted {
		t.Errorf("Reserve = %+v on a limit that was spent, want refused", v)
	}
	s.Meter(RequestsPerMinute).Spend(second(1), 1<<40) // as much as there is, no more
	if got := s.Meter(RequestsPerMinute).Status(second(1)).Used; got != 5 {
		t.Errorf("used %d, want 5", got)
	}
}

// FuzzRestore: no state that was read back, whatever it says, makes a meter
// allow more than its limit, block for ever, or fail.
func FuzzRestore(f *testing.F) {
	f.Add([]byte(`{"limit":"x","starts":[1800000000000000000,5,-5,9223372036854775807],"blocked_until":9223372036854775807,"spaced_until":9223372036854775807}`))
	f.Add([]byte(`{"mirror":[{"at":1800000000000000000,"amount":9223372036854775807},{"at":-9223372036854775808,"amount":-9223372036854775808},{"at":1799999999000000000,"amount":9223372036854775807}],"owed":9223372036854775807}`))
	f.Add([]byte(`{"levels":[9223372036854775807,-9223372036854775808],"at":-9223372036854775808,"owed":-9223372036854775808}`))
	f.Add([]byte(`{"mirror":[{"at":1800000000000000000,"amount":-500}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var snap Snapshot
		if json.Unmarshal(raw, &snap) != nil {
			return
		}
		for _, kind := range []Kind{RequestsPerMinute, TokensPerMinute, TokensPerDay} {
			s := NewSet([]Limit{{Kind: kind, Amount: 100}}, time.Second)
			s.Meters()[0].Restore(second(0), snap)
			granted := 0
			for range 210 {
				if _, v := s.Reserve(second(0.5), Charges{Tokens: Charge{1, 1}}); v.Granted {
					granted++
				}
			}
			if granted > 100 {
				t.Fatalf("%s: %d of 100 granted at once after a restore", kind, granted)
			}
			s.Meters()[0].Snapshot(second(1))
			later := second(0).Add(61*kind.Window() + time.Hour)
			if _, v := s.Reserve(later, Charges{Tokens: Charge{1, 1}}); !v.Granted {
				t.Fatalf("%s: still refused until %v, an age after the restore", kind, v.At)
			}
		}
	})
}

func TestManyStartsOutliveARestart(t *testing.T) {
	t.Parallel()
	limit := Limit{Kind: RequestsPerMinute, Amount: 10_000}
	first := NewMeter(limit, time.Second)
	now := time.Unix(1_800_000_000, 0)
	for range 10_000 {
		now = now.Add(5 * time.Millisecond)
		first.add(now.UnixNano(), 0, Charge{})
	}
	snap := first.Snapshot(now)
	if got := len(snap.Starts) + len(snap.Mirror); got > 2*keptSlots {
		t.Errorf("the snapshot has %d entries for 10,000 starts, want at most %d", got, 2*keptSlots)
	}
	second := NewMeter(limit, time.Second)
	second.Restore(now, snap)
	want := first.fits(now.UnixNano(), Charge{})
	got := second.fits(now.UnixNano(), Charge{})
	if late := time.Duration(got - want); late < 0 || late > time.Second/4 {
		t.Errorf("the restored limit has room %v after the first, want between 0 and a step", late)
	}
}

// TestInterrupted: after a kill, what had been granted and perhaps not been sent
// counts from the restart, and what had been sent from when it was.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	s := NewSet([]Limit{{Kind: RequestsPerMinute, Amount: 3}, {Kind: TokensPerMinute, Amount: 60_000}}, 0)
	sent, _ := s.Reserve(second(0), Charges{Tokens: Charge{100, 100}})
	s.Started(sent, second(1))
	s.Reserve(second(30), Charges{Tokens: Charge{10, 10}})
	next := NewSet([]Limit{s.meters[0].limit, s.meters[1].limit}, 0)
	for i, m := range s.Meters() {
		next.Meters()[i].Restore(second(50), m.Snapshot(second(31)).Interrupted(second(50)))
	}
	for _, c := range []struct {
		at               float64
		requests, tokens int64
	}{{50, 2, 110}, {60.9, 2, 110}, {61.5, 1, 10}, {109, 1, 10}, {111, 0, 0}} {
		for i, want := range []int64{c.requests, c.tokens} {
			if got := next.meters[i].Status(second(c.at)); got.Used != want {
				t.Errorf("%s at %g s: %d used, want %d", got.Limit, c.at, got.Used, want)
			}
		}
	}
}
