package page_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/headgate/headgate/internal/console/page"
	"github.com/headgate/headgate/web"
)

// reply is an answer, read to its end.
type reply struct {
	StatusCode int
	Header     http.Header
	body       string
}

func get(t *testing.T, p http.Handler, method, target string, header map[string]string) reply {
	t.Helper()
	r := httptest.NewRequest(method, target, http.NoBody)
	for name, value := range header {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return reply{w.Code, w.Header(), w.Body.String()}
}

// TestTheDashboardThatIsInTheBinaryIsServed: its document and each file that it
// loads, under a policy that its text keeps.
func TestTheDashboardThatIsInTheBinaryIsServed(t *testing.T) {
	t.Parallel()
	p, err := page.New(web.Files())
	if err != nil {
		t.Fatal(err)
	}
	index := get(t, p, "GET", "/", nil)
	html := index.body
	if index.StatusCode != http.StatusOK || index.Header.Get("Content-Type") != "text/html; charset=utf-8" || index.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("GET /: %d %v", index.StatusCode, index.Header)
	}
	if strings.Contains(html, "<style") || strings.Contains(html, " style=") || strings.Contains(html, " onload=") || strings.Contains(html, "<script>") {
		t.Error("the document has styles or scripts in its text, which the policy forbids")
	}
	n := 0
	for quoted := range strings.SplitSeq(html, `"`) {
		at := strings.TrimPrefix(strings.TrimPrefix(quoted, "."), "/")
		if !strings.HasPrefix(at, "assets/") {
			continue
		}
		n++
		asset := get(t, p, "GET", "/"+at, nil)
		if asset.StatusCode != http.StatusOK || !strings.Contains(asset.Header.Get("Cache-Control"), "immutable") || strings.Contains(asset.Header.Get("Content-Type"), "octet") {
			t.Errorf("GET /%s: %d %v", at, asset.StatusCode, asset.Header)
		}
	}
	if n < 2 {
		t.Errorf("the document loads %d files", n)
	}
}

func small(t *testing.T) *page.Page {
	t.Helper()
	p, err := page.New(fstest.MapFS{
		"index.html":        {Data: []byte(strings.Repeat("<p>hello</p>", 200))},
		"assets/app-AB.js":  {Data: []byte(strings.Repeat("hello();", 400))},
		"assets/tiny-CD.js": {Data: []byte("hi()")},
		"secret.txt":        {Data: []byte("not to be served")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestEveryAnswerIsUnderThePolicy(t *testing.T) {
	t.Parallel()
	p := small(t)
	for _, tt := range []struct {
		method, target string
		status         int
	}{
		{"GET", "/", 200},
		{"HEAD", "/", 200},
		{"GET", "/?x=y", 200},
		{"GET", "/assets/app-AB.js", 200},
		{"GET", "/assets/none.js", 404},
		{"GET", "/assets/", 404},
		{"GET", "/assets/../secret.txt", 404},
		{"GET", "/assets/%2e%2e/secret.txt", 404},
		{"GET", "/secret.txt", 404},
		{"GET", "/index.html", 404},
		{"POST", "/", 405},
		{"DELETE", "/assets/app-AB.js", 405},
	} {
		r := get(t, p, tt.method, tt.target, nil)
		if r.StatusCode != tt.status {
			t.Errorf("%s %s: %d, want %d", tt.method, tt.target, r.StatusCode, tt.status)
		}
		csp := r.Header.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"} {
			if !strings.Contains(csp, want) {
				t.Errorf("%s %s: the policy %q lacks %s", tt.method, tt.target, csp, want)
			}
		}
		if strings.Contains(csp, "unsafe") || r.Header.Get("X-Content-Type-Options") != "nosniff" || r.Header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s %s: %v", tt.method, tt.target, r.Header)
		}
		if body := r.body; tt.method == "HEAD" && body != "" || strings.Contains(body, "not to be served") {
			t.Errorf("%s %s: body %q", tt.method, tt.target, body)
		}
	}
}

func TestFilesAreCompressedAndKept(t *testing.T) {
	t.Parallel()
	p := small(t)
	plain := get(t, p, "GET", "/assets/app-AB.js", nil)
	want := plain.body
	for accepted, packed := range map[string]bool{
		"gzip": true, "br, gzip;q=0.5": true, "GZIP": true, "gzip;q=0": false, "gzip; q=0.000": false, "br": false, "": false, "xgzip": false,
	} {
		r := get(t, p, "GET", "/assets/app-AB.js", map[string]string{"Accept-Encoding": accepted})
		if got := r.Header.Get("Content-Encoding") == "gzip"; got != packed || r.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("Accept-Encoding %q: compressed %t, %v", accepted, got, r.Header)
		}
		if !packed {
			continue
		}
		unpacked, err := gzip.NewReader(strings.NewReader(r.body))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(unpacked); err != nil || string(got) != want {
			t.Errorf("what was compressed is another: %v", err)
		}
		again := get(t, p, "GET", "/assets/app-AB.js", map[string]string{"Accept-Encoding": accepted, "If-None-Match": r.Header.Get("ETag")})
		if again.StatusCode != http.StatusNotModified || again.body != "" {
			t.Errorf("If-None-Match of its own tag: %d", again.StatusCode)
		}
		if r.Header.Get("ETag") == plain.Header.Get("ETag") {
			t.Error("two encodings have one ETag")
		}
	}
	if r := get(t, p, "GET", "/assets/tiny-CD.js", map[string]string{"Accept-Encoding": "gzip"}); r.Header.Get("Content-Encoding") != "" || r.body != "hi()" {
		t.Errorf("a file of four bytes: %v", r.Header)
	}
	tag := get(t, p, "GET", "/", nil).Header.Get("ETag")
	for given, status := range map[string]int{tag: 304, "W/" + tag: 304, `"x", ` + tag: 304, "*": 304, `"x"`: 200, "": 200} {
		if r := get(t, p, "GET", "/", map[string]string{"If-None-Match": given}); r.StatusCode != status {
			t.Errorf("If-None-Match %s: %d, want %d", given, r.StatusCode, status)
		}
	}
}

func TestADashboardWithoutADocumentIsNone(t *testing.T) {
	t.Parallel()
	if _, err := page.New(fstest.MapFS{"assets/x.js": {}}); err == nil {
		t.Error("New() of files without index.html: no error")
	}
}
