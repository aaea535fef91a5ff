package console

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/discovery"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
)

// aws is an account that grants more each time it is asked.
type aws struct {
	applied float64
	err     error
	asked   int
}

func (a *aws) Identity(context.Context, llm.Region) (llm.AccountID, error) {
	a.asked++
	return accountID, a.err
}

func (a *aws) Applied(context.Context, llm.Region) ([]account.Listed, error) {
	a.applied++
	return []account.Listed{{Code: "L-CCA5DF70", Name: "requests", Value: a.applied}}, nil
}

func (a *aws) Defaults(context.Context, llm.Region) ([]account.Listed, error) {
	return []account.Listed{{Code: "L-CCA5DF70", Name: "requests", Value: 10}}, nil
}

func (a *aws) Requests(context.Context, llm.Region) ([]account.Request, error) {
	return []account.Request{{ID: "r", Code: "L-CCA5DF70", Status: account.StatusCaseOpened}}, nil
}

func (a *aws) Profiles(context.Context, llm.Region) ([]account.Profile, error) {
	return nil, fault.New(fault.Denied, "no")
}

func (a *aws) Models(context.Context, llm.Region) ([]account.Model, error) { return nil, nil }

// nothing keeps nothing.
type nothing struct{}

func (nothing) SaveSnapshot(context.Context, account.Snapshot) error { return nil }
func (nothing) Record(context.Context, discovery.Note) error         { return nil }

func asking(t *testing.T, a *aws) (c *Console, adopted *int) {
	t.Helper()
	cat, err := catalog.Default()
	if err != nil {
		t.Fatal(err)
	}
	adopted = new(int)
	return setup(t, Options{Discovery: discovery.New(discovery.Options{
		Source: a, Store: nothing{}, Catalog: cat, Region: region, OnSnapshot: func(account.Snapshot) { *adopted++ },
	})}), adopted
}

// post sends a request with headers, as name, value.
func post(c *Console, method, target string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader("{}"))
	r.Host = "127.0.0.1:8080"
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r)
	return w
}

func TestARefreshTellsWhatHasChangedAndIsInForce(t *testing.T) {
	t.Parallel()
	c, adopted := asking(t, &aws{})
	for i, want := range [][]account.Change{
		{},
		{{Code: "L-CCA5DF70", Name: "requests", What: account.ChangeApplied, From: "1", To: "2"}},
	} {
		resp := post(c, "POST", RefreshPath+"?region="+region, "Content-Type", "application/json; charset=utf-8")
		var got Refreshed
		if err := json.Unmarshal(resp.Body.Bytes(), &got); err != nil || resp.Code != 200 {
			t.Fatalf("status %d, %v: %s", resp.Code, err, resp.Body)
		}
		if diff := cmp.Diff(want, got.Changes); diff != "" {
			t.Errorf("changes (-want +got):\n%s", diff)
		}
		if got.Account != accountID || got.Region != region || got.Listed != 1 || got.OpenRequests != 1 || got.AsOf.IsZero() || got.Age > 60 {
			t.Errorf("%+v", got)
		}
		if len(got.Missing) != 1 || got.Missing[0].Action != "bedrock:ListInferenceProfiles" {
			t.Errorf("missing %+v, want the profiles", got.Missing)
		}
		if *adopted != i+1 {
			t.Errorf("adopted %d times before the answer, want %d", *adopted, i+1)
		}
	}
}

func TestAWSIsNotAskedForWhomItShouldNot(t *testing.T) {
	t.Parallel()
	up := &aws{}
	c, _ := asking(t, up)
	for _, tt := range []struct {
		method, target string
		headers        []string
		status         int
		detail         string
	}{
		{"GET", RefreshPath, nil, 405, "by POST"},
		{"POST", RefreshPath, []string{"Content-Type", "text/plain"}, 415, "application/json"},
		{"POST", RefreshPath, []string{"Content-Type", ""}, 415, "application/json"},
		{"POST", RefreshPath, []string{"Sec-Fetch-Site", "cross-site"}, 403, "another origin"},
		{"POST", RefreshPath, []string{"Sec-Fetch-Site", "same-site"}, 403, "another origin"},
		{"POST", RefreshPath, []string{"Origin", "https://evil.example"}, 403, "another origin"},
		{"POST", RefreshPath, []string{"Origin", "null"}, 403, "another origin"},
		{"POST", RefreshPath, []string{"Origin", "http://127.0.0.1:3000"}, 403, "another origin"},
		{"POST", RefreshPath + "?region=eu-west-1", nil, 409, "us-east-1 alone"},
	} {
		resp := post(c, tt.method, tt.target, tt.headers...)
		if resp.Code != tt.status || !strings.Contains(resp.Body.String(), tt.detail) {
			t.Errorf("%s %s %q: %d %s, want %d and %q", tt.method, tt.target, tt.headers, resp.Code, resp.Body, tt.status, tt.detail)
		}
	}
	if up.asked != 0 {
		t.Errorf("AWS was asked %d times", up.asked)
	}
	if resp := post(c, "POST", RefreshPath, "Origin", "http://127.0.0.1:8080", "Sec-Fetch-Site", "same-origin"); resp.Code != 200 {
		t.Errorf("a page of this origin: %d %s", resp.Code, resp.Body)
	}
}

func TestWhatCannotBeRefreshedSaysWhy(t *testing.T) {
	t.Parallel()
	denied, _ := asking(t, &aws{err: fault.New(fault.Denied, "No, as sts:GetCallerIdentity is denied.")})
	for name, tt := range map[string]struct {
		c      *Console
		status int
		says   []string
	}{
		"static": {setup(t, Options{}), 409, []string{"quotas.source is static"}},
		"denied": {denied, 503, []string{"sts:GetCallerIdentity", "headgate iam print --for quota"}},
	} {
		resp := post(tt.c, "POST", RefreshPath)
		for _, want := range tt.says {
			if resp.Code != tt.status || !strings.Contains(resp.Body.String(), want) {
				t.Errorf("%s: %d %s, want %d and %q", name, resp.Code, resp.Body, tt.status, want)
			}
		}
	}
}
