package overhead

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

const (
	workers = 64 // of the closed loop
	model   = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
)

// Load is one kind of load.
type Load struct {
	Name string
	// Body is the bytes of text in a request.
	Body   int
	Stream bool
	// Rate is the requests a second of an open loop; 0 is as many as a closed
	// loop gets done.
	Rate int
}

// Figures is what one round of one arm measured.
type Figures struct {
	Requests int64
	// Length is how long they took together.
	Length time.Duration
	// P50 and P99 are latencies; zero for a closed loop.
	P50, P99 time.Duration
	// CPU is what the arm's process used; negative where that cannot be read.
	CPU time.Duration
	// Others is the share of the machine's processors that programs outside the
	// bench had meanwhile; zero where that cannot be read.
	Others float64
}

// Measure puts a load on one of the arms for a while.
func (a *Arms) Measure(ctx context.Context, l Load, arm *Arm, length time.Duration) (Figures, error) {
	ctx, cancel := context.WithTimeout(ctx, length+30*time.Second)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1024, DisableCompression: true}}
	defer client.CloseIdleConnections()
	r := &round{make: arm.request(l), client: client, times: hdrhistogram.New(1, 60_000_000, 3)}
	before, noCPU := cpu(arm.cmd.Process.Pid)
	othersBefore, noOthers := a.others()
	begun := time.Now()
	if l.Rate > 0 {
		r.open(ctx, l.Rate, length)
	} else {
		r.closed(ctx, length)
	}
	f := Figures{Requests: r.done.Load(), Length: time.Since(begun), CPU: -1}
	after, err := cpu(arm.cmd.Process.Pid)
	if noCPU == nil && err == nil {
		f.CPU = after - before
	}
	othersAfter, err := a.others()
	if noOthers == nil && err == nil {
		f.Others = max(0, (othersAfter-othersBefore).Seconds()/f.Length.Seconds()/float64(runtime.NumCPU()))
	}
	if l.Rate > 0 {
		f.P50, f.P99 = r.quantile(50), r.quantile(99)
	}
	if r.failed != nil {
		return f, fmt.Errorf("%s, %s: %w", l.Name, arm.Name, r.failed)
	}
	return f, nil
}

// request prepares what the arm is to be sent.
func (a *Arm) request(l Load) func(context.Context) (*http.Request, error) {
	text := strings.Repeat("lorem ipsum dolor sit amet ", l.Body/27+1)[:l.Body]
	verb := "converse"
	if l.Stream {
		verb = "converse-stream"
	}
	url := a.base + "/model/" + strings.ReplaceAll(model, ":", "%3A") + "/" + verb
	body := `{"messages":[{"role":"user","content":[{"text":"` + text + `"}]}],"inferenceConfig":{"maxTokens":1000}}`
	header := http.Header{
		"Content-Type":  {"application/json"},
		"Authorization": {"AWS4-HMAC-SHA256 Credential=AKIABENCH/20261101/us-east-1/bedrock/aws4_request, SignedHeaders=host, Signature=0"},
	}
	if a.openAI {
		url = a.base + "/v1/chat/completions"
		body = fmt.Sprintf(`{"model":%q,"max_tokens":1000,"stream":%t,"messages":[{"role":"user","content":%q}]}`, model, l.Stream, text)
		header = http.Header{"Content-Type": {"application/json"}}
		for name, value := range map[string]string{
			"provider": "bedrock", "custom-host": a.upstream, "aws-region": "us-east-1",
			"aws-access-key-id": "AKIABENCH", "aws-secret-access-key": "secret",
		} {
			header.Set("X-Portkey-"+name, value)
		}
	}
	return func(ctx context.Context) (*http.Request, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader([]byte(body)))
		if err != nil {
			return nil, err
		}
		req.Header = header.Clone()
		return req, nil
	}
}

// round makes the requests of one measurement.
type round struct {
	make   func(context.Context) (*http.Request, error)
	client *http.Client
	done   atomic.Int64

	mu     sync.Mutex // of what follows
	times  *hdrhistogram.Histogram
	failed error
}

func (r *round) quantile(q float64) time.Duration {
	return time.Duration(r.times.ValueAtQuantile(q)) * time.Microsecond
}

// open sends at a fixed rate, whatever comes back: each request has a goroutine
// of its own, so a slow answer delays nobody.
func (r *round) open(ctx context.Context, rate int, length time.Duration) {
	var wg sync.WaitGroup
	begin := time.Now()
	for i := range int(length.Seconds() * float64(rate)) {
		if wait := time.Until(begin.Add(time.Duration(i) * time.Second / time.Duration(rate))); wait > 0 {
			time.Sleep(wait)
		}
		if ctx.Err() != nil {
			break
		}
		wg.Go(func() { r.send(ctx) })
	}
	wg.Wait()
}

// closed keeps a number of workers busy and counts what they get done.
func (r *round) closed(ctx context.Context, length time.Duration) {
	var wg sync.WaitGroup
	begin := time.Now()
	for range workers {
		wg.Go(func() {
			for time.Since(begin) < length && r.send(ctx) {
			}
		})
	}
	wg.Wait()
}

// send makes one request and takes its time; false when it failed.
func (r *round) send(ctx context.Context) bool {
	sent := time.Now()
	err := r.try(ctx)
	took := time.Since(sent)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.failed = err
		return false
	}
	r.done.Add(1)
	_ = r.times.RecordValue(took.Microseconds()) // within the histogram's minute
	return true
}

func (r *round) try(ctx context.Context) error {
	req, err := r.make(ctx)
	if err != nil {
		return err
	}
	resp, err := r.client.Do(req)
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
