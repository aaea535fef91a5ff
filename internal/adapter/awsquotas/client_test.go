package awsquotas_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/adapter/awsquotas"
	"github.com/headgate/headgate/internal/emulator"
	"github.com/headgate/headgate/internal/fault"
)

func client(t *testing.T, h http.Handler) *awsquotas.Client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	c, err := awsquotas.NewStatic(awsquotas.Static{AccessKeyID: "AKIDANY", SecretAccessKey: "any", Region: "us-east-1", EndpointURL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The emulator keeps the rates of Service Quotas and must not throttle.
func TestAnAccountIsAskedForAllItHas(t *testing.T) {
	t.Parallel()
	e, err := emulator.New(emulator.Config{Latency: emulator.NoLatency()})
	if err != nil {
		t.Fatal(err)
	}
	c, ctx := client(t, e.Handler()), t.Context()
	if id, err := c.Identity(ctx, ""); err != nil || len(id) != 12 {
		t.Errorf("Identity() = %q, %v", id, err)
	}
	defaults, err := c.Defaults(ctx, "")
	if err != nil || len(defaults) <= 100 {
		t.Fatalf("%d defaults, %v: want more than a page", len(defaults), err)
	}
	if applied, err := c.Applied(ctx, ""); err != nil || len(applied) == 0 {
		t.Errorf("%d applied, %v", len(applied), err)
	}
	if profiles, err := c.Profiles(ctx, ""); err != nil || len(profiles) == 0 {
		t.Errorf("%d profiles, %v", len(profiles), err)
	}
	if models, err := c.Models(ctx, ""); err != nil || len(models) == 0 {
		t.Errorf("%d models, %v", len(models), err)
	}
	filed, err := c.RequestIncrease(ctx, "", "L-CCA5DF70", 20_000)
	if err != nil || filed.ID == "" {
		t.Fatalf("RequestIncrease() = %+v, %v", filed, err)
	}
	asked, err := c.Requests(ctx, "")
	if err != nil || len(asked) != 1 || asked[0].ID != filed.ID || asked[0].Desired != 20_000 || !(&account.Snapshot{Requests: asked}).AnyOpen() {
		t.Errorf("Requests() = %+v, %v", asked, err)
	}
	if _, err := c.RequestIncrease(ctx, "", "L-00000000", 5); fault.KindOf(err) != fault.NotFound {
		t.Errorf("an unknown code: %v", err)
	}
}

func TestARefusalNamesThePermission(t *testing.T) {
	t.Parallel()
	c := client(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"__type":"AccessDeniedException","Message":"no"}`))
	}))
	_, err := c.Applied(t.Context(), "")
	if fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Message(err), "servicequotas:ListServiceQuotas") {
		t.Errorf("%v", err)
	}
}

// TestWhoMayNotSignIsDenied, whatever the service calls it.
func TestWhoMayNotSignIsDenied(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"AKIDANY", "AKIDOTHER"} { // the first with another secret
		e, err := emulator.New(emulator.Config{Accounts: []emulator.Account{{ID: "111111111111", AccessKeyID: key, SecretAccessKey: "secret"}}})
		if err != nil {
			t.Fatal(err)
		}
		c := client(t, e.Handler())
		if _, err := c.Applied(t.Context(), ""); fault.KindOf(err) != fault.Denied {
			t.Errorf("Applied() with a key of %s: %v", key, err)
		}
		if _, err := c.Identity(t.Context(), ""); fault.KindOf(err) != fault.Denied {
			t.Errorf("Identity() with a key of %s: %v", key, err)
		}
	}
}

// A repeated request would be refused as one that is there already, although it is
// the caller's own.
func TestAnIncreaseIsSentOnce(t *testing.T) {
	t.Parallel()
	var sent atomic.Int64
	c := client(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".RequestServiceQuotaIncrease") {
			sent.Add(1)
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = w.Write([]byte(`{"__type":"ServiceException","Message":"later"}`))
	}))
	_, err := c.RequestIncrease(t.Context(), "", "L-CCA5DF70", 126)
	if n := sent.Load(); n != 1 || fault.KindOf(err) != fault.Upstream {
		t.Errorf("sent %d times, %v", n, err)
	}
}

// TestAnEmulatorSaysHowFast: at AWS's pace, forty pages take 4.75 s; what is said of
// a slower one slows nobody down, or four would take more than three.
func TestAnEmulatorSaysHowFast(t *testing.T) {
	t.Parallel()
	for rate, tt := range map[string]struct {
		pages int
		most  time.Duration
	}{"1000": {40, 4 * time.Second}, "1": {4, 3 * time.Second}, "none": {4, 3 * time.Second}} {
		sent := 0
		c := client(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/x-amz-json-1.1")
			w.Header().Set("X-Emulator-Rate", rate)
			if sent++; sent < tt.pages {
				_, _ = fmt.Fprintf(w, `{"NextToken":"%d"}`, sent)
				return
			}
			_, _ = w.Write([]byte(`{}`))
		}))
		began := time.Now()
		if _, err := c.Applied(t.Context(), ""); err != nil || sent != tt.pages {
			t.Errorf("rate %s: %d pages, %v", rate, sent, err)
		}
		if took := time.Since(began); took > tt.most {
			t.Errorf("rate %s: %d pages took %v", rate, tt.pages, took)
		}
	}
}
