package e2e

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/daemon"
	"github.com/headgate/headgate/internal/emulator"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
)

const (
	region   llm.Region  = "us-east-1"
	haiku    llm.ModelID = "anthropic.claude-haiku-4-5-20251001-v1:0"
	usHaiku              = "us." + string(haiku)
	novaLite llm.ModelID = "amazon.nova-lite-v1:0"
	titan    llm.ModelID = "amazon.titan-embed-text-v2:0"
	account              = emulator.DefaultAccount
	// application is an application inference profile that copies usHaiku.
	application    = "abcdef123456"
	applicationARN = "arn:aws:bedrock:us-east-1:" + account + ":application-inference-profile/" + application
	profileARN     = "arn:aws:bedrock:us-east-1:" + account + ":inference-profile/" + usHaiku
)

// patience is how long a test waits for what must come: far longer than it
// takes, so that it only ends tests that hang.
const patience = 30 * time.Second

// options say what differs from a gateway and an emulator without limits.
type options struct {
	scale   float64 // 0: 60, a minute takes a second
	quotas  []emulator.Quota
	faults  []emulator.Fault
	latency emulator.Latency // zero: none
	config  func(*config.Config)
	preset  emulator.Preset // of the account's quotas; empty: those above
	// gate is called with each request that reaches the emulator, before it is
	// served.
	gate func(*http.Request)
}

// perMinute is a quota of Claude Haiku 4.5 on the geographic path.
func perMinute(requests, tokens int64) emulator.Quota {
	return emulator.Quota{Model: string(haiku), Path: string(llm.PathGeo), RequestsPerMinute: &requests, TokensPerMinute: &tokens}
}

// stand is an emulator, a gateway in front of it, and the wire between them.
type stand struct {
	emulator *emulator.Emulator
	wire     *wire
	upstream string // the emulator's own address
	gateway  string // the gateway's address
	admin    string // the API's, when it has one of its own
	config   config.Config

	stop func(t *testing.T) // ends the gateway in order; more than once is once
}

// setup starts a stand. At the end of the test it is stopped, and nothing may
// then be held or under way upstream.
func setup(t *testing.T, o options) *stand {
	t.Helper()
	if o.scale == 0 {
		o.scale = 60
	}
	s := &stand{}
	s.startEmulator(t, o)
	s.config = gatewayConfig(t, o, s.upstream)
	s.startGateway(t)
	return s
}

func (s *stand) startEmulator(t *testing.T, o options) {
	t.Helper()
	if (o.latency == emulator.Latency{}) {
		o.latency = emulator.NoLatency()
	}
	e, err := emulator.New(emulator.Config{
		Accounts: []emulator.Account{{
			ID: account, AccessKeyID: daemon.EmulatorKey, SecretAccessKey: daemon.EmulatorSecret,
			Quotas: o.quotas, Preset: o.preset, Applications: map[string]string{application: usHaiku},
		}},
		Region: region, TimeScale: o.scale, Latency: o.latency, Faults: o.faults, Seed: 1,
		ServiceQuotas: emulator.ServiceQuotas{CaseAfter: -1, DecideAfter: -1},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.emulator = e
	s.wire = &wire{inner: e.Handler(), gate: o.gate}
	ln := listen(t)
	s.upstream = "http://" + ln.Addr().String()
	server := emulator.Server(s.wire)
	server.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ln) }()
	t.Cleanup(func() {
		stop, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
		defer cancel()
		if err := server.Shutdown(stop); err != nil {
			t.Errorf("requests are still under way at the emulator: %v", err)
			_ = server.Close() // what hangs must not hang the other tests
		}
		<-ended
		s.checkQuiet(t)
	})
}

// checkQuiet fails when the emulator has anything set aside or under way.
func (s *stand) checkQuiet(t *testing.T) {
	t.Helper()
	for _, a := range s.emulator.Stats().Accounts {
		for _, p := range a.Pools {
			if p.Held != 0 || p.InFlight != 0 {
				t.Errorf("%s %s: %d tokens held and %d calls in flight at the end, want none", p.Model, p.Path, p.Held, p.InFlight)
			}
		}
	}
}

// gatewayConfig is the configuration of a gateway in front of an emulator.
func gatewayConfig(t *testing.T, o options, upstream string) config.Config {
	t.Helper()
	cfg := baseConfig(o.scale, o.quotas, upstream, t.TempDir())
	if o.config != nil {
		o.config(&cfg)
	}
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	return cfg
}

// baseConfig is a gateway's in front of an emulator with those quotas.
func baseConfig(scale float64, quotas []emulator.Quota, upstream, dir string) config.Config {
	cfg := config.Default()
	cfg.Listen = "127.0.0.1:0"
	cfg.DataDir = dir
	cfg.TimeScale = scale
	cfg.Upstream = config.Upstream{Kind: config.UpstreamEmulator, Region: region, EndpointURL: upstream}
	cfg.Quotas.Source = config.QuotasStatic
	cfg.Catalog = []string{filepath.Join("testdata", "catalog.yaml")}
	for _, q := range quotas {
		cfg.Quotas.Pools = append(cfg.Quotas.Pools, config.Pool{
			Account: account, Region: region, Model: llm.ModelID(q.Model), Path: llm.Path(q.Path),
			RequestsPerMinute: q.RequestsPerMinute, TokensPerMinute: q.TokensPerMinute, TokensPerDay: q.TokensPerDay,
		})
	}
	return cfg
}

// startGateway runs the gateway of s.config.
func (s *stand) startGateway(t *testing.T) {
	t.Helper()
	g, err := daemon.NewGateway(t.Context(), s.config, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ln := listen(t)
	s.gateway = "http://" + ln.Addr().String()
	if at := g.AdminAddr(); at != nil {
		s.admin = "http://" + at.String()
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- g.Run(ctx, ln) }()
	var once sync.Once
	s.stop = func(t *testing.T) {
		t.Helper()
		once.Do(func() {
			cancel()
			if err := errors.Join(<-ended, g.Close()); err != nil {
				t.Errorf("the gateway ended with %v", err)
			}
		})
	}
	t.Cleanup(func() { s.stop(t) })
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

// pool is what the emulator has counted for Claude Haiku 4.5 on the geographic
// path.
func (s *stand) pool() emulator.PoolStats {
	return s.emulator.Stats().Pool(account, region, haiku, llm.PathGeo)
}

// entries stops the gateway and returns what its ledger holds, oldest first.
func (s *stand) entries(t *testing.T) []ledger.Entry {
	t.Helper()
	s.stop(t)
	l, err := daemon.OpenLedger(t.Context(), s.config)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var all []ledger.Entry
	for before := llm.CallID(""); ; {
		page, next, err := l.Calls(t.Context(), ledger.Query{Limit: ledger.MaxLimit, Before: before})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page...)
		if before = next; next == "" {
			break
		}
	}
	for i, j := 0, len(all)-1; i < j; i, j = i+1, j-1 {
		all[i], all[j] = all[j], all[i]
	}
	return all
}

// noThrottle fails when the emulator had to refuse anything on a quota.
func (s *stand) noThrottle(t *testing.T) {
	t.Helper()
	if got := s.pool().Throttled; got.Total() != 0 {
		t.Errorf("the emulator throttled %+v, want nothing", got)
	}
}
