package daemon

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/dispatch"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/wire/tracecontext"
)

// TestLangSmithTakesItsKeyFromTheEnvironment: with the key traces go to its OTLP
// address, with the key and the project in headers; without it nothing starts.
func TestLangSmithTakesItsKeyFromTheEnvironment(t *testing.T) {
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got = append(got, r.URL.Path, r.Header.Get("X-Api-Key"), r.Header.Get("Langsmith-Project"), r.Header.Get("X-Extra"))
	}))
	defer server.Close()
	g := &Gateway{cfg: config.Default()}
	g.cfg.Traces.To = config.TracesLangSmith
	t.Setenv("LANGSMITH_API_KEY", "")
	if err := g.trace(t.Context(), "i"); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "LANGSMITH_API_KEY") {
		t.Errorf("without a key: %v", err)
	}
	t.Setenv("LANGSMITH_API_KEY", "the-key")
	t.Setenv("LANGSMITH_PROJECT", "canal")
	t.Setenv("LANGSMITH_ENDPOINT", server.URL+"/")
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-extra=more")
	if err := g.trace(t.Context(), "i"); err != nil {
		t.Fatal(err)
	}
	g.tracer.Trace(&dispatch.Story{At: tracecontext.Context{Trace: [16]byte{1}, Span: [8]byte{1}, Sampled: true}})
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // Run sends what is there
	if err := g.tracer.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"/otel/v1/traces", "the-key", "canal", "more"}, got); diff != "" {
		t.Errorf("the request (-want +got):\n%s", diff)
	}
}

func TestHeadersOfAVariable(t *testing.T) {
	for _, c := range []struct {
		text string
		want map[string]string // nil: it is refused
	}{
		{"", map[string]string{}},
		{"a=1, b = two%20words ,", map[string]string{"a": "1", "b": "two words"}},
		{"authorization=Basic dXNlcg==", map[string]string{"authorization": "Basic dXNlcg=="}},
		{"secret", nil},
		{"=secret", nil},
		{"a=%zzsecret", nil},
	} {
		t.Setenv("SOME_HEADERS", c.text)
		got, err := headersOf("SOME_HEADERS")
		if diff := cmp.Diff(c.want, got); diff != "" || (err != nil) != (c.want == nil) {
			t.Errorf("%q: %v (-want +got):\n%s", c.text, err, diff)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("the error holds the secret: %v", err)
		}
	}
}
