package awsconverse_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/headgate/headgate/internal/adapter/awsconverse"
	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/daemon"
	"github.com/headgate/headgate/internal/emulator"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/judge"
	"github.com/headgate/headgate/internal/schema/planner"
	"github.com/headgate/headgate/internal/schema/profile"
	"github.com/headgate/headgate/internal/schema/tabular"
)

const haiku = "us.anthropic.claude-haiku-4-5-20251001-v1:0"

// seen keeps the headers that reach the gateway.
type seen struct {
	mu      sync.Mutex
	headers []http.Header
}

// setup starts an emulator with a script, a gateway in front of it, and returns the
// gateway's address behind something that looks at what is sent.
func setup(t *testing.T, script string) (string, *seen) {
	t.Helper()
	s, err := emulator.ParseScript([]byte(script), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	e, err := emulator.New(emulator.Config{
		Accounts: []emulator.Account{{ID: emulator.DefaultAccount, AccessKeyID: daemon.EmulatorKey, SecretAccessKey: daemon.EmulatorSecret}},
		Region:   "us-east-1", TimeScale: 60, Latency: emulator.NoLatency(), Script: s, Seed: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	upstream := serve(t, e.Handler())

	cfg := config.Default()
	cfg.Listen, cfg.DataDir, cfg.TimeScale = "127.0.0.1:0", t.TempDir(), 60
	cfg.Upstream = config.Upstream{Kind: config.UpstreamEmulator, Region: "us-east-1", EndpointURL: upstream}
	cfg.Quotas.Source = config.QuotasStatic
	requests := int64(600)
	cfg.Quotas.Pools = []config.Pool{{Account: emulator.DefaultAccount, Region: "us-east-1", Model: "anthropic.claude-haiku-4-5-20251001-v1:0", Path: llm.PathGeo, RequestsPerMinute: &requests}}
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	g, err := daemon.NewGateway(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ln := listen(t)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- g.Run(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-ended, g.Close()); err != nil {
			t.Errorf("the gateway ended with %v", err)
		}
	})
	target, err := url.Parse("http://" + ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	look := &seen{}
	proxy := httputil.NewSingleHostReverseProxy(target)
	return serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		look.mu.Lock()
		look.headers = append(look.headers, r.Header.Clone())
		look.mu.Unlock()
		proxy.ServeHTTP(w, r)
	})), look
}

func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

func caller(t *testing.T, endpoint, model string) *awsconverse.Caller {
	t.Helper()
	c, err := awsconverse.New(awsconverse.Options{EndpointURL: endpoint, Region: "us-east-1", Model: llm.ModelID(model)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// shop is a schema to be judged: orders are shipped via a shipper.
func shop(t *testing.T) *judge.State {
	t.Helper()
	dir := t.TempDir()
	orders := "order_id,ship_via\n"
	for i := range 20 {
		orders += fmt.Sprintf("%d,%d\n", 100+i, 1+i%3)
	}
	for name, text := range map[string]string{"orders.csv": orders, "shippers.csv": "shipper_id,label\n1,a\n2,b\n3,c\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	set, err := tabular.Open(t.Context(), []string{dir}, tabular.Options{TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	ev, err := profile.Run(t.Context(), set.Tables, profile.Options{TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return &judge.State{Evidence: ev, Schema: planner.Make(ev, "shop").Schema}
}

// TestAScriptedAnswerIsMerged goes the whole way: a question, the gateway, the
// emulator, and back into the schema.
func TestAScriptedAnswerIsMerged(t *testing.T) {
	t.Parallel()
	st := shop(t)
	req, ok := judge.Ask(judge.Relationships, st)
	if !ok || len(st.Evidence.Inclusions) == 0 {
		t.Fatal("nothing is asked")
	}
	script := "- match: {tool: relationships, contains: \"ship_via>shippers\"}\n  answer: {tool_input: {accept: [" + st.Evidence.Inclusions[0].ID + "]}}\n"
	endpoint, look := setup(t, script)
	a, err := caller(t, endpoint, haiku).Call(t.Context(), req, judge.Labels{Run: "schema-shop-1", Calls: 3, Step: judge.Relationships})
	if err != nil {
		t.Fatal(err)
	}
	if !a.Scripted || !a.Emulated || a.Attempts != 1 || a.CallID == "" || a.Pool == "" || a.Usage.Input == 0 || a.Usage.Output == 0 || a.Model != haiku || a.Took <= 0 {
		t.Errorf("the answer is %+v", a)
	}
	h := look.headers[0]
	if h.Get("X-Headgate-Run") != "schema-shop-1" || h.Get("X-Headgate-Run-Calls") != "3" || h.Get("X-Headgate-Step") != "relationships" {
		t.Errorf("labelled %v", h)
	}
	st.Scripted = a.Scripted
	changes, err := judge.Merge(judge.Relationships, st, a.Input)
	if err != nil || len(changes) != 1 || changes[0].Refused != "" {
		t.Fatalf("%v %+v: %s", err, changes, a.Input)
	}
	if f := st.Schema.Table("orders").ForeignKeys; len(f) != 1 || f[0].Mark.Provenance != schema.FromScript {
		t.Errorf("orders refers to %+v", f)
	}
}

// TestAnEmulatorSaysSo: what it makes up has the tool's form, and is told apart from a
// model's answer.
func TestAnEmulatorSaysSo(t *testing.T) {
	t.Parallel()
	endpoint, _ := setup(t, "[]")
	st := shop(t)
	for _, step := range judge.Steps() {
		req, ok := judge.Ask(step, st)
		if !ok {
			continue
		}
		a, err := caller(t, endpoint, haiku).Call(t.Context(), req, judge.Labels{Run: "r", Step: step})
		if err != nil {
			t.Fatal(err)
		}
		if !a.Emulated || a.Scripted || !json.Valid(a.Input) {
			t.Errorf("%s: the answer is %+v", step, a)
		}
	}
}

func TestFailuresHaveTheirKind(t *testing.T) {
	t.Parallel()
	st := shop(t)
	req, _ := judge.Ask(judge.Analyze, st)
	endpoint, _ := setup(t, "- match: {system: schema}\n  answer: {status: 403, type: AccessDeniedException, message: no}\n")
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name string
		ctx  context.Context //nolint:containedctx // of one call each
		at   string
		id   string
		want fault.Kind
	}{
		{"refused", t.Context(), endpoint, haiku, fault.Denied},
		{"no such model", t.Context(), endpoint, "nobody.model-v1:0", fault.Invalid},
		{"no gateway", t.Context(), "http://127.0.0.1:1", haiku, fault.Upstream},
		{"called off", gone, endpoint, haiku, fault.Cancelled},
	} {
		_, err := caller(t, c.at, c.id).Call(c.ctx, req, judge.Labels{})
		if got := fault.KindOf(err); err == nil || got != c.want {
			t.Errorf("%s: %v is %s, want %s", c.name, err, got, c.want)
		}
	}
	if _, err := awsconverse.New(awsconverse.Options{}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("of nothing: %v", err)
	}
}
