package upstream_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/upstream"
)

// TestOneAttemptIsOneRequest: net/http sends a request again by itself, over
// another connection, if a client's header says that it may. An attempt that
// the upstream has read is not made twice.
func TestOneAttemptIsOneRequest(t *testing.T) {
	t.Parallel()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var seen atomic.Int32
	var served sync.WaitGroup
	serve := func(conn net.Conn) {
		defer conn.Close()
		in := bufio.NewReader(conn)
		for {
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			io.Copy(io.Discard, r.Body)
			if seen.Add(1) == 2 {
				return // read, and not answered
			}
			io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		}
	}
	served.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			served.Go(func() { serve(conn) })
		}
	})
	c := newClient(t, "http://"+l.Addr().String(), nil)
	t.Cleanup(func() { l.Close(); c.Close(); served.Wait() })
	request := &upstream.Request{Method: http.MethodPost, RawPath: "/", Header: http.Header{"Idempotency-Key": {"k"}, "X-Idempotency-Key": {"k"}}, Body: []byte("{}")}
	resp, err := c.Do(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	if _, err = c.Do(t.Context(), request); fault.KindOf(err) != fault.Upstream || err == nil {
		t.Errorf("Do = %v, want the kind upstream", err)
	}
	if got := seen.Load(); got != 2 {
		t.Errorf("the upstream has read %d requests for 2 attempts", got)
	}
}

// TestSilentAnswerEnds: an upstream that begins an answer and then says nothing
// is not waited for without end.
func TestSilentAnswerEnds(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "beginning")
		http.NewResponseController(w).Flush()
		<-release
	}))
	t.Cleanup(func() { close(release); s.Close() })
	c := newClient(t, s.URL, func(o *upstream.Options) { o.ResponseHeaderTimeout = 100 * time.Millisecond })
	resp, err := c.Do(t.Context(), &upstream.Request{Method: http.MethodPost, RawPath: "/"})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if string(got) != "beginning" || fault.KindOf(err) != fault.Timeout || err == nil {
		t.Errorf("read %q, %v; want the beginning and the kind timeout", got, err)
	}
}
