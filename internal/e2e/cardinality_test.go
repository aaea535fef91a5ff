package e2e

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/headgate/headgate/internal/emulator"
)

// TestSeriesAreBoundedUnderTenThousandTenants: what clients name, tenants and runs,
// reaches /metrics through the whole data plane as the first few and "other".
func TestSeriesAreBoundedUnderTenThousandTenants(t *testing.T) {
	t.Parallel()
	s := setup(t, options{quotas: []emulator.Quota{perMinute(1_000_000, 1_000_000_000)}})
	client := &http.Client{Transport: transport(t)}
	call := func(i int) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.gateway+"/model/"+usHaiku+"/converse",
			strings.NewReader(`{"messages":[{"role":"user","content":[{"text":"hello"}]}],"inferenceConfig":{"maxTokens":5}}`))
		if err != nil {
			t.Error(err)
			return
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("x-headgate-tenant", fmt.Sprintf("tenant-%d", i))
		req.Header.Set("x-headgate-run", fmt.Sprintf("run-%d", i))
		resp, err := client.Do(req)
		if err != nil {
			t.Error(err)
			return
		}
		defer resp.Body.Close()
		if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusOK {
			t.Errorf("call %d: %s, %v", i, resp.Status, err)
		}
	}
	// scrape gives the series of /metrics once all of calls are counted.
	scrape := func(calls int) (series, size int, text string) {
		want := fmt.Sprintf("\nheadgate_requests_total{class=\"standard\",model=%q,outcome=\"ok\",path=\"geo\",region=%q} %d\n", haiku, region, calls)
		for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) { // a call is counted after its answer
			_, text = get(t, s.gateway+"/metrics", "")
			if strings.Contains(text, want) || time.Now().After(deadline) {
				break
			}
		}
		if !strings.Contains(text, want) {
			t.Errorf("%d calls are not counted", calls)
		}
		for line := range strings.Lines(text) {
			if !strings.HasPrefix(line, "#") {
				series++
			}
		}
		return series, len(text), text
	}
	const some, all, workers = 400, 10_000, 16
	send := func(from, to int) {
		var wg sync.WaitGroup
		for w := range workers {
			wg.Go(func() {
				for i := from + w; i < to && !t.Failed(); i += workers {
					call(i)
				}
			})
		}
		wg.Wait()
	}
	send(0, some)
	before, _, _ := scrape(some)
	send(some, all)
	after, size, text := scrape(all)
	if after > before {
		t.Errorf("%d tenants have %d series, %d tenants %d: they grow with tenants", some, before, all, after)
	}
	if size > 256<<10 {
		t.Errorf("a scrape of %d tenants has %d bytes, want at most 256 KiB", all, size)
	}
	if n := strings.Count(text, "headgate_tenant_requests_total{"); n < 2 || n > 201 {
		t.Errorf("%d series of tenants, want those of the first 200 and of the others", n)
	}
	if got := metric(t, text, `headgate_tenant_requests_total{tenant="other"}`); got < all-200 || got > all-190 {
		t.Errorf("%v calls are of other tenants, want those of all but the first 200 or nearly so", got)
	}
	for _, name := range []string{`"run-`, "run_id", `"tenant-9999"`} {
		if strings.Contains(text, name) {
			t.Errorf("%s is in /metrics", name)
		}
	}
}
