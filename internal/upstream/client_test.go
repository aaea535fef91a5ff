package upstream_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/upstream"
)

func newClient(tb testing.TB, address string, change func(*upstream.Options)) *upstream.Client {
	tb.Helper()
	endpoint, err := upstream.Fixed(address)
	if err != nil {
		tb.Fatal(err)
	}
	o := upstream.Options{Endpoint: endpoint, Instance: "one"}
	if change != nil {
		change(&o)
	}
	c, err := upstream.New(o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(c.Close)
	return c
}

// rawServer reads one request as it stands on the wire and gives a fixed answer.
func rawServer(t *testing.T, answer string) (address string, request <-chan string) {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 1)
	var done sync.WaitGroup
	done.Go(func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		var raw bytes.Buffer
		req, err := http.ReadRequest(bufio.NewReader(io.TeeReader(conn, &raw)))
		if err != nil {
			t.Error(err)
			return
		}
		io.Copy(io.Discard, req.Body)
		got <- raw.String()
		io.WriteString(conn, answer)
	})
	t.Cleanup(func() { l.Close(); done.Wait() })
	return "http://" + l.Addr().String(), got
}

func TestDoSendsPathQueryAndBodyAsTheyAre(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ base, path, query, want string }{
		{"", "/model/us.x-v1%3A0/converse", "", "/model/us.x-v1%3A0/converse"},
		{"", "/model/us.x-v1:0/invoke", "", "/model/us.x-v1:0/invoke"},
		{"", "/model/arn:aws:bedrock:us-east-1:111122223333:inference-profile%2Fus.x/converse", "", "/model/arn:aws:bedrock:us-east-1:111122223333:inference-profile%2Fus.x/converse"},
		{"", "/model/a%3a%2fb%41/../x//y/converse", "", "/model/a%3a%2fb%41/../x//y/converse"},
		{"", `/model/"<^|>{}`, "", `/model/"<^|>{}`},
		{"/base/", "/model/x/converse", "b=2&a=%31", "/base/model/x/converse?b=2&a=%31"},
		{"", "/inference-profiles", "X-Amz-Signature=s&type=T&X-Amz-Date=d", "/inference-profiles?type=T"},
	} {
		t.Run(tt.path, func(t *testing.T) {
			t.Parallel()
			address, request := rawServer(t, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			c := newClient(t, address+tt.base, nil)
			body := "{ \"a\" : \"\u00e9\",\n\t\"unknown\":1 }"
			resp, err := c.Do(t.Context(), &upstream.Request{Method: http.MethodPost, RawPath: tt.path, RawQuery: tt.query, Body: []byte(body)})
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			got := <-request
			if want := "POST " + tt.want + " HTTP/1.1\r\n"; !strings.HasPrefix(got, want) {
				t.Errorf("request line = %.100q, want %q", got, want)
			}
			if !strings.HasSuffix(got, "\r\n\r\n"+body) {
				t.Errorf("request = %q, want it to end with the body %q", got, body)
			}
		})
	}
}

func TestDoSpeaksHTTP2OverTLS(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		io.WriteString(w, r.Proto+" "+r.RequestURI+" "+r.Host+" "+string(body))
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	c := newClient(t, s.URL, func(o *upstream.Options) { o.RootCAs = roots })
	resp, err := c.Do(t.Context(), &upstream.Request{Method: http.MethodPost, RawPath: "/model/a%3Ab:c%2fd/converse", RawQuery: "b=2&a=1", Body: []byte("x")})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if want := "HTTP/2.0 /model/a%3Ab:c%2fd/converse?b=2&a=1 " + strings.TrimPrefix(s.URL, "https://") + " x"; string(got) != want || err != nil {
		t.Errorf("the server saw %s, %v; want %s", got, err, want)
	}
}

func TestDoRefusesPaths(t *testing.T) {
	t.Parallel()
	c := newClient(t, "http://127.0.0.1:1", nil)
	for _, r := range []upstream.Request{
		{RawPath: ""},
		{RawPath: "model"},
		{RawPath: "//evil.example/model"},
		{RawPath: "/a b"},
		{RawPath: "/a\r\nHost: evil"},
		{RawPath: "/a#b"},
		{RawPath: "/é"},
		{RawPath: "/a", RawQuery: "x=\n"},
	} {
		r.Method = http.MethodPost
		if _, err := c.Do(t.Context(), &r); fault.KindOf(err) != fault.Invalid {
			t.Errorf("Do(%q, %q) = %v, want an invalid request", r.RawPath, r.RawQuery, err)
		}
	}
}

func TestDoFiltersHeaders(t *testing.T) {
	t.Parallel()
	got := make(chan http.Header, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got <- r.Header.Clone()
		w.Header().Set("Connection", "X-Inner")
		w.Header().Set("X-Inner", "secret")
		w.Header().Set("Keep-Alive", "timeout=5")
		w.Header().Set("X-Amzn-Requestid", "r-1")
		w.WriteHeader(http.StatusTeapot)
	}))
	t.Cleanup(s.Close)
	sent := http.Header{
		"Accept":                      {"application/json"},
		"Accept-Encoding":             {"gzip, br"},
		"Idempotency-Key":             {"k"},
		"User-Agent":                  {"Boto3/1.43"},
		"Amz-Sdk-Invocation-Id":       {"i-1"},
		"Amz-Sdk-Request":             {"attempt=3; max=5"},
		"X-Amzn-Bedrock-Service-Tier": {"flex"},
		"X-Unknown":                   {"a", "b"},
		"Authorization":               {"secret"},
		"X-Api-Key":                   {"secret"},
		"Cookie":                      {"secret"},
		"X-Amz-Date":                  {"secret"},
		"X-Amz-Security-Token":        {"secret"},
		"X-Amz-Content-Sha256":        {"secret"},
		"Proxy-Authorization":         {"secret"},
		"Connection":                  {"keep-alive, x-named", "close"},
		"X-Named":                     {"secret"},
		"Keep-Alive":                  {"secret"},
		"Te":                          {"trailers"},
		"Transfer-Encoding":           {"chunked"},
		"Upgrade":                     {"h2c"},
		"Http2-Settings":              {"x"},
		"Expect":                      {"100-continue"},
		"Host":                        {"evil.example"},
		"Content-Length":              {"999"},
		"X-Headgate-Class":            {"batch"},
		"X-Headgate-Hop":              {"zero"},
	}
	before := sent.Clone()
	resp, err := newClient(t, s.URL, nil).Do(t.Context(), &upstream.Request{Method: http.MethodPost, RawPath: "/model/x/converse", Header: sent, Body: []byte("{}")})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	want := http.Header{
		"Accept":                      {"application/json"},
		"Accept-Encoding":             {"identity"},
		"Idempotency-Key":             {"k"},
		"User-Agent":                  {"Boto3/1.43"},
		"Amz-Sdk-Invocation-Id":       {"i-1"},
		"X-Amzn-Bedrock-Service-Tier": {"flex"},
		"X-Unknown":                   {"a", "b"},
		"X-Headgate-Hop":              {"zero, one"},
		"Content-Length":              {"2"},
	}
	if diff := cmp.Diff(want, <-got); diff != "" {
		t.Errorf("headers upstream (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, sent); diff != "" {
		t.Errorf("Do changed the client's headers (-before +after):\n%s", diff)
	}
	resp.Header.Del("Date")
	if diff := cmp.Diff(http.Header{"X-Amzn-Requestid": {"r-1"}, "Content-Length": {"0"}}, resp.Header); diff != "" || resp.Status != http.StatusTeapot {
		t.Errorf("answer: status %d, headers (-want +got):\n%s", resp.Status, diff)
	}
}

func TestDoPassesAnswersUntouched(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"packed":     "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x00\x01",
		"a redirect": "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x00\x01",
		"throttled":  "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x00\x01",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, _ := rawServer(t, answer)
			resp, err := newClient(t, address, nil).Do(t.Context(), &upstream.Request{Method: http.MethodPost, RawPath: "/"})
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if err != nil || string(body) != "\x1f\x8b\x00\x01" || resp.Header.Get("Content-Length") != "4" {
				t.Errorf("body = %q, %v, headers %v", body, err, resp.Header)
			}
		})
	}
}

func TestSentIsCalledOnceTheRequestIsWritten(t *testing.T) {
	t.Parallel()
	start, calls := time.Now(), atomic.Int32{}
	sent := make(chan time.Time, 2)
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		<-sent // answered only when the client knows that it has written all
	}))
	t.Cleanup(s.Close)
	c := newClient(t, s.URL, nil)
	for range 2 { // the second over the connection of the first
		resp, err := c.Do(t.Context(), &upstream.Request{Method: http.MethodPost, RawPath: "/", Body: make([]byte, 1<<20), Sent: func(at time.Time) {
			if calls.Add(1); at.Before(start) {
				t.Errorf("Sent at %s, before the start", at)
			}
			sent <- at
		}})
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	if got := calls.Load(); got != 2 {
		t.Errorf("Sent was called %d times for 2 requests", got)
	}
}

func TestDoTellsWhatWentWrong(t *testing.T) {
	t.Parallel()
	refused := func(t *testing.T) string { // a port that nobody listens on any more
		t.Helper()
		var lc net.ListenConfig
		l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
		return "http://" + l.Addr().String()
	}
	closing := func(t *testing.T) string {
		t.Helper()
		address, _ := rawServer(t, "")
		return address
	}
	silent := func(t *testing.T) string {
		t.Helper()
		s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		}))
		t.Cleanup(s.Close)
		return s.URL
	}
	deaf := func(t *testing.T) string { // takes connections and never shakes hands
		t.Helper()
		var lc net.ListenConfig
		l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		return "https://" + l.Addr().String()
	}
	for _, tt := range []struct {
		name    string
		address func(*testing.T) string
		ctx     func(*testing.T) context.Context
		header  time.Duration
		kind    fault.Kind
		is      error
	}{
		{"nobody listens", refused, nil, 0, fault.Upstream, nil},
		{"closed without an answer", closing, nil, 0, fault.Upstream, io.EOF},
		{"no handshake in time", deaf, nil, 0, fault.Upstream, nil},
		{"no answer in time", silent, nil, time.Millisecond, fault.Timeout, nil},
		{"past the deadline", silent, func(t *testing.T) context.Context {
			t.Helper()
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
			t.Cleanup(cancel)
			return ctx
		}, 0, fault.Timeout, context.DeadlineExceeded},
		{"cancelled", silent, func(t *testing.T) context.Context {
			t.Helper()
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			return ctx
		}, 0, fault.Cancelled, context.Canceled},
		{"cancelled for a reason", silent, func(t *testing.T) context.Context {
			t.Helper()
			ctx, cancel := context.WithCancelCause(t.Context())
			cancel(errors.New("the client left"))
			return ctx
		}, 0, fault.Cancelled, context.Canceled},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			if tt.ctx != nil {
				ctx = tt.ctx(t)
			}
			address := tt.address(t)
			c := newClient(t, address, func(o *upstream.Options) {
				o.ResponseHeaderTimeout = tt.header
				if strings.HasPrefix(address, "https:") {
					o.DialTimeout = 10 * time.Millisecond
				}
			})
			_, err := c.Do(ctx, &upstream.Request{Method: http.MethodPost, RawPath: "/model/x/converse", Body: []byte("sesame")})
			if fault.KindOf(err) != tt.kind || tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("Do = %v of kind %s, want kind %s and %v in its chain", err, fault.KindOf(err), tt.kind, tt.is)
			}
			if strings.Contains(fault.Message(err), "127.0.0.1") || strings.Contains(err.Error(), "sesame") {
				t.Errorf("message %q and error %q tell too much", fault.Message(err), err)
			}
		})
	}
}

// signer is a Signer that fails, or marks what it signs.
type signer struct{ err error }

func (s signer) Sign(_ context.Context, req *http.Request, body []byte, region llm.Region) error {
	req.Header["Authorization"] = []string{string(region) + " " + req.URL.RequestURI() + " " + string(body)}
	return s.err
}

func TestDoSigns(t *testing.T) {
	t.Parallel()
	address, request := rawServer(t, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	c := newClient(t, address, func(o *upstream.Options) { o.Signer = signer{} })
	resp, err := c.Do(t.Context(), &upstream.Request{Method: http.MethodPost, RawPath: "/model/a%3Ab", Region: "eu-west-1", Body: []byte("body"), Header: http.Header{"Authorization": {"client"}}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if got := <-request; !strings.Contains(got, "\r\nAuthorization: eu-west-1 /model/a%3Ab body\r\n") || strings.Contains(got, "client") {
		t.Errorf("request = %q", got)
	}
}

func TestDoSendsNothingUnsigned(t *testing.T) {
	t.Parallel()
	want := fault.New(fault.Denied, "no credentials")
	c := newClient(t, "http://127.0.0.1:1", func(o *upstream.Options) { o.Signer = signer{err: want} })
	if _, err := c.Do(t.Context(), &upstream.Request{Method: http.MethodPost, RawPath: "/"}); !errors.Is(err, want) {
		t.Errorf("Do = %v, want %v as it is", err, want)
	}
}

func TestDoWithoutAnAddress(t *testing.T) {
	t.Parallel()
	c := newClient(t, "http://127.0.0.1:1", func(o *upstream.Options) {
		o.Endpoint = func(llm.Region) (*url.URL, error) { return nil, errors.New("no such Region") }
	})
	if _, err := c.Do(t.Context(), &upstream.Request{Method: http.MethodPost, RawPath: "/", Region: "mars-1"}); fault.KindOf(err) != fault.Internal || !strings.Contains(err.Error(), "mars-1") {
		t.Errorf("Do = %v, want an internal error that names the Region", err)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	endpoint, err := upstream.Fixed("http://h")
	if err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]upstream.Options{
		"no endpoint": {Instance: "one"},
		"no instance": {Endpoint: endpoint},
		"two ids":     {Endpoint: endpoint, Instance: "one, two"},
	} {
		if _, err := upstream.New(o); err == nil {
			t.Errorf("New with %s: no error", name)
		}
	}
	for _, address := range []string{"", "h:80", "ftp://h", "http://", "http://u:sesame@h", "http://h?sesame", "http://sesame%zz"} {
		if _, err := upstream.Fixed(address); err == nil || strings.Contains(err.Error(), "sesame") {
			t.Errorf("Fixed(%q) = %v, want an error that repeats nothing", address, err)
		}
	}
}

func BenchmarkDo(b *testing.B) {
	body := bytes.Repeat([]byte("x"), 2<<10)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Write(body)
	}))
	b.Cleanup(s.Close)
	c := newClient(b, s.URL, nil)
	header := http.Header{"Content-Type": {"application/json"}, "User-Agent": {"sdk"}, "Amz-Sdk-Invocation-Id": {"i"}, "Amz-Sdk-Request": {"attempt=1"}, "Authorization": {"x"}, "X-Amz-Date": {"x"}}
	b.ReportAllocs()
	for b.Loop() {
		resp, err := c.Do(b.Context(), &upstream.Request{Method: http.MethodPost, RawPath: "/model/x%3A0/converse", Header: header, Body: body, Sent: func(time.Time) {}})
		if err != nil {
			b.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
}
