package daemon_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/console/desk"
	"github.com/headgate/headgate/internal/counsel"
	"github.com/headgate/headgate/internal/daemon"
	"github.com/headgate/headgate/internal/sim"
)

// running is a gateway that serves until the end of the test, and its address.
func running(t *testing.T, cfg config.Config) (address string) {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Drain.Delay = 0
	g, err := daemon.NewGateway(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- g.Run(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	return "http://" + ln.Addr().String()
}

// ask sends a request over HTTP; a body is JSON.
func ask(t *testing.T, method, at, body string) (status int, answer []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, at, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	return do(t, req)
}

func do(t *testing.T, req *http.Request) (status int, answer []byte) {
	t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if answer, err = io.ReadAll(resp.Body); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, answer
}

// refused is the problem that a request is turned away with.
func refused(t *testing.T, want int, method, at, body, words string) {
	t.Helper()
	status, answer := ask(t, method, at, body)
	var p console.Problem
	if err := json.Unmarshal(answer, &p); err != nil || status != want || !strings.Contains(p.Parameter+": "+p.Detail, words) {
		t.Errorf("%s %s %s: %d %s, want %d with %q", method, at, body, status, answer, want, words)
	}
}

// answered is the answer to a request, which must be one.
func answered[T any](t *testing.T, method, at, body string) T {
	t.Helper()
	status, answer := ask(t, method, at, body)
	var out T
	if err := json.Unmarshal(answer, &out); err != nil || status/100 != 2 {
		t.Fatalf("%s %s %s: %d %s: %v", method, at, body, status, answer, err)
	}
	return out
}

// commandLine is counsel as a command asks it, beside the gateway.
func commandLine(t *testing.T, cfg config.Config) *counsel.Counsel {
	t.Helper()
	cat, err := catalog.Default()
	if err != nil {
		t.Fatal(err)
	}
	return counsel.New(counsel.Options{
		Source: daemon.NewKnowledge(cfg, cat), Catalog: cat, Region: "us-east-1", Learn: sim.Learning(cfg.Quotas.Learn),
		Simulate: func(ctx context.Context, cases []sim.Case) []sim.Result { return counsel.Simulate(ctx, cases, 1, nil) },
	})
}

// same compares answers as they are printed.
func same(t *testing.T, what string, got, want any) {
	t.Helper()
	a, err := json.MarshalIndent(want, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.MarshalIndent(got, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a, b) {
		t.Errorf("%s (-command +API):\n%s", what, cmp.Diff(string(a), string(b)))
	}
}

// TestPlansAreThoseOfTheCommand: what the API answers is what the command prints,
// tried or not, fast enough for a slider.
func TestPlansAreThoseOfTheCommand(t *testing.T) {
	t.Parallel()
	cfg := guide(t)
	base := running(t, cfg)
	answered[console.Refreshed](t, "POST", base+console.RefreshPath, "{}")
	preset := counsel.Query{Preset: "heavy", Law: sim.SafeLaw()}
	m, err := commandLine(t, cfg).Consult(t.Context(), preset)
	if err != nil {
		t.Fatal(err)
	}
	for try, body := range map[bool]string{false: `{"preset":"heavy"}`, true: `{"preset":"heavy","simulate":true}`} {
		want, err := m.Plan(t.Context(), try)
		if err != nil {
			t.Fatal(err)
		}
		got := answered[desk.Plan](t, "POST", base+desk.PlanPath, body)
		same(t, body, got.PlanReport, want)
		if got.Source != "discovered" || got.Pool.Account != "111122223333" || (got.Simulated != nil) != try {
			t.Errorf("%s: quotas are %s of %v, simulated %v", body, got.Source, got.Pool, got.Simulated)
		}
		if len(got.Curves) != 2 || len(got.Curves[0].Formula) < 100 || len(got.Curves[1].Formula) < 20 || (len(got.Curves[0].Simulated) > 0) != try {
			t.Errorf("%s: curves %+v", body, got.Curves)
		}
		// 2,000 tokens in and 1,500 out at 1.10 and 5.50 dollars a million.
		if got.Cost.PerRun == nil || *got.Cost.PerRun != 2000*1100+1500*5500 || got.Cost.PriceAsOf == "" {
			t.Errorf("%s: a run costs %+v", body, got.Cost)
		}
		tokens := got.Curves[1].Formula
		if first, last := tokens[0], tokens[len(tokens)-1]; !(first.RunsPerMinute >= last.RunsPerMinute && first.X < last.X) {
			t.Errorf("max_tokens from %+v to %+v: more of it should give no more runs", first, last)
		}
	}
	fastest := time.Hour
	for range 5 {
		begun := time.Now()
		answered[desk.Plan](t, "POST", base+desk.PlanPath, `{"runs_per_minute":20,"max_tokens":1024}`)
		fastest = min(fastest, time.Since(begun))
	}
	if fastest > 200*time.Millisecond {
		t.Errorf("a plan takes %v", fastest)
	}
	stated := answered[desk.Plan](t, "POST", base+desk.PlanPath, `{"quotas":{"requests_per_minute":2},"runs":10,"within_seconds":3600}`)
	if stated.Source != "stated" || len(stated.Bounds) != 1 || stated.Formula.Finish == nil || stated.Workload.Within != time.Hour {
		t.Errorf("with quotas that are stated: %+v", stated.PlanReport)
	}
}

func TestPlansThatCannotBe(t *testing.T) {
	t.Parallel()
	base := running(t, guide(t))
	at := base + desk.PlanPath
	for _, tt := range []struct {
		status      int
		body, words string
	}{
		{422, `{"speed":1}`, "speed: The key is not known"},
		{422, `{"runs":-1}`, "runs: The key must be at least 1"},
		{422, `{"calls_per_run":1e300}`, "calls_per_run: The key must be at most 10000"},
		{422, `{"preset":"huge"}`, "preset: The key must be development, production or heavy"},
		{422, `{"quotas":{"requests_per_minute":-1}}`, "quotas.requests_per_minute: The key must be at least 0"},
		{422, `{"quotas":{"dinners":1}}`, "quotas.dinners"},
		{422, `{"max_tokens":"many"}`, "max_tokens: The key must be a whole number"},
		{400, `{"runs":1`, "cannot be read as JSON"},
		{400, `{"within_seconds":60}`, "runs is missing"},
		{400, `{"preset":"heavy","recorded_since":"2026-11-01T00:00:00Z"}`, "both name the workload"},
		{400, `{"law":"anarchy"}`, "law"},
		{404, `{"recorded_since":"2026-11-01T00:00:00Z"}`, "no answered calls since"},
		{400, `{"output_tokens_per_run":100000,"max_tokens":1}`, "do not come from"},
		{404, `{"path":"mantle","model":"amazon.nova-lite-v1:0"}`, "No quota of"},
		{413, `{"model":"` + strings.Repeat("x", 70<<10) + `"}`, "too large"},
	} {
		refused(t, tt.status, "POST", at, tt.body, tt.words)
	}
	refused(t, 415, "POST", at, "", "application/json")
	refused(t, 405, "GET", at, "", "POST")
	refused(t, 400, "GET", base+desk.RecommendationsPath+"?speed=1", "", "speed: There is no such parameter")
	refused(t, 400, "GET", base+desk.RecommendationsPath+"?runs=-1", "", "runs: The parameter must be at least 1")
	refused(t, 400, "GET", base+desk.DoctorPath+"?window_seconds=1", "", "window_seconds: The parameter must be at least 60")
}

func TestRecommendationsAreThoseOfTheCommand(t *testing.T) {
	t.Parallel()
	cfg := guide(t)
	base := running(t, cfg)
	answered[console.Refreshed](t, "POST", base+console.RefreshPath, "{}")
	calls := int64(0)
	want, err := commandLine(t, cfg).Recommend(t.Context(), counsel.Query{Preset: "heavy", MaxTokens: &calls, Law: sim.SafeLaw()})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "heavy", answered[counsel.Recommendation](t, "GET", base+desk.RecommendationsPath+"?preset=heavy&max_tokens=0", ""), want)
	if want.Workload.MaxTokens != 0 || len(want.Advice) == 0 {
		t.Errorf("the recommendation is %+v", want)
	}
	usual := answered[counsel.Recommendation](t, "GET", base+desk.RecommendationsPath, "")
	if n := len(usual.Notes); n == 0 || !strings.Contains(usual.Notes[n-1], "the workload is the preset production") {
		t.Errorf("without a call in the ledger the notes are %q", usual.Notes)
	}
}

// TestADiagnosisIsToldForAWhile: however often the doctor is asked, AWS is asked
// once.
func TestADiagnosisIsToldForAWhile(t *testing.T) {
	t.Parallel()
	cfg, asked := watched(t)
	cfg.Quotas.Source = config.QuotasStatic
	base := running(t, cfg)
	var people errgroup.Group
	reports := make([]desk.Diagnosis, 5)
	for i := range reports {
		people.Go(func() error {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+desk.DoctorPath, http.NoBody)
			if err != nil {
				return err
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			return json.NewDecoder(resp.Body).Decode(&reports[i])
		})
	}
	if err := people.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, r := range reports {
		if !r.At.Equal(reports[0].At) || r.Account != "111122223333" || len(r.Checked) == 0 || len(r.Findings) == 0 {
			t.Errorf("a diagnosis of %v: %+v", reports[0].At, r)
		}
	}
	if n := asked()["ListRequestedServiceQuotaChangeHistory"]; n != 1 {
		t.Errorf("AWS was asked %d times for the requests, want once", n)
	}
}
