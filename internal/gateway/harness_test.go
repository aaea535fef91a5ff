package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/internal/dispatch"
	"github.com/headgate/headgate/internal/gateway"
)

// dispatchFunc is a Dispatcher.
type dispatchFunc func(context.Context, *dispatch.Request) (*dispatch.Response, error)

func (f dispatchFunc) Do(ctx context.Context, r *dispatch.Request) (*dispatch.Response, error) {
	return f(ctx, r)
}

// answering is a dispatcher that answers everything with body.
func answering(body string) dispatchFunc {
	return func(context.Context, *dispatch.Request) (*dispatch.Response, error) {
		return &dispatch.Response{
			Status: http.StatusOK,
			Header: http.Header{"Content-Type": {"application/json"}},
			Body:   io.NopCloser(strings.NewReader(body)),
		}, nil
	}
}

// refusing is a dispatcher that must not be asked.
func refusing(t *testing.T) dispatchFunc {
	t.Helper()
	return func(context.Context, *dispatch.Request) (*dispatch.Response, error) {
		t.Error("the dispatcher was asked")
		return nil, errors.New("unexpected call")
	}
}

// protocols names the two that share the port.
func protocols() []string { return []string{"HTTP/1.1", "HTTP/2.0"} }

// serve starts a server and returns its address and a client that speaks one
// protocol.
func serve(t *testing.T, opts gateway.Options, protocol string) (string, *http.Client) {
	t.Helper()
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	s := httptest.NewUnstartedServer(nil)
	s.Config = gateway.NewServer(gateway.New(opts), slog.New(slog.DiscardHandler))
	s.Start()
	t.Cleanup(s.Close)
	p := new(http.Protocols)
	p.SetHTTP1(protocol == "HTTP/1.1")
	p.SetUnencryptedHTTP2(protocol != "HTTP/1.1")
	transport := &http.Transport{Protocols: p, DisableCompression: true, ExpectContinueTimeout: 10 * time.Second}
	t.Cleanup(transport.CloseIdleConnections)
	return s.URL, &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return errors.New("redirected") },
	}
}

// request makes a request whose path is sent as it is written.
func request(t *testing.T, method, url, path string, body io.Reader) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	r.URL.Opaque = strings.TrimPrefix(url, "http:") + path
	return r
}

// wantFailure checks that resp is an error in the shape of AWS.
func wantFailure(t *testing.T, resp reply, status int, name, message string) {
	t.Helper()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("read body: %v", err)
	}
	var m struct{ Message string }
	if err := json.Unmarshal(body, &m); err != nil {
		t.Errorf("body %q is no JSON: %v", body, err)
	}
	if resp.StatusCode != status || resp.Header.Get("X-Amzn-Errortype") != name || !strings.Contains(m.Message, message) {
		t.Errorf("got %d %s %q, want %d %s and %q", resp.StatusCode, resp.Header.Get("X-Amzn-Errortype"), m.Message, status, name, message)
	}
	if id := resp.Header.Get("X-Amzn-Requestid"); len(id) != 36 {
		t.Errorf("x-amzn-requestid = %q, want a UUID", id)
	}
	if got := resp.Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type = %q, want application/json", got)
	}
}

func do(t *testing.T, c *http.Client, r *http.Request) reply {
	t.Helper()
	resp, err := c.Do(r)
	if err != nil {
		t.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return reply{resp}
}

func dial(t *testing.T, url string) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// reply is an answer whose body the test closes at its end.
type reply struct{ *http.Response }
