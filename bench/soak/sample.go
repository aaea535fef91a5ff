package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// sampleEvery is how often the gateway is looked at.
const sampleEvery = 5 * time.Second

// point is what a look at the gateway found; sizes are in bytes.
type point struct {
	after      time.Duration // since the load began
	rss        float64
	heap       float64 // in use after the last collection and since
	goroutines float64
	series     int // of metrics
	scrape     int // bytes of an answer of /metrics
	took       time.Duration
}

// sample looks at the gateway until ctx ends.
func sample(ctx context.Context, p *parts, begun time.Time) ([]point, error) {
	var out []point
	t := time.NewTicker(sampleEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return out, nil
		case <-t.C:
		}
		s, err := look(ctx, p, begun)
		if ctx.Err() != nil {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		out = append(out, s)
		if len(out)%12 == 1 {
			fmt.Fprintf(os.Stderr, "soak: %4.0f s: %.1f MB resident, %.1f MB heap, %d series\n", s.after.Seconds(), s.rss/1e6, s.heap/1e6, s.series)
		}
	}
}

func look(ctx context.Context, p *parts, begun time.Time) (point, error) {
	s := point{after: time.Since(begun)}
	text, err := get(ctx, http.DefaultClient, p.gateway+"/metrics")
	if err != nil {
		return s, err
	}
	s.took, s.scrape = time.Since(begun)-s.after, len(text)
	s.series, s.heap, s.goroutines = readMetrics(text)
	s.rss, err = resident(p.pid)
	return s, err
}

// readMetrics counts series and finds those of the Go runtime.
func readMetrics(text []byte) (series int, heap, goroutines float64) {
	for line := range bytes.Lines(text) {
		if len(line) < 2 || line[0] == '#' {
			continue
		}
		series++
		name, value, _ := strings.Cut(strings.TrimSpace(string(line)), " ")
		switch name {
		case "go_memstats_heap_alloc_bytes":
			heap, _ = strconv.ParseFloat(value, 64) // 0 shows in the report
		case "go_goroutines":
			goroutines, _ = strconv.ParseFloat(value, 64) // likewise
		}
	}
	return series, heap, goroutines
}

// resident is the memory of a process that is in RAM (proc_pid_status(5)).
func resident(pid int) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("memory is read from /proc, which Linux has: %w", err)
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	line, _, _ := strings.Cut(rest, "kB")
	kib, err := strconv.ParseFloat(strings.TrimSpace(line), 64)
	return kib * 1024, err
}
