package adapt

import (
	"testing"
	"time"

	"github.com/headgate/headgate/internal/emulator/meter"
	"github.com/headgate/headgate/internal/quota"
)

// requests drives a limit of requests a minute.
func requests(law string, amount int64, seed uint64) *drive {
	return newDriveOf(quota.RequestsPerMinute, amount, law, seed, Options{}, even(1, 1, 2*time.Second))
}

// refusals counts throttles that come together as one: a limit of requests may go
// as one burst a minute, all of which is on its way before the first is refused.
func (d *drive) refusals(from, to time.Duration) int {
	n, last := 0, -time.Hour
	for _, at := range d.throttles {
		if at >= from && at < to && at-last > d.window/60 {
			n++
		}
		last = at
	}
	return n
}

// TestRequests saturates limits of requests, from two a minute on.
func TestRequests(t *testing.T) {
	t.Parallel()
	for _, amount := range []int64{2, 10, 60, 250} {
		for _, law := range []string{"bucket", "fixed:random", "sliding", "first"} {
			t.Run(law, func(t *testing.T) {
				t.Parallel()
				d := requests(law, amount, 4).run(30 * time.Minute)
				if n := len(d.throttles); n > 0 {
					t.Errorf("%d a minute: %d throttles %v, want none", amount, n, d.throttles)
				}
				if use := d.use(2*time.Minute, 30*time.Minute); use < 0.97 {
					t.Errorf("%d a minute: use %.3f, want at least 0.97", amount, use)
				}
			})
		}
	}
}

// TestRequestsOfACounter saturates counters that estimate the last window from
// two of the clock's: they refuse a burst, and then calls go evenly.
func TestRequestsOfACounter(t *testing.T) {
	t.Parallel()
	for _, amount := range []int64{60, 250} {
		for seed := range uint64(3) {
			d := requests("counter", amount, seed).run(60 * time.Minute)
			first, later := d.refusals(0, 10*time.Minute), d.refusals(10*time.Minute, 60*time.Minute)
			t.Logf("%d a minute, seed %d: refused %d times and then %d, %d calls; use %.3f", amount, seed, first, later, len(d.throttles), d.use(10*time.Minute, 60*time.Minute))
			if first > 4 || later > 6 {
				t.Errorf("%d a minute, seed %d: refused %d times and then %d, want at most 4 and 6", amount, seed, first, later)
			}
			if use := d.use(10*time.Minute, 60*time.Minute); use < 0.9 {
				t.Errorf("%d a minute, seed %d: use %.3f, want at least 0.9", amount, seed, use)
			}
		}
	}
}

// TestFewerRequests takes a part of a limit of requests away.
func TestFewerRequests(t *testing.T) {
	t.Parallel()
	for _, law := range []string{"bucket", "fixed:random", "sliding"} {
		for _, factor := range []float64{0.6, 0.75, 0.9} {
			d := requests(law, 60, 4)
			d.hide(meter.Hidden{Factor: 1, Steps: []meter.Step{{After: meter.Span(10 * time.Minute), Factor: factor}}})
			d.run(60 * time.Minute)
			use := d.use(20*time.Minute, 60*time.Minute) / factor
			first, later := d.refusals(0, 20*time.Minute), d.refusals(20*time.Minute, 60*time.Minute)
			t.Logf("%s, %v of 60 a minute: refused %d times and then %d, %d calls; use %.3f", law, factor, first, later, len(d.throttles), use)
			if first > 9 || later > 12 {
				t.Errorf("%s, %v of 60 a minute: refused %d times and then %d, want at most 9 and 12", law, factor, first, later)
			}
			if use < 0.9 {
				t.Errorf("%s, %v of 60 a minute: use %.3f of what is there, want at least 0.9", law, factor, use)
			}
		}
	}
}
