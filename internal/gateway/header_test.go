package gateway_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/dispatch"
	"github.com/headgate/headgate/internal/gateway"
)

// Connection names headers that are for one hop only.
func TestConnectionHeadersStay(t *testing.T) {
	t.Parallel()
	g := gateway.New(gateway.Options{Dispatcher: dispatchFunc(func(_ context.Context, r *dispatch.Request) (*dispatch.Response, error) {
		for _, name := range []string{"Connection", "X-Hop", "Keep-Alive", "Upgrade", "Proxy-Authorization"} {
			if _, ok := r.Header[name]; ok {
				t.Errorf("%s was passed on", name)
			}
		}
		return &dispatch.Response{
			Status: 200, Body: http.NoBody,
			Header: http.Header{"Connection": {"close, x-theirs"}, "X-Theirs": {"1"}, "Transfer-Encoding": {"chunked"}, "X-Kept": {"1", "2"}},
		}, nil
	})})
	r := httptest.NewRequest(http.MethodPost, "/model/m/converse", http.NoBody)
	r.Header = http.Header{
		"Connection": {"keep-alive, X-hop", "Upgrade"}, "X-Hop": {"1"}, "Keep-Alive": {"1"}, "Upgrade": {"x"}, "Proxy-Authorization": {"x"},
	}
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	if diff := cmp.Diff(http.Header{"X-Kept": {"1", "2"}, "Content-Type": nil}, w.Header()); diff != "" {
		t.Errorf("answer's headers (-want +got):\n%s", diff)
	}
}

func TestAbsurdHeaders(t *testing.T) {
	t.Parallel()
	url, client := serve(t, gateway.Options{Dispatcher: answering("{}")}, "HTTP/1.1")
	r := request(t, http.MethodPost, url, "/model/m/converse", strings.NewReader("{}"))
	r.Header.Set("X-Large", strings.Repeat("x", 80<<10))
	if resp := do(t, client, r); resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("80 KiB of headers: %d, want 431", resp.StatusCode)
	}
	r = request(t, http.MethodPost, url, "/model/m/converse", strings.NewReader("{}"))
	for i := range 500 {
		r.Header.Set(fmt.Sprintf("X-Many-%d", i), "x")
	}
	r.Header.Set("Authorization", strings.Repeat(",", 5000))
	r.Header.Set("Traceparent", strings.Repeat("-", 5000))
	r.Header.Set("User-Agent", strings.Repeat("(", 5000))
	if resp := do(t, client, r); resp.StatusCode != http.StatusOK {
		t.Errorf("many and odd headers: %d, want 200", resp.StatusCode)
	}
	r = request(t, http.MethodPost, url, "/model/m/converse", strings.NewReader("{}"))
	r.Header.Set("X-Headgate-Class", "urgent")
	wantFailure(t, do(t, client, r), http.StatusBadRequest, "ValidationException", "x-headgate-class")
	r.Header = http.Header{"X-Headgate-Tenant": {"a"}}
	wantFailure(t, do(t, client, r), http.StatusForbidden, "AccessDeniedException", "x-headgate-tenant")
}

// TestAbsurdInvocationIsNone: invocation ids are remembered for a while.
func TestAbsurdInvocationIsNone(t *testing.T) {
	t.Parallel()
	for length, want := range map[int]int{36: 36, 128: 128, 129: 0, 30_000: 0} {
		got := -1
		url, client := serve(t, gateway.Options{Dispatcher: dispatchFunc(func(ctx context.Context, r *dispatch.Request) (*dispatch.Response, error) {
			got = len(r.Invocation)
			return answering("{}")(ctx, r)
		})}, "HTTP/1.1")
		r := request(t, http.MethodPost, url, "/model/m/converse", strings.NewReader("{}"))
		r.Header.Set("Amz-Sdk-Invocation-Id", strings.Repeat("i", length))
		if resp := do(t, client, r); resp.StatusCode != http.StatusOK || got != want {
			t.Errorf("an invocation id of %d bytes: %d, taken for one of %d, want %d", length, resp.StatusCode, got, want)
		}
	}
}

func TestLoop(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		hops []string
		loop bool
	}{
		{nil, false},
		{[]string{"other"}, false},
		{[]string{"mememe"}, false},
		{[]string{"me"}, true},
		{[]string{"other, me ,third"}, true},
		{[]string{"other", "me"}, true},
	} {
		dispatcher := answering("{}")
		if tc.loop {
			dispatcher = refusing(t)
		}
		url, client := serve(t, gateway.Options{InstanceID: "me", Dispatcher: dispatcher}, "HTTP/1.1")
		r := request(t, http.MethodPost, url, "/model/m/converse", strings.NewReader("{}"))
		r.Header["X-Headgate-Hop"] = tc.hops
		resp := do(t, client, r)
		if !tc.loop {
			if resp.StatusCode != http.StatusOK {
				t.Errorf("hops %q: %d, want 200", tc.hops, resp.StatusCode)
			}
			continue
		}
		wantFailure(t, resp, http.StatusBadRequest, "ValidationException", "Headgate was asked to call itself")
	}
}
