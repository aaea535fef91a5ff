package suites

import (
	"context"
	"path/filepath"
	"slices"
	"time"

	"github.com/headgate/headgate/bench/internal/overhead"
	"github.com/headgate/headgate/bench/internal/report"
	"github.com/headgate/headgate/bench/internal/results"
)

// The targets, against the bare proxy in the same run.
const (
	mostLatency   = 1.5
	leastRequests = 0.6
)

// headroom is how far above a rate an arm's own throughput must be for its
// latency at that rate to mean anything: nearer to it, queues grow.
const headroom = 1.3

// overheadCase is one load, and whether it has targets.
type overheadCase struct {
	overhead.Load
	judged bool
}

// overheadCases begin with saturation, which says what rates an arm can bear.
func overheadCases() []overheadCase {
	const small, large = 2 << 10, 100 << 10
	return []overheadCase{
		{overhead.Load{Name: "2 KB, saturated", Body: small}, true},
		{overhead.Load{Name: "100 KB, saturated", Body: large}, false},
		{overhead.Load{Name: "2 KB, 200/s", Body: small, Rate: 200}, true},
		{overhead.Load{Name: "2 KB, 500/s", Body: small, Rate: 500}, true},
		{overhead.Load{Name: "2 KB, 1,000/s", Body: small, Rate: 1000}, true},
		{overhead.Load{Name: "100 KB, 200/s", Body: large, Rate: 200}, false},
		{overhead.Load{Name: "2 KB streamed, 200/s", Body: small, Rate: 200, Stream: true}, false},
	}
}

func overheads() Suite {
	return Suite{
		Section: report.Section{
			Name: "overhead", Title: "Overhead of the gateway", Group: results.Machine,
			About: "The same requests without a proxy (direct), through a bare `httputil.ReverseProxy` (proxy), through Headgate with signing, " +
				"admission, usage and ledger on, and, where npm can install it, through Portkey's gateway, which turns OpenAI's chat requests into " +
				"signed Converse calls. Every part is a process of its own; all of them share the machine's cores with the load. Arms take turns. " +
				"An arm that gets little more than a rate done at saturation is left out at this rate: its latency would be that of its queue.",
			Metrics: []report.Metric{
				{Name: "p50", Title: "Median latency", Unit: "µs"},
				{Name: "p99", Title: "99th percentile of latency", Unit: "µs"},
				{Name: "throughput", Title: "Throughput", Unit: "requests/s", About: "64 clients that send the next request when the last is answered."},
				{Name: "cpu", Title: "CPU of the gateway's process for a request", Unit: "µs", About: "User and system time over all rounds."},
			},
			Charts: []report.Chart{
				{File: "overhead-p50", Title: "Median latency", Subtitle: "on a logarithmic axis; the tick is the bare proxy's", Metric: "p50", Log: true},
				{File: "overhead-p99", Title: "99th percentile of latency", Subtitle: "on a logarithmic axis; the tick is the bare proxy's", Metric: "p99", Log: true},
				{File: "overhead-throughput", Title: "Throughput at saturation", Subtitle: "the tick is the bare proxy's", Metric: "throughput"},
				{File: "overhead-cpu", Title: "CPU time of the gateway's process for a request", Metric: "cpu"},
			},
		},
		Run: runOverheads,
	}
}

func runOverheads(ctx context.Context, s Settings, emit func(results.Row)) error {
	dir := filepath.Join(s.Root, "bench", "portkey")
	s.Step("starting the arms")
	arms, skipped, err := overhead.Start(ctx, dir)
	if err != nil {
		return err
	}
	defer arms.Close()
	if skipped != nil {
		s.Step("without Portkey: %v", skipped)
	}
	rounds, length, warm := 3, 1700*time.Millisecond, 500*time.Millisecond
	if s.Quick {
		rounds, length, warm = 1, 500*time.Millisecond, 200*time.Millisecond
	}
	o := overheadRun{arms: arms.All, rounds: rounds, length: length, warm: warm, most: map[bearing]float64{}, version: overhead.PortkeyVersion(dir)}
	for _, c := range overheadCases() {
		s.Step("%s", c.Name)
		if err := o.measure(ctx, c, s, emit); err != nil {
			return err
		}
	}
	return nil
}

// overheadRun measures case after case.
type overheadRun struct {
	arms         []*overhead.Arm
	rounds       int
	length, warm time.Duration
	// most is the throughput that is known.
	most    map[bearing]float64
	version string
}

// bearing is an arm, and the size of requests that it gets.
type bearing struct {
	arm  string
	body int
}

// measure lets the arms take turns, after a round that does not count.
func (o *overheadRun) measure(ctx context.Context, c overheadCase, s Settings, emit func(results.Row)) error {
	able := slices.DeleteFunc(slices.Clone(o.arms), func(a *overhead.Arm) bool {
		most, known := o.most[bearing{a.Name, c.Body}]
		weak := known && float64(c.Rate)*headroom > most && a.Name != overhead.Headgate
		if weak {
			s.Step("without %s: at saturation it gets %.0f requests a second done", a.Name, most)
		}
		return weak
	})
	figures := map[string][]overhead.Figures{}
	for i := range o.rounds + 1 {
		for _, arm := range able {
			length := o.length
			if i == 0 {
				length = o.warm
			}
			f, err := c.Measure(ctx, arm, length)
			if err != nil {
				return err
			}
			if i > 0 {
				figures[arm.Name] = append(figures[arm.Name], f)
			}
		}
	}
	o.emit(c, figures, emit)
	return nil
}

// emit turns the figures of a case into rows, with the verdicts on ours.
func (o *overheadRun) emit(c overheadCase, figures map[string][]overhead.Figures, emit func(results.Row)) {
	type metric struct {
		name   string
		of     func(overhead.Figures) float64
		target results.Target
	}
	micro := func(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
	metrics := []metric{
		{"p50", func(f overhead.Figures) float64 { return micro(f.P50) }, results.AtMost(mostLatency, overhead.Proxy)},
		{"p99", func(f overhead.Figures) float64 { return micro(f.P99) }, results.AtMost(mostLatency, overhead.Proxy)},
	}
	if c.Rate == 0 {
		metrics = []metric{{"throughput", func(f overhead.Figures) float64 { return float64(f.Requests) / f.Length.Seconds() }, results.AtLeast(leastRequests, overhead.Proxy)}}
	}
	for _, m := range metrics {
		var bound *float64
		for _, arm := range []string{overhead.Direct, overhead.Proxy, overhead.Headgate, overhead.Portkey} {
			if len(figures[arm]) == 0 {
				continue
			}
			var values []float64
			for _, f := range figures[arm] {
				values = append(values, m.of(f))
			}
			row := spread(results.Row{Case: c.Name, Arm: arm, Metric: m.name}, values)
			if arm == overhead.Proxy {
				bound = &row.Value
			}
			if arm == overhead.Headgate && c.judged {
				row.Bound, row.Target = bound, m.target
			}
			if arm == overhead.Portkey {
				row.Note = "version " + o.version
			}
			if c.Rate == 0 {
				o.most[bearing{arm, c.Body}] = row.Value
			}
			emit(row)
		}
	}
	for _, arm := range []string{overhead.Proxy, overhead.Headgate, overhead.Portkey} {
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
