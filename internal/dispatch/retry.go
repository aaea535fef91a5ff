package dispatch

import (
	"math/rand/v2"
	"time"
)

// Retry is the schedule for upstream trouble that is not a quota: after the
// nth failure a call waits for Schedule[n], and after the last it fails.
type Retry struct {
	// Schedule is in real time. Empty: no retries.
	Schedule []time.Duration
	// FullJitter draws each wait evenly from zero to its schedule, so that
	// calls that failed together do not come back together.
	FullJitter bool
}

// wait is how long to wait after the given number of failures, and whether to
// try again at all.
func (r Retry) wait(failures int) (time.Duration, bool) {
	if failures < 1 || failures > len(r.Schedule) {
		return 0, false
	}
	d := r.Schedule[failures-1]
	if r.FullJitter && d > 0 {
		d = rand.N(d)
	}
	return d, true
}
