package gateway_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/dispatch"
	"github.com/headgate/headgate/internal/gateway"
)

func TestBodyLimit(t *testing.T) {
	t.Parallel()
	for _, protocol := range protocols() {
		var sizes []int
		url, client := serve(t, gateway.Options{BodyLimit: 100, Dispatcher: dispatchFunc(func(ctx context.Context, r *dispatch.Request) (*dispatch.Response, error) {
			sizes = append(sizes, len(r.Body))
			return answering("{}")(ctx, r)
		})}, protocol)
		for _, chunked := range []bool{false, true} {
			for _, size := range []int{0, 100, 101, 5000} {
				var body io.Reader = bytes.NewReader(make([]byte, size))
				if chunked {
					body = struct{ io.Reader }{body}
				}
				resp := do(t, client, request(t, http.MethodPost, url, "/model/m/converse", body))
				if size <= 100 {
					if resp.StatusCode != http.StatusOK {
						t.Errorf("%s, %d bytes, chunked %t: %d, want 200", protocol, size, chunked, resp.StatusCode)
					}
					continue
				}
				wantFailure(t, resp, http.StatusRequestEntityTooLarge, "ValidationException", "limit of 100 bytes")
			}
		}
		if diff := cmp.Diff([]int{0, 100, 0, 100}, sizes); diff != "" {
			t.Errorf("%s: sizes dispatched (-want +got):\n%s", protocol, diff)
		}
	}
}

// A body that is too large is refused before it is sent, when the client asks.
func TestExpectContinue(t *testing.T) {
	t.Parallel()
	url, client := serve(t, gateway.Options{BodyLimit: 10, Dispatcher: answering("{}")}, "HTTP/1.1")
	for size, want := range map[int]int{10: http.StatusOK, 11: http.StatusRequestEntityTooLarge} {
		body := &counting{Reader: bytes.NewReader(make([]byte, size))}
		r := request(t, http.MethodPost, url, "/model/m/converse", body)
		r.ContentLength = int64(size)
		r.Header.Set("Expect", "100-continue")
		if resp := do(t, client, r); resp.StatusCode != want {
			t.Errorf("%d bytes: %d, want %d", size, resp.StatusCode, want)
		}
		if sent := body.count(); (sent > 0) != (want == http.StatusOK) {
			t.Errorf("%d bytes: %d of them were sent", size, sent)
		}
	}
}

type counting struct {
	io.Reader
	mu sync.Mutex
	n  int
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n += n
	return n, err
}

func (c *counting) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

func TestClientLeavesDuringUpload(t *testing.T) {
	t.Parallel()
	url, _ := serve(t, gateway.Options{Dispatcher: refusing(t)}, "HTTP/1.1")
	conn := dial(t, url)
	fmt.Fprint(conn, "POST /model/m/converse HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")
	_ = conn.(*net.TCPConn).CloseWrite()
	if got, err := io.ReadAll(conn); err != nil || len(got) != 0 {
		t.Errorf("got %q, %v; want the connection closed without an answer", got, err)
	}
}

func TestBrokenChunks(t *testing.T) {
	t.Parallel()
	url, _ := serve(t, gateway.Options{Dispatcher: refusing(t)}, "HTTP/1.1")
	conn := dial(t, url)
	fmt.Fprint(conn, "POST /model/m/converse HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	wantFailure(t, reply{resp}, http.StatusBadRequest, "ValidationException", "framing")
}

// A client that falls silent in its upload is cut off, and one that only waits
// for its answer is not.
func TestUploadDeadline(t *testing.T) {
	t.Parallel()
	g := gateway.New(gateway.Options{Dispatcher: answering("{}")})
	w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
	g.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/model/m/converse", strings.NewReader("{}")))
	n := len(w.set)
	if n < 2 || w.set[0].IsZero() || !w.set[n-1].IsZero() {
		t.Errorf("read deadlines were %v, want some, and none in the end", w.set)
	}
}

// deadlines notes the read deadlines that are set.
type deadlines struct {
	*httptest.ResponseRecorder
	set []time.Time
}

func (d *deadlines) SetReadDeadline(at time.Time) error {
	d.set = append(d.set, at)
	return nil
}
