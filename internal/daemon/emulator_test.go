package daemon_test

import (
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/daemon"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
)

const haiku llm.ModelID = "anthropic.claude-haiku-4-5-20251001-v1:0"

// limitsOf are the limits of Haiku's geo pool in pools; nil when it has none.
func limitsOf(pools []config.Pool) []*int64 {
	for _, p := range pools {
		if p.ID() == (llm.Pool{Region: "us-east-1", Model: haiku, Path: llm.PathGeo}) {
			return []*int64{p.RequestsPerMinute, p.TokensPerMinute, p.TokensPerDay}
		}
	}
	return nil
}

// TestAQuotasFileIsLaidOverThePreset: the most exact row holds, for the
// emulator as for the gateway in front of it, which learns nothing of what is
// hidden. A row without limits takes them away.
func TestAQuotasFileIsLaidOverThePreset(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file string
		want []*int64
	}{
		{"- {requests_per_minute: 5, law: first}", []*int64{new(int64(10_000)), new(int64(5_000_000)), nil}},
		{"- {model: " + string(haiku) + ", path: geo, tokens_per_minute: 50, hidden: {factor: 0.5}}", []*int64{nil, new(int64(50)), nil}},
		{"- {model: " + string(haiku) + ", path: geo}", nil},
	} {
		name := filepath.Join(t.TempDir(), "quotas.yaml")
		if err := os.WriteFile(name, []byte(c.file), 0o600); err != nil {
			t.Fatal(err)
		}
		e, err := daemon.NewEmulator(daemon.EmulatorOptions{QuotasFile: name})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, limitsOf(e.Pools("us-east-1"))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.file, diff)
		}
	}
}

func TestPoolsAreWhatTheEmulatorEnforces(t *testing.T) {
	t.Parallel()
	own := config.Pool{Model: haiku, Path: llm.PathGeo, RequestsPerMinute: new(int64(7))}
	elsewhere := config.Pool{Region: "eu-west-1", Model: haiku, Path: llm.PathGeo, RequestsPerMinute: new(int64(9))}
	for _, c := range []struct {
		name string
		opts daemon.EmulatorOptions
		want []*int64
	}{
		{"the zero value has AWS's defaults", daemon.EmulatorOptions{}, []*int64{new(int64(10_000)), new(int64(5_000_000)), nil}},
		{"a new account", daemon.EmulatorOptions{Preset: daemon.PresetNewAccount}, []*int64{new(int64(2)), new(int64(500_000)), nil}},
		{"none", daemon.EmulatorOptions{Preset: daemon.PresetNone}, nil},
		{"an override of none", daemon.EmulatorOptions{Preset: daemon.PresetNone, TokensPerMinute: new(int64(0))}, []*int64{nil, new(int64(0)), nil}},
		{"an override of the defaults", daemon.EmulatorOptions{RequestsPerMinute: new(int64(3))}, []*int64{new(int64(3)), new(int64(5_000_000)), nil}},
		{"a pool of its own", daemon.EmulatorOptions{Pools: []config.Pool{own, elsewhere}}, []*int64{new(int64(7)), nil, nil}},
		{"an override of a pool of its own", daemon.EmulatorOptions{RequestsPerMinute: new(int64(3)), Pools: []config.Pool{own, elsewhere}}, []*int64{new(int64(3)), nil, nil}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e, err := daemon.NewEmulator(c.opts)
			if err != nil {
				t.Fatalf("NewEmulator(%+v): %v", c.opts, err)
			}
			if diff := cmp.Diff(c.want, limitsOf(e.Pools("us-east-1"))); diff != "" {
				t.Errorf("Pools (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPoolsAreAConfiguration(t *testing.T) {
	t.Parallel()
	e, err := daemon.NewEmulator(daemon.EmulatorOptions{Preset: daemon.PresetNewAccount})
	if err != nil {
		t.Fatal(err)
	}
	cfg := config.Default()
	cfg.Quotas.Source, cfg.Quotas.Pools = config.QuotasStatic, e.Pools("us-east-1")
	if err := cfg.Validate(); err != nil {
		t.Errorf("a configuration with the emulator's pools is wrong: %v", err)
	}
}

func TestNewEmulatorRefusesNonsense(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string]daemon.EmulatorOptions{
		"preset": {Preset: "generous"},
		"law":    {Law: "leaky"},
		"script": {ScriptFile: "testdata/none.yaml"},
		"limit":  {RequestsPerMinute: new(int64(-1))},
		"scale":  {TimeScale: -1},
	} {
		if _, err := daemon.NewEmulator(opts); fault.KindOf(err) != fault.Invalid {
			t.Errorf("NewEmulator with a bad %s = %v, want an error of kind invalid", name, err)
		}
	}
}

func TestEmulatorRunsUntilItsContextEnds(t *testing.T) {
	t.Parallel()
	e, err := daemon.NewEmulator(daemon.EmulatorOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx, ln) }()

	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+ln.Addr().String()+"/emulator/stats", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("GET /emulator/stats = %d, want 200", resp.StatusCode)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("Run = %v, want nil when its context ended", err)
	}
	if conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", ln.Addr().String()); err == nil {
		_ = conn.Close()
		t.Error("the listener still takes connections after Run has returned")
	}
}
