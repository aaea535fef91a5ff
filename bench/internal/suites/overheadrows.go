package suites

import (
	"fmt"
	"time"

	"github.com/headgate/headgate/bench/internal/overhead"
	"github.com/headgate/headgate/bench/internal/results"
)

// The targets, against the bare proxy in the same run.
const (
	mostLatency   = 1.5
	leastRequests = 0.6
)

// overheadMetric is what is read off a round, and what is asked of ours.
type overheadMetric struct {
	name   string
	of     func(overhead.Figures) float64
	target results.Target
}

// metrics are latencies at a rate, and throughput at saturation.
func (c overheadCase) metrics() []overheadMetric {
	if c.Rate == 0 {
		return []overheadMetric{{
			"throughput", func(f overhead.Figures) float64 { return float64(f.Requests) / f.Length.Seconds() },
			results.AtLeast(leastRequests, overhead.Proxy),
		}}
	}
	micro := func(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
	return []overheadMetric{
		{"p50", func(f overhead.Figures) float64 { return micro(f.P50) }, results.AtMost(mostLatency, overhead.Proxy)},
		{"p99", func(f overhead.Figures) float64 { return micro(f.P99) }, results.AtMost(mostLatency, overhead.Proxy)},
	}
}

// emit makes rows of a case's turns, with the verdicts on ours.
func (o *overheadRun) emit(c overheadCase, turns []turn, emit func(results.Row)) {
	figures, others := map[string][]overhead.Figures{}, 0.0
	for _, t := range turns {
		for arm, f := range t.figures {
			figures[arm] = append(figures[arm], f)
		}
		others = max(others, t.others)
	}
	for _, m := range c.metrics() {
		var bound *float64
		for _, arm := range []string{overhead.Direct, overhead.Proxy, overhead.Headgate, overhead.Portkey} {
			var values []float64
			for _, f := range figures[arm] {
				values = append(values, m.of(f))
			}
			if values == nil {
				continue // left out, or not to be had
			}
			row := spread(results.Row{Case: c.Name, Arm: arm, Metric: m.name}, values)
			switch arm {
			case overhead.Proxy:
				bound = &row.Value
			case overhead.Headgate:
				if c.judged {
					row.Bound, row.Target = bound, m.target
				}
				if others > quiet {
					row.Note = fmt.Sprintf("other programs had up to %.0f %% of the processors meanwhile, which shows first in the 99th percentile", others*100)
				}
			case overhead.Portkey:
				row.Note = "version " + o.version
			}
			if c.Rate == 0 {
				o.most[bearing{arm, c.Body}] = row.Value
			}
			emit(row)
		}
	}
	for _, arm := range []string{overhead.Proxy, overhead.Headgate, overhead.Portkey} {
		// At low rates a round uses too few ticks of the clock that counts them.
		if micros, ok := perRequest(figures[arm]); ok && (c.Rate == 0 || c.Rate >= 500) {
			emit(results.Row{Case: c.Name, Arm: arm, Metric: "cpu", Value: micros, Seeds: len(figures[arm])})
		}
	}
}

// perRequest is the CPU time of all rounds over their requests, in µs; false
// where it could not be read.
func perRequest(figures []overhead.Figures) (float64, bool) {
	var used time.Duration
	var requests int64
	for _, f := range figures {
		if f.CPU < 0 {
			return 0, false
		}
		used, requests = used+f.CPU, requests+f.Requests
	}
	if requests == 0 {
		return 0, false
	}
	return float64(used.Microseconds()) / float64(requests), true
}
