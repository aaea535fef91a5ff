package daemon_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/internal/access"
	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/console/guard"
	"github.com/headgate/headgate/internal/daemon"
)

const here = "127.0.0.1:8080"

// gate is a gateway that is not running, and what it logs.
func gate(t *testing.T, change func(*config.Config)) (*daemon.Gateway, *bytes.Buffer) {
	t.Helper()
	cfg := guide(t)
	if change != nil {
		change(&cfg)
	}
	var log bytes.Buffer
	g, err := daemon.NewGateway(t.Context(), cfg, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	return g, &log
}

// reply is an answer, read to its end.
type reply struct {
	StatusCode int
	Header     http.Header
	Cookies    []*http.Cookie
	text       string
}

// send sends a request of a program to what is the gateway's own.
func send(t *testing.T, g *daemon.Gateway, method, target, body string, header map[string]string) reply {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	r.Host = here
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, value := range header {
		if name == "Host" {
			r.Host = value
			continue
		}
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	g.API().ServeHTTP(w, r)
	got := w.Result()
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{got.StatusCode, got.Header, got.Cookies(), string(text)}
}

func make1(t *testing.T, g *daemon.Gateway, name string, role access.Role) string {
	t.Helper()
	_, secret, err := g.Keeper().Create(t.Context(), access.NewToken{Name: name, Role: role, For: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	return secret.Reveal()
}

// caller is somebody who calls: what they send, and what they are answered by an
// operation that takes a role. 0 is whatever the operation itself answers.
type caller struct {
	name   string
	header map[string]string
	status func(least console.Role) int
}

func always(status int) func(console.Role) int { return func(console.Role) int { return status } }

// has is the status for who has a role.
func has(role access.Role) func(console.Role) int {
	return func(least console.Role) int {
		if role.Includes(least) {
			return 0
		}
		return 403
	}
}

// callers are all kinds of them, at a gateway that has tokens.
func callers(t *testing.T, g *daemon.Gateway) []caller {
	t.Helper()
	bearer := func(token string) map[string]string { return map[string]string{"Authorization": "Bearer " + token} }
	with := func(header map[string]string, more ...string) map[string]string {
		out := maps.Clone(header)
		for i := 0; i < len(more); i += 2 {
			out[more[i]] = more[i+1]
		}
		return out
	}
	admin := make1(t, g, "admin", access.RoleAdmin)
	revoked := make1(t, g, "revoked", access.RoleAdmin)
	if _, err := g.Keeper().Revoke(t.Context(), "revoked"); err != nil {
		t.Fatal(err)
	}
	_, expired, err := g.Keeper().Create(t.Context(), access.NewToken{Name: "expired", Role: access.RoleAdmin, For: time.Nanosecond})
	if err != nil {
		t.Fatal(err)
	}
	session, _, err := g.Keeper().Login(t.Context(), make1(t, g, "page", access.RoleOperate), netip.MustParseAddr("192.0.2.1"))
	if err != nil {
		t.Fatal(err)
	}
	cookie := map[string]string{"Cookie": "headgate_8080=" + session.Reveal(), "Sec-Fetch-Site": "same-origin"}
	other := "A"
	if admin[20:21] == other {
		other = "B"
	}
	wrong := admin[:20] + other + admin[21:]
	all := []caller{
		{"nobody", nil, always(401)},
		{"a browser", map[string]string{"Sec-Fetch-Site": "same-origin"}, always(401)},
		{"read", bearer(make1(t, g, "read", access.RoleRead)), has(access.RoleRead)},
		{"operate", bearer(make1(t, g, "operate", access.RoleOperate)), has(access.RoleOperate)},
		{"admin", bearer(admin), has(access.RoleAdmin)},
		{"admin, in its own case", map[string]string{"Authorization": "bearer  " + admin}, has(access.RoleAdmin)},
		{"a session", cookie, has(access.RoleOperate)},
		{"a session in another gateway's cookie", map[string]string{"Cookie": "headgate_8081=" + session.Reveal()}, always(401)},
		{"a wrong token", bearer(wrong), always(401)},
		{"a cut token", bearer(admin[:30]), always(401)},
		{"no token at all", bearer(""), always(401)},
		{"a revoked token", bearer(revoked), always(401)},
		{"an expired token", bearer(expired.Reveal()), always(401)},
		{"a token as a password", map[string]string{"Authorization": "Basic " + admin}, always(401)},
		{"a session as a token", bearer(session.Reveal()), always(401)},
		{"a wrong token beside a session", with(cookie, "Authorization", "Bearer "+wrong), always(401)},
		{"admin from a page of another site", with(bearer(admin), "Sec-Fetch-Site", "cross-site"), always(403)},
		{"admin from another port", with(bearer(admin), "Sec-Fetch-Site", "same-site"), always(403)},
		{"a session from a page of another site", with(cookie, "Sec-Fetch-Site", "cross-site"), always(403)},
		{"a session from another origin", with(cookie, "Origin", "http://evil.example", "Sec-Fetch-Site", "cross-site"), always(403)},
		{"an origin alone", with(bearer(admin), "Origin", "http://evil.example"), always(403)},
		{"the null origin", with(bearer(admin), "Origin", "null"), always(403)},
		{"admin by another name", with(bearer(admin), "Host", "evil.example:8080"), always(421)},
		{"admin by a trick", with(bearer(admin), "Host", "127.0.0.1:8080/#@evil"), always(421)},
		{"admin by the machine's address", with(bearer(admin), "Host", "192.0.2.1:8080"), always(421)},
	}
	time.Sleep(time.Until(time.Now().Truncate(time.Millisecond).Add(time.Millisecond))) // the nanosecond is over
	return all
}

// TestEveryOperationAsksForItsRole walks all that is registered.
func TestEveryOperationAsksForItsRole(t *testing.T) {
	t.Parallel()
	g, log := gate(t, nil)
	all := callers(t, g)
	operations := g.API().Operations()
	if len(operations) < 10 {
		t.Fatalf("there are %d operations", len(operations))
	}
	for _, op := range operations {
		if op.Path == guard.SessionPath && op.Method != http.MethodGet {
			continue // logging in and out: see the tests of sessions
		}
		for _, c := range all {
			// A parameter that there is not is refused to those who are let in, so that
			// nothing is done.
			target := strings.NewReplacer("{id}", "none", "{name}", "none").Replace(op.Path) + "?frobnicate=1"
			r := send(t, g, op.Method, target, "", c.header)
			want := c.status(op.Role)
			switch {
			case want == 401 && r.StatusCode == http.StatusTooManyRequests: // one of many
			case want != 0 && r.StatusCode != want, want == 0 && r.StatusCode != http.StatusBadRequest:
				t.Errorf("%s %s (%s) by %s: %d, want %d", op.Method, op.Path, op.Role, c.name, r.StatusCode, want)
			}
			text := r.text
			if want == 0 {
				continue
			}
			var p console.Problem
			if err := json.Unmarshal([]byte(text), &p); err != nil || p.Status != r.StatusCode || p.Detail == "" || r.Header.Get("Content-Type") != console.ProblemType {
				t.Errorf("%s %s by %s: %q, want a problem", op.Method, op.Path, c.name, text)
			}
			if (r.StatusCode == http.StatusUnauthorized) != (r.Header.Get("WWW-Authenticate") != "") || (r.StatusCode == http.StatusTooManyRequests) != (r.Header.Get("Retry-After") != "") {
				t.Errorf("%s %s by %s: %d with %v", op.Method, op.Path, c.name, r.StatusCode, r.Header)
			}
			if said := c.header["Authorization"] + c.header["Cookie"]; len(said) > 40 && strings.Contains(text+log.String(), said[20:32]) {
				t.Errorf("%s %s by %s: the answer or the log repeats a secret", op.Method, op.Path, c.name)
			}
		}
	}
}

// TestMetricsAskAsTheAPIDoes: the same callers, as metrics take the role read.
func TestMetricsAskAsTheAPIDoes(t *testing.T) {
	t.Parallel()
	g, _ := gate(t, nil)
	for _, c := range callers(t, g) {
		want := c.status(console.RoleRead)
		if want == 0 {
			want = 200
		}
		if got := send(t, g, "GET", "/metrics", "", c.header).StatusCode; got != want && (want != 401 || got != 429) {
			t.Errorf("GET /metrics by %s: %d, want %d", c.name, got, want)
		}
	}
	public, _ := gate(t, func(c *config.Config) { c.Metrics.Public = true })
	make1(t, public, "admin", access.RoleAdmin)
	if got := send(t, public, "GET", "/metrics", "", nil).StatusCode; got != 200 {
		t.Errorf("GET /metrics where they are public: %d", got)
	}
	if got := send(t, public, "GET", "/api/v1/quotas", "", nil).StatusCode; got != 401 {
		t.Errorf("the API where metrics are public: %d", got)
	}
}

// TestProgramsOfThisMachineNeedNoTokenUntilThereIsOne holds who is taken for one.
func TestProgramsOfThisMachineNeedNoTokenUntilThereIsOne(t *testing.T) {
	t.Parallel()
	g, _ := gate(t, nil)
	for name, tt := range map[string]struct {
		header map[string]string
		status int
	}{
		"a program":                         {nil, 200},
		"curl":                              {map[string]string{"User-Agent": "curl/8.0"}, 200},
		"localhost":                         {map[string]string{"Host": "localhost:8080"}, 200},
		"Chromium":                          {map[string]string{"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}, 401},
		"an address that is typed":          {map[string]string{"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}, 401},
		"an old browser":                    {map[string]string{"User-Agent": "Mozilla/5.0 (Macintosh)"}, 401},
		"a page of this machine, by Origin": {map[string]string{"Origin": "http://" + here}, 401},
		"a page by Referer":                 {map[string]string{"Referer": "http://" + here + "/"}, 401},
		"a cookie of something else":        {map[string]string{"Cookie": "theirs=1"}, 401},
		"a name that resolves to here":      {map[string]string{"Host": "evil.example:8080"}, 421},
		"another site":                      {map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		"through a proxy":                   {map[string]string{"X-Forwarded-For": "203.0.113.9"}, 401},
		"through another proxy":             {map[string]string{"Via": "1.1 x"}, 401},
		"a token of nowhere":                {map[string]string{"Authorization": "Bearer x"}, 401},
	} {
		r := send(t, g, "GET", "/api/v1/session", "", tt.header)
		if r.StatusCode != tt.status {
			t.Errorf("%s: %d %s, want %d", name, r.StatusCode, r.text, tt.status)
		}
	}
	if got := send(t, g, "GET", "/api/v1/session", "", nil).text; !strings.Contains(got, `"via":"loopback"`) || !strings.Contains(got, `"admin"`) || !strings.Contains(got, `"expires":null`) {
		t.Errorf("a program's session: %s", got)
	}
	make1(t, g, "first", access.RoleRead)
	if got := send(t, g, "GET", "/api/v1/session", "", nil); got.StatusCode != http.StatusUnauthorized || !strings.Contains(got.text, "headgate token create") {
		t.Errorf("a program once there is a token: %d", got.StatusCode)
	}
}

// TestAnExposedGatewayLetsNobodyInWithoutAToken, by whatever name it is called.
func TestAnExposedGatewayLetsNobodyInWithoutAToken(t *testing.T) {
	t.Parallel()
	g, _ := gate(t, func(c *config.Config) { c.Listen, c.Insecure = "0.0.0.0:8080", true })
	named := map[string]string{"Host": "headgate.internal:8080"}
	for _, path := range []string{"/api/v1/quotas", "/api/openapi.json", "/api/none", "/metrics", "/api/v1/session"} {
		r := send(t, g, "GET", path, "", named)
		if text := r.text; r.StatusCode != http.StatusUnauthorized || !strings.Contains(text, "headgate token create") {
			t.Errorf("GET %s of an exposed gateway: %d %s", path, r.StatusCode, text)
		}
	}
	if link, err := g.DashboardLink(t.Context()); link != "" || err != nil {
		t.Errorf("a link for an exposed gateway: %q, %v", link, err)
	}
	if unguarded, err := g.Unguarded(t.Context()); !unguarded || err != nil {
		t.Errorf("Unguarded() = %t, %v", unguarded, err)
	}
	token := make1(t, g, "admin", access.RoleAdmin)
	if got := send(t, g, "GET", "/api/v1/quotas", "", map[string]string{"Host": "headgate.internal:8080", "Authorization": "Bearer " + token}).StatusCode; got != 200 {
		t.Errorf("with a token, by name: %d", got)
	}
	if got := send(t, g, "GET", "/", "", named).StatusCode; got != 200 {
		t.Errorf("the page, which is the same for all: %d", got)
	}
}
