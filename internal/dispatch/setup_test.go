package dispatch

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/flight"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/limit"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
	"github.com/headgate/headgate/internal/upstream"
)

const haiku = "us.anthropic.claude-haiku-4-5-20251001-v1:0"

// reply is what the fake upstream does with one attempt.
type reply struct {
	status int
	typ    string // of the error, or the content type's place for streams
	body   string
	stream bool
	err    error
	after  time.Duration // before the answer begins
	broken error         // what the body ends with instead of EOF
	hangs  bool          // the body ends only when the attempt is cancelled
	sent   time.Duration // how late the transport says that the request was sent
	unsent bool          // it hangs before the request is sent
	panics bool
}

func good(in, out int) reply {
	return reply{status: 200, after: 3 * time.Second, body: fmt.Sprintf(
		`{"output":{"message":{"role":"assistant","content":[{"text":"hi"}]}},"stopReason":"end_turn",`+
			`"usage":{"inputTokens":%d,"outputTokens":%d,"totalTokens":%d},"metrics":{"latencyMs":3000}}`, in, out, in+out)}
}

func throttle(what string) reply {
	return reply{status: 429, typ: "ThrottlingException", body: `{"message":"Too many ` + what + `, please wait before trying again."}`}
}

// fakeUpstream answers attempts by script, then with good answers.
type fakeUpstream struct {
	mu     sync.Mutex
	script []reply
	starts []time.Time
}

func (u *fakeUpstream) Do(ctx context.Context, r *upstream.Request) (*upstream.Response, error) {
	u.mu.Lock()
	u.starts = append(u.starts, time.Now())
	a := good(20, 30)
	if len(u.script) > 0 {
		a, u.script = u.script[0], u.script[1:]
	}
	u.mu.Unlock()
	if a.panics {
		panic("the fake panics")
	}
	if a.unsent {
		<-ctx.Done()
	}
	if a.err != nil {
		return nil, a.err
	}
	if a.sent > 0 {
		time.AfterFunc(a.sent, func() { r.Sent(time.Now()) })
	} else {
		r.Sent(time.Now())
	}
	select {
	case <-time.After(a.after):
	case <-ctx.Done():
		return nil, &fault.Error{Kind: fault.Cancelled, Err: ctx.Err()}
	}
	h := http.Header{"Content-Type": {"application/json"}, "X-Amzn-Requestid": {"r"}}
	if a.stream {
		h.Set("Content-Type", "application/vnd.amazon.eventstream")
	}
	if a.typ != "" {
		h.Set("X-Amzn-Errortype", a.typ)
	}
	var body io.Reader = strings.NewReader(a.body)
	switch {
	case a.broken != nil:
		body = io.MultiReader(body, brokenReader{a.broken})
	case a.hangs:
		body = io.MultiReader(body, hangingReader{ctx})
	}
	return &upstream.Response{Status: a.status, Header: h, Body: io.NopCloser(body)}, nil
}

type brokenReader struct{ err error }

func (b brokenReader) Read([]byte) (int, error) { return 0, b.err }

// hangingReader has nothing more until its attempt is cancelled.
type hangingReader struct{ ctx context.Context } //nolint:containedctx // of the one attempt

func (h hangingReader) Read([]byte) (int, error) {
	<-h.ctx.Done()
	return 0, h.ctx.Err()
}

type memoryLedger struct {
	mu      sync.Mutex
	entries []ledger.Entry
}

func (l *memoryLedger) Record(e ledger.Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = append(l.entries, e)
}

// bench is a dispatcher with all that it stands on.
type bench struct {
	*Dispatcher
	up     *fakeUpstream
	ledger *memoryLedger
}

func perMinute(requests, tokens int64) []quota.Limit {
	return []quota.Limit{{Kind: quota.RequestsPerMinute, Amount: requests}, {Kind: quota.TokensPerMinute, Amount: tokens}}
}

func setup(t *testing.T, limits []quota.Limit, script ...reply) *bench {
	t.Helper()
	cat, err := catalog.Default()
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{up: &fakeUpstream{script: script}, ledger: &memoryLedger{}}
	b.Dispatcher = New(Options{
		Catalog: cat, Upstream: b.up, Ledger: b.ledger, Flights: flight.New(flight.Options{}), Region: "us-east-1",
		Limits: limit.NewMemory(limit.Options{Source: func(p llm.Pool) limit.Limits {
			return limit.Limits{Pool: p, Limits: limits, Provenance: limit.Configured}
		}}),
		Policy: Policy{
			MaxWait: 10 * time.Minute, MaxDepth: 100, MaxBytes: 1 << 20,
			Retry: Retry{Schedule: []time.Duration{2 * time.Second, 4 * time.Second, 8 * time.Second}},
		},
	})
	return b
}

func request(run string) *Request {
	l := NewLabels()
	_ = l.Fill("run", run, 1)
	return &Request{
		Operation: llm.OpConverse, ModelID: haiku, RawPath: "/model/" + haiku + "/converse", Header: http.Header{},
		Body:   []byte(`{"messages":[{"role":"user","content":[{"text":"` + strings.Repeat("hello ", 10) + run + `"}]}],"inferenceConfig":{"maxTokens":100}}`),
		Labels: l, Principal: "AKIA",
	}
}

// send makes a call to its end and gives its status and body.
func (b *bench) send(ctx context.Context, r *Request) (int, string, error) {
	resp, err := b.Do(ctx, r)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.Status, string(text), err
}

// quiet checks at the end that nothing is held and every call has one entry.
func (b *bench) quiet(t *testing.T, calls int) {
	t.Helper()
	if err := b.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := len(b.ledger.entries); got != calls {
		t.Errorf("the ledger has %d entries, want %d", got, calls)
	}
	if got := b.waitingBytes.Load(); got != 0 {
		t.Errorf("%d bytes count as waiting after all calls have ended", got)
	}
	for _, l := range b.lanes {
		if waiting, _ := l.Depth(0); waiting != 0 {
			t.Errorf("%d calls still wait", waiting)
		}
		<-time.After(61 * time.Second) // a window later nothing is charged any more
		for _, s := range l.pool.Status() {
			if s.Used != 0 || s.Planned != 0 {
				t.Errorf("%s: used %d, planned %d after a window, want 0: a hold leaked", s.Limit, s.Used, s.Planned)
			}
		}
	}
	b.Close()
	synctest.Wait()
}
