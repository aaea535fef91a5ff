package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

const (
	workers   = 64 // of the closed loop
	modelPath = "/model/us.anthropic.claude-haiku-4-5-20251001-v1%3A0/"
)

// loadCase is one kind of load.
type loadCase struct {
	name   string
	verb   string
	body   []byte
	answer int // bytes of text in the answer
	rate   int // requests a second; 0 is as many as go
	judged bool
}

func cases(rates []int) []loadCase {
	small := converseBody(2 << 10)
	var out []loadCase
	for _, r := range rates {
		out = append(out, loadCase{name: fmt.Sprintf("2 KB at %d/s", r), verb: "converse", body: small, answer: 2 << 10, rate: r, judged: true})
	}
	return append(out,
		loadCase{name: "2 KB at saturation", verb: "converse", body: small, answer: 2 << 10, judged: true},
		loadCase{name: "100 KB at 200/s", verb: "converse", body: converseBody(100 << 10), answer: 2 << 10, rate: 200},
		loadCase{name: "2 KB streamed at 200/s", verb: "converse-stream", body: small, answer: 2 << 10, rate: 200},
	)
}

func converseBody(size int) []byte {
	text := strings.Repeat("lorem ipsum dolor sit amet ", size/27+1)[:size]
	return []byte(`{"messages":[{"role":"user","content":[{"text":"` + text + `"}]}],"inferenceConfig":{"maxTokens":1000}}`)
}

func (c loadCase) metrics() []string {
	if c.rate == 0 {
		return []string{"requests_per_s"}
	}
	return []string{"p50_us", "p99_us"}
}

// measure lets the arms take turns, after a round that does not count.
func (c loadCase) measure(ctx context.Context, arms map[string]string, s settings) (map[string]map[string][]float64, error) {
	figures := map[string]map[string][]float64{}
	for round := range s.rounds + 1 {
		for _, arm := range armNames {
			length := s.length
			if round == 0 {
				length = min(length, time.Second)
			}
			one, err := c.round(ctx, arms[arm], length)
			if err != nil {
				return nil, fmt.Errorf("%s, %s: %w", c.name, arm, err)
			}
			if figures[arm] == nil {
				figures[arm] = map[string][]float64{}
			}
			for metric, v := range one {
				if round > 0 {
					figures[arm][metric] = append(figures[arm][metric], v)
				}
			}
		}
	}
	return figures, nil
}

func (c loadCase) round(ctx context.Context, base string, length time.Duration) (map[string]float64, error) {
	ctx, cancel := context.WithTimeout(ctx, length+30*time.Second)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1024, DisableCompression: true}}
	defer client.CloseIdleConnections()
	l := &loader{c: c, url: base + modelPath + c.verb, client: client}
	if c.rate > 0 {
		return l.open(ctx, length)
	}
	return l.closed(ctx, length)
}

// loader makes the requests of one round.
type loader struct {
	c      loadCase
	url    string
	client *http.Client

	mu     sync.Mutex
	times  *hdrhistogram.Histogram
	failed error
}

// open sends at a fixed rate, whatever comes back: each request has a goroutine
// of its own, so a slow answer delays nobody.
func (l *loader) open(ctx context.Context, length time.Duration) (map[string]float64, error) {
	l.times = hdrhistogram.New(1, 60_000_000, 3)
	var wg sync.WaitGroup
	begin := time.Now()
	n := int(length.Seconds() * float64(l.c.rate))
	for i := range n {
		if wait := time.Until(begin.Add(time.Duration(i) * time.Second / time.Duration(l.c.rate))); wait > 0 {
			time.Sleep(wait)
		}
		wg.Go(func() {
			sent := time.Now()
			err := l.send(ctx)
			took := time.Since(sent)
			l.mu.Lock()
			defer l.mu.Unlock()
			if err != nil {
				l.failed = err
				return
			}
			_ = l.times.RecordValue(took.Microseconds()) // within the histogram's minute
		})
	}
	wg.Wait()
	return map[string]float64{
		"p50_us": float64(l.times.ValueAtQuantile(50)),
		"p99_us": float64(l.times.ValueAtQuantile(99)),
	}, l.failed
}

// closed keeps a number of workers busy and counts what they get done.
func (l *loader) closed(ctx context.Context, length time.Duration) (map[string]float64, error) {
	var done atomic.Int64
	var wg sync.WaitGroup
	begin := time.Now()
	for range workers {
		wg.Go(func() {
			for time.Since(begin) < length {
				if err := l.send(ctx); err != nil {
					l.mu.Lock()
					l.failed = err
					l.mu.Unlock()
					return
				}
				done.Add(1)
			}
		})
	}
	wg.Wait()
	return map[string]float64{"requests_per_s": float64(done.Load()) / time.Since(begin).Seconds()}, l.failed
}

func (l *loader) send(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.url, bytes.NewReader(l.c.body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Answer-Bytes", strconv.Itoa(l.c.answer))
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIABENCH/20261101/us-east-1/bedrock/aws4_request, SignedHeaders=host, Signature=0")
	resp, err := l.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return errors.New(resp.Status)
	}
	return nil
}
