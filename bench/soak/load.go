package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

const (
	// underWay is how many runs there are at a time, callsOfRun how many calls each
	// has before a new one takes its place: a gateway remembers those of ten minutes.
	underWay, callsOfRun = 10_000, 20
	// oneOf calls goes to the tight model, and one of streams is a stream.
	tightOneOf, streamOneOf = 100, 5
	bodySize                = 1 << 10
	patience                = 60 * time.Second
)

// load sends calls at a fixed pace, whatever comes back.
type load struct {
	base   string
	o      options
	client *http.Client
	text   string

	mu    sync.Mutex // of what follows
	times *hdrhistogram.Histogram
	f     loadFigures
	wrong error
}

// loadFigures are what became of the calls.
type loadFigures struct {
	sent, ok, refused, failed int64
	runs                      int64
	length                    time.Duration
	p50, p99                  time.Duration
}

func newLoad(base string, o options) *load {
	return &load{
		base: base, o: o, times: hdrhistogram.New(1, patience.Microseconds(), 3),
		client: &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: 256, IdleConnTimeout: 5 * time.Second, DisableCompression: true}},
		text:   strings.Repeat("lorem ipsum dolor sit amet ", bodySize/27+1)[:bodySize],
	}
}

// agent is a run under way.
type agent struct {
	run   int64
	calls int
}

// run sends until ctx ends, and waits for what is under way.
func (l *load) run(ctx context.Context) {
	var wg sync.WaitGroup
	random := rand.New(rand.NewPCG(1, 2))
	agents := make([]agent, underWay)
	for i := range agents {
		l.f.runs++
		agents[i] = agent{run: l.f.runs, calls: random.IntN(callsOfRun)}
	}
	begin := time.Now()
	for i := 0; ; i++ {
		if wait := time.Until(begin.Add(time.Duration(i) * time.Second / time.Duration(l.o.rate))); wait > 0 {
			time.Sleep(wait)
		}
		if ctx.Err() != nil {
			break
		}
		a := &agents[random.IntN(len(agents))]
		if a.calls++; a.calls > callsOfRun {
			l.f.runs++
			*a = agent{run: l.f.runs, calls: 1}
		}
		run, model, verb := a.run, "us."+busy, "converse"
		if random.IntN(tightOneOf) == 0 {
			model = tight
		} else if random.IntN(streamOneOf) == 0 {
			verb = "converse-stream"
		}
		wg.Go(func() { l.send(context.WithoutCancel(ctx), run, model, verb) })
	}
	l.f.length = time.Since(begin)
	wg.Wait()
	l.client.CloseIdleConnections()
}

// send makes one call. One that is refused, as the tight model's are, is no failure.
func (l *load) send(ctx context.Context, run int64, model, verb string) {
	sent := time.Now()
	status, err := l.call(ctx, run, model, verb)
	took := time.Since(sent)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.f.sent++
	switch {
	case err != nil:
		l.f.failed++
		l.wrong = err
	case status == http.StatusOK:
		l.f.ok++
		if model != tight {
			_ = l.times.RecordValue(took.Microseconds()) // within patience
		}
	case model == tight && (status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable):
		l.f.refused++
	default:
		l.f.failed++
		l.wrong = fmt.Errorf("a call of %s was answered with %d", model, status)
	}
}

func (l *load) call(ctx context.Context, run int64, model, verb string) (status int, err error) {
	body := `{"messages":[{"role":"user","content":[{"text":"` + l.text + `"}]}],"inferenceConfig":{"maxTokens":50}}`
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.base+"/model/"+strings.ReplaceAll(model, ":", "%3A")+"/"+verb, bytes.NewReader([]byte(body)))
	if err != nil {
		return 0, err
	}
	req.Header = http.Header{
		"Content-Type":      {"application/json"},
		"X-Headgate-Tenant": {"tenant-" + strconv.FormatInt(run%int64(l.o.tenants), 10)},
		"X-Headgate-Run":    {"run-" + strconv.FormatInt(run, 10)},
	}
	resp, err := l.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

// failure is why the load says nothing of a gateway under load: more than one call in
// a thousand has failed.
func (l *load) failure() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.f.failed > l.f.sent/1000 {
		return fmt.Errorf("%d of %d calls failed, the last: %w", l.f.failed, l.f.sent, l.wrong)
	}
	return nil
}

func (l *load) figures() loadFigures {
	l.mu.Lock()
	defer l.mu.Unlock()
	quantile := func(q float64) time.Duration { return time.Duration(l.times.ValueAtQuantile(q)) * time.Microsecond }
	l.f.p50, l.f.p99 = quantile(50), quantile(99)
	return l.f
}
