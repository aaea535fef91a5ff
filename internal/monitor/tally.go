package monitor

import (
	"math"
	"time"

	"github.com/headgate/headgate/internal/alarm"
)

// tally counts the calls of one pool and minute.
type tally struct {
	calls, failed, requests, throttles, charged int64
	waits                                       [steps]int64
}

// Waits are counted in steps that grow by an eighth, from a millisecond on: so a
// percentile is right to 6 %, and all that a minute can have fits into one datum
// of CloudWatch, which has 150 values at most. The last step is of 10 hours and
// more.
const (
	steps  = 150
	growth = 1.125
)

func (t *tally) add(c Call) {
	t.calls++
	if c.Failed {
		t.failed++
	}
	t.requests += int64(c.Attempts)
	t.throttles += int64(c.Throttled)
	t.charged += c.Charged
	if c.Attempts > 0 { // what never went upstream waited for nothing
		t.waits[step(c.Waited)]++
	}
}

// step is the first one that holds a wait: 0 is none at all.
func step(d time.Duration) int {
	ms := float64(d) / float64(time.Millisecond)
	if ms < 1 {
		return 0
	}
	return min(steps-1, 1+int(math.Log(ms)/math.Log(growth)))
}

// milliseconds is the middle of a step.
func milliseconds(step int) float64 {
	if step == 0 {
		return 0
	}
	return math.Round(math.Pow(growth, float64(step)-0.5)*100) / 100
}

// data are the metrics of the minute that begins at an instant.
func (t *tally) data(of []alarm.Dimension, at time.Time) []Datum {
	var out []Datum
	for _, m := range []struct {
		name  string
		value int64
	}{
		{"Calls", t.calls},
		{"Failures", t.failed},
		{"Requests", t.requests},
		{"Throttles", t.throttles},
		{"TokensCharged", t.charged},
	} {
		out = append(out, Datum{Metric: m.name, Dimensions: of, At: at, Unit: "Count", Value: float64(m.value)})
	}
	wait := Datum{Metric: "Wait", Dimensions: of, At: at, Unit: "Milliseconds"}
	for i, n := range t.waits {
		if n > 0 {
			wait.Values, wait.Counts = append(wait.Values, milliseconds(i)), append(wait.Counts, float64(n))
		}
	}
	if len(wait.Values) > 0 {
		out = append(out, wait)
	}
	return out
}
