package emulator_test

import (
	"io"
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

// BenchmarkLoopback is the rate over real connections, client included.
func BenchmarkLoopback(b *testing.B) {
	e, err := emulator.New(emulator.Config{Latency: emulator.NoLatency()})
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewUnstartedServer(nil)
	server.Config = emulator.Server(e.Handler())
	server.Start()
	defer server.Close()
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	body := `{"messages":[{"role":"user","content":[{"text":"` + strings.Repeat("word ", 400) + `[[output_tokens=100]]"}]}],"inferenceConfig":{"maxTokens":500}}`
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			response, err := client.Post(server.URL+"/model/"+usHaiku+"/converse", "application/json", strings.NewReader(body))
			if err != nil {
				b.Error(err)
				return
			}
			if _, err := io.Copy(io.Discard, response.Body); err != nil || response.StatusCode != http.StatusOK {
				b.Error(response.Status, err)
			}
			response.Body.Close()
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
}
