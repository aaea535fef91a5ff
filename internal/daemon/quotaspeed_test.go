package daemon_test

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/daemon"
	"github.com/headgate/headgate/internal/emulator"
)

// watched is an emulator with its rates, and which different questions it was
// asked, by operation; a refusal counts as one of its own name.
func watched(tb testing.TB) (cfg config.Config, asked func() map[string]int) {
	tb.Helper()
	e, err := emulator.New(emulator.Config{
		Accounts: []emulator.Account{{ID: "111122223333", Preset: emulator.PresetGuide}}, Latency: emulator.NoLatency(),
	})
	if err != nil {
		tb.Fatal(err)
	}
	var mu sync.Mutex
	counts, seen := map[string]int{}, map[string]bool{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, name, ok := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		if !ok {
			name = r.Method + " " + r.URL.Path + " " + r.URL.Query().Get("type")
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			tb.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		answer := httptest.NewRecorder()
		e.Handler().ServeHTTP(answer, r)
		if answer.Code != http.StatusOK {
			name += " refused"
		}
		// A machine that is busy may have the client's transport send it again.
		question := name + string(body) + r.URL.RawQuery
		mu.Lock()
		if !seen[question] {
			seen[question] = true
			counts[strings.TrimSpace(name)]++
		}
		mu.Unlock()
		maps.Copy(w.Header(), answer.Header())
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
	}))
	tb.Cleanup(server.Close)
	cfg = config.Default()
	cfg.DataDir = tb.TempDir()
	cfg.Upstream.Kind, cfg.Upstream.EndpointURL, cfg.Upstream.Region = config.UpstreamEmulator, server.URL, "us-east-1"
	return cfg, func() map[string]int {
		mu.Lock()
		defer mu.Unlock()
		return counts
	}
}

// TestARoundAsksForEachPageOnce: rows come in pages of 100, and nothing is
// refused for being asked too often.
func TestARoundAsksForEachPageOnce(t *testing.T) {
	t.Parallel()
	cfg, asked := watched(t)
	snap, err := open(t, cfg).Refresh(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	applied := 0
	for _, q := range snap.Quotas {
		if q.Applied != nil {
			applied++
		}
	}
	pages := func(rows int) int { return (rows + 99) / 100 }
	if len(snap.Quotas) < 1200 || len(snap.Missing) > 0 {
		t.Fatalf("%d quotas, missing %v", len(snap.Quotas), snap.Missing)
	}
	want := map[string]int{
		"ListServiceQuotas": pages(applied), "ListAWSDefaultServiceQuotas": pages(len(snap.Quotas)), "ListRequestedServiceQuotaChangeHistory": 1,
	}
	got := asked()
	for name, n := range got {
		if _, counted := want[name]; !counted && n == 1 && !strings.HasSuffix(name, "refused") {
			want[name] = 1 // of Bedrock and STS one page each
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

// BenchmarkDiscovery is a whole round against an emulator that keeps AWS's rates.
func BenchmarkDiscovery(b *testing.B) {
	cfg, _ := watched(b)
	rows := 0
	for b.Loop() {
		a, err := daemon.OpenAccount(b.Context(), cfg, "", nil)
		if err != nil {
			b.Fatal(err)
		}
		start := time.Now()
		snap, err := a.Refresh(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		rows = len(snap.Quotas)
		b.ReportMetric(time.Since(start).Seconds(), "s/round")
		if err := a.Close(); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		time.Sleep(time.Second) // the rates' buckets fill again
		b.StartTimer()
	}
	b.ReportMetric(float64(rows), "rows")
}

// BenchmarkQuotasFromCache is what quota list --all reads and joins.
func BenchmarkQuotasFromCache(b *testing.B) {
	cfg, _ := watched(b)
	a, err := daemon.OpenAccount(b.Context(), cfg, "", nil)
	if err != nil {
		b.Fatal(err)
	}
	snap, err := a.Refresh(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	if err := a.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		known, err := daemon.Remember(b.Context(), cfg, console.Filter{}, true)
		if err != nil || len(known.Quotas.Quotas) < 50 {
			b.Fatalf("%d limits, %v", len(known.Quotas.Quotas), err)
		}
	}
	b.ReportMetric(float64(len(snap.Quotas)), "rows")
}
