package meter_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/internal/emulator/meter"
)

// traffic plays others for some time on limits that never refuse.
func traffic(o meter.Others, seed uint64, over time.Duration) (arrivals []time.Duration, tokens int64) {
	t := meter.NewTraffic(o, time.Minute, seed, epoch())
	free := []*meter.Limit{meter.NewLimit(meter.Tokens, meter.Law{}, 1e15, time.Minute, 0, epoch())}
	for !t.Next().After(epoch().Add(over)) {
		arrivals = append(arrivals, t.Next().Sub(epoch()))
		n, _ := t.Call(free)
		tokens += n
	}
	return arrivals, tokens
}

func TestOthersComeAtTheirRate(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		others        meter.Others
		calls, tokens float64 // an hour
	}{
		{meter.Others{RequestsPerMinute: 90}, 5400, 0},
		{meter.Others{RequestsPerMinute: 90, TokensPerMinute: 1000}, 5400, 60_000},
		{meter.Others{TokensPerMinute: 9000, TokensPerCall: 100}, 5400, 540_000},
		{meter.Others{RequestsPerMinute: 90, TokensPerCall: 100, Arrivals: meter.Even}, 5400, 540_000},
	} {
		arrivals, tokens := traffic(tt.others, 1, time.Hour)
		again, _ := traffic(tt.others, 1, time.Hour)
		if fmt.Sprint(arrivals) != fmt.Sprint(again) {
			t.Errorf("%+v: two runs of one seed differ", tt.others)
		}
		// Five standard deviations of a Poisson process.
		if n := float64(len(arrivals)); n < tt.calls*0.93 || n > tt.calls*1.07 || float64(tokens) < tt.tokens*0.93 || float64(tokens) > tt.tokens*1.07 {
			t.Errorf("%+v: %v calls with %d tokens in an hour, want %v with %v", tt.others, n, tokens, tt.calls, tt.tokens)
		}
		if tt.others.Arrivals == meter.Even && (len(arrivals) != 5400 || arrivals[5399]-arrivals[0] < 5399*time.Minute/90-time.Microsecond) {
			t.Errorf("%d even arrivals from %v to %v", len(arrivals), arrivals[0], arrivals[len(arrivals)-1])
		}
		tt.others.Seed++
		other, _ := traffic(tt.others, 1, time.Hour)
		if fmt.Sprint(arrivals) == fmt.Sprint(other) {
			t.Errorf("%+v: two seeds have the same arrivals", tt.others)
		}
	}
}

// TestOthersAreThrottledAsAnyone: they take of the limit what it has, and no
// more.
func TestOthersAreThrottledAsAnyone(t *testing.T) {
	t.Parallel()
	l := []*meter.Limit{meter.NewLimit(meter.Requests, meter.Law{Kind: meter.Fixed}, 10, time.Minute, 0, epoch())}
	x := meter.NewTraffic(meter.Others{RequestsPerMinute: 60, Arrivals: meter.Even}, time.Minute, 1, epoch())
	admitted, refused := 0, 0
	for x.Next().Before(epoch().Add(time.Minute)) {
		if _, m := x.Call(l); m == meter.None {
			admitted++
		} else {
			refused++
		}
	}
	if admitted != 10 || refused != 50 {
		t.Errorf("%d admitted and %d refused of 60 within 10 a minute", admitted, refused)
	}
}

// TestOthersLeap: after a long silence their calls are charged to the day at
// once.
func TestOthersLeap(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	midnight := epoch().Truncate(day)
	l := []*meter.Limit{
		meter.NewLimit(meter.Tokens, meter.Law{}, 1000, time.Minute, 0, midnight),
		meter.NewDay(meter.DayLaw{}, 100_000, day, midnight),
	}
	x := meter.NewTraffic(meter.Others{RequestsPerMinute: 60, TokensPerMinute: 600, Arrivals: meter.Even}, time.Minute, 1, midnight)
	if calls, _ := x.Leap(midnight.Add(time.Minute), 100, l); calls != 0 {
		t.Errorf("leapt over %d calls of a minute", calls)
	}
	to := midnight.Add(2 * time.Hour)
	calls, tokens := x.Leap(to, 100, l)
	if calls < 7198 || calls > 7200 || tokens != calls*10 || l[1].Available(to) != 100_000-tokens || l[0].Available(to) != 1000 {
		t.Errorf("%d calls with %d tokens in two hours; %d left of the day", calls, tokens, l[1].Available(to))
	}
	if gap := x.Next().Sub(to); gap < 0 || gap > 2*time.Second {
		t.Errorf("the next call comes after %v", gap)
	}
	if _, tokens := x.Leap(midnight.Add(20*time.Hour), 100, l); l[1].Available(midnight.Add(20*time.Hour)) != 0 || tokens >= 100_000 {
		t.Errorf("the day gave %d tokens more and has %d left", tokens, l[1].Available(midnight.Add(20*time.Hour)))
	}
}

func TestOthersAreChecked(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		others meter.Others
		want   string
	}{
		{meter.Others{RequestsPerMinute: 1}, ""},
		{meter.Others{}, "0 calls a minute"},
		{meter.Others{TokensPerMinute: 5}, "name requests_per_minute, or"},
		{meter.Others{TokensPerCall: 5}, "0 calls a minute"},
		{meter.Others{RequestsPerMinute: -1}, "below zero"},
		{meter.Others{RequestsPerMinute: 60_001}, "at most 60000"},
		{meter.Others{TokensPerMinute: 1e15, TokensPerCall: 1}, "at most 60000"},
		{meter.Others{RequestsPerMinute: 1, TokensPerMinute: 1e15}, "tokens in one call"},
		{meter.Others{RequestsPerMinute: 1, TokensPerMinute: 1, TokensPerCall: 1}, "name two"},
		{meter.Others{RequestsPerMinute: 1, Arrivals: "bursty"}, "neither poisson nor even"},
	} {
		err := tt.others.Validate()
		if tt.want == "" && err != nil || tt.want != "" && !strings.Contains(fmt.Sprint(err), tt.want) {
			t.Errorf("%+v: %v, want %q", tt.others, err, tt.want)
		}
	}
}
