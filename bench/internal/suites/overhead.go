package suites

import (
	"cmp"
	"context"
	"path/filepath"
	"slices"
	"time"

	"github.com/headgate/headgate/bench/internal/overhead"
	"github.com/headgate/headgate/bench/internal/report"
	"github.com/headgate/headgate/bench/internal/results"
)

// headroom is how far above a rate an arm's own throughput must be for its
// latency at that rate to mean anything: nearer to it, queues grow.
const headroom = 1.3

// overheadCase is one load, how often and how long it is put on, and whether it
// has targets.
type overheadCase struct {
	overhead.Load
	// rounds is how many count; most is how many are run to find so many in
	// which the machine is left alone.
	rounds, most int
	length       time.Duration // of a round
	judged       bool
}

// overheadCases begin with saturation, which says what rates an arm can bear.
func overheadCases() []overheadCase {
	const small, large, ms = 2 << 10, 100 << 10, time.Millisecond
	return []overheadCase{
		{overhead.Load{Name: "2 KB, saturated", Body: small}, 5, 8, 600 * ms, true},
		{overhead.Load{Name: "100 KB, saturated", Body: large}, 3, 5, 600 * ms, false},
		{overhead.Load{Name: "2 KB, 200/s", Body: small, Rate: 200}, 5, 8, 1200 * ms, true},
		{overhead.Load{Name: "2 KB, 500/s", Body: small, Rate: 500}, 5, 8, 800 * ms, true},
		{overhead.Load{Name: "2 KB, 1,000/s", Body: small, Rate: 1000}, 5, 8, 600 * ms, true},
		{overhead.Load{Name: "100 KB, 200/s", Body: large, Rate: 200}, 3, 5, 1200 * ms, false},
		{overhead.Load{Name: "2 KB streamed, 200/s", Body: small, Rate: 200, Stream: true}, 3, 5, 1200 * ms, false},
	}
}

func overheads() Suite {
	return Suite{
		Section: report.Section{
			Name: "overhead", Title: "Overhead of the gateway", Group: results.Machine,
			About: "The same requests without a proxy (direct), through a bare `httputil.ReverseProxy` (proxy), through Headgate with signing, " +
				"admission, usage and ledger on, and, where npm can install it, through Portkey's gateway, which turns OpenAI's chat requests into " +
				"signed Converse calls. Every part is a process of its own; all of them share the machine's cores with the load. Arms take turns; turns in which other programs were busy are repeated " +
				"where there is time for it. " +
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
	o := overheadRun{arms: arms, most: map[bearing]float64{}, version: overhead.PortkeyVersion(dir)}
	for _, c := range overheadCases() {
		s.Step("%s", c.Name)
		if s.Quick {
			c.rounds, c.most, c.length = 1, 1, 500*time.Millisecond
		}
		if err := o.measure(ctx, c, s, emit); err != nil {
			return err
		}
	}
	return nil
}

// warm is the length of the round that does not count.
const warm = 300 * time.Millisecond

// overheadRun measures case after case.
type overheadRun struct {
	arms *overhead.Arms
	// most is the throughput that is known.
	most    map[bearing]float64
	version string
}

// bearing is an arm, and the size of requests that it gets.
type bearing struct {
	arm  string
	body int
}

// measure lets the arms take turns, after a turn that does not count.
func (o *overheadRun) measure(ctx context.Context, c overheadCase, s Settings, emit func(results.Row)) error {
	able := slices.DeleteFunc(slices.Clone(o.arms.All), func(a *overhead.Arm) bool {
		most, known := o.most[bearing{a.Name, c.Body}]
		weak := known && float64(c.Rate)*headroom > most && a.Name != overhead.Headgate
		if weak {
			s.Step("without %s: at saturation it gets %.0f requests a second done", a.Name, most)
		}
		return weak
	})
	if _, err := o.turn(ctx, c.Load, able, warm); err != nil {
		return err
	}
	var turns []turn
	for calm := 0; calm < c.rounds && len(turns) < c.most; {
		t, err := o.turn(ctx, c.Load, able, c.length)
		if err != nil {
			return err
		}
		turns = append(turns, t)
		if t.others <= quiet {
			calm++
		}
	}
	turns = calmest(turns, c.rounds)
	o.emit(c, turns, emit)
	if worst := turns[len(turns)-1].others; worst > quiet {
		s.Step("other programs had up to %.0f %% of the processors meanwhile", worst*100)
	}
	return nil
}

// quiet is the share of the processors that other programs may have in a turn
// that is taken at once; a turn with more is one of those run again.
const quiet = 0.05

// turn is one round of each arm.
type turn struct {
	figures map[string]overhead.Figures
	// others is the largest share that other programs had in one of the rounds.
	others float64
}

func (o *overheadRun) turn(ctx context.Context, l overhead.Load, able []*overhead.Arm, length time.Duration) (turn, error) {
	t := turn{figures: map[string]overhead.Figures{}}
	for _, arm := range able {
		f, err := o.arms.Measure(ctx, l, arm, length)
		if err != nil {
			return t, err
		}
		t.figures[arm.Name], t.others = f, max(t.others, f.Others)
	}
	return t, nil
}

// calmest are the n turns in which other programs had least, in this order. What
// the turns measured has no say in it.
func calmest(turns []turn, n int) []turn {
	slices.SortStableFunc(turns, func(a, b turn) int { return cmp.Compare(a.others, b.others) })
	return turns[:min(n, len(turns))]
}
