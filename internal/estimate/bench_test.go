package estimate

import "testing"

// BenchmarkEstimate is what estimating adds to a call: input and output are
// forecast when it comes, and learned from when it ends.
func BenchmarkEstimate(b *testing.B) {
	var in Input
	var out Output
	f := Features{TextBytes: 6000, Messages: 3}
	for i := range int64(1000) {
		out.Observe(i)
	}
	b.ReportAllocs()
	for b.Loop() {
		if in.Tokens(f) <= 0 || out.Mean(1000) <= 0 || out.Quantile(0.9, 1000) <= 0 {
			b.Fatal("nothing expected of a call")
		}
		in.Observe(f, 1500)
		out.Observe(300)
	}
}
