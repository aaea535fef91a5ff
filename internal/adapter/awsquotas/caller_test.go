package awsquotas_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/adapter/awsquotas"
	"github.com/headgate/headgate/internal/emulator"
	"github.com/headgate/headgate/internal/fault"
)

func TestTheCallerAndItsClock(t *testing.T) {
	t.Parallel()
	e, err := emulator.New(emulator.Config{Latency: emulator.NoLatency()})
	if err != nil {
		t.Fatal(err)
	}
	for name, off := range map[string]time.Duration{"right": 0, "slow": 90 * time.Second, "fast": -7 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := client(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Date", time.Now().Add(off).UTC().Format(http.TimeFormat))
				e.Handler().ServeHTTP(w, r)
			}))
			who, err := c.Caller(t.Context(), "")
			if err != nil || who.Account != "111122223333" || !strings.HasPrefix(who.ARN, "arn:aws:") {
				t.Fatalf("Caller() = %+v, %v", who, err)
			}
			if d := (who.Skew - off).Abs(); !who.Dated || d > 5*time.Second {
				t.Errorf("skew %v (dated: %t), want %v", who.Skew, who.Dated, off)
			}
		})
	}
	source, err := client(t, e.Handler()).Credentials(t.Context())
	if err != nil || source == "" {
		t.Errorf("Credentials() = %q, %v", source, err)
	}
}

func TestACallerWhoIsRefusedKnowsTheTime(t *testing.T) {
	t.Parallel()
	c := client(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `<ErrorResponse><Error><Type>Sender</Type><Code>ExpiredToken</Code><Message>The token is expired</Message></Error></ErrorResponse>`)
	}))
	who, err := c.Caller(t.Context(), "")
	if got := awsquotas.Code(err); got != "ExpiredToken" {
		t.Errorf("Code(%v) = %q", err, got)
	}
	if !who.Dated || (who.Skew+time.Hour).Abs() > 5*time.Second {
		t.Errorf("Caller() = %+v", who)
	}
	if got := awsquotas.Code(context.Canceled); got != "" {
		t.Errorf("Code of what is not AWS's = %q", got)
	}
}

// actions are the permissions of the requests that came, by what AWS calls them.
type actions struct {
	mu  sync.Mutex // guards all
	all []string
}

func (a *actions) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	action := ""
	switch target := r.Header.Get("X-Amz-Target"); {
	case target != "":
		_, operation, _ := strings.Cut(target, ".")
		action = "servicequotas:" + operation
	case form.Get("Action") != "":
		action = "sts:" + form.Get("Action")
	case r.URL.Path == "/inference-profiles":
		action = "bedrock:ListInferenceProfiles"
	case r.URL.Path == "/foundation-models":
		action = "bedrock:ListFoundationModels"
	}
	a.mu.Lock()
	a.all = append(a.all, action)
	a.mu.Unlock()
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.Header().Set("X-Amzn-Errortype", "AccessDeniedException")
	w.WriteHeader(http.StatusForbidden)
	if form.Has("Action") {
		_, _ = io.WriteString(w, `<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>`)
		return
	}
	_, _ = io.WriteString(w, `{"__type":"AccessDeniedException","Message":"no"}`)
}

// TestPoliciesAllowWhatIsAsked holds that what this package asks AWS for is what
// the policies for reading and requesting allow, neither less nor more, and that a
// refusal names it.
func TestPoliciesAllowWhatIsAsked(t *testing.T) {
	t.Parallel()
	seen := &actions{}
	server := httptest.NewServer(seen)
	t.Cleanup(server.Close)
	c, err := awsquotas.NewStatic(awsquotas.Static{AccessKeyID: "AKIDANY", SecretAccessKey: "any", Region: "us-east-1", EndpointURL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	for _, ask := range []func() error{
		func() error { _, err := c.Identity(ctx, ""); return err },
		func() error { _, err := c.Caller(ctx, ""); return err },
		func() error { _, err := c.Applied(ctx, ""); return err },
		func() error { _, err := c.Defaults(ctx, ""); return err },
		func() error { _, err := c.Requests(ctx, ""); return err },
		func() error { _, err := c.Profiles(ctx, ""); return err },
		func() error { _, err := c.Models(ctx, ""); return err },
		func() error { _, err := c.RequestIncrease(ctx, "", "L-CCA5DF70", 2); return err },
	} {
		err := ask()
		last := seen.all[len(seen.all)-1]
		if fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Message(err), last) {
			t.Errorf("the refusal of %s says %v", last, err)
		}
	}
	slices.Sort(seen.all)
	var want []string
	for _, p := range account.Permissions([]account.Purpose{account.ForQuota, account.ForRequest}, account.Scope{}) {
		if !strings.HasPrefix(p.Action, "cloudwatch:") { // another adapter's
			want = append(want, p.Action)
		}
	}
	if diff := cmp.Diff(want, slices.Compact(seen.all)); diff != "" {
		t.Errorf("the policies (-) and what is asked (+):\n%s", diff)
	}
}
