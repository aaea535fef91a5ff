package gateway

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
)

const (
	traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	trace       = "4bf92f3577b34da6a3ce929d0e0e4736"
	session     = "5c0e6a52-9b4f-4e4e-8f0b-0d1a6a3b1c2d"
)

func TestLabels(t *testing.T) {
	t.Parallel()
	g := New(Options{Logger: slog.New(slog.DiscardHandler), TimeScale: 60, Loopback: true})
	l, err := g.labels(http.Header{
		"X-Headgate-Class":    {"batch"},
		"X-Headgate-Tenant":   {"team-a"},
		"X-Headgate-Deadline": {"120"},
		"X-Headgate-Hop":      {"other", "third"},
		"X-Headgate-Unheard":  {"of"},
		metadataHeader:        {`{"headgate.class":"interactive","headgate.run-calls":"6","team":"x"}`},
		"Traceparent":         {traceparent},
	})
	if err != nil {
		t.Fatalf("labels: %v", err)
	}
	if l.Class != llm.ClassBatch || l.Tenant != "team-a" || l.Deadline != 2*time.Second || l.RunCalls != 6 {
		t.Errorf("labels = %+v, want the headers' before the metadata's", l)
	}
	if l.Run != trace || !l.Inferred {
		t.Errorf("run = %q, inferred %t; want the trace's", l.Run, l.Inferred)
	}
}

func TestRunIsInferred(t *testing.T) {
	t.Parallel()
	g := New(Options{})
	for _, tc := range []struct {
		name     string
		header   http.Header
		run      llm.RunID
		inferred bool
	}{
		{"nothing", http.Header{}, "", false},
		{"stated", http.Header{"X-Headgate-Run": {"r"}, "Traceparent": {traceparent}}, "r", false},
		{"trace", http.Header{"Traceparent": {traceparent}, "X-Claude-Code-Session-Id": {session}}, trace, true},
		{"session", http.Header{"X-Claude-Code-Session-Id": {session}}, llm.RunID(session), true},
		{"bad trace", http.Header{"Traceparent": {"00-0-0-0"}, "X-Claude-Code-Session-Id": {session}}, llm.RunID(session), true},
		{"absurd session", http.Header{"X-Claude-Code-Session-Id": {strings.Repeat("x", 200)}}, "", false},
		{"bytes that are no text", http.Header{"X-Claude-Code-Session-Id": {"a\x00b"}}, "", false},
	} {
		l, err := g.labels(tc.header)
		if err != nil || l.Run != tc.run || l.Inferred != tc.inferred || l.Class != llm.ClassStandard {
			t.Errorf("%s: %+v, %v; want run %q, inferred %t", tc.name, l, err, tc.run, tc.inferred)
		}
	}
}

func TestBadLabels(t *testing.T) {
	t.Parallel()
	g := New(Options{})
	for _, tc := range []struct {
		name   string
		header http.Header
		kind   fault.Kind
		want   string
	}{
		{"value", http.Header{"X-Headgate-Class": {"urgent"}}, fault.Invalid, "x-headgate-class is not valid: class must be interactive, standard or batch"},
		{"twice", http.Header{"X-Headgate-Run": {"a", "b"}}, fault.Invalid, "x-headgate-run is given 2 times"},
		{"metadata value", http.Header{metadataHeader: {`{"headgate.cache":"on"}`}}, fault.Invalid, "headgate.cache"},
		{"metadata form", http.Header{metadataHeader: {`{"headgate.cache":1}`}}, fault.Invalid, "headgate.cache"},
		{"tenant", http.Header{"X-Headgate-Tenant": {"a"}}, fault.Denied, "loopback"},
	} {
		_, err := g.labels(tc.header)
		if fault.KindOf(err) != tc.kind || !strings.Contains(fault.Message(err), tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, err, tc.kind)
		}
	}
}

func TestInferredRunOfATrace(t *testing.T) {
	t.Parallel()
	for traceparent, want := range map[string]string{
		traceparent:                       trace,
		"01" + traceparent[2:] + "-later": trace,
		traceparent + "-later":            "", // version 00 has no more fields
		"ff" + traceparent[2:]:            "",
		strings.ToUpper(traceparent):      "",
		"00-00000000000000000000000000000000-00f067aa0ba902b7-01": "",
		traceparent[:54]:         "",
		traceparent + "x":        "",
		"":                       "",
		strings.Repeat("-", 55):  "",
		strings.Repeat("a", 500): "",
	} {
		if got := inferredRun(http.Header{"Traceparent": {traceparent}}); got != want {
			t.Errorf("inferredRun of %q = %q, want %q", traceparent, got, want)
		}
	}
}
