package meter_test

import (
	"testing"
	"time"

	"github.com/headgate/headgate/internal/emulator/meter"
)

// BenchmarkLaw is a call: Fits, Take and a refund, 100 µs after the last one.
func BenchmarkLaw(b *testing.B) {
	for _, text := range append(meter.Forms(), "shards:64") {
		b.Run(text, func(b *testing.B) {
			var law meter.Law
			if err := law.UnmarshalText([]byte(text)); err != nil {
				b.Fatal(err)
			}
			c := meter.NewCounter(law, 1e9, time.Minute, 1, epoch())
			now := epoch()
			b.ReportAllocs()
			for b.Loop() {
				now = now.Add(100 * time.Microsecond)
				if c.Fits(now, 1000) {
					c.Correct(now, c.Take(now, 1000), 500)
				}
			}
		})
	}
}

// BenchmarkAdmit is a call against requests, tokens and a day, with what a
// quota may hide.
func BenchmarkAdmit(b *testing.B) {
	for _, tt := range []struct {
		name   string
		hidden *meter.Hidden
		a      meter.Accounting
	}{
		{"plain", nil, meter.Accounting{}},
		{"drift", &meter.Hidden{Drift: &meter.Drift{PerHour: 0.1, Min: 0.6, Max: 1}}, meter.Accounting{}},
		{"delay", nil, meter.Accounting{RefundDelay: meter.Span(5 * time.Second)}},
	} {
		b.Run(tt.name, func(b *testing.B) {
			ls := []*meter.Limit{
				meter.NewLimit(meter.Requests, meter.Law{}, 1e6, time.Minute, 1, epoch()),
				meter.NewLimit(meter.Tokens, meter.Law{}, 1e9, time.Minute, 1, epoch()),
				meter.NewDay(meter.DayLaw{}, 1e15, 24*time.Hour, epoch()),
			}
			for _, l := range ls {
				l.Accounting = tt.a
				if tt.hidden != nil {
					l.Follow(epoch(), meter.NewFactor(*tt.hidden, 1, epoch()))
				}
			}
			now := epoch()
			b.ReportAllocs()
			for b.Loop() {
				now = now.Add(100 * time.Microsecond)
				if t, m := meter.Admit(now, ls, 1000); m == meter.None {
					t.Settle(now, 500)
				}
			}
		})
	}
}
