package emulator_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/headgate/headgate/internal/emulator"
)

// discard is a response writer that keeps nothing.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(int)             {}

func benchmark(b *testing.B, path string) {
	b.Helper()
	e, err := emulator.New(emulator.Config{Latency: emulator.NoLatency(), Accounts: quotas(emulator.Quota{
		RequestsPerMinute: new(int64(1e12)), TokensPerMinute: new(int64(1e15)),
	})})
	if err != nil {
		b.Fatal(err)
	}
	h := e.Handler()
	body := `{"messages":[{"role":"user","content":[{"text":"` + strings.Repeat("word ", 400) + `[[output_tokens=100]]"}]}],"inferenceConfig":{"maxTokens":500}}`
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
		h.ServeHTTP(&discard{http.Header{}}, r)
	}
}

func BenchmarkConverse(b *testing.B)       { benchmark(b, "/model/"+usHaiku+"/converse") }
func BenchmarkConverseStream(b *testing.B) { benchmark(b, "/model/"+usHaiku+"/converse-stream") }
