package daemon_test

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/internal/access"
	"github.com/headgate/headgate/internal/daemon"
)

// cookieOf is the one cookie of an answer.
func cookieOf(t *testing.T, r reply) *http.Cookie {
	t.Helper()
	all := r.Cookies
	if len(all) != 1 {
		t.Fatalf("%d has %d cookies", r.StatusCode, len(all))
	}
	return all[0]
}

// page are the headers of a browser on the gateway's own page, with a cookie.
func page(c *http.Cookie) map[string]string {
	h := map[string]string{"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Origin": "http://" + here}
	if c != nil {
		h["Cookie"] = c.Name + "=" + c.Value
	}
	return h
}

func checkCookie(t *testing.T, c *http.Cookie, secure bool) {
	t.Helper()
	if c.Name != "headgate_8080" || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" || c.Secure != secure {
		t.Errorf("cookie %s: HttpOnly %t, SameSite %v, Path %q, Domain %q, Secure %t", c.Name, c.HttpOnly, c.SameSite, c.Path, c.Domain, c.Secure)
	}
	if c.MaxAge > int((12 * time.Hour).Seconds()) {
		t.Errorf("the cookie lasts %d seconds", c.MaxAge)
	}
}

func TestABrowserLogsInAndOut(t *testing.T) {
	t.Parallel()
	g, log := gate(t, nil)
	token := make1(t, g, "laptop", access.RoleOperate)
	in := send(t, g, "POST", "/api/v1/session", `{"token":"`+token+`"}`, page(nil))
	text := in.text
	c := cookieOf(t, in)
	checkCookie(t, c, false)
	if in.StatusCode != http.StatusOK || !strings.Contains(text, `"operate"`) || !strings.Contains(text, `"laptop"`) || strings.Contains(text, c.Value) || strings.Contains(text, token) {
		t.Errorf("POST session: %d %s", in.StatusCode, text)
	}
	if secure := cookieOf(t, send(t, g, "POST", "/api/v1/session", `{"token":"`+token+`"}`, map[string]string{"X-Forwarded-Proto": "https"})); !secure.Secure {
		t.Error("the cookie of an encrypted way is not Secure")
	}
	if r := send(t, g, "GET", "/api/v1/session", "", page(c)); r.StatusCode != http.StatusOK {
		t.Errorf("with the cookie: %d %s", r.StatusCode, r.text)
	}
	again := cookieOf(t, send(t, g, "POST", "/api/v1/session", `{"token":"`+token+`"}`, page(c)))
	if r := send(t, g, "GET", "/api/v1/session", "", page(c)); r.StatusCode != http.StatusUnauthorized || cookieOf(t, r).MaxAge >= 0 {
		t.Errorf("the session before another login: %d", r.StatusCode)
	}
	out := send(t, g, "DELETE", "/api/v1/session", "", page(again))
	if gone := cookieOf(t, out); out.StatusCode != http.StatusNoContent || gone.MaxAge >= 0 || gone.Value != "" {
		t.Errorf("DELETE session: %d, cookie %v", out.StatusCode, gone)
	}
	if r := send(t, g, "GET", "/api/v1/session", "", page(again)); r.StatusCode != http.StatusUnauthorized {
		t.Errorf("after logging out: %d", r.StatusCode)
	}
	if strings.Contains(log.String(), token[4:16]) || strings.Contains(log.String(), c.Value[4:16]) {
		t.Errorf("the log has a secret:\n%s", log)
	}
}

func TestAWrongLoginIsRefusedAndSlowed(t *testing.T) {
	t.Parallel()
	g, log := gate(t, nil)
	token := make1(t, g, "laptop", access.RoleRead)
	for name, tt := range map[string]struct {
		body   string
		header map[string]string
		status int
	}{
		"a cut token":       {`{"token":"` + token[:30] + `"}`, page(nil), 401},
		"no token":          {`{"token":""}`, page(nil), 401},
		"no key":            {`{}`, page(nil), 422},
		"another key":       {`{"token":"` + token + `","next":"/"}`, page(nil), 422},
		"a long token":      {`{"token":"` + strings.Repeat(token, 10) + `"}`, page(nil), 422},
		"not JSON":          {token, page(nil), 400},
		"from another site": {`{"token":"` + token + `"}`, map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		"as a form":         {`token=` + token, map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, 415},
		"no body":           {"", page(nil), 415},
	} {
		r := send(t, g, "POST", "/api/v1/session", tt.body, tt.header)
		text := r.text
		if r.StatusCode != tt.status || len(r.Cookies) > 0 || strings.Contains(text, token[4:16]) {
			t.Errorf("%s: %d %s, want %d", name, r.StatusCode, text, tt.status)
		}
	}
	for range 20 {
		_ = send(t, g, "POST", "/api/v1/session", `{"token":"hgt_wrong"}`, page(nil))
	}
	if r := send(t, g, "POST", "/api/v1/session", `{"token":"hgt_wrong"}`, page(nil)); r.StatusCode != http.StatusTooManyRequests || r.Header.Get("Retry-After") == "" {
		t.Errorf("after many: %d %v", r.StatusCode, r.Header)
	}
	if r := send(t, g, "POST", "/api/v1/session", `{"token":"`+token+`"}`, page(nil)); r.StatusCode != http.StatusOK {
		t.Errorf("the right one after many: %d", r.StatusCode)
	}
	if n := strings.Count(log.String(), "too many wrong"); n != 1 || strings.Contains(log.String(), token[4:16]) {
		t.Errorf("the log says it %d times:\n%s", n, log)
	}
}

func TestALinkOpensThePageOnce(t *testing.T) {
	t.Parallel()
	g, _ := gate(t, nil)
	link, err := g.DashboardLink(t.Context())
	if err != nil || !strings.HasPrefix(link, "/?link=hgl_") {
		t.Fatalf("DashboardLink() = %q, %v", link, err)
	}
	navigation := map[string]string{"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
	if r := send(t, g, "HEAD", link, "", navigation); r.StatusCode != http.StatusOK || len(r.Cookies) > 0 {
		t.Errorf("HEAD: %d", r.StatusCode)
	}
	if r := send(t, g, "GET", link, "", map[string]string{"Sec-Purpose": "prefetch;prerender"}); r.StatusCode != http.StatusServiceUnavailable || len(r.Cookies) > 0 {
		t.Errorf("loaded ahead: %d", r.StatusCode)
	}
	if r := send(t, g, "GET", link, "", map[string]string{"Host": "evil.example"}); r.StatusCode != http.StatusMisdirectedRequest || len(r.Cookies) > 0 {
		t.Errorf("by another name: %d", r.StatusCode)
	}
	in := send(t, g, "GET", link, "", navigation)
	c := cookieOf(t, in)
	checkCookie(t, c, false)
	if in.StatusCode != http.StatusSeeOther || in.Header.Get("Location") != "/" || in.Header.Get("Referrer-Policy") != "no-referrer" || in.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("the link: %d %v", in.StatusCode, in.Header)
	}
	if r := send(t, g, "GET", "/api/v1/session", "", page(c)); r.StatusCode != http.StatusOK || !strings.Contains(r.text, `"via":"link"`) {
		t.Errorf("the session of a link: %d", r.StatusCode)
	}
	if r := send(t, g, "GET", link, "", page(c)); r.StatusCode != http.StatusSeeOther || len(r.Cookies) > 0 {
		t.Errorf("again, where it was opened: %d", r.StatusCode)
	}
	for _, bad := range []string{link, "/?link=", "/?link=hgl_x", "/?link=../..", link[:30]} {
		r := send(t, g, "GET", bad, "", navigation)
		if text := r.text; r.StatusCode != http.StatusUnauthorized || len(r.Cookies) > 0 || strings.Contains(text, link[11:22]) || !strings.Contains(text, "token") {
			t.Errorf("a link that opens nothing: %d %s", r.StatusCode, text)
		}
	}
}

// TestThePageIsTheSameForAll, at its own paths alone.
func TestThePageIsTheSameForAll(t *testing.T) {
	t.Parallel()
	g, _ := gate(t, nil)
	token := make1(t, g, "a", access.RoleRead)
	for _, tt := range []struct {
		target string
		status int
		header map[string]string
	}{
		{"/", 200, nil},
		{"/", 200, map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}}, // a link to it
		{"/assets/none.js", 404, nil},
		{"/", 421, map[string]string{"Host": "evil.example"}},
		{"/?token=" + token, 400, nil},
		{"/api/v1/quotas?token=" + token, 400, map[string]string{"Authorization": "Bearer " + token}},
		{"/api/v1/calls/" + token, 400, map[string]string{"Authorization": "Bearer " + token}},
	} {
		r := send(t, g, "GET", tt.target, "", tt.header)
		text := r.text
		if r.StatusCode != tt.status || strings.Contains(text, token[4:16]) {
			t.Errorf("GET %.12s: %d %s, want %d", tt.target, r.StatusCode, text, tt.status)
		}
		if csp := r.Header.Get("Content-Security-Policy"); tt.status == 200 && !strings.Contains(csp, "frame-ancestors 'none'") {
			t.Errorf("GET %s: policy %q", tt.target, csp)
		}
	}
}

// TestTokensAreManagedByTheAPI: made once, listed without their secret, revoked.
func TestTokensAreManagedByTheAPI(t *testing.T) {
	t.Parallel()
	g, _ := gate(t, nil)
	admin := make1(t, g, "root", access.RoleAdmin)
	bearer := map[string]string{"Authorization": "Bearer " + admin}
	made := send(t, g, "POST", "/api/v1/tokens", `{"name":"grafana","valid_seconds":3600}`, bearer)
	text := made.text
	if made.StatusCode != http.StatusOK || !strings.Contains(text, `"role":"read"`) {
		t.Fatalf("POST tokens: %d %s", made.StatusCode, text)
	}
	_, rest, _ := strings.Cut(text, `"token":"`)
	secret, _, _ := strings.Cut(rest, `"`)
	theirs := map[string]string{"Authorization": "Bearer " + secret}
	if r := send(t, g, "GET", "/api/v1/quotas", "", theirs); r.StatusCode != http.StatusOK {
		t.Errorf("with the token that was made: %d", r.StatusCode)
	}
	if r := send(t, g, "POST", "/api/v1/tokens", `{"name":"mine","role":"admin"}`, theirs); r.StatusCode != http.StatusForbidden {
		t.Errorf("a reader makes a token: %d", r.StatusCode)
	}
	for body, status := range map[string]int{
		`{"name":"grafana"}`: 400, `{"name":""}`: 422, `{"name":"x","role":"root"}`: 422, `{"name":"x","valid_seconds":-1}`: 422, `{"name":" x"}`: 400,
	} {
		if r := send(t, g, "POST", "/api/v1/tokens", body, bearer); r.StatusCode != status {
			t.Errorf("POST %s: %d %s, want %d", body, r.StatusCode, r.text, status)
		}
	}
	list := send(t, g, "GET", "/api/v1/tokens", "", bearer).text
	if !strings.Contains(list, `"grafana"`) || !strings.Contains(list, `"root"`) || strings.Contains(list, "hgt_") {
		t.Errorf("GET tokens: %s", list)
	}
	if r := send(t, g, "DELETE", "/api/v1/tokens/grafana", "", bearer); r.StatusCode != http.StatusOK || !strings.Contains(r.text, `"revoked"`) {
		t.Errorf("DELETE: %d", r.StatusCode)
	}
	if r := send(t, g, "GET", "/api/v1/quotas", "", theirs); r.StatusCode != http.StatusUnauthorized {
		t.Errorf("with the token that was revoked, at once: %d", r.StatusCode)
	}
	if r := send(t, g, "DELETE", "/api/v1/tokens/none", "", bearer); r.StatusCode != http.StatusNotFound {
		t.Errorf("DELETE of none: %d", r.StatusCode)
	}
}

// TestTheCommandLineRevokesBesideTheGateway, which sees it within a second.
func TestTheCommandLineRevokesBesideTheGateway(t *testing.T) {
	t.Parallel()
	cfg := guide(t)
	g, err := daemon.NewGateway(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	beside, err := daemon.OpenAccess(t.Context(), cfg, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer beside.Close()
	if r := send(t, g, "GET", "/api/v1/quotas", "", nil); r.StatusCode != http.StatusOK {
		t.Fatalf("before: %d", r.StatusCode)
	}
	_, secret, err := beside.Create(t.Context(), access.NewToken{Name: "a", Role: access.RoleRead})
	if err != nil {
		t.Fatal(err)
	}
	bearer := map[string]string{"Authorization": "Bearer " + secret.Reveal()}
	within(t, g, nil, 401)
	within(t, g, bearer, 200)
	if _, err := beside.Revoke(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	within(t, g, bearer, 401)
}

// within asks until a status comes, for a second.
func within(t *testing.T, g *daemon.Gateway, header map[string]string, status int) {
	t.Helper()
	for end := time.Now().Add(time.Second); ; {
		got := send(t, g, "GET", "/api/v1/quotas", "", header).StatusCode
		if got == status {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("after a second: %d, want %d", got, status)
		}
	}
}
