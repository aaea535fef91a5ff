package cloudwatch

import (
	"math"
	"testing"
	"time"

	"github.com/headgate/headgate/internal/llm"
)

// TestPercentilesOfManyValues: beyond what a digest holds apart, percentiles
// are within two percent, and the extremes exact.
func TestPercentilesOfManyValues(t *testing.T) {
	t.Parallel()
	x := &series{}
	const n = 10_000
	for i := range n {
		x.add(int64(i%3), float64((i*7919)%n+1), 1)
	}
	for _, tt := range []struct {
		name string
		want float64
	}{{"p0", 1}, {"p10", n / 10}, {"p50", n / 2}, {"p90", n * 0.9}, {"p99", n * 0.99}, {"p100", n}, {"Minimum", 1}, {"Maximum", n}, {"Sum", n * (n + 1) / 2}, {"SampleCount", n}} {
		st, ok := parseStatistic(tt.name)
		got := x.points(st, 0, 3, 3)
		if !ok || len(got) != 1 || math.Abs(got[0].value-tt.want) > 0.021*tt.want {
			t.Errorf("%s = %v, want %v", tt.name, got, tt.want)
		}
	}
	for i := range x.slots {
		if d := x.slots[i].spread; len(d.sorted) > 2*maxDistinct+maxRecent {
			t.Errorf("a digest holds %d values", len(d.sorted))
		}
	}
	wide := &digest{}
	for i := range 4000 {
		wide.add(math.Pow(2, float64(i%700-350)), 1)
	}
	if len(wide.sorted) > maxDistinct {
		t.Errorf("a digest of values far apart holds %d", len(wide.sorted))
	}
}

// TestDataIsForgotten: of too many minutes with data, the older ones go.
func TestDataIsForgotten(t *testing.T) {
	t.Parallel()
	s := newStore(time.Minute)
	at := int64(1_000_000)
	for i := range 60 {
		x := s.open(metric{namespace: "N", name: string(rune('A' + i))}, "")
		for j := range int64(retention) {
			s.add(x, at+j, 1, 1)
		}
	}
	total := 0
	for _, x := range s.series {
		total += len(x.slots)
		if x.slots[len(x.slots)-1].at != at+retention-1 {
			t.Errorf("%s has lost its newest data", x.metric.name)
		}
	}
	if s.slots > maxSlots || total != s.slots {
		t.Errorf("%d slots, counted %d, at most %d", total, s.slots, maxSlots)
	}
}

func TestOldMinutesAreCoarser(t *testing.T) {
	t.Parallel()
	x := &series{}
	for at := range int64(2 * recently) {
		for i := range 1000 {
			x.add(at, float64(i+1), 1)
		}
	}
	if n := len(x.slots[0].spread.sorted); n > maxOld {
		t.Errorf("a minute long ago holds %d values", n)
	}
	st, _ := parseStatistic("p90")
	for _, p := range x.points(st, 0, 2*recently, 1) {
		if math.Abs(p.value-900) > 30 {
			t.Errorf("p90 of minute %d is %v, want about 900", p.at, p.value)
		}
	}
}

func BenchmarkRecord(b *testing.B) {
	at := time.Date(2026, 11, 25, 6, 0, 0, 0, time.UTC)
	t := New(Config{}).Traffic(Owner{"1", "r"})
	b.ReportAllocs()
	n := int64(0)
	for b.Loop() {
		n++
		t.Record(Call{
			Model: "us.m", At: at.Add(time.Duration(n) * time.Millisecond), Latency: time.Duration(n%3000) * time.Millisecond, FirstToken: time.Second,
			Usage: llm.Usage{Input: n % 2000, Output: n % 500, CacheRead: 7}, Charge: n % 5000,
		})
	}
}
