package sim

import (
	"testing"
	"time"
)

// BenchmarkDay is a day of a hundred calls a minute through Headgate.
func BenchmarkDay(b *testing.B) {
	s := steadyDay(b)
	events := int64(0)
	b.ReportAllocs()
	for b.Loop() {
		r, _ := Simulate(Case{Scenario: s, Policy: Headgate, Seed: 1})
		events += r.Events
	}
	b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
}

func steadyDay(tb testing.TB) Scenario {
	tb.Helper()
	s, err := Preset("heavy-tailed")
	if err != nil {
		tb.Fatalf("Preset: %v", err)
	}
	s.For = 24 * time.Hour
	s.Limits[0].Amount = 250_000 // 100 calls of 2,500 tokens
	s.Load = 1
	return s
}

// TestEventsDoNotAllocate: memory grows with what is kept of calls, not with
// events.
func TestEventsDoNotAllocate(t *testing.T) {
	sc := steadyDay(t).withDefaults()
	sc.For = 4 * time.Hour
	trace := sc.draw(1)
	var events int64
	allocs := testing.AllocsPerRun(2, func() {
		r, _ := Simulate(Case{Scenario: sc, Trace: trace, Policy: Headgate, Seed: 1})
		events = r.Events
	})
	if per := allocs / float64(events); per > 0.02 {
		t.Errorf("%.0f allocations for %d events, %.3f each", allocs, events, per)
	}
}
