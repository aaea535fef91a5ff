package demo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

var errOops = errors.New("oops")

// newService answers with the statuses in turn, and from the last one on always
// with that.
func newService(t *testing.T, seen *atomic.Int64, look func(*http.Request), statuses ...int) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		look(r)
		n := int(seen.Add(1))
		status := statuses[min(n, len(statuses))-1]
		w.Header().Set("Content-Type", "application/json")
		if status != http.StatusOK {
			w.Header().Set("X-Amzn-Errortype", "ThrottlingException")
			w.WriteHeader(status)
			fmt.Fprint(w, `{"message":"no"}`)
			return
		}
		fmt.Fprint(w, `{"output":{"message":{"role":"assistant","content":[{"text":"one"},{"text":" two"}]}},`+
			`"stopReason":"end_turn","usage":{"inputTokens":334,"outputTokens":250,"totalTokens":584},"metrics":{"latencyMs":1}}`)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestAsk(t *testing.T) {
	t.Parallel()
	delays := []time.Duration{1, 1, 1}
	for _, tt := range []struct {
		name     string
		delays   []time.Duration
		statuses []int
		calls    int64
		fails    bool
	}{
		{"answered at once", delays, []int{200}, 1, false},
		{"answered in the end", delays, []int{429, 503, 429, 200}, 4, false},
		{"throttled to the end", delays, []int{429}, 4, true},
		{"wrong for good", delays, []int{400, 200}, 1, true},
		{"no retries", nil, []int{429, 200}, 1, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var seen atomic.Int64
			c := newClient(newService(t, &seen, func(*http.Request) {}, tt.statuses...), tt.delays)
			defer c.close()
			r, err := c.ask(t.Context(), "agent-01", 6, "text")
			if (err != nil) != tt.fails || seen.Load() != tt.calls {
				t.Errorf("ask: error %v after %d calls, want failure %t after %d", err, seen.Load(), tt.fails, tt.calls)
			}
			if err == nil && (r.text != "one two" || settled(r.usage) != 334+5*250) {
				t.Errorf("ask = %q, settled %d; want %q, 1584", r.text, settled(r.usage), "one two")
			}
		})
	}
}

func TestAskLabelsItsRun(t *testing.T) {
	t.Parallel()
	var seen atomic.Int64
	var got http.Header
	c := newClient(newService(t, &seen, func(r *http.Request) { got = r.Header.Clone() }, 200), nil)
	defer c.close()
	if _, err := c.ask(t.Context(), "agent-07", 6, "text"); err != nil {
		t.Fatal(err)
	}
	if run, calls := got.Get("x-headgate-run"), got.Get("x-headgate-run-calls"); run != "agent-07" || calls != "6" {
		t.Errorf("labels: run %q, calls %q; want agent-07, 6", run, calls)
	}
}

func TestAskEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	var seen atomic.Int64
	// The call fails after the end of the context, so that its retry is never due.
	c := newClient(newService(t, &seen, func(*http.Request) { cancel(errOops) }, 429), []time.Duration{time.Hour})
	defer c.close()
	if _, err := c.ask(ctx, "agent-01", 6, "text"); !errors.Is(err, errOops) || seen.Load() != 1 {
		t.Errorf("ask = %v after %d calls, want the context's cause after one", err, seen.Load())
	}
}

func TestWait(t *testing.T) {
	t.Parallel()
	if err := wait(t.Context(), 1); err != nil {
		t.Errorf("wait = %v, want nil", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errOops)
	if err := wait(ctx, time.Hour); !errors.Is(err, errOops) {
		t.Errorf("wait with a context that has ended = %v, want its cause", err)
	}
}
