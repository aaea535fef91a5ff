package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// soaked is a report whose memory goes from low to high after the warm-up.
func soaked(low, high float64, p99 time.Duration, series int) *report {
	r := &report{
		options: options{length: 10 * time.Minute, rate: 500, tenants: 10_000, warm: 2 * time.Minute},
		load:    loadFigures{sent: 300_000, ok: 299_000, refused: 1_000, runs: 17_000, length: 10 * time.Minute},
		pages:   []pageFigures{{name: "calls", asked: 9, p99: time.Millisecond}, {name: "runs", asked: 9, p50: p99 / 2, p99: p99, max: p99}},
	}
	for after := sampleEvery; after < r.options.length; after += sampleEvery {
		size := 1.0 // of the warm-up, which counts for nothing
		if part := float64(after-r.options.warm) / float64(r.options.length-r.options.warm); part >= 0 {
			size = low + (high-low)*part
		}
		r.samples = append(r.samples, point{after: after, rss: size * 1e6, heap: size * 1e6, series: series, scrape: 140_000})
	}
	return r
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		report *report
		want   string // of each target
	}{
		{"all is well", soaked(100, 105, 50*time.Millisecond, 1600), "✓✓✓✓"},
		{"memory grows", soaked(100, 130, 50*time.Millisecond, 1600), "✗✗✓✓"},
		{"memory shrinks", soaked(130, 100, 50*time.Millisecond, 1600), "✗✗✓✓"},
		{"pages are slow", soaked(100, 100, 201*time.Millisecond, 1600), "✓✓✗✓"},
		{"series grow", soaked(100, 100, 50*time.Millisecond, 30_000), "✓✓✓✗"},
		{"a quick soak", &report{options: options{quick: true}, pages: []pageFigures{{p99: 1}}, samples: []point{{series: 1}}}, "✗✗✓✓"},
		{"nothing was measured", &report{}, "✗✗✗✗"},
	} {
		got := ""
		for _, v := range c.report.verdicts() {
			got += map[bool]string{true: "✓", false: "✗"}[v.met]
		}
		if got != c.want || c.report.met() != (c.name == "a quick soak" || !strings.Contains(c.want, "✗")) {
			t.Errorf("%s: %s, met %t, want %s", c.name, got, c.report.met(), c.want)
		}
	}
}

func TestReportIsWrittenWhole(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "soak.md")
	if err := soaked(100, 130, time.Millisecond, 1600).write(out); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| resident memory, last third against first | ± 10 % | 104.8 MB → 124.8 MB, +19.1 % | **✗ missed** |", "| sent | 300000 (500 a second) |", "(charts/soak.svg)"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("%q is not in\n%s", want, page)
		}
	}
	if svg, err := os.ReadFile(filepath.Join(filepath.Dir(out), "charts", "soak.svg")); err != nil || !strings.Contains(string(svg), "Memory of the gateway") {
		t.Errorf("the chart: %v", err)
	}
}

func TestReadings(t *testing.T) {
	t.Parallel()
	series, heap, goroutines := readMetrics([]byte("# HELP x y\nx{tenant=\"a b\"} 1\n\ngo_goroutines 21\ngo_memstats_heap_alloc_bytes 2.5e+07\n"))
	if series != 3 || heap != 25e6 || goroutines != 21 {
		t.Errorf("readMetrics = %d, %v, %v", series, heap, goroutines)
	}
	rss, err := resident(os.Getpid())
	if runtime.GOOS != "linux" {
		t.Skip("there is no /proc")
	}
	if err != nil || rss < 1e6 {
		t.Errorf("resident = %v, %v, want what this test uses", rss, err)
	}
}
