// Package page serves the dashboard: one document at / and, below /assets/, what it
// loads. It is the same for everybody and holds nothing that a browser has to be let
// in for; the API behind it does.
//
// It promises that what it serves runs no script and loads no style that is not its
// own file, is framed by nobody, and sends no address elsewhere. Files below /assets/
// are named by what is in them and may be kept for ever; the document is asked for
// each time, by its ETag.
package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
)

// policy is what a browser lets the page do. Styles are set by script on elements,
// which it allows; in the document's text there are none.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
	"manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const (
	document   = "index.html"
	assetsPath = "/assets/"
	// worthwhile is from how many bytes on a file is also kept compressed.
	worthwhile = 1 << 10
)

// Page is the dashboard's http.Handler. It is safe for concurrent use.
type Page struct {
	files map[string]*file // by path
}

type file struct {
	contentType string
	etag        string
	plain       []byte
	packed      []byte // by gzip; nil where that is no smaller
	forever     bool
}

// New reads the dashboard, index.html and assets, whole. It keeps nothing open.
func New(files fs.FS) (*Page, error) {
	p := &Page{files: map[string]*file{}}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		at := "/" + name
		if name != document && !strings.HasPrefix(at, assetsPath) {
			return nil
		}
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		p.files[at] = newFile(name, data)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the dashboard: %w", err)
	}
	index, ok := p.files["/"+document]
	if !ok {
		return nil, fmt.Errorf("read the dashboard: it has no %s", document)
	}
	delete(p.files, "/"+document)
	p.files["/"] = index
	return p, nil
}

func newFile(name string, data []byte) *file {
	sum := sha256.Sum256(data)
	f := &file{
		contentType: contentType(name), etag: base64.RawURLEncoding.EncodeToString(sum[:12]),
		plain: data, forever: name != document,
	}
	if len(data) < worthwhile {
		return f
	}
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err == nil {
		_, _ = w.Write(data) // into memory
		_ = w.Close()
	}
	if packed.Len() < len(data) {
		f.packed = packed.Bytes()
	}
	return f
}

// contentType is by the name: that of the machine's own tables may be another.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	case ".woff2":
		return "font/woff2"
	case ".json", ".map":
		return "application/json"
	case ".webmanifest":
		return "application/manifest+json"
	}
	return "application/octet-stream"
}

// Owns reports whether a path, in its escaped form, is one of the dashboard, whether
// there is anything at it or not.
func Owns(at string) bool { return at == "/" || strings.HasPrefix(at, assetsPath) }

// ServeHTTP serves one request. It never redirects.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Permissions-Policy", "camera=(), display-capture=(), geolocation=(), microphone=(), midi=(), payment=(), usb=(), serial=(), hid=()")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		say(w, http.StatusMethodNotAllowed, "The dashboard is only read: it takes GET and HEAD.")
		return
	}
	f, ok := p.files[r.URL.EscapedPath()]
	if !ok {
		say(w, http.StatusNotFound, "The dashboard has no such file. Perhaps the gateway was upgraded: reload the page.")
		return
	}
	f.serve(w, r)
}

func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	body, etag := f.plain, `"`+f.etag+`"`
	if f.packed != nil {
		h.Set("Vary", "Accept-Encoding")
		if takesGzip(r.Header.Values("Accept-Encoding")) {
			h.Set("Content-Encoding", "gzip")
			body, etag = f.packed, `"`+f.etag+`-gzip"`
		}
	}
	h.Set("ETag", etag)
	h.Set("Cache-Control", "no-cache")
	if f.forever {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if matches(r.Header.Values("If-None-Match"), etag) {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", f.contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the client may have left
	}
}

// takesGzip reports whether a client takes gzip (RFC 9110, 12.5.3).
func takesGzip(accepted []string) bool {
	for token := range strings.SplitSeq(strings.Join(accepted, ","), ",") {
		coding, weight, _ := strings.Cut(token, ";")
		if !strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			continue
		}
		name, value, given := strings.Cut(strings.TrimSpace(weight), "=")
		q, err := strconv.ParseFloat(value, 64)
		return !given || !strings.EqualFold(name, "q") || err == nil && q > 0
	}
	return false
}

// matches reports whether one of the tags is etag, weakly.
func matches(given []string, etag string) bool {
	tags := strings.Split(strings.Join(given, ","), ",")
	return slices.ContainsFunc(tags, func(tag string) bool {
		tag = strings.TrimSpace(tag)
		return tag == "*" || strings.TrimPrefix(tag, "W/") == etag
	})
}

// say answers in plain text.
func say(w http.ResponseWriter, status int, text string) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n")) // the client may have left
}
