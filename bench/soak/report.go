package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/chart"
)

// The targets.
const (
	flat       = 0.10 // how far memory may move
	responsive = 200 * time.Millisecond
	mostSeries = 5_000
)

// report is everything that was measured.
type report struct {
	options options
	load    loadFigures
	pages   []pageFigures
	heard   heardFigures
	samples []point
}

// verdict is one target and what was found.
type verdict struct {
	what, target, found string
	met                 bool
	slow                bool // takes a long soak to show
}

// thirds are the medians of the first and the last third of what is after the
// warm-up; NaN without samples.
func (r *report) thirds(value func(point) float64) (first, last float64) {
	var v []float64
	for _, s := range r.samples {
		if s.after >= r.options.warm {
			v = append(v, value(s))
		}
	}
	n := len(v) / 3
	return median(v[:n]), median(v[len(v)-n:])
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return math.NaN()
	}
	v = slices.Sorted(slices.Values(v))
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

// verdicts hold what was found against the targets.
func (r *report) verdicts() []verdict {
	var out []verdict
	for _, m := range []struct {
		what  string
		value func(point) float64
	}{
		{"resident memory", func(s point) float64 { return s.rss / 1e6 }},
		{"heap", func(s point) float64 { return s.heap / 1e6 }},
	} {
		first, last := r.thirds(m.value)
		change := last/first - 1
		out = append(out, verdict{
			m.what + ", last third against first", fmt.Sprintf("± %.0f %%", 100*flat),
			fmt.Sprintf("%.1f MB → %.1f MB, %+.1f %%", first, last, 100*change), math.Abs(change) <= flat, true,
		})
	}
	slowest := pageFigures{}
	for _, p := range r.pages {
		if p.p99 > slowest.p99 {
			slowest = p
		}
	}
	out = append(out, verdict{
		"slowest question of a page, p99", "≤ " + milliseconds(responsive),
		milliseconds(slowest.p99) + " (" + slowest.name + ")", slowest.p99 <= responsive && slowest.p99 > 0, false,
	})
	most, bytes := 0, 0
	for _, s := range r.samples {
		most, bytes = max(most, s.series), max(bytes, s.scrape)
	}
	return append(out, verdict{
		"series of metrics, the most", fmt.Sprintf("≤ %d", mostSeries),
		fmt.Sprintf("%d series, %.0f kB a scrape, of %d tenants and %d runs", most, float64(bytes)/1e3, r.tenants(), r.load.runs), most <= mostSeries && most > 0, false,
	})
}

// tenants is how many have called: each run is of one.
func (r *report) tenants() int64 { return min(int64(r.options.tenants), r.load.runs) }

// met says whether all targets are that decide.
func (r *report) met() bool {
	return !slices.ContainsFunc(r.verdicts(), func(v verdict) bool { return !v.met && (!v.slow || !r.options.quick) })
}

// page is the report as Markdown.
func (r *report) page() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# A gateway under load for a while\n")
	line("Written by `go run ./bench/soak -for %s -rate %d`: %s on %s/%s, %d processors, which the emulator and the load share with the gateway, and with whatever else runs there.\n",
		r.options.length, r.options.rate, runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	line("%d calls of %d tenants in %d runs, %d of them under way at a time; every fifth a stream, one in a hundred to a model whose limit is too low for them.",
		r.load.sent, r.tenants(), r.load.runs, underWay)
	line("Meanwhile a page's question is asked every %s, one reader listens to the events, and `/metrics` is scraped every %s.\n",
		milliseconds(pagesEvery), sampleEvery)
	line("| target | wanted | found | |\n|---|---|---|---|")
	for _, v := range r.verdicts() {
		line("| %s | %s | %s | %s |", v.what, v.target, v.found, mark(v.met))
	}
	line("\nThe first %s are warm-up and count for nothing.\n", r.options.warm)
	line("![Memory of the gateway](charts/soak.svg)\n")
	line("| calls | |\n|---|---:|")
	line("| sent | %d (%.0f a second) |", r.load.sent, float64(r.load.sent)/r.load.length.Seconds())
	line("| answered | %d |\n| refused, of the limit that is too low | %d |\n| failed | %d |", r.load.ok, r.load.refused, r.load.failed)
	line("| latency, the emulator's 50 ms included, p50 and p99 | %s, %s |\n", milliseconds(r.load.p50), milliseconds(r.load.p99))
	line("| question | asked | p50 | p99 | longest |\n|---|---:|---:|---:|---:|")
	for _, p := range r.pages {
		line("| %s | %d | %s | %s | %s |", p.name, p.asked, milliseconds(p.p50), milliseconds(p.p99), milliseconds(p.max))
	}
	line("\n%d overviews were heard, at most %s apart and %s old; %d calls one by one, %d more counted.",
		r.heard.overviews, milliseconds(r.heard.gap), milliseconds(r.heard.age), r.heard.calls, r.heard.skipped)
	if n := len(r.samples); n > 0 {
		s := r.samples[n-1]
		line("At the end: %d goroutines; a scrape took %s.", int(s.goroutines), milliseconds(s.took))
	}
	return b.String()
}

func mark(met bool) string {
	if met {
		return "✓"
	}
	return "**✗ missed**"
}

func milliseconds(d time.Duration) string {
	if d < 10*time.Millisecond {
		return fmt.Sprintf("%.1f ms", d.Seconds()*1e3)
	}
	return fmt.Sprintf("%.0f ms", d.Seconds()*1e3)
}

// drawing is memory over time.
func (r *report) drawing() []byte {
	var x, rss, heap []float64
	for _, s := range r.samples {
		x, rss, heap = append(x, s.after.Seconds()), append(rss, s.rss/1e6), append(heap, s.heap/1e6)
	}
	return chart.Plot{
		Title: "Memory of the gateway", Subtitle: fmt.Sprintf("%d requests a second, %d tenants", r.options.rate, r.tenants()),
		X: chart.Axis{Label: "since the load began", Unit: chart.Seconds}, Y: chart.Axis{Label: "MB"},
		Series: []chart.Series{{Name: "resident", X: x, Y: rss}, {Name: "heap", X: x, Y: heap}},
		Marks:  []chart.Mark{{Label: "end of warm-up", At: r.options.warm.Seconds(), Vertical: true}},
	}.SVG()
}

// write writes the page, and its chart into the folder charts beside it.
func (r *report) write(out string) error {
	charts := filepath.Join(filepath.Dir(out), "charts")
	if err := os.MkdirAll(charts, 0o750); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(charts, "soak.svg"), r.drawing(), 0o600); err != nil {
		return err
	}
	return os.WriteFile(out, []byte(r.page()), 0o600)
}
