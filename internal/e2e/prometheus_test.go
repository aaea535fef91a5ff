package e2e

import (
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/emulator"
)

// metric reads one series of what a gateway tells Prometheus; the labels are those
// that follow the first ones, as they are written.
func metric(t *testing.T, text, series string) float64 {
	t.Helper()
	m := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(series) + ` (\S+)$`).FindStringSubmatch(text)
	if m == nil {
		t.Errorf("there is no series %s", series)
		return -1
	}
	v, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		t.Error(err)
	}
	return v
}

func get(t *testing.T, url, host string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = host
	resp, err := (&http.Client{Transport: transport(t)}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// TestPrometheusIsToldOfCalls: what the SDK did is what /metrics says, a retry
// that the client did not see included.
func TestPrometheusIsToldOfCalls(t *testing.T) {
	t.Parallel()
	s := setup(t, options{
		quotas: []emulator.Quota{perMinute(100, 500_000)},
		faults: []emulator.Fault{{Kind: emulator.FaultUnavailable, Next: 1}},
	})
	client := runtime(t, s.gateway)
	for range 3 {
		if _, err := client.Converse(t.Context(), question("hello"), outputTokens(20)); err != nil {
			t.Fatal(err)
		}
	}
	pool := `model="` + string(haiku) + `",path="geo",`
	ended := `headgate_requests_total{class="standard",` + strings.TrimSuffix(pool, `path="geo",`) + `outcome="ok",path="geo",region="us-east-1"}`
	var text string
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) { // a call is counted after its answer
		var status int
		if status, text = get(t, s.gateway+"/metrics", ""); status != http.StatusOK {
			t.Fatalf("status %d: %s", status, text)
		}
		if strings.Contains(text, ended+" 3\n") || time.Now().After(deadline) {
			break
		}
	}
	for series, want := range map[string]float64{
		ended: 3,
		`headgate_upstream_attempts_total{` + pool + `region="us-east-1"}`:                                                    4,
		`headgate_tokens_total{direction="output",` + pool + `region="us-east-1"}`:                                            60,
		`headgate_quota_limit_requests_per_minute{account="` + account + `",amount="applied",` + pool + `region="us-east-1"}`: 100,
		`headgate_requests_running{class="standard",` + pool + `region="us-east-1"}`:                                          0,
		`headgate_tenant_requests_total{tenant="default"}`:                                                                    3,
		`headgate_ledger_entries_dropped_total`:                                                                               0,
		`headgate_time_scale`:                                                                                                 60,
	} {
		if got := metric(t, text, series); got != want {
			t.Errorf("%s is %v, want %v", series, got, want)
		}
	}
	if status, _ := get(t, s.gateway+"/metrics", "evil.example:8080"); status != http.StatusMisdirectedRequest {
		t.Errorf("a request for another host is answered with %d, want 421", status)
	}
}

// TestMetricsMoveToTheAdminAddress: with admin_listen they are there alone.
func TestMetricsMoveToTheAdminAddress(t *testing.T) {
	t.Parallel()
	s := setup(t, options{config: func(c *config.Config) { c.AdminListen = "127.0.0.1:0" }})
	for url, want := range map[string]int{s.admin + "/metrics": http.StatusOK, s.gateway + "/metrics": http.StatusNotFound} {
		if status, _ := get(t, url, ""); status != want {
			t.Errorf("%s: %d, want %d", url, status, want)
		}
	}
}
