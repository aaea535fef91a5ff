package promexport_test

import (
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/adapter/promexport"
	"github.com/headgate/headgate/internal/dispatch"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/limit"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

func haiku() llm.Pool {
	return llm.Pool{Account: "111122223333", Region: "us-east-1", Model: "anthropic.claude-haiku-4-5-20251001-v1:0", Path: llm.PathGeo}
}

func limits() *limit.Memory {
	return limit.NewMemory(limit.Options{Source: func(p llm.Pool) limit.Limits {
		return limit.Limits{
			Pool: p, Provenance: limit.Configured,
			Limits:  []quota.Limit{{Kind: quota.RequestsPerMinute, Amount: 2}, {Kind: quota.TokensPerMinute, Amount: 500_000}},
			Account: []quota.Limit{{Kind: quota.AccountTokensPerDay, Amount: 0}},
		}
	}})
}

type asked struct{ at time.Time }

func (a asked) Latest() account.Snapshot {
	return account.Snapshot{At: a.at, Missing: []account.Missing{{Part: "models"}}}
}
func (asked) Failures() uint64 { return 3 }

func entry() *ledger.Entry {
	return &ledger.Entry{
		Class: llm.ClassInteractive, Tenant: "acme", Principal: "AKIASECRET", Run: "run-1", Operation: llm.OpConverseStream, ModelID: "us." + string(haiku().Model),
		Pool: haiku(), Usage: llm.Usage{Input: 100, Output: 20, CacheRead: 7, CacheWrite: 3}, Hold: 1100, Forecast: 300, Settled: 200,
		Cost: 1_500_000_000, Queued: 2 * time.Second, FirstByte: 3 * time.Second, Latency: 4 * time.Second, Attempts: 2, ThrottledTokens: 1,
		Outcome: ledger.OK, ErrorMessage: "secret words",
	}
}

// scrape asks an exporter as a Prometheus does; with format as one that takes
// native histograms.
func scrape(t *testing.T, e *promexport.Exporter, format expfmt.FormatType) map[string]*dto.MetricFamily {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, promexport.Path, nil)
	r.Header.Set("Accept", string(expfmt.NewFormat(format)))
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	dec := expfmt.NewDecoder(w.Body, expfmt.ResponseFormat(w.Header()))
	out := map[string]*dto.MetricFamily{}
	for {
		var f dto.MetricFamily
		err := dec.Decode(&f)
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out[f.GetName()] = &f
	}
}

// value finds the one series of a family whose labels contain all of the given
// ones, "name=value".
func value(t *testing.T, families map[string]*dto.MetricFamily, name string, labels ...string) float64 {
	t.Helper()
	var found []float64
	for _, m := range families[name].GetMetric() {
		has := map[string]bool{}
		for _, l := range m.GetLabel() {
			has[l.GetName()+"="+l.GetValue()] = true
		}
		match := true
		for _, l := range labels {
			match = match && has[l]
		}
		if match {
			found = append(found, m.GetCounter().GetValue()+m.GetGauge().GetValue()+m.GetHistogram().GetSampleSum())
		}
	}
	if len(found) != 1 {
		t.Errorf("%s%v: %d series, want 1", name, labels, len(found))
		return math.NaN()
	}
	return found[0]
}

func TestMetricsTellOfCallsAndLimits(t *testing.T) {
	t.Parallel()
	m := limits()
	p := m.Pool(haiku())
	hold, verdict := p.Reserve(p.Now(), quota.Charges{Tokens: quota.Charge{Hold: 1000, Forecast: 500}})
	if verdict.Granted {
		t.Fatalf("granted %v although the account's quota is zero", hold)
	}
	e := promexport.New(promexport.Options{
		Limits: m, Version: "v1.2.3", Discovery: asked{time.Now().Add(-time.Minute)},
		Activity: func() []dispatch.Activity {
			return []dispatch.Activity{{Pool: haiku(), Class: llm.ClassBatch, Waiting: 4, Running: 1, Held: 900}}
		},
		WaitingBytes: func() int64 { return 77 }, Runs: func() int { return 5 },
		Ledger: func() ledger.Stats { return ledger.Stats{Written: 10, Dropped: 2, Pending: 1} },
	})
	e.Record(entry())
	refused := entry()
	refused.Outcome, refused.Limit, refused.Attempts, refused.Usage, refused.Settled, refused.Cost, refused.ThrottledTokens = ledger.Refused, "requests_per_minute", 0, llm.Usage{}, 0, ledger.UnknownCost, 0
	e.Record(refused)
	e.Record(&ledger.Entry{Outcome: ledger.Invalid, ModelID: "what they typed", Cost: ledger.UnknownCost})
	got := scrape(t, e, expfmt.TypeTextPlain)
	for _, c := range []struct {
		name   string
		labels string
		want   float64
	}{
		{"requests_total", "class=interactive outcome=ok path=geo", 1},
		{"requests_total", "class=interactive outcome=refused path=geo", 1},
		{"requests_total", "class=interactive outcome=broken path=geo", 0},
		{"requests_total", "model=unknown outcome=invalid", 1},
		{"tokens_total", "direction=cache_read path=geo", 7},
		{"quota_tokens_total", "kind=held path=geo", 2200},
		{"quota_tokens_total", "kind=settled path=geo", 200},
		{"cost_usd_total", "path=geo", 1.5},
		{"unpriced_requests_total", "path=geo", 0},
		{"upstream_attempts_total", "path=geo", 2},
		{"throttles_total", "source=upstream limit=tokens_per_minute path=geo", 1},
		{"throttles_total", "source=local limit=requests_per_minute path=geo", 1},
		{"request_duration_seconds", "path=geo class=interactive", 8},
		{"queue_wait_seconds", "path=geo class=interactive", 2},
		{"tenant_requests_total", "tenant=acme", 2},
		{"tenant_tokens_total", "tenant=acme direction=output", 20},
		{"tenant_cost_usd_total", "tenant=acme", 1.5},
		{"quota_limit_requests_per_minute", "amount=applied account=111122223333", 2},
		{"quota_limit_tokens_per_minute", "amount=effective", 500_000},
		{"quota_used_tokens_per_minute", "path=geo", 0},
		{"quota_limit_account_tokens_per_day", "amount=applied model=all", 0},
		{"quota_used_ratio", "limit=account_tokens_per_day", 1},
		{"quota_used_ratio", "limit=requests_per_minute", 0},
		{"quota_effective_ratio", "limit=tokens_per_minute", 1},
		{"quota_blocked_seconds", "limit=tokens_per_minute", 0},
		{"requests_waiting", "class=batch", 4},
		{"requests_waiting", "class=standard", 0},
		{"requests_running", "class=batch", 1},
		{"hold_tokens", "class=batch", 900},
		{"queue_bytes", "", 77},
		{"runs_in_progress", "", 5},
		{"pools_without_limits", "", 0},
		{"ledger_entries_dropped_total", "", 2},
		{"ledger_entries_pending", "", 1},
		{"discovery_failures_total", "", 3},
		{"discovery_missing_parts", "", 1},
		{"build_info", "version=v1.2.3", 1},
		{"time_scale", "", 1},
	} {
		if v := value(t, got, "headgate_"+c.name, strings.Fields(c.labels)...); v != c.want {
			t.Errorf("headgate_%s{%s} = %v, want %v", c.name, c.labels, v, c.want)
		}
	}
	if age := value(t, got, "headgate_discovery_age_seconds"); age < 60 || age > 90 {
		t.Errorf("AWS was heard %v s ago, want about 60", age)
	}
	if got["go_goroutines"] == nil || got["process_start_time_seconds"] == nil {
		t.Error("nothing is told of the Go runtime or of the process")
	}
}

// TestNothingPrivateIsALabel: neither keys nor runs, messages or model ids as they
// were typed.
func TestNothingPrivateIsALabel(t *testing.T) {
	t.Parallel()
	e := promexport.New(promexport.Options{Limits: limits()})
	odd := entry()
	odd.Limit, odd.Outcome = "what a client wrote", ledger.Refused
	odd.Pool = llm.Pool{}
	e.Record(odd)
	e.Record(entry())
	w := httptest.NewRecorder()
	e.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, promexport.Path, nil))
	for _, secret := range []string{"AKIASECRET", "run-1", "secret words", "us.anthropic", "what a client wrote"} {
		if strings.Contains(w.Body.String(), secret) {
			t.Errorf("the metrics hold %q", secret)
		}
	}
}

// TestHistogramsAreClassicAndNative: each format gets the buckets that it can carry.
func TestHistogramsAreClassicAndNative(t *testing.T) {
	t.Parallel()
	e := promexport.New(promexport.Options{Limits: limits()})
	e.Record(entry())
	for format, native := range map[expfmt.FormatType]bool{expfmt.TypeTextPlain: false, expfmt.TypeProtoDelim: true} {
		for _, name := range []string{"request_duration_seconds", "time_to_first_token_seconds", "queue_wait_seconds"} {
			h := scrape(t, e, format)["headgate_"+name].GetMetric()[0].GetHistogram()
			if len(h.GetBucket()) < 8 || len(h.GetPositiveSpan()) > 0 != native {
				t.Errorf("%s as %v: %d classic buckets, native spans %v, want native %t", name, format, len(h.GetBucket()), h.GetPositiveSpan(), native)
			}
		}
	}
}

// TestCardinalityIsBounded: ten thousand tenants, a thousand pools, every class and
// outcome: the series stay below 15,000, and below 2,000 for three pools.
func TestCardinalityIsBounded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ pools, most int }{{3, 2_000}, {1_000, 15_000}} {
		m := limits()
		e := promexport.New(promexport.Options{Limits: m, Tenants: []llm.Tenant{"configured"}})
		for i := range 10_000 {
			r := entry()
			r.Tenant, r.Class = llm.Tenant(fmt.Sprintf("tenant-%d", i)), llm.Class(i%llm.Classes)
			r.Pool.Model = llm.ModelID(fmt.Sprintf("model-%d", i%c.pools))
			r.Outcome = []ledger.Outcome{ledger.OK, ledger.Refused, ledger.Broken}[i%3]
			r.Limit = fmt.Sprintf("limit-%d", i)
			m.Pool(r.Pool)
			e.Record(r)
		}
		last := entry()
		last.Tenant = "configured"
		e.Record(last)
		got, series, calls := scrape(t, e, expfmt.TypeTextPlain), 0, 0.0
		for name, f := range got {
			for _, m := range f.GetMetric() {
				series += 1 + len(m.GetHistogram().GetBucket())
				if f.GetType() == dto.MetricType_HISTOGRAM {
					series += 2 // the sum, and the bucket without a bound
				}
				if name == "headgate_tenant_requests_total" {
					calls += m.GetCounter().GetValue()
				}
			}
		}
		if series > c.most {
			t.Errorf("%d pools: %d series, want at most %d", c.pools, series, c.most)
		}
		t.Logf("%d pools: %d series", c.pools, series)
		if got := len(got["headgate_tenant_requests_total"].GetMetric()); got != 200 || calls != 10_001 {
			t.Errorf("%d tenants with %v calls, want 200, as the default one made none and other is one, with 10001", got, calls)
		}
		value(t, got, "headgate_tenant_requests_total", "tenant=configured")
		if v := value(t, got, "headgate_tenant_requests_total", "tenant=other"); v < 9_000 {
			t.Errorf("%v calls are of other tenants, want those of all but 200", v)
		}
	}
}

// TestPoolsThatNobodyCallsTakeNoLabels: AWS offers more pools than there are labels.
func TestPoolsThatNobodyCallsTakeNoLabels(t *testing.T) {
	t.Parallel()
	m := limit.NewMemory(limit.Options{Source: func(p llm.Pool) limit.Limits {
		return limit.Limits{Pool: p, Provenance: limit.Discovered, Limits: []quota.Limit{{Kind: quota.TokensPerMinute, Amount: 0}}}
	}})
	for i := range 500 {
		m.Pool(llm.Pool{Region: "us-east-1", Model: llm.ModelID(fmt.Sprint("offered-", i)), Path: llm.PathGeo})
	}
	m.Pool(haiku())
	e := promexport.New(promexport.Options{Limits: m})
	if got := scrape(t, e, expfmt.TypeTextPlain); len(got["headgate_quota_used_ratio"].GetMetric()) != 0 {
		t.Errorf("the limits of %d pools are told that nobody called", len(got["headgate_quota_used_ratio"].GetMetric()))
	}
	e.Record(entry())
	got := scrape(t, e, expfmt.TypeTextPlain)
	value(t, got, "headgate_quota_used_ratio", "model="+string(haiku().Model))
	value(t, got, "headgate_requests_waiting", "class=batch", "model="+string(haiku().Model))
	value(t, got, "headgate_requests_total", "outcome=ok", "model="+string(haiku().Model))
}

// TestNamesFollowTheRules are those of Prometheus: a prefix, base units, _total for
// counters alone, and help.
func TestNamesFollowTheRules(t *testing.T) {
	t.Parallel()
	m := limits()
	m.Pool(haiku())
	e := promexport.New(promexport.Options{Limits: m, Ledger: func() ledger.Stats { return ledger.Stats{} }, Discovery: asked{time.Now()}})
	e.Record(entry())
	for name, f := range scrape(t, e, expfmt.TypeTextPlain) {
		if !strings.HasPrefix(name, "headgate_") {
			continue
		}
		if counter := f.GetType() == dto.MetricType_COUNTER; counter != strings.HasSuffix(name, "_total") {
			t.Errorf("%s is of type %v", name, f.GetType())
		}
		if f.GetHelp() == "" || !model.LegacyValidation.IsValidMetricName(name) || strings.Contains(name, "milli") {
			t.Errorf("%s: help %q, or a name that is none", name, f.GetHelp())
		}
	}
}

func TestMetricsAreOnlyRead(t *testing.T) {
	t.Parallel()
	e := promexport.New(promexport.Options{Limits: limits()})
	for method, status := range map[string]int{http.MethodPost: 405, http.MethodDelete: 405, http.MethodHead: 200, http.MethodGet: 200} {
		w := httptest.NewRecorder()
		e.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, promexport.Path, nil))
		if diff := cmp.Diff(status, w.Code); diff != "" {
			t.Errorf("%s (-want +got):\n%s", method, diff)
		}
	}
}

// BenchmarkRecord is what the metrics add to a call, after its client has its
// answer.
func BenchmarkRecord(b *testing.B) {
	e := promexport.New(promexport.Options{Limits: limits()})
	r := entry()
	b.ReportAllocs()
	for b.Loop() {
		e.Record(r)
	}
}

// BenchmarkRecordOfMany is the same where every call is of another tenant.
func BenchmarkRecordOfMany(b *testing.B) {
	e := promexport.New(promexport.Options{Limits: limits()})
	entries := make([]*ledger.Entry, 10_000)
	for i := range entries {
		entries[i] = entry()
		entries[i].Tenant = llm.Tenant(fmt.Sprint("tenant-", i))
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		e.Record(entries[i%len(entries)])
		i++
	}
}
