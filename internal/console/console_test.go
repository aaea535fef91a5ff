package console

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/adapt"
	"github.com/headgate/headgate/internal/limit"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

const accountID, region = "111122223333", "us-east-1"

func geo(model llm.ModelID) llm.Pool {
	return llm.Pool{Account: accountID, Region: region, Model: model, Path: llm.PathGeo}
}

// source knows limits of the models a, b and zero, and none of others.
func source(p llm.Pool) limit.Limits {
	l := limit.Limits{
		Pool: p, Provenance: limit.Configured,
		Account: []quota.Limit{{Kind: quota.AccountTokensPerDay, Amount: 1000}},
	}
	switch p.Model {
	case "a", "b":
		l.Limits = []quota.Limit{{Kind: quota.RequestsPerMinute, Amount: 10}, {Kind: quota.TokensPerMinute, Amount: 100}}
	case "zero":
		l.Limits = []quota.Limit{{Kind: quota.TokensPerDay}}
	default:
		l.Provenance = limit.Unlimited
	}
	return l
}

// setup is a console over the models a, b and zero, at sixty times the speed.
func setup(t *testing.T, opts Options) *Console {
	t.Helper()
	opts.Limits = limit.NewMemory(limit.Options{Source: source, TimeScale: 60})
	opts.TimeScale = 60
	for _, model := range []llm.ModelID{"b", "a", "zero"} {
		opts.Limits.Pool(geo(model))
	}
	return New(opts)
}

func ask(c *Console, method, target, host string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, http.NoBody)
	r.Host = host
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r)
	return w
}

func TestWhatIsAskedWrongIsAProblem(t *testing.T) {
	t.Parallel()
	c := setup(t, Options{})
	const here = "127.0.0.1:8080"
	for _, tt := range []struct {
		method, target, host string
		status               int
		parameter, detail    string
	}{
		{"GET", "/api", here, 404, "", "nothing at this path"},
		{"GET", "/api/v1/quotas/", here, 404, "", "GET /api/openapi.json"},
		{"POST", "/api/v2/quotas", here, 404, "", "nothing at this path"},
		{"POST", QuotasPath, here, 405, "", "GET and HEAD"},
		{"DELETE", QuotasPath, here, 405, "", "GET and HEAD"},
		{"OPTIONS", QuotasPath, here, 405, "", "GET and HEAD"},
		{"GET", QuotasPath + "?size=a", here, 400, "size", "model, region and path"},
		{"GET", QuotasPath + "?model=a&model=b", here, 400, "model", "2 times"},
		{"GET", QuotasPath + "?region=", here, 400, "region", "empty"},
		{"GET", QuotasPath + "?path=moon", here, 400, "path", "on-demand, geo, global or mantle"},
		{"GET", QuotasPath + "?model=%zz", here, 400, "", "cannot be read"},
		{"GET", QuotasPath, "evil.example:8080", 421, "", "addressed to a host"},
		{"GET", QuotasPath, "localhost.evil.example", 421, "", "localhost"},
		{"GET", QuotasPath, "127.0.0.1.evil.example", 421, "", "127.0.0.1"},
		{"GET", QuotasPath, "192.0.2.7:8080", 421, "", "127.0.0.1"},
		{"GET", QuotasPath, "", 421, "", "127.0.0.1"},
	} {
		resp := ask(c, tt.method, tt.target, tt.host)
		var p Problem
		if err := json.NewDecoder(resp.Body).Decode(&p); err != nil {
			t.Errorf("%s %s: %v", tt.method, tt.target, err)
		}
		if resp.Code != tt.status || p.Status != tt.status || p.Parameter != tt.parameter || !strings.Contains(p.Detail, tt.detail) {
			t.Errorf("%s %s of %q: %d %+v, want %d, parameter %q and %q", tt.method, tt.target, tt.host, resp.Code, p, tt.status, tt.parameter, tt.detail)
		}
		if p.Type != "about:blank" || p.Title != http.StatusText(tt.status) || resp.Header().Get("Content-Type") != ProblemType {
			t.Errorf("%s %s: %+v as %s, want a problem of RFC 9457", tt.method, tt.target, p, resp.Header().Get("Content-Type"))
		}
		if allow := resp.Header().Get("Allow"); (allow == "GET, HEAD") != (tt.status == 405) {
			t.Errorf("%s %s: Allow %q with status %d", tt.method, tt.target, allow, tt.status)
		}
		if got := resp.Header().Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s %s: Cache-Control %q, want no-store", tt.method, tt.target, got)
		}
	}
}

func TestHostsOfThisMachineAreAnswered(t *testing.T) {
	t.Parallel()
	c, exposed := setup(t, Options{}), setup(t, Options{Exposed: true})
	for _, host := range []string{"127.0.0.1:8080", "127.0.0.1", "localhost:8080", "LOCALHOST", "[::1]:8080", "[::1]", "127.8.8.8:1"} {
		if got := ask(c, "GET", QuotasPath, host).Code; got != 200 {
			t.Errorf("GET of %q: %d, want 200", host, got)
		}
	}
	if got := ask(exposed, "GET", QuotasPath, "192.0.2.7:8080").Code; got != 200 {
		t.Errorf("GET of an IP address where the API is exposed: %d, want 200", got)
	}
	for _, host := range []string{"headgate.internal:9090", "headgate_1", "x-y.Example"} { // everybody is asked for a token there
		if got := ask(exposed, "GET", QuotasPath, host).Code; got != 200 {
			t.Errorf("GET of %q where the API is exposed: %d, want 200", host, got)
		}
	}
	for _, host := range []string{"", "x/#@y", "a b", "a:b:c", "a:x1", "näh.example", "%41", strings.Repeat("a", 254)} {
		if got := ask(exposed, "GET", QuotasPath, host).Code; got != 421 {
			t.Errorf("GET of %q where the API is exposed: %d, want 421", host, got)
		}
	}
}

func TestHeadIsGetWithoutABody(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(setup(t, Options{}))
	defer server.Close()
	resp, err := server.Client().Head(server.URL + QuotasPath)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK || resp.ContentLength < 100 {
		t.Errorf("HEAD: %d and %d bytes, want 200 and the length of a GET", resp.StatusCode, resp.ContentLength)
	}
}

// rows are limits by the model that they are of, and their names.
func rows(q Quotas) []string {
	var out []string
	for _, r := range q.Quotas {
		out = append(out, string(r.Pool.Model)+" "+r.Limit)
	}
	return out
}

func TestQuotasAreSortedAndSelected(t *testing.T) {
	t.Parallel()
	c := setup(t, Options{})
	const day = " account_tokens_per_day"
	for _, tt := range []struct {
		filter Filter
		want   []string
	}{
		{Filter{}, []string{day, "a requests_per_minute", "a tokens_per_minute", "b requests_per_minute", "b tokens_per_minute", "zero tokens_per_day"}},
		{Filter{Model: "b"}, []string{day, "b requests_per_minute", "b tokens_per_minute"}},
		{Filter{Model: "zero", Path: llm.PathGeo, Region: region}, []string{day, "zero tokens_per_day"}},
		{Filter{Path: llm.PathGlobal}, []string{day}},
		{Filter{Region: "eu-west-1"}, nil},
	} {
		var got Quotas
		resp := ask(c, "GET", QuotasPath+"?"+tt.filter.Query().Encode(), "localhost")
		if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, rows(got)); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", tt.filter, diff)
		}
	}
}

func TestPoolsWithoutLimitsAreNamed(t *testing.T) {
	t.Parallel()
	c := setup(t, Options{})
	c.opts.Limits.Pool(geo("new"))
	if got := c.Quotas(t.Context(), time.Now(), Filter{}).Unpaced; !slices.Equal(got, []llm.Pool{geo("new")}) {
		t.Errorf("unpaced = %v, want the pool of the new model", got)
	}
	if got := c.Quotas(t.Context(), time.Now(), Filter{Model: "a"}).Unpaced; len(got) != 0 {
		t.Errorf("unpaced of another model = %v", got)
	}
}

// TestStatus drives a's limits to each of their states.
func TestStatus(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		calls   int   // of 10 requests
		tokens  int64 // of each, of 100
		waiting quota.Kind
		waits   int
		want    map[string]Status
	}{
		{"unused", 0, 0, 0, 0, map[string]Status{"requests_per_minute": StatusOK, "tokens_per_minute": StatusOK, "account_tokens_per_day": StatusOK}},
		{"seven calls", 7, 0, 0, 0, map[string]Status{"requests_per_minute": StatusOK, "tokens_per_minute": StatusOK}},
		{"eight calls", 8, 0, 0, 0, map[string]Status{"requests_per_minute": StatusTight, "tokens_per_minute": StatusOK}},
		{"ten calls", 10, 0, 0, 0, map[string]Status{"requests_per_minute": StatusBinding, "tokens_per_minute": StatusOK}},
		{"79 tokens", 1, 79, 0, 0, map[string]Status{"requests_per_minute": StatusOK, "tokens_per_minute": StatusOK}},
		{"97 tokens", 1, 97, 0, 0, map[string]Status{"requests_per_minute": StatusOK, "tokens_per_minute": StatusTight}},
		{"98 tokens", 1, 98, 0, 0, map[string]Status{"requests_per_minute": StatusOK, "tokens_per_minute": StatusBinding}},
		{"some wait", 1, 1, quota.TokensPerMinute, 3, map[string]Status{"requests_per_minute": StatusOK, "tokens_per_minute": StatusBinding}},
		{"some wait for the account", 1, 1, quota.AccountTokensPerDay, 2, map[string]Status{"tokens_per_minute": StatusOK, "account_tokens_per_day": StatusBinding}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := setup(t, Options{Waiting: func(p *limit.Pool) (quota.Kind, int) {
				if p.ID.Model != "b" { // of the others' waits the account's are b's as well
					return tt.waiting, tt.waits
				}
				return 0, 0
			}})
			p := c.opts.Limits.Pool(geo("a"))
			now := p.Now()
			for i := range tt.calls {
				if _, v := p.Reserve(now, quota.Charges{Tokens: quota.Charge{Hold: tt.tokens, Forecast: tt.tokens}}); !v.Granted {
					t.Fatalf("call %d: %+v", i, v)
				}
			}
			waiting := 0
			for _, q := range c.Quotas(t.Context(), now, Filter{}).Quotas {
				want, judged := tt.want[q.Limit]
				if q.Pool.Model == "b" || !judged {
					continue
				}
				if q.Status != want {
					t.Errorf("%s is %s at a share of %v with %d waiting, want %s", q.Limit, q.Status, *q.UsedShare, q.Waiting, want)
				}
				waiting += q.Waiting
			}
			if tt.waiting == quota.AccountTokensPerDay && waiting != 2*tt.waits { // zero's too
				t.Errorf("%d calls wait for the account's day, want those of both pools, %d", waiting, 2*tt.waits)
			}
		})
	}
}

// TestWhatIsBelievedIsTold has a call refused with most of both limits left.
func TestWhatIsBelievedIsTold(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		kind      quota.Kind
		why       string
		effective int64
		law       adapt.Law
	}{
		{quota.RequestsPerMinute, "calls were refused although", 8, adapt.LawUnknown},
		{quota.TokensPerMinute, "a short bucket", 100, adapt.LawShort},
	} {
		c := setup(t, Options{})
		p := c.opts.Limits.Pool(geo("a"))
		h, v := p.Reserve(p.Now(), quota.Charges{Tokens: quota.Charge{Hold: 9, Forecast: 9}})
		if !v.Granted {
			t.Fatalf("Reserve: %+v", v)
		}
		p.Throttled(p.Now(), tt.kind, h)
		var q Quota
		for _, r := range c.Quotas(t.Context(), p.Now(), Filter{Model: "a"}).Quotas {
			if r.Limit == tt.kind.String() {
				q = r
			}
		}
		if q.Effective != tt.effective || q.Law != tt.law || q.Upper == nil || *q.Upper < q.Effective {
			t.Errorf("%s after a throttle: %+v, want %d in force by the law %q, and a bracket", tt.kind, q, tt.effective, tt.law)
		}
		if q.Throttles != 1 || q.LastThrottle == nil || q.BlockedUntil == nil || !strings.Contains(q.Why, tt.why) {
			t.Errorf("%s after a throttle: %+v, want it told, with %q", tt.kind, q, tt.why)
		}
		// At a real level of less than 0.1 s the bucket would seem not to matter.
		if bucket := tt.law == adapt.LawShort; (q.Burst >= 1) != bucket || q.Window != 60 {
			t.Errorf("%s: a burst of %v s in a window of %v s, want nominal durations", tt.kind, q.Burst, q.Window)
		}
		if learned := q.Effective < q.Applied; (q.Status == StatusLearned) != learned {
			t.Errorf("%s is %s with %d of %d in force", tt.kind, q.Status, q.Effective, q.Applied)
		}
	}
}

// TestWhyNothingIsLearned: what has no belief says why.
func TestWhyNothingIsLearned(t *testing.T) {
	t.Parallel()
	limits := limit.NewMemory(limit.Options{Source: source, Learn: adapt.ModeOff})
	limits.Pool(geo("a"))
	limits.Pool(geo("zero"))
	want := map[string]string{"requests_per_minute": WhyOff, "tokens_per_minute": WhyOff, "tokens_per_day": WhyZero, "account_tokens_per_day": WhyDay}
	for _, q := range New(Options{Limits: limits}).Quotas(t.Context(), time.Now(), Filter{}).Quotas {
		if q.Why != want[q.Limit] || q.Lower != nil || q.Upper != nil {
			t.Errorf("%s: why %q with a bracket of %v to %v, want %q and none", q.Limit, q.Why, q.Lower, q.Upper, want[q.Limit])
		}
	}
}

func TestOwns(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]bool{"/api": true, "/api/": true, "/api/v1/quotas": true, "/apis": false, "/": false, "/model/api/converse": false, "//api/v1": false} {
		if got := Owns(path); got != want {
			t.Errorf("Owns(%s) = %t, want %t", path, got, want)
		}
	}
}
