package cli

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/top"
)

func TestTopListens(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Authorization"); got != "Bearer hgt_secret" || r.URL.RawQuery != "events=overview,call" {
			t.Errorf("asked with %q for %s", got, r.URL)
		}
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		_, _ = fmt.Fprint(w, ": hello\n\nid: 1\nevent: overview\ndata: {\"version\":\"v9\"}\n\nevent: call\ndata: {\"id\":\"c_1\",\ndata:\"queued_ms\":5}\n\n"+
			"event: skipped\r\ndata: {\"calls\":12}\r\n\r\nevent: call\ndata: nonsense\n\nevent: new\ndata: {}\n\nevent: call\ndata: {\"id\":\"never ended\"}\n")
	}))
	defer s.Close()
	var got []string
	err := topSource{remote{base: s.URL, token: "hgt_secret"}}.Live(t.Context(), func(e top.Event) {
		switch {
		case e.Overview != nil:
			got = append(got, "overview "+e.Overview.Version)
		case e.Call != nil:
			got = append(got, fmt.Sprint("call ", e.Call.ID, " ", e.Call.Queued))
		default:
			got = append(got, fmt.Sprint("skipped ", e.Skipped))
		}
	})
	if diff := cmp.Diff([]string{"overview v9", "call c_1 5", "skipped 12"}, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if fault.KindOf(err) != fault.Upstream {
		t.Errorf("at the end of the stream: %v", err)
	}
}

func TestTopIsToldThatItCannotListen(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]fault.Kind{http.StatusUnauthorized: fault.Denied, http.StatusForbidden: fault.Denied, http.StatusNotFound: fault.Internal, http.StatusServiceUnavailable: fault.Internal} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		err := topSource{remote{base: s.URL}}.Live(t.Context(), func(top.Event) {})
		s.Close()
		if got := fault.KindOf(err); got != want || (want == fault.Internal) != errors.Is(err, top.ErrNotLive) {
			t.Errorf("%d: %v (%v), want %v", status, err, got, want)
		}
	}
}

func FuzzEvents(f *testing.F) {
	f.Add("event: a\ndata: b\ndata\n\n:c\r\n\ndata:\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		lines := 0
		err := readEvents(strings.NewReader(text), func() { lines++ }, func(name string, data []byte) {
			if strings.ContainsAny(name, "\r\n") || lines == 0 {
				t.Errorf("event %q of %q", name, data)
			}
		})
		if err != nil || lines > strings.Count(text, "\n")+1 {
			t.Errorf("%d lines, %v", lines, err)
		}
	})
}
