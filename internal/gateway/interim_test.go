package gateway_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/dispatch"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/gateway"
)

const (
	boto3      = "Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux"
	javascript = "aws-sdk-js/3.1164.0 ua/2.1 os/linux"
)

// pipes is a listener whose connections are pipes in memory, so that a bubble's
// time can pass while both ends wait.
type pipes struct {
	accepts chan net.Conn
	closed  chan struct{}
	once    sync.Once
}

func newPipes() *pipes { return &pipes{accepts: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.accepts:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "pipe"} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p.accepts <- far:
		return near, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// bubble is a gateway in virtual time, and a client that is connected to it.
type bubble struct {
	*testing.T
	client   *http.Client
	listener *pipes
}

// inBubble runs use with a client of one protocol and a gateway in front of d.
// Goroutines that outlive use, the server and the client fail the test.
func inBubble(t *testing.T, d gateway.Dispatcher, protocol string, use func(t bubble)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		logger := slog.New(slog.DiscardHandler)
		server, listener := gateway.NewServer(gateway.New(gateway.Options{Dispatcher: d, Logger: logger}), logger), newPipes()
		served := make(chan error)
		go func() { served <- server.Serve(listener) }()
		p := new(http.Protocols)
		p.SetHTTP1(protocol == "HTTP/1.1")
		p.SetUnencryptedHTTP2(protocol != "HTTP/1.1")
		transport := &http.Transport{
			Protocols: p, DisableCompression: true, DialContext: listener.dial, ExpectContinueTimeout: time.Hour,
		}
		use(bubble{t, &http.Client{Transport: transport}, listener})
		transport.CloseIdleConnections()
		if err := server.Close(); err != nil {
			t.Errorf("close the server: %v", err)
		}
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("Serve = %v, want %v", err, http.ErrServerClosed)
		}
	})
}

// interims are the interim responses that one request got.
type interims struct {
	mu   sync.Mutex // guards what follows
	seen []interim
}

// interim is the status of one, and when it came, in whole seconds.
type interim struct{ status, at int }

func (i *interims) watch(ctx context.Context) context.Context {
	begun := time.Now()
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{Got1xxResponse: func(status int, _ textproto.MIMEHeader) error {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.seen = append(i.seen, interim{status, int(time.Since(begun) / time.Second)})
		return nil
	}})
}

func (i *interims) want(t *testing.T, want ...interim) {
	t.Helper()
	i.mu.Lock()
	defer i.mu.Unlock()
	if diff := cmp.Diff(want, i.seen, cmp.AllowUnexported(interim{})); diff != "" {
		t.Errorf("interim responses (-want +got):\n%s", diff)
	}
}

// ask sends a call as userAgent would.
func (t bubble) ask(userAgent, operation string, header ...string) (reply, *interims) {
	t.Helper()
	seen := new(interims)
	r, err := http.NewRequestWithContext(seen.watch(t.Context()), http.MethodPost, "http://gateway/model/m/"+operation, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("User-Agent", userAgent)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return do(t.T, t.client, r), seen
}

// pause waits for d, or for the end of ctx.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// after answers as then does when d has passed.
func after(d time.Duration, then dispatchFunc) dispatchFunc {
	return func(ctx context.Context, r *dispatch.Request) (*dispatch.Response, error) {
		if err := pause(ctx, d); err != nil {
			return nil, fault.Wrap(fault.Cancelled, "wait", err)
		}
		return then(ctx, r)
	}
}

func wantBody(t *testing.T, resp reply, want string) {
	t.Helper()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || string(body) != want {
		t.Errorf("got %d %q, %v; want 200 %q", resp.StatusCode, body, err, want)
	}
}

func TestInterimWhileACallWaits(t *testing.T) {
	t.Parallel()
	for _, protocol := range protocols() {
		for _, operation := range []string{"converse", "converse-stream", "invoke", "invoke-with-response-stream"} {
			for _, tc := range []struct {
				userAgent string
				status    int
			}{{boto3, 100}, {javascript, 102}} {
				inBubble(t, after(50*time.Second, answering("{}")), protocol, func(t bubble) {
					resp, seen := t.ask(tc.userAgent, operation)
					wantBody(t.T, resp, "{}")
					seen.want(t.T, interim{tc.status, 15}, interim{tc.status, 30}, interim{tc.status, 45})
				})
			}
		}
	}
}

// An answer that comes in time, a client that is not known and one behind a
// proxy see nothing new.
func TestNoInterim(t *testing.T) {
	t.Parallel()
	for _, protocol := range protocols() {
		for _, tc := range []struct {
			wait      time.Duration
			userAgent string
			header    []string
		}{
			{14 * time.Second, boto3, nil},
			{time.Hour, "aws-sdk-go-v2/1.47.7 ua/2.1", nil},
			{time.Hour, "aws-sdk-java/2.33.0 md/io#sync", nil},
			{time.Hour, boto3, []string{"X-Forwarded-For", "10.0.0.1"}},
		} {
			inBubble(t, after(tc.wait, answering("{}")), protocol, func(t bubble) {
				resp, seen := t.ask(tc.userAgent, "converse", tc.header...)
				wantBody(t.T, resp, "{}")
				seen.want(t.T)
			})
		}
	}
}

// The body of a client that asks first is let in once; what follows keeps it
// awake.
func TestInterimAfterExpect(t *testing.T) {
	t.Parallel()
	for _, protocol := range protocols() {
		inBubble(t, after(20*time.Second, echo), protocol, func(t bubble) {
			resp, seen := t.ask(boto3, "converse", "Expect", "100-continue")
			wantBody(t.T, resp, "{}")
			seen.want(t.T, interim{100, 0}, interim{100, 15})
		})
	}
}

// echo answers with the request's body.
func echo(_ context.Context, r *dispatch.Request) (*dispatch.Response, error) {
	return &dispatch.Response{Status: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(r.Body)))}, nil
}

// The status stays open: a refusal after interim responses is the refusal that
// it would have been, and takes none of its headers before.
func TestRefusalAfterInterim(t *testing.T) {
	t.Parallel()
	refusal := func(context.Context, *dispatch.Request) (*dispatch.Response, error) {
		return nil, &fault.Error{Kind: fault.Throttled, Message: "Too many requests.", Limit: "requests/minute", RetryAfter: time.Second}
	}
	for _, protocol := range protocols() {
		for _, operation := range []string{"converse", "converse-stream"} {
			inBubble(t, after(31*time.Second, refusal), protocol, func(t bubble) {
				resp, seen := t.ask(javascript, operation)
				wantFailure(t.T, resp, http.StatusTooManyRequests, "ThrottlingException", "Too many requests.")
				if got := resp.Header.Get("X-Headgate-Limit"); got != "requests/minute" {
					t.Errorf("X-Headgate-Limit = %q, want requests/minute", got)
				}
				seen.want(t.T, interim{102, 15}, interim{102, 30})
			})
		}
	}
}

// A panic while the client is kept awake is told as any other: the answer has
// not begun.
func TestPanicAfterInterim(t *testing.T) {
	t.Parallel()
	for _, protocol := range protocols() {
		inBubble(t, after(16*time.Second, func(context.Context, *dispatch.Request) (*dispatch.Response, error) { panic("the prompt") }), protocol,
			func(t bubble) {
				resp, seen := t.ask(boto3, "converse")
				wantFailure(t.T, resp, http.StatusInternalServerError, "InternalServerException", "internal error")
				seen.want(t.T, interim{100, 15})
			})
	}
}

// Once an answer has begun its bytes are its own, however long they take.
func TestNoInterimInAStream(t *testing.T) {
	t.Parallel()
	slow := func(ctx context.Context, _ *dispatch.Request) (*dispatch.Response, error) {
		reader, writer := io.Pipe()
		go func() {
			for _, piece := range []string{"one ", "two"} {
				if pause(ctx, 40*time.Second) != nil {
					break
				}
				_, _ = io.WriteString(writer, piece) // the test reads what arrived
			}
			_ = writer.Close() // returns nil
		}()
		return &dispatch.Response{Status: http.StatusOK, Header: http.Header{}, Body: reader}, nil
	}
	for _, protocol := range protocols() {
		inBubble(t, after(15500*time.Millisecond, slow), protocol, func(t bubble) {
			resp, seen := t.ask(boto3, "converse-stream")
			wantBody(t.T, resp, "one two")
			seen.want(t.T, interim{100, 15})
		})
	}
}

// An answer at the very instant of an interim response: whichever is first, both
// arrive whole.
func TestInterimBesideTheAnswer(t *testing.T) {
	t.Parallel()
	for _, protocol := range protocols() {
		inBubble(t, after(30*time.Second, answering("{}")), protocol, func(t bubble) {
			for range 20 {
				resp, seen := t.ask(boto3, "converse")
				wantBody(t.T, resp, "{}")
				if n := len(seen.seen); n < 1 || n > 2 {
					t.Errorf("%d interim responses in 30 s, want 1 or 2", n)
				}
			}
		})
	}
}

// A client that leaves while it is kept awake ends its wait, whether the
// connection closes or only its stream.
func TestClientLeavesBetweenInterims(t *testing.T) {
	t.Parallel()
	for _, protocol := range protocols() {
		left := make(chan time.Duration, 1)
		waits := func(ctx context.Context, _ *dispatch.Request) (*dispatch.Response, error) {
			begun := time.Now()
			<-ctx.Done()
			left <- time.Since(begun)
			return nil, fault.Wrap(fault.Cancelled, "wait", ctx.Err())
		}
		inBubble(t, dispatchFunc(waits), protocol, func(t bubble) {
			seen := new(interims)
			ctx, cancel := context.WithTimeout(seen.watch(t.Context()), 40*time.Second)
			defer cancel()
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://gateway/model/m/converse", strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("User-Agent", javascript)
			if resp, err := t.client.Do(r); err == nil {
				_ = resp.Body.Close() // the test has failed
				t.Error("an answer came")
			}
			if got := <-left; got != 40*time.Second {
				t.Errorf("%s: the wait ended after %v, want 40s", protocol, got)
			}
			seen.want(t.T, interim{102, 15}, interim{102, 30})
		})
	}
}

// HTTP/1.0 has no interim responses. The bytes are read as they are, because no
// client here would speak it.
func TestNoInterimInHTTP10(t *testing.T) {
	t.Parallel()
	inBubble(t, after(time.Minute, answering("{}")), "HTTP/1.1", func(t bubble) {
		conn, err := t.listener.dial(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, "POST /model/m/converse HTTP/1.0\r\nUser-Agent: "+boto3+"\r\nContent-Length: 2\r\n\r\n{}"); err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(conn)
		if err != nil || !strings.HasPrefix(string(got), "HTTP/1.0 200 OK\r\n") || !strings.HasSuffix(string(got), "\r\n\r\n{}") {
			t.Errorf("read %q, %v; want the answer alone", got, err)
		}
	})
}
