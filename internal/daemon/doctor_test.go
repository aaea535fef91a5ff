package daemon_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/adapter/sqlitestore"
	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/daemon"
	"github.com/headgate/headgate/internal/diagnosis"
	"github.com/headgate/headgate/internal/emulator"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
)

const haikuProfile = "us.anthropic.claude-haiku-4-5-20251001-v1:0"

// at is a configuration whose upstream is an emulator at an address.
func at(t *testing.T, url string) config.Config {
	t.Helper()
	cfg := config.Default()
	cfg.DataDir = t.TempDir()
	cfg.Upstream.Kind, cfg.Upstream.EndpointURL, cfg.Upstream.Region = config.UpstreamEmulator, url, "us-east-1"
	return cfg
}

func diagnose(t *testing.T, cfg config.Config, o daemon.DoctorOptions) diagnosis.Report {
	t.Helper()
	if o.Window == 0 {
		o.Window = 24 * time.Hour
	}
	r, err := daemon.Diagnose(t.Context(), cfg, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// found are the ids of a report's findings, each once.
func found(r diagnosis.Report) []string {
	var out []string
	for _, f := range r.Findings {
		out = append(out, f.ID)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// TestMissingPermissionsAreThoseOfThePolicy denies everything: what is found to be
// missing is what the policy for reading allows. Without the list of metrics none
// is read.
func TestMissingPermissionsAreThoseOfThePolicy(t *testing.T) {
	t.Parallel()
	e, err := emulator.New(emulator.Config{Latency: emulator.NoLatency(), Faults: []emulator.Fault{
		{Action: "servicequotas:*", Kind: emulator.FaultDenied, Probability: 1},
		{Action: "bedrock:*", Kind: emulator.FaultDenied, Probability: 1},
		{Action: "cloudwatch:*", Kind: emulator.FaultDenied, Probability: 1},
	}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(e.Handler())
	t.Cleanup(server.Close)
	r := diagnose(t, at(t, server.URL), daemon.DoctorOptions{})
	var got, want []string
	for _, f := range r.Findings {
		if f.ID == "permission.missing" {
			got = append(got, f.About)
		}
	}
	for _, p := range account.Permissions([]account.Purpose{account.ForQuota}, account.Scope{}) {
		if !p.Free && p.Action != "cloudwatch:GetMetricData" {
			want = append(want, p.Action)
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the policy (-) and what is missing (+):\n%s", diff)
	}
	if r.Account == "" || !slices.Contains(r.Checked, diagnosis.Credentials) {
		t.Errorf("account %q, checked %v", r.Account, r.Checked)
	}
}

// TestWhoDoesNotAnswerIsNotWaitedFor asks one that never does.
func TestWhoDoesNotAnswerIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // else the end of the connection is not noticed
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	var slow []string
	r := diagnose(t, at(t, server.URL), daemon.DoctorOptions{Patience: 3 * time.Second, Slow: func(what string) { slow = append(slow, what) }})
	for _, want := range []string{"AWS STS", "AWS's default quotas", "CloudWatch", "the inference profiles", "the models", "the quotas", "the requests for more"} {
		if !slices.Contains(slow, want) {
			t.Errorf("%s is not among what was slow: %q", want, slow)
		}
	}
	if want := []diagnosis.Check{diagnosis.Loop, diagnosis.Storage}; !slices.Contains(r.Checked, want[0]) || !slices.Contains(r.Checked, want[1]) || slices.Contains(r.Checked, diagnosis.Quotas) {
		t.Errorf("checked %v", r.Checked)
	}
	for _, u := range r.Unchecked {
		if u.Check == diagnosis.Quotas && !strings.Contains(u.Reason, "within 3s") {
			t.Errorf("%+v", u)
		}
	}
	if len(r.Findings) > 0 {
		t.Errorf("silence is no finding: %+v", r.Findings)
	}
}

// TestTheRecordIsLookedAt finds the habits of callers in a ledger.
func TestTheRecordIsLookedAt(t *testing.T) {
	t.Parallel()
	em, err := daemon.NewEmulator(daemon.EmulatorOptions{Preset: daemon.PresetDefault})
	if err != nil {
		t.Fatal(err)
	}
	cfg := at(t, "http://"+serve(t, em))
	store, err := sqlitestore.Open(t.Context(), cfg.DataDir, sqlitestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	pool := llm.Pool{Region: "us-east-1", Model: "anthropic.claude-haiku-4-5-20251001-v1:0", Path: llm.PathGeo}
	calls := make([]ledger.Entry, 0, 21)
	for i := range 21 {
		e := ledger.Entry{
			ID: llm.CallID("call-" + string(rune('a'+i))), Time: time.Now().Add(-time.Hour), Tenant: llm.Tenant(string(rune('a' + i%2))), Operation: llm.OpConverse,
			ModelID: haikuProfile, Pool: pool, Usage: llm.Usage{Input: 9000, Output: 200}, MaxTokens: ledger.UnsetTokens, Body: uint64(1 + i%3),
			Attempts: 1, Status: 200, Outcome: ledger.OK, Client: "Boto3/1.43", ClientAttempts: 10,
		}
		if i == 20 {
			e.Outcome, e.Status, e.ErrorMessage, e.Client = ledger.Denied, 403, "not authorized", "curl"
		}
		calls = append(calls, e)
	}
	calls[0].Attempts, calls[0].ThrottledTokens = 2, 1
	if err := store.Append(t.Context(), calls); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	r := diagnose(t, cfg, daemon.DoctorOptions{})
	want := []string{"cache.off", "max_tokens.unset", "permission.missing", "retry.multiplies", "throttle.unexplained"}
	if diff := cmp.Diff(want, found(r)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	// Tenants count together.
	if i := slices.IndexFunc(r.Findings, func(f diagnosis.Finding) bool { return f.ID == "max_tokens.unset" }); i >= 0 && !strings.HasPrefix(r.Findings[i].Evidence, "20 of 20 calls") {
		t.Errorf("%+v", r.Findings[i])
	}
	if len(r.Unchecked) > 0 {
		t.Errorf("not checked: %+v", r.Unchecked)
	}
}

func TestTheDataFolderIsLookedAt(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	damaged := at(t, server.URL)
	if err := os.WriteFile(filepath.Join(damaged.DataDir, sqlitestore.FileName), []byte(strings.Repeat("no database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	file := at(t, server.URL)
	file.DataDir = filepath.Join(file.DataDir, "file")
	if err := os.WriteFile(file.DataDir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	fresh := at(t, server.URL)
	fresh.DataDir = filepath.Join(fresh.DataDir, "not", "there")
	for name, tt := range map[string]struct {
		cfg  config.Config
		want []string
	}{
		"damaged": {damaged, []string{"data.database"}},
		"a file":  {file, []string{"data.database", "data.unwritable"}},
		"none":    {fresh, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := diagnose(t, tt.cfg, daemon.DoctorOptions{Patience: 2 * time.Second})
			if diff := cmp.Diff(tt.want, found(r)); diff != "" {
				t.Errorf("findings (-want +got):\n%s%+v", diff, r.Findings)
			}
			left, _ := filepath.Glob(filepath.Join(tt.cfg.DataDir, ".headgate-doctor-*"))
			if _, err := os.Stat(fresh.DataDir); len(left) > 0 || err == nil {
				t.Errorf("%v is left behind, or %s was made", left, fresh.DataDir)
			}
		})
	}
}
