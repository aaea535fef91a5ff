package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
)

// compare sees through the private mark of a scaled configuration.
func compare(got, want Config) string {
	return cmp.Diff(want, got, cmpopts.IgnoreUnexported(Config{}))
}

// write makes a folder with a headgate.yaml of text.
func write(t *testing.T, text string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, DefaultFile), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestLoadWithNothingIsDefault(t *testing.T) {
	t.Parallel()
	got, origins, err := Load(Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatalf("Load() error: %v", err)
	}
	if diff := compare(got, Default()); diff != "" {
		t.Errorf("Load() differs from Default() (-want +got):\n%s", diff)
	}
	if len(origins) != 0 {
		t.Errorf("origins = %v, want none", origins)
	}
}

func TestLoadExample(t *testing.T) {
	t.Parallel()
	got, _, err := Load(Options{File: "testdata/example.yaml"})
	if err != nil {
		t.Fatalf("Load(example) error: %v", err)
	}
	want := Default()
	want.AdminListen = "127.0.0.1:9090"
	want.Upstream.Region = "us-east-1"
	want.Quotas.Source = QuotasBoth
	haiku := Pool{Account: "111122223333", Region: "us-east-1", Model: "anthropic.claude-haiku-4-5-20251001-v1:0", Path: llm.PathGeo}
	haiku.RequestsPerMinute, haiku.TokensPerMinute, haiku.TokensPerDay = new(int64(2)), new(int64(500_000)), new(int64(54_000_000))
	nova := Pool{Account: "111122223333", Region: "us-east-1", Model: "amazon.nova-lite-v1:0", Path: llm.PathOnDemand}
	nova.RequestsPerMinute = new(int64(0))
	want.Quotas.Pools = []Pool{haiku, nova}
	want.Quotas.Accounts = []Account{{ID: "111122223333", Region: "us-east-1", TokensPerDay: new(int64(700_000_000)), Unit: UnitTokens}}
	want.Tenants = []Tenant{{Name: "search", Weight: 3, MaxWait: Duration(2 * time.Minute)}, {Name: "reports", Weight: 1}}
	want.Drain.Delay = Duration(5 * time.Second)
	want.Ledger = Ledger{Keep: Duration(90 * day), MaxBytes: 4096 * mebibyte}
	want.Metrics = Metrics{CloudWatch: MetricsEMF, EMFFile: "metrics.jsonl"}
	want.Traces = Traces{To: TracesOTLP, Endpoint: "http://collector:4317", Protocol: TracesGRPC, HeadersEnv: "COLLECTOR_HEADERS", Sample: 0.1, Content: true}
	want.Schemas = Schemas{UploadLimit: 8 * mebibyte, Keep: 5, KeepFor: Duration(24 * time.Hour)}
	if diff := compare(got, want); diff != "" {
		t.Errorf("Load(example) (-want +got):\n%s", diff)
	}
}

func TestPrecedenceAndOrigins(t *testing.T) {
	t.Parallel()
	dir := write(t, "listen: 127.0.0.1:1\nqueue:\n  max_wait: 1m\n  max_depth: 7\nupstream: {region: eu-west-1}\nretry: {schedule: [1s]}\n")
	got, origins, err := Load(Options{
		Dir:   dir,
		Env:   []string{"HEADGATE_LISTEN=127.0.0.1:2", "HEADGATE_QUEUE_MAX_WAIT=2m", "HEADGATE_RETRY_SCHEDULE=3s, 4s", "HEADGATE_SERVICE_HOST=10.0.0.1", "PATH=/bin"},
		Flags: map[string]string{"listen": "127.0.0.1:3", "data-dir": "x"},
	})
	if err != nil {
		t.Fatalf("Load() error: %v", err)
	}
	want := Default()
	want.Listen, want.DataDir = "127.0.0.1:3", "x"
	want.Queue.MaxWait, want.Queue.MaxDepth = Duration(2*time.Minute), 7
	want.Upstream.Region = "eu-west-1"
	want.Retry.Schedule = []Duration{Duration(3 * time.Second), Duration(4 * time.Second)}
	if diff := compare(got, want); diff != "" {
		t.Errorf("Load() (-want +got):\n%s", diff)
	}
	for key, want := range map[string]Origin{
		"listen":           {SourceFlag, "--listen"},
		"data_dir":         {SourceFlag, "--data-dir"},
		"queue.max_wait":   {SourceEnv, "HEADGATE_QUEUE_MAX_WAIT"},
		"queue.max_depth":  {SourceFile, "headgate.yaml:4:14"},
		"upstream.region":  {SourceFile, "headgate.yaml:5:20"},
		"retry.schedule":   {SourceEnv, "HEADGATE_RETRY_SCHEDULE"},
		"queue.order":      {SourceDefault, ""},
		"upstream.profile": {SourceDefault, ""},
	} {
		if got := origins.Of(key); got != want {
			t.Errorf("origin of %s = %+v, want %+v", key, got, want)
		}
	}
}

func TestListsReplace(t *testing.T) {
	t.Parallel()
	dir := write(t, "tenants: [{name: a}, {name: b}]\nretry: {schedule: []}\n")
	got, origins, err := Load(Options{Dir: dir, Env: []string{"HEADGATE_TENANTS=[{name: c, weight: 2}]", "HEADGATE_CATALOG=a.yaml,it's.yaml"}})
	if err != nil {
		t.Fatalf("Load() error: %v", err)
	}
	if diff := cmp.Diff([]Tenant{{Name: "c", Weight: 2}}, got.Tenants); diff != "" {
		t.Errorf("tenants (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"a.yaml", "it's.yaml"}, got.Catalog); diff != "" {
		t.Errorf("catalog (-want +got):\n%s", diff)
	}
	if len(got.Retry.Schedule) != 0 {
		t.Errorf("schedule = %v, want none: an empty list means no retries", got.Retry.Schedule)
	}
	if got := origins.Of("tenants[0].name").Source; got != SourceEnv {
		t.Errorf("origin of tenants[0].name = %s, want env", got)
	}
	if _, stale := origins["tenants[1].name"]; stale {
		t.Error("the origin of a replaced entry is still there")
	}
}

func TestAnchorsAndMerge(t *testing.T) {
	t.Parallel()
	dir := write(t, `quotas:
  pools:
    - &haiku {region: us-east-1, model: anthropic.m, path: geo, requests_per_minute: 2}
    - {region: us-west-2, <<: *haiku}
    - <<: *haiku
      path: global
`)
	got, _, err := Load(Options{Dir: dir})
	if err != nil {
		t.Fatalf("Load() error: %v", err)
	}
	var pools []string
	for _, p := range got.Quotas.Pools {
		pools = append(pools, p.ID().String())
	}
	want := []string{"-/us-east-1/anthropic.m/geo", "-/us-west-2/anthropic.m/geo", "-/us-east-1/anthropic.m/global"}
	if diff := cmp.Diff(want, pools); diff != "" {
		t.Errorf("pools (-want +got):\n%s", diff)
	}
}

func TestUpstreamFillsWhatFollowsFromIt(t *testing.T) {
	t.Parallel()
	dir := write(t, "upstream: {kind: emulator, region: eu-central-1}\nquotas: {pools: [{model: a.b, path: geo, requests_per_minute: 1}]}\n")
	got, _, err := Load(Options{Dir: dir})
	if err != nil {
		t.Fatalf("Load() error: %v", err)
	}
	if got.Upstream.EndpointURL != EmulatorURL {
		t.Errorf("endpoint_url = %q, want %q", got.Upstream.EndpointURL, EmulatorURL)
	}
	if got.Quotas.Pools[0].Region != "eu-central-1" {
		t.Errorf("region = %q, want the upstream's", got.Quotas.Pools[0].Region)
	}
}

func TestFileErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, _, err := Load(Options{File: filepath.Join(dir, "none.yaml")})
	if fault.KindOf(err) != fault.NotFound || !strings.Contains(fault.Message(err), "headgate config show") {
		t.Errorf("missing file: %v, want not_found with the command that makes one", err)
	}
	_, _, err = Load(Options{Env: []string{"HEADGATE_CONFIG=" + filepath.Join(dir, "none.yaml")}})
	if fault.KindOf(err) != fault.NotFound {
		t.Errorf("missing file of HEADGATE_CONFIG: %v, want not_found", err)
	}
	_, _, err = Load(Options{File: dir})
	if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "is a folder") {
		t.Errorf("a folder: %v, want invalid", err)
	}
}

func TestErrorHasKindAndMessage(t *testing.T) {
	t.Parallel()
	_, _, err := Load(Options{Flags: map[string]string{"queue.max_wait": "soon"}, Dir: t.TempDir()})
	if fault.KindOf(err) != fault.Invalid {
		t.Errorf("kind = %s, want invalid", fault.KindOf(err))
	}
	if fault.Message(err) != err.Error() {
		t.Errorf("message %q differs from error %q", fault.Message(err), err)
	}
	all, ok := errors.AsType[*Error](err)
	if !ok {
		t.Fatalf("error is a %T, want *Error", err)
	}
	want := []Problem{{Key: "queue.max_wait", Where: "--queue.max-wait", Text: `must be a time with its unit, such as 30s or 10m, not "soon"`}}
	if diff := cmp.Diff(want, all.Problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestManyProblemsAreCut(t *testing.T) {
	t.Parallel()
	err := &Error{Problems: make([]Problem, 50)}
	if got := err.Error(); !strings.Contains(got, "50 problems") || !strings.HasSuffix(got, "and 30 more") {
		t.Errorf("Error() = %q", got)
	}
}
