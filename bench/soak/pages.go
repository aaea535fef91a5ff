package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// pagesEvery is how often one of the pages' questions is asked.
const pagesEvery = 250 * time.Millisecond

// question is what a page of the dashboard asks.
type question struct{ name, path string }

// questions are asked in turn. RUN is a run that is under way.
func questions() []question {
	return []question{
		{"overview", "/api/v1/overview"},
		{"quotas", "/api/v1/quotas"},
		{"calls", "/api/v1/calls?limit=100"},
		{"calls of a tenant", "/api/v1/calls?limit=100&tenant=tenant-7"},
		{"calls refused", "/api/v1/calls?limit=100&outcome=refused"},
		{"runs", "/api/v1/runs?limit=100"},
		{"costs by day", "/api/v1/costs?by=day"},
		{"costs by model", "/api/v1/costs?by=model"},
		{"costs by tenant", "/api/v1/costs?by=tenant&limit=100"},
		{"usage by minute", "/api/v1/usage?step=minute"},
		{"events", "/api/v1/events"},
	}
}

// pages asks the API as somebody does who looks at the dashboard.
type pages struct {
	base   string
	client *http.Client
	all    []question
	times  map[string]*hdrhistogram.Histogram
	wrong  error
}

// pageFigures are how long the answers to one question took.
type pageFigures struct {
	name          string
	asked         int64
	p50, p99, max time.Duration
}

func newPages(base string) *pages {
	p := &pages{base: base, client: &http.Client{Timeout: 30 * time.Second}, all: questions(), times: map[string]*hdrhistogram.Histogram{}}
	for _, q := range p.all {
		p.times[q.name] = hdrhistogram.New(1, 60_000_000, 3)
	}
	return p
}

// run asks until ctx ends.
func (p *pages) run(ctx context.Context) {
	t := time.NewTicker(pagesEvery)
	defer t.Stop()
	for i := 0; ; i++ {
		q := p.all[i%len(p.all)]
		asked := time.Now()
		_, err := get(ctx, p.client, p.base+q.path)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			p.wrong = fmt.Errorf("%s: %w", q.path, err)
			return
		}
		_ = p.times[q.name].RecordValue(time.Since(asked).Microseconds()) // within the client's patience
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

func (p *pages) failure() error { return p.wrong }

func (p *pages) figures() []pageFigures {
	var out []pageFigures
	for _, q := range p.all {
		h := p.times[q.name]
		at := func(quantile float64) time.Duration {
			return time.Duration(h.ValueAtQuantile(quantile)) * time.Microsecond
		}
		out = append(out, pageFigures{q.name, h.TotalCount(), at(50), at(99), at(100)})
	}
	return out
}

// get asks and reads the whole answer, which must be 200.
func get(ctx context.Context, client *http.Client, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d: %s", resp.StatusCode, body[:min(len(body), 300)])
	}
	return body, err
}

// listener reads the events that the gateway sends, as a page that is open does.
type listener struct {
	base  string
	f     heardFigures
	wrong error
	mu    sync.Mutex // of what is above
}

// heardFigures are what was heard: overviews, calls, those that were too many to be
// told of, the longest time between two overviews, and how old they were at most.
type heardFigures struct {
	overviews, calls, skipped int64
	gap, age                  time.Duration
}

func newListener(base string) *listener { return &listener{base: base} }

// run listens until ctx ends.
func (l *listener) run(ctx context.Context) {
	err := l.listen(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	if ctx.Err() == nil {
		l.wrong = fmt.Errorf("the stream of events broke: %w", err)
	}
}

func (l *listener) listen(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, l.base+"/api/v1/live", http.NoBody)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 16<<20)
	event, last := "", time.Time{}
	for lines.Scan() {
		if name, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			event = name
		}
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		l.mu.Lock()
		last = l.hear(event, data, last, time.Now())
		l.mu.Unlock()
	}
	return lines.Err()
}

// hear counts an event, and gives when the last overview came.
func (l *listener) hear(event, data string, last, now time.Time) time.Time {
	var d struct {
		Time  time.Time `json:"time"`
		Calls any       `json:"calls"`
	}
	switch event {
	case "overview":
		l.f.overviews++
		if !last.IsZero() {
			l.f.gap = max(l.f.gap, now.Sub(last))
		}
		if json.Unmarshal([]byte(data), &d) == nil {
			l.f.age = max(l.f.age, now.Sub(d.Time))
		}
		return now
	case "call":
		l.f.calls++
	case "skipped":
		if json.Unmarshal([]byte(data), &d) == nil {
			n, _ := d.Calls.(float64) // 0 is no number of skipped calls
			l.f.skipped += int64(n)
		}
	}
	return last
}

func (l *listener) failure() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.wrong
}

func (l *listener) figures() heardFigures {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.f
}
