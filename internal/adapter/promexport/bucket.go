package promexport

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// histogram has classic buckets, which every Prometheus reads, and the native ones,
// which are exact to a tenth, for those that ask for them. The native ones start
// anew no more than once an hour when they become too many.
func histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: namespace, Name: name, Help: help, Buckets: buckets,
		NativeHistogramBucketFactor:     1.1,
		NativeHistogramMaxBucketNumber:  160,
		NativeHistogramMinResetDuration: time.Hour,
	}, labels)
}

// The classic buckets: a generation takes seconds to minutes, a wait up to hours.
func durations() []float64  { return []float64{0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600} }
func firstWords() []float64 { return []float64{0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300} }
func waits() []float64      { return []float64{0.01, 0.1, 1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600} }

// misses are shares of what was settled; below 0 too little was expected.
func misses() []float64 { return []float64{-0.5, -0.25, -0.1, -0.05, 0, 0.05, 0.1, 0.25, 0.5, 1, 3} }
