package sim

import (
	"math"
	"testing"
	"time"
)

// TestSchedules holds the delays against the formulas that the SDKs publish,
// with the same random numbers.
func TestSchedules(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		policy Policy
		factor []float64 // of the nth delay, in seconds: below a random number when full
		full   bool
	}{
		{Fixed, []float64{2, 4, 8, 16, 32}, false},
		{BotocoreLegacy, []float64{1, 2, 4, 8}, true},
		{SDKStandard, []float64{2, 4}, true},
		{SDKAdaptive, []float64{2, 4}, true},
	} {
		r, same := newRetries(c.policy, stream(5, streamRetry)), stream(5, streamRetry)
		for n, factor := range c.factor {
			want := seconds(factor)
			if c.full {
				want = seconds(factor * same.Float64())
			}
			if got, ok := r.again(0, n+1); !ok || got != want {
				t.Errorf("%s: after %d failures = %v, %v, want %v", c.policy, n+1, got, ok, want)
			}
		}
		if d, ok := r.again(0, len(c.factor)+1); ok {
			t.Errorf("%s: tries once more, after %v", c.policy, d)
		}
	}
	if got := sdkDelay(5, stream(1, 1)); got != 20*time.Second {
		t.Errorf("sdkDelay(5) = %v, want 20 s without jitter", got)
	}
}

// TestRetryQuota spends the 500 tokens of a client: a hundred retries at five.
func TestRetryQuota(t *testing.T) {
	t.Parallel()
	r := newRetries(SDKStandard, stream(1, streamRetry))
	for i := range 100 {
		if _, ok := r.again(3, 1); !ok {
			t.Fatalf("retry %d was refused", i+1)
		}
	}
	if _, ok := r.again(3, 1); ok {
		t.Error("the 101st retry was allowed")
	}
	if _, ok := r.again(4, 1); !ok {
		t.Error("another process was refused")
	}
	r.succeeded(3, 1) // 1 token: not enough
	if _, ok := r.again(3, 1); ok {
		t.Error("one clean success paid for a retry")
	}
	r.succeeded(3, 2) // 5 back
	if _, ok := r.again(3, 1); !ok {
		t.Error("a retried success did not pay for a retry")
	}
}

// TestAdaptiveCurve is the cubic curve by hand: ten requests a second at a
// throttle at 5 s; the window is ∛(10 × 0.3 ÷ 0.4).
func TestAdaptiveCurve(t *testing.T) {
	t.Parallel()
	for at, want := range map[float64]float64{5: 7, 6: 9.64893600966, 7: 10.000030849917364, 8: 10.453284520772092, 9: 13.408697022224185, 10: 21.26626835427364, 11: 36.425998516920465} {
		a := adaptiveRate{lastRefilled: -1, lastMax: 10, lastThrottle: 5, enabled: true, measured: 100, lastBucket: at + 1}
		a.update(at, false)
		if math.Abs(a.fillRate-want) > 1e-6 {
			t.Errorf("rate at %v s = %v, want %v", at, a.fillRate, want)
		}
	}
}

// TestAdaptiveMeasures follows a client that makes five requests a second and
// is throttled twice; the figures are computed from the published algorithm.
func TestAdaptiveMeasures(t *testing.T) {
	t.Parallel()
	a := newAdaptiveRate()
	for _, step := range []struct {
		throttled          bool
		at, measured, fill float64
	}{
		{false, 0.2, 0, 0.5},
		{false, 0.4, 0, 0.5},
		{false, 0.6, 4.8, 0.5},
		{false, 0.8, 4.8, 0.5},
		{false, 1.0, 4.16, 0.5},
		{false, 1.2, 4.16, 0.6912},
		{false, 1.4, 4.16, 1.0976},
		{false, 1.6, 5.632, 1.6384},
		{false, 1.8, 5.632, 2.3328},
		{true, 2.0, 4.3264, 3.02848},
		{false, 2.2, 4.3264, 3.486639},
		{false, 2.4, 4.3264, 3.821874},
		{false, 2.6, 5.66528, 4.053386},
		{false, 2.8, 5.66528, 4.200373},
		{false, 3.0, 4.333056, 4.282037},
		{true, 3.2, 4.333056, 2.997426},
		{false, 3.4, 4.333056, 3.452226},
	} {
		a.update(step.at, step.throttled)
		if math.Abs(a.measured-step.measured) > 1e-6 || math.Abs(a.fillRate-step.fill) > 1e-5 {
			t.Errorf("at %v: measured %v, fill %v, want %v, %v", step.at, a.measured, a.fillRate, step.measured, step.fill)
		}
	}
}
