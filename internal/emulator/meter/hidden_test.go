package meter_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/headgate/headgate/internal/emulator/meter"
)

func TestHiddenSteps(t *testing.T) {
	t.Parallel()
	f := meter.NewFactor(meter.Hidden{Factor: 0.9, Steps: []meter.Step{
		{After: meter.Span(time.Minute), Factor: 0.6}, {After: meter.Span(time.Hour), Factor: 1},
	}}, 1, epoch())
	for _, tt := range []struct {
		at   time.Duration
		want float64
	}{
		{-time.Hour, 0.9}, {0, 0.9}, {time.Minute - 1, 0.9}, {time.Minute, 0.6}, {time.Hour - 1, 0.6}, {time.Hour, 1}, {1000 * time.Hour, 1},
	} {
		if got := f.At(epoch().Add(tt.at)); got != tt.want {
			t.Errorf("At(%v) = %v, want %v", tt.at, got, tt.want)
		}
	}
	if got := meter.NewFactor(meter.Hidden{}, 1, epoch()).At(epoch()); got != 1 {
		t.Errorf("the zero Hidden enforces %v", got)
	}
}

// TestDriftStaysWithinItsBounds, moves no faster than it may, moves at all, and
// is the same for the same seed.
func TestDriftStaysWithinItsBounds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		low := rapid.Float64Range(0.1, 0.8).Draw(t, "min")
		d := meter.Drift{PerHour: rapid.Float64Range(0.01, 5).Draw(t, "rate"), Min: low, Max: low + 0.15}
		seed := rapid.Uint64().Draw(t, "seed")
		f, twin := meter.NewFactor(meter.Hidden{Drift: &d}, seed, epoch()), meter.NewFactor(meter.Hidden{Drift: &d}, seed, epoch())
		before, lowest, highest := f.At(epoch()), 1.0, 0.0
		if want := min(1, d.Max); before != want {
			t.Fatalf("begins at %v, want %v", before, want)
		}
		way := time.Duration((d.Max - d.Min) / d.PerHour * float64(time.Hour)) // from bound to bound
		for i := 1; i <= 400; i++ {
			at := epoch().Add(time.Duration(i) * way / 10)
			got := f.At(at)
			if got < d.Min || got > d.Max || got != twin.At(at) {
				t.Fatalf("after %d: %v is not in [%v, %v], or not that of its twin", i, got, d.Min, d.Max)
			}
			// A tick is constant, so that a distance may appear larger by one.
			if step := math.Abs(got - before); step > (d.Max-d.Min)*(0.1+2.0/100) {
				t.Fatalf("after %d: moved by %v", i, step)
			}
			before, lowest, highest = got, min(lowest, got), max(highest, got)
		}
		if highest-lowest < (d.Max-d.Min)/4 {
			t.Fatalf("stayed within [%v, %v] of [%v, %v]", lowest, highest, d.Min, d.Max)
		}
	})
}

// TestAHiddenStepIsEnforced under every law: the published amount stays, less
// fits.
func TestAHiddenStepIsEnforced(t *testing.T) {
	t.Parallel()
	for _, law := range kinds() {
		l := meter.NewLimit(meter.Tokens, law, 1000, time.Minute, 7, epoch())
		full := l.Capacity()
		l.Follow(epoch(), meter.NewFactor(meter.Hidden{Steps: []meter.Step{{After: meter.Span(time.Hour), Factor: 0.7}}}, 1, epoch()))
		if got := l.Available(epoch().Add(time.Hour - 1)); got != full || l.Amount != 1000 {
			t.Errorf("%v: %d available before the step, want %d", law, got, full)
		}
		at := epoch().Add(time.Hour)
		// Slices and short buckets round each for itself.
		if got := l.Available(at); got < full*7/10-4 || got > full*7/10 || l.Enforced(at) != 700 || l.Amount != 1000 {
			t.Errorf("%v: %d available of %d after the step, enforced %d", law, got, full, l.Enforced(at))
		}
		l.Follow(at, nil)
		if got := l.Available(at.Add(time.Hour)); got != full || l.Enforced(at) != 1000 {
			t.Errorf("%v: %d available an hour after the factor went, want %d", law, got, full)
		}
	}
}

// TestAFactorIsEnforcedHoweverOftenItIsAsked: a bucket with a factor gives what
// the factor lets flow in, asked once or a thousand times.
func TestAFactorIsEnforcedHoweverOftenItIsAsked(t *testing.T) {
	t.Parallel()
	h := meter.Hidden{Drift: &meter.Drift{PerHour: 2, Min: 0.5, Max: 1}, Steps: []meter.Step{{After: meter.Span(5 * time.Minute), Factor: 0.8}}}
	level := func(asked int) int64 {
		l := meter.NewLimit(meter.Tokens, meter.Law{}, 60_000_000, time.Hour, 7, epoch())
		l.Follow(epoch(), meter.NewFactor(h, 3, epoch()))
		meter.Admit(epoch(), []*meter.Limit{l}, 60_000_000)
		for i := range asked {
			l.Available(epoch().Add(time.Duration(i+1) * 20 * time.Minute / time.Duration(asked)))
		}
		return l.Available(epoch().Add(20 * time.Minute))
	}
	once, often := level(1), level(1000)
	if once != often || once <= 8_000_000 || once >= 20_000_000 {
		t.Errorf("asked once: %d flowed in; asked often: %d", once, often)
	}
}

func TestHiddenIsChecked(t *testing.T) {
	t.Parallel()
	step := func(after time.Duration, f float64) meter.Step {
		return meter.Step{After: meter.Span(after), Factor: f}
	}
	for _, tt := range []struct {
		hidden meter.Hidden
		want   string
	}{
		{meter.Hidden{}, ""},
		{meter.Hidden{Factor: 0.1, Steps: []meter.Step{step(0, 1), step(time.Hour, 0.5)}, Drift: &meter.Drift{PerHour: 0.1, Min: 0.6, Max: 1}}, ""},
		{meter.Hidden{Factor: -1}, "factor: -1 is not from 0.1 to 1"},
		{meter.Hidden{Factor: 1.5}, "factor: 1.5 is not from 0.1 to 1"},
		{meter.Hidden{Factor: math.NaN()}, "factor: NaN"},
		{meter.Hidden{Steps: []meter.Step{step(time.Hour, 0.5), step(time.Minute, 1)}}, "steps[1].after: 1m0s is not later"},
		{meter.Hidden{Steps: []meter.Step{step(0, 0)}}, "steps[0].factor: 0 is not"},
		{meter.Hidden{Steps: []meter.Step{step(-1, 1)}}, "steps[0].after: -1ns is not from 0"},
		{meter.Hidden{Steps: []meter.Step{step(1000*time.Hour, 1)}}, "steps[0].after: 1000h0m0s is not from 0 to 744h"},
		{meter.Hidden{Drift: &meter.Drift{Min: 0.5, Max: 1}}, "drift.per_hour: 0"},
		{meter.Hidden{Drift: &meter.Drift{PerHour: 1, Min: 0.5, Max: 0.5}}, "drift: min 0.5 is not below max 0.5"},
		{meter.Hidden{Drift: &meter.Drift{PerHour: 1, Min: 0, Max: 2}}, "drift.max: 2"},
	} {
		err := tt.hidden.Validate()
		if tt.want == "" && err != nil || tt.want != "" && !strings.Contains(fmt.Sprint(err), tt.want) {
			t.Errorf("%+v: %v, want %q", tt.hidden, err, tt.want)
		}
	}
}
