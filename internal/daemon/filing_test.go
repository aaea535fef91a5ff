package daemon_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/daemon"
	"github.com/headgate/headgate/internal/emulator"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/filing"
	"github.com/headgate/headgate/internal/increase"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
)

// errKilled is what the test ends a process with.
var errKilled = errors.New("killed")

// dying asks AWS and dies before anybody learns what it said.
type dying struct{ filing.Source }

func (d dying) RequestIncrease(ctx context.Context, in llm.Region, code string, value float64) (account.Request, error) {
	if _, err := d.Source.RequestIncrease(ctx, in, code, value); err != nil {
		return account.Request{}, err
	}
	panic(errKilled)
}

func guide(t *testing.T) config.Config {
	t.Helper()
	em, err := daemon.NewEmulator(daemon.EmulatorOptions{Preset: daemon.PresetGuide, ServiceQuotas: emulator.ServiceQuotas{Outcome: emulator.Hold}})
	if err != nil {
		t.Fatal(err)
	}
	cfg := config.Default()
	cfg.DataDir = t.TempDir()
	cfg.Upstream.Kind, cfg.Upstream.EndpointURL, cfg.Upstream.Region = config.UpstreamEmulator, "http://"+serve(t, em), "us-east-1"
	return cfg
}

// The process dies after AWS has taken the request: the next one finds it, in the
// same data folder, and AWS has it once.
func TestARequestThatACrashCutShortIsFoundAgain(t *testing.T) {
	t.Parallel()
	cfg, ctx := guide(t), t.Context()
	intent := filing.Intent{Account: "111122223333", Region: "us-east-1", Code: "L-CCA5DF70", Value: 126}

	first := open(t, cfg)
	func() {
		defer func() {
			if err, ok := recover().(error); !ok || !errors.Is(err, errKilled) {
				t.Fatal("it was not killed")
			}
		}()
		_, _ = first.FilerOf(dying{first.AWS}).File(ctx, intent)
	}()
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}

	second := open(t, cfg)
	found, err := second.Filer().Resolve(ctx, "111122223333", "us-east-1")
	if err != nil || len(found) != 1 || !found[0].End.Taken() || found[0].Intent.Value != 126 {
		t.Fatalf("Resolve() = %+v, %v", found, err)
	}
	if again, err := second.Filer().Resolve(ctx, "111122223333", "us-east-1"); err != nil || len(again) != 0 {
		t.Errorf("Resolve() again = %+v, %v", again, err)
	}
	if _, err := second.Filer().File(ctx, intent); fault.KindOf(err) != fault.Invalid {
		t.Errorf("File() again: %v, want that it is open already", err)
	}
	if asked, err := second.AWS.Requests(ctx, ""); err != nil || len(asked) != 1 {
		t.Errorf("AWS has %d requests, %v", len(asked), err)
	}
	var story []ledger.EventKind
	events, err := second.Ledger.Events(ctx, ledger.EventQuery{Code: "L-CCA5DF70"})
	for _, e := range events {
		story = append(story, e.Kind)
	}
	if err != nil || fmt.Sprint(story) != "[request.filing request.filed]" {
		t.Errorf("the ledger tells %v, %v", story, err)
	}
}

func TestTwentyRequestsAreOpenAtMost(t *testing.T) {
	t.Parallel()
	a, ctx := open(t, guide(t)), t.Context()
	snap, err := a.Refresh(ctx)
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, q := range snap.Quotas {
		v, told := q.Value()
		if !q.Adjustable || !told || q.BelowDefault() || q.Code == "L-CCA5DF70" {
			continue
		}
		if _, err := a.AWS.RequestIncrease(ctx, "", q.Code, v+1); err != nil {
			t.Fatalf("request %d, %s: %v", asked, q.Code, err)
		}
		if asked++; asked == 20 {
			break
		}
	}
	if snap, err = a.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	got := increase.Check(snap, increase.Ask{Code: "L-CCA5DF70", Value: 126}, time.Now())
	if len(got) != 1 || got[0].Reason != increase.TooManyOpen {
		t.Errorf("Check() with %d open = %+v", asked, got)
	}
	// What the check says is what AWS says.
	if _, err := a.Filer().File(ctx, filing.Intent{Account: snap.Account, Region: snap.Region, Code: "L-CCA5DF70", Value: 126}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("File() = %v", err)
	}
}

// What the snapshot cannot have is said, and the request goes its way all the same.
func TestARequestIsFiledWithoutThePermissionToList(t *testing.T) {
	t.Parallel()
	em, err := daemon.NewEmulator(daemon.EmulatorOptions{Preset: daemon.PresetGuide, Faults: []emulator.Fault{
		{Kind: emulator.FaultDenied, Action: "servicequotas:ListAWSDefaultServiceQuotas", Probability: 1},
		{Kind: emulator.FaultDenied, Action: "servicequotas:ListRequestedServiceQuotaChangeHistory", Probability: 1},
	}})
	if err != nil {
		t.Fatal(err)
	}
	cfg := config.Default()
	cfg.DataDir = t.TempDir()
	cfg.Upstream.Kind, cfg.Upstream.EndpointURL, cfg.Upstream.Region = config.UpstreamEmulator, "http://"+serve(t, em), "us-east-1"
	a := open(t, cfg)
	snap, err := a.Refresh(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := increase.Unchecked(snap); len(got) != 2 {
		t.Errorf("Unchecked() = %q", got)
	}
	end, err := a.Filer().File(t.Context(), filing.Intent{Account: snap.Account, Region: snap.Region, Code: "L-CCA5DF70", Value: 126})
	if err != nil || !end.Taken() {
		t.Errorf("File() = %+v, %v", end, err)
	}
}

// A gateway that starts finds the request that a crash cut short, and tells a
// program elsewhere of each step that it takes.
func TestTheGatewayEndsWhatACrashCutShortAndTellsOfItsSteps(t *testing.T) { //nolint:paralleltest // it sets a variable
	t.Setenv("FILING_TEST_SECRET", "whsec_aGVhZGdhdGUgdGVzdHMgdXNlIHRoaXMga2V5IQ==")
	told := make(chan string, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		told <- r.Header.Get("webhook-id")
	}))
	defer receiver.Close()
	em, err := daemon.NewEmulator(daemon.EmulatorOptions{Preset: daemon.PresetGuide, ServiceQuotas: emulator.ServiceQuotas{CaseAfter: 4 * time.Second, DecideAfter: -1}})
	if err != nil {
		t.Fatal(err)
	}
	cfg := guide(t)
	cfg.Upstream.EndpointURL = "http://" + serve(t, em)
	cfg.TimeScale = 20 // an open request is looked at every half second
	cfg.Quotas.Notify.URL, cfg.Quotas.Notify.SecretEnv = receiver.URL, "FILING_TEST_SECRET"
	a := open(t, cfg)
	func() {
		defer func() { _ = recover() }()
		_, _ = a.FilerOf(dying{a.AWS}).File(t.Context(), filing.Intent{Account: "111122223333", Region: "us-east-1", Code: "L-CCA5DF70", Value: 126})
	}()
	g, err := daemon.NewGateway(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- g.Run(ctx, ln) }()
	defer func() {
		cancel()
		if err := errors.Join(<-ended, g.Close()); err != nil {
			t.Error(err)
		}
	}()
	for {
		select {
		case id := <-told:
			if !strings.HasSuffix(id, ".APPROVED.granted") {
				continue
			}
			events, err := a.Ledger.Events(t.Context(), ledger.EventQuery{Kind: ledger.EventRequestFiled})
			if err != nil || len(events) != 1 {
				t.Errorf("the ledger has %d filed requests, %v", len(events), err)
			}
			return
		case <-time.After(20 * time.Second):
			t.Fatal("nobody was told that the request was approved")
		}
	}
}

func TestNotifyNeedsASecret(t *testing.T) {
	t.Parallel()
	cfg := config.Default()
	cfg.DataDir = t.TempDir()
	cfg.Upstream.Kind, cfg.Upstream.Region = config.UpstreamEmulator, "us-east-1"
	cfg.Quotas.Notify.URL, cfg.Quotas.Notify.SecretEnv = "https://example.com", "FILING_TEST_NO_SECRET"
	if _, err := daemon.NewGateway(t.Context(), cfg, slog.New(slog.DiscardHandler)); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "FILING_TEST_NO_SECRET") {
		t.Errorf("NewGateway() = %v", err)
	}
}
