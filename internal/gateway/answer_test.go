package gateway_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"github.com/headgate/headgate/internal/dispatch"
	"github.com/headgate/headgate/internal/gateway"
)

// Any bytes go in and come out as they are, by either protocol, whatever the
// pieces in which they arrive.
func TestBytesPassUnchanged(t *testing.T) {
	t.Parallel()
	for _, protocol := range protocols() {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			url, client := serve(t, gateway.Options{Dispatcher: dispatchFunc(func(_ context.Context, r *dispatch.Request) (*dispatch.Response, error) {
				return &dispatch.Response{
					Status: http.StatusAccepted,
					Header: http.Header{"X-Echo": r.Header["X-In"]},
					Body:   io.NopCloser(iotest.OneByteReader(bytes.NewReader(r.Body))),
				}, nil
			})}, protocol)
			rapid.Check(t, func(rt *rapid.T) {
				body := rapid.SliceOfN(rapid.Byte(), 0, 3000).Draw(rt, "body")
				value := rapid.StringMatching(`[!-~]([ -~]{0,200}[!-~])?`).Draw(rt, "value")
				op := rapid.SampledFrom([]string{"converse", "converse-stream"}).Draw(rt, "op")
				var in io.Reader = bytes.NewReader(body)
				if rapid.Bool().Draw(rt, "chunked") {
					in = struct{ io.Reader }{in}
				}
				r := request(t, http.MethodPost, url, "/model/m/"+op, in)
				r.Header.Set("X-In", value)
				resp, err := client.Do(r)
				if err != nil {
					rt.Fatalf("Do: %v", err)
				}
				defer resp.Body.Close()
				got, err := io.ReadAll(resp.Body)
				if err != nil || !bytes.Equal(got, body) || resp.Header.Get("X-Echo") != value || resp.StatusCode != http.StatusAccepted {
					rt.Fatalf("%d bytes (%v), %q, %d; want the %d sent, %q", len(got), err, resp.Header.Get("X-Echo"), resp.StatusCode, len(body), value)
				}
				if _, ok := resp.Header["Content-Type"]; ok {
					rt.Fatalf("a Content-Type was made up: %v", resp.Header)
				}
			})
		})
	}
}

func TestLengthIsKept(t *testing.T) {
	t.Parallel()
	url, client := serve(t, gateway.Options{Dispatcher: dispatchFunc(func(context.Context, *dispatch.Request) (*dispatch.Response, error) {
		body := strings.Repeat("x", 100_000)
		return &dispatch.Response{Status: 200, Header: http.Header{"Content-Length": {"100000"}}, Body: io.NopCloser(strings.NewReader(body))}, nil
	})}, "HTTP/1.1")
	resp := do(t, client, request(t, http.MethodPost, url, "/model/m/converse", nil))
	if n, err := io.Copy(io.Discard, resp.Body); n != 100_000 || err != nil || resp.ContentLength != 100_000 {
		t.Errorf("got %d bytes (%v) with Content-Length %d, want 100000 of each", n, err, resp.ContentLength)
	}
}

func TestStreamIsFlushedPieceByPiece(t *testing.T) {
	t.Parallel()
	for _, protocol := range protocols() {
		pr, pw := io.Pipe()
		url, client := serve(t, gateway.Options{Dispatcher: dispatchFunc(func(context.Context, *dispatch.Request) (*dispatch.Response, error) {
			return &dispatch.Response{Status: 200, Header: http.Header{}, Body: pr}, nil
		})}, protocol)
		// The headers come before any content, and each piece before the next.
		resp := do(t, client, request(t, http.MethodPost, url, "/model/m/converse-stream", nil))
		for _, piece := range []string{"one", "two"} {
			if _, err := pw.Write([]byte(piece)); err != nil {
				t.Fatal(err)
			}
			got := make([]byte, 3)
			if _, err := io.ReadFull(resp.Body, got); err != nil || string(got) != piece {
				t.Errorf("%s: read %q, %v; want %q at once", protocol, got, err, piece)
			}
		}
		_ = pw.CloseWithError(errors.New("cut"))
		if _, err := io.ReadAll(resp.Body); err == nil {
			t.Errorf("%s: a broken stream ends like a whole one", protocol)
		}
	}
}
