package sim

import "math"

// adaptiveRate is the client-side rate limiter of the SDKs' adaptive mode
// (aws-sdk-go-v2 aws/retry, adaptive_ratelimit.go): a bucket of requests whose
// rate follows a cubic curve since the last throttle. Instants are in seconds.
type adaptiveRate struct {
	enabled                  bool
	fillRate                 float64
	lastRefilled             float64 // below zero: never
	measured                 float64
	lastBucket               float64
	requests                 float64
	lastMax                  float64
	lastThrottle, timeWindow float64
	left, capacity           float64
}

const (
	adaptiveSmooth  = 0.8
	adaptiveBeta    = 0.7
	adaptiveScale   = 0.4
	adaptiveMinFill = 0.5
)

func newAdaptiveRate() adaptiveRate { return adaptiveRate{lastRefilled: -1} }

// take asks for an attempt. When there is none, it returns after how many
// seconds to ask again.
func (a *adaptiveRate) take(now float64) (wait float64, ok bool) {
	if !a.enabled {
		return 0, true
	}
	a.refill(now)
	if a.left < 1 {
		return (1 - a.left) / a.fillRate, false
	}
	a.left--
	return 0, true
}

// update takes in how an attempt ended.
func (a *adaptiveRate) update(now float64, throttled bool) {
	a.measure(now)
	var rate float64
	if throttled {
		use := a.measured
		if a.enabled {
			use = min(a.measured, a.fillRate)
		}
		a.lastMax = use
		a.window()
		a.lastThrottle = now
		rate = use * adaptiveBeta
		a.enabled = true
	} else {
		a.window()
		since := now - a.lastThrottle - a.timeWindow
		rate = adaptiveScale*since*since*since + a.lastMax
	}
	rate = min(rate, 2*a.measured)
	a.refill(now)
	a.fillRate = max(rate, adaptiveMinFill)
	a.capacity = max(rate, 1)
	a.left = min(a.left, a.capacity)
}

func (a *adaptiveRate) window() {
	a.timeWindow = math.Cbrt(a.lastMax * (1 - adaptiveBeta) / adaptiveScale)
}

func (a *adaptiveRate) measure(now float64) {
	bucket := math.Floor(now*2) / 2
	a.requests++
	if bucket > a.lastBucket {
		a.measured = a.requests/(bucket-a.lastBucket)*adaptiveSmooth + a.measured*(1-adaptiveSmooth)
		a.requests, a.lastBucket = 0, bucket
	}
}

func (a *adaptiveRate) refill(now float64) {
	if a.lastRefilled >= 0 {
		a.left = min(a.left+(now-a.lastRefilled)*a.fillRate, a.capacity)
	}
	a.lastRefilled = now
}
