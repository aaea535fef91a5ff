package e2e

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"github.com/headgate/headgate/internal/adapt"
	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/emulator"
	"github.com/headgate/headgate/internal/limit"
	"github.com/headgate/headgate/internal/llm"
)

// quotas asks an API for what is known of the limits.
func quotas(t *testing.T, address string, f console.Filter) console.Quotas {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+console.QuotasPath+"?"+f.Query().Encode(), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Transport: transport(t)}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var out console.Quotas
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: status %d, %v", req.URL, resp.StatusCode, err)
	}
	return out
}

// novaTokens is a quota of tokens alone. A call's hold is what it settles at, so
// no other way to count explains a throttle.
func novaTokens(amount int64, hidden float64) emulator.Quota {
	return emulator.Quota{
		Model: string(novaLite), Path: string(llm.PathOnDemand), TokensPerMinute: &amount,
		Hidden: &emulator.Hidden{Factor: hidden},
	}
}

// TestQuotasAreKnownBeforeTheFirstCall: what is configured is listed from the
// start, the account's own limit once.
func TestQuotasAreKnownBeforeTheFirstCall(t *testing.T) {
	t.Parallel()
	zero := emulator.Quota{Model: string(novaLite), Path: string(llm.PathGeo), RequestsPerMinute: aws.Int64(0)}
	s := setup(t, options{quotas: []emulator.Quota{perMinute(2, 500_000), zero}, config: func(c *config.Config) {
		c.Quotas.Pools[0].TokensPerDay = aws.Int64(54_000_000)
		c.Quotas.Accounts = []config.Account{{ID: account, Region: region, TokensPerDay: aws.Int64(700_000_000), Unit: config.UnitTokens}}
	}})
	got := quotas(t, s.gateway, console.Filter{})
	if got.TimeScale != 60 || len(got.Unpaced) != 0 {
		t.Errorf("time_scale %v, unpaced %v, want 60 and none", got.TimeScale, got.Unpaced)
	}
	type row struct {
		model  llm.ModelID
		limit  string
		amount int64
		window float64
		law    adapt.Law
		status console.Status
	}
	want := []row{
		{"", "account_tokens_per_day", 700_000_000, 86400, adapt.LawWindow, console.StatusOK},
		{novaLite, "requests_per_minute", 0, 60, adapt.LawUnknown, console.StatusZero},
		{haiku, "requests_per_minute", 2, 60, adapt.LawUnknown, console.StatusOK},
		{haiku, "tokens_per_minute", 500_000, 60, adapt.LawUnknown, console.StatusOK},
		{haiku, "tokens_per_day", 54_000_000, 86400, adapt.LawWindow, console.StatusOK},
	}
	if len(got.Quotas) != len(want) {
		t.Fatalf("%d limits, want %d: %+v", len(got.Quotas), len(want), got.Quotas)
	}
	for i, q := range got.Quotas {
		is := row{q.Pool.Model, q.Limit, q.Applied, q.Window, q.Law, q.Status}
		if is != want[i] || q.Effective != q.Applied || *q.Used != 0 || q.Source != limit.Configured || q.Why == "" {
			t.Errorf("limit %d = %+v, want %+v, unused, in force and configured", i, q, want[i])
		}
	}
	if got := quotas(t, s.gateway, console.Filter{Model: novaLite}).Quotas; len(got) != 2 {
		t.Errorf("limits of %s: %+v, want its own and the account's", novaLite, got)
	}
}

// TestWhatIsLearnedIsShown has an upstream that enforces three quarters of what it
// publishes. Calls go on until the API tells of it, with its reason.
func TestWhatIsLearnedIsShown(t *testing.T) {
	t.Parallel()
	const published = 20_000
	// A window takes three seconds: even a busy machine makes more calls in it than
	// the upstream admits.
	s := setup(t, options{scale: 20, quotas: []emulator.Quota{novaTokens(published, 0.75)}})
	ctx, enough := context.WithTimeout(t.Context(), 2*patience)
	defer enough()
	c := runtime(t, s.gateway)
	var callers sync.WaitGroup
	defer callers.Wait()
	defer enough() // before they are waited for
	for i := range 30 {
		callers.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				q := question("call " + strconv.Itoa(i) + " " + strconv.Itoa(n))
				q.ModelId = aws.String(string(novaLite))
				q.InferenceConfig = &types.InferenceConfiguration{MaxTokens: aws.Int32(1000)}
				if _, err := c.Converse(ctx, q, outputTokens(1000)); err != nil && ctx.Err() == nil {
					t.Errorf("caller %d: %v", i, err)
					return
				}
			}
		})
	}
	filter := console.Filter{Model: novaLite, Region: region, Path: llm.PathOnDemand}
	var q console.Quota
	waited := false
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for q.Effective == 0 || q.Effective > published*9/10 || !waited {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("nothing was learned or nobody waited (%t): %+v", waited, q)
		}
		q = quotas(t, s.gateway, filter).Quotas[0]
		waited = waited || q.Waiting > 0 && q.Status == console.StatusBinding
	}
	if q.Lower == nil || q.Upper == nil {
		t.Fatalf("there is no bracket: %+v", q)
	}
	if q.Applied != published || *q.Lower > q.Effective || *q.Upper < q.Effective {
		t.Errorf("of %d applied, %d are in force, between %d and %d; want the bracket around it", q.Applied, q.Effective, *q.Lower, *q.Upper)
	}
	if q.Throttles == 0 || q.LastThrottle == nil || !strings.Contains(q.Why, "calls were refused") {
		t.Errorf("last throttle %v, why %q; want both", q.LastThrottle, q.Why)
	}
}

// TestTheAPIMovesToItsOwnAddress: with admin_listen the API is there alone, the
// data plane is not, and both answer probes.
func TestTheAPIMovesToItsOwnAddress(t *testing.T) {
	t.Parallel()
	s := setup(t, options{quotas: []emulator.Quota{perMinute(2, 500_000)}, config: func(c *config.Config) { c.AdminListen = "127.0.0.1:0" }})
	status := func(url string) int {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := (&http.Client{Transport: transport(t)}).Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	for path, want := range map[string]int{
		s.gateway + console.QuotasPath:                http.StatusNotFound,
		s.gateway + "/readyz":                         http.StatusOK,
		s.admin + console.QuotasPath:                  http.StatusOK,
		s.admin + "/readyz":                           http.StatusOK,
		s.admin + "/inference-profiles":               http.StatusNotFound,
		s.admin + "/model/" + usHaiku + "/converse":   http.StatusNotFound,
		s.gateway + "/model/" + usHaiku + "/converse": http.StatusMethodNotAllowed,
	} {
		if got := status(path); got != want {
			t.Errorf("GET %s: %d, want %d", path, got, want)
		}
	}
}
