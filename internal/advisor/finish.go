package advisor

import (
	"math"
	"time"

	"github.com/headgate/headgate/internal/quota"
)

// day is the window of a day's limit in minutes.
const day = 24 * 60.

// Finish is how long n runs take that are all there at once, on limits that are
// idle; false where they never end. No run ends before its calls have been made
// one after the other. Requests: a minute's worth goes at once, so the last goes
// with the calls ÷ amount minutes that are full before it. Tokens: n ÷ rate, and
// what is not used in the end, when no new run begins: T × (calls + 1) ÷ 2 for
// calls of T. A day's limit lets through a day's runs at once, then the next.
func (f Forecast) Finish(n int64) (time.Duration, bool) {
	if n < 0 {
		return 0, false
	}
	if n == 0 {
		return 0, true
	}
	took := f.minutes(float64(n))
	for _, b := range f.Bounds {
		if b.RunsPerDay == 0 {
			continue
		}
		// A run that is begun today and ended tomorrow counts as tomorrow's.
		daily := math.Floor(b.RunsPerDay * (1 + 1e-12))
		if daily < 1 {
			took = max(took, float64(n)/b.RunsPerDay*day)
			continue
		}
		days := math.Ceil(float64(n)/daily) - 1
		took = max(took, days*day+f.minutes(float64(n)-days*daily))
	}
	if len(f.Bounds) == 0 || f.RunsPerMinute <= 0 || took >= math.MaxInt64/float64(time.Minute) {
		return 0, false
	}
	return time.Duration(math.Ceil(took * float64(time.Minute))), true
}

// minutes is what n runs take under the limits per minute alone.
func (f Forecast) minutes(n float64) float64 {
	w := f.workload
	call := w.standing()
	took := w.CallsPerRun * call
	for _, b := range f.Bounds {
		switch {
		case b.RunsPerDay > 0:
		case b.kind == quota.RequestsPerMinute:
			took = max(took, math.Ceil(n*w.CallsPerRun/float64(b.Amount))-1+call)
		case b.kind.Window() == time.Minute:
			took = max(took, w.paced(n, b.RunsPerMinute))
		}
	}
	return took
}

// paced is how many minutes n runs take at so many a minute.
func (w Workload) paced(n, rate float64) float64 {
	path := w.CallsPerRun * w.standing()
	if n <= rate*path*(1+1e-12) {
		return path + n/(rate*w.CallsPerRun)
	}
	return n/rate + w.tail()
}

// pace is the least rate at which n runs take no more than so many minutes: paced,
// solved for it. Between its two cases it leaps, to where all runs are under way.
func (w Workload) pace(n, minutes float64) float64 {
	path := w.CallsPerRun * w.standing()
	switch {
	case minutes > path+w.tail():
		return n / (minutes - w.tail())
	case minutes >= (path+w.standing())*(1-1e-12):
		return n / path
	}
	return n / (w.CallsPerRun * (minutes - path))
}

// tail is for how many minutes a limit of tokens is not used in the end.
func (w Workload) tail() float64 { return w.standing() * (w.CallsPerRun + 1) / 2 }

// within is the amount that lets w.Runs end within w.Within: Finish, solved for
// it.
func (b Bound) within(w Workload) float64 {
	n, minutes := float64(w.Runs), w.Within.Minutes()
	switch {
	case b.kind == quota.RequestsPerMinute:
		full := math.Floor((minutes-w.standing())*(1+1e-12)) + 1
		return math.Ceil(n * w.CallsPerRun / full)
	case b.kind.Window() == time.Minute:
		return b.PerRun * w.pace(n, minutes)
	}
	return b.PerRun * math.Ceil(n/(math.Floor(minutes/day)+1))
}
