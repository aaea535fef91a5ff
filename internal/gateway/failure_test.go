package gateway_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/internal/dispatch"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/gateway"
)

func TestFailures(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		err     error
		status  int
		name    string
		message string
		header  map[string]string
	}{
		{
			&fault.Error{Kind: fault.Throttled, Message: "Too many requests.", Limit: "requests/minute", RetryAfter: 1500*time.Millisecond + time.Nanosecond},
			429, "ThrottlingException", "Too many requests.",
			map[string]string{"Retry-After": "2", "X-Amz-Retry-After": "1501", "X-Headgate-Limit": "requests/minute"},
		},
		{fault.New(fault.NotFound, "no such model"), 400, "ValidationException", "no such model", map[string]string{"Retry-After": "", "X-Headgate-Limit": ""}},
		{fmt.Errorf("call: %w", fault.New(fault.Upstream, "try again")), 503, "ServiceUnavailableException", "try again", nil},
		{errors.New("secret cause"), 500, "InternalServerException", "internal error", nil},
	} {
		url, client := serve(t, gateway.Options{Dispatcher: dispatchFunc(func(context.Context, *dispatch.Request) (*dispatch.Response, error) {
			return nil, tc.err
		})}, "HTTP/1.1")
		resp := do(t, client, request(t, http.MethodPost, url, "/model/m/converse-stream", nil))
		wantFailure(t, resp, tc.status, tc.name, tc.message)
		for name, want := range tc.header {
			if got := resp.Header.Get(name); got != want {
				t.Errorf("%v: %s = %q, want %q", tc.err, name, got, want)
			}
		}
	}
}

func TestPanics(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		panics func()
		log    string
	}{
		{"runtime", func() { _ = []int{}[len(t.Name())] }, "index out of range"},
		{"value", func() { panic("the prompt") }, "a string"},
	} {
		var log bytes.Buffer
		url, client := serve(t, gateway.Options{
			Logger:     slog.New(slog.NewTextHandler(&log, nil)),
			Dispatcher: dispatchFunc(func(context.Context, *dispatch.Request) (*dispatch.Response, error) { tc.panics(); return nil, nil }),
		}, "HTTP/1.1")
		resp := do(t, client, request(t, http.MethodPost, url, "/model/m/converse", strings.NewReader("the prompt")))
		wantFailure(t, resp, http.StatusInternalServerError, "InternalServerException", "internal error")
		if got := log.String(); !strings.Contains(got, tc.log) || strings.Contains(got, "the prompt") || !strings.Contains(got, resp.Header.Get("X-Amzn-Requestid")) {
			t.Errorf("%s: log %q, want %q, the request id and no prompt", tc.name, got, tc.log)
		}
	}
}

// A panic after the answer began cannot be told, but must not look like an end.
func TestPanicInTheMiddle(t *testing.T) {
	t.Parallel()
	url, client := serve(t, gateway.Options{Dispatcher: dispatchFunc(func(context.Context, *dispatch.Request) (*dispatch.Response, error) {
		return &dispatch.Response{Status: 200, Header: http.Header{}, Body: io.NopCloser(io.MultiReader(strings.NewReader("text"), panicking{}))}, nil
	})}, "HTTP/1.1")
	resp := do(t, client, request(t, http.MethodPost, url, "/model/m/converse-stream", nil))
	if got, err := io.ReadAll(resp.Body); err == nil || string(got) != "text" {
		t.Errorf("read %q, %v; want the text and an error", got, err)
	}
}

type panicking struct{}

func (panicking) Read([]byte) (int, error) { panic("no reader") }

// What a handler wrote into the headers before it panicked is not part of the
// error.
func TestPanicLeavesNoHeaders(t *testing.T) {
	t.Parallel()
	control := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Half", "done")
		panic(t)
	})
	url, client := serve(t, gateway.Options{Dispatcher: refusing(t), Control: control}, "HTTP/1.1")
	resp := do(t, client, request(t, http.MethodGet, url, "/foundation-models", nil))
	wantFailure(t, resp, http.StatusInternalServerError, "InternalServerException", "internal error")
	if got := resp.Header.Get("X-Half"); got != "" {
		t.Errorf("X-Half = %q in the error, want none", got)
	}
}
