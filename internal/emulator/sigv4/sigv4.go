// Package sigv4 checks AWS Signature Version 4 on the server's side, as the
// "Signature Version 4 signing process" of the IAM user guide describes it,
// for services that escape the path twice (all but S3).
//
// It rebuilds the canonical request from the signed headers alone, so it takes
// whatever a client chose to sign: host, or :authority as some sign over
// HTTP/2; with and without x-amz-content-sha256.
package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/headgate/headgate/internal/emulator/refusal"
)

const (
	algorithm = "AWS4-HMAC-SHA256"
	timeForm  = "20060102T150405Z"
	// skew is how far a signature's time may be from the server's.
	skew     = 5 * time.Minute
	unsigned = "UNSIGNED-PAYLOAD"
)

// Credential is what a signed request says of its signer. It is not checked
// yet.
type Credential struct {
	AccessKeyID, Date, Region, Service string

	signedHeaders []string
	signature     string
}

// Parse reads a signed request's Authorization header. It reports false when
// the header is none of Signature Version 4.
func Parse(authorization string) (Credential, bool) {
	rest, ok := strings.CutPrefix(authorization, algorithm)
	if !ok {
		return Credential{}, false
	}
	var c Credential
	for part := range strings.SplitSeq(rest, ",") {
		key, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch key {
		case "Credential":
			scope := strings.Split(value, "/")
			if len(scope) < 5 || scope[len(scope)-1] != "aws4_request" {
				return Credential{}, false
			}
			n := len(scope)
			c.AccessKeyID = strings.Join(scope[:n-4], "/")
			c.Date, c.Region, c.Service = scope[n-4], scope[n-3], scope[n-2]
		case "SignedHeaders":
			c.signedHeaders = strings.Split(value, ";")
		case "Signature":
			c.signature = value
		}
	}
	return c, c.AccessKeyID != "" && c.signature != "" && len(c.signedHeaders) > 0
}

// Verifier checks signatures and remembers the keys that it derived. It is
// safe for concurrent use.
type Verifier struct {
	mu   sync.Mutex
	keys map[keyScope][]byte // guarded by mu
}

// keyScope is what a signing key is derived from.
type keyScope struct{ secret, date, region, service string }

// maxKeys bounds the keys remembered; a key a day, a Region and a secret are
// few.
const maxKeys = 1000

// NewVerifier returns a verifier.
func NewVerifier() *Verifier { return &Verifier{keys: map[keyScope][]byte{}} }

// Verify checks a request that c was parsed from against the signer's secret.
// Body is the whole body, and service the one that the request must be signed for. The error is a *refusal.Error in the service's own
// words; it holds no secret.
func (v *Verifier) Verify(r *http.Request, body []byte, c Credential, secret, service string, now time.Time) error {
	if c.Service != service {
		return badSignature("Credential should be scoped to correct service: '" + service + "'.")
	}
	stamp := r.Header.Get("X-Amz-Date")
	at, err := time.Parse(timeForm, stamp)
	if err != nil || !strings.HasPrefix(stamp, c.Date) {
		return badSignature("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP")
	}
	if err := fresh(at, now); err != nil {
		return err
	}
	hash, ok := payload(r.Header.Get("X-Amz-Content-Sha256"), body)
	canonical, complete := canonicalRequest(r, c.signedHeaders, hash)
	if !ok || !complete {
		return mismatch()
	}
	sum := sha256.Sum256([]byte(canonical))
	scope := c.Date + "/" + c.Region + "/" + c.Service + "/aws4_request"
	toSign := algorithm + "\n" + stamp + "\n" + scope + "\n" + hex.EncodeToString(sum[:])
	want := hex.EncodeToString(mac(v.key(keyScope{secret, c.Date, c.Region, c.Service}), toSign))
	if !hmac.Equal([]byte(want), []byte(c.signature)) {
		return mismatch()
	}
	return nil
}

func fresh(at, now time.Time) error {
	stamp := func(t time.Time) string { return t.UTC().Format(timeForm) }
	switch {
	case now.Sub(at) > skew:
		return badSignature(fmt.Sprintf("Signature expired: %s is now earlier than %s (%s - 5 min.)", stamp(at), stamp(now.Add(-skew)), stamp(now)))
	case at.Sub(now) > skew:
		return badSignature(fmt.Sprintf("Signature not yet current: %s is still later than %s (%s + 5 min.)", stamp(at), stamp(now.Add(skew)), stamp(now)))
	}
	return nil
}

// payload is the hash that was signed for the body: what the header says, if
// that is true of the body, or the body's own where the header is missing.
func payload(header string, body []byte) (string, bool) {
	if header == unsigned {
		return header, true
	}
	sum := sha256.Sum256(body)
	own := hex.EncodeToString(sum[:])
	return own, header == "" || header == own
}

// canonicalRequest is the text that is signed. It is complete when the host is
// among the signed headers.
func canonicalRequest(r *http.Request, signed []string, payloadHash string) (text string, complete bool) {
	path, query, _ := strings.Cut(r.RequestURI, "?")
	var b strings.Builder
	b.WriteString(r.Method + "\n" + escape(path, true) + "\n" + canonicalQuery(query) + "\n")
	for _, name := range signed {
		b.WriteString(name + ":" + headerValue(r, name) + "\n")
		complete = complete || name == "host" || name == ":authority"
	}
	b.WriteString("\n" + strings.Join(signed, ";") + "\n" + payloadHash)
	return b.String(), complete
}

// headerValue is a signed header's value in canonical form. Some never reach
// the header map of a server.
func headerValue(r *http.Request, name string) string {
	switch name {
	case "host", ":authority":
		return r.Host
	case "content-length":
		return strconv.FormatInt(r.ContentLength, 10)
	}
	values := slices.Clone(r.Header.Values(name))
	for i, v := range values {
		values[i] = strings.Join(strings.Fields(v), " ")
	}
	return strings.Join(values, ",")
}

// canonicalQuery sorts the parameters and escapes names and values alike.
func canonicalQuery(query string) string {
	if query == "" {
		return ""
	}
	var pairs []string
	for part := range strings.SplitSeq(query, "&") {
		key, value, _ := strings.Cut(part, "=")
		pairs = append(pairs, reescape(key)+"="+reescape(value))
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}

func reescape(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		s = plain
	}
	return escape(s, false)
}

// escape encodes all but letters, digits and -._~, and slashes if they are to
// be kept.
func escape(s string, keepSlash bool) string {
	const digits = "0123456789ABCDEF"
	out := make([]byte, 0, len(s)+16)
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9',
			c == '-', c == '.', c == '_', c == '~', c == '/' && keepSlash:
			out = append(out, c)
		default:
			out = append(out, '%', digits[c>>4], digits[c&15])
		}
	}
	return string(out)
}

func (v *Verifier) key(s keyScope) []byte {
	v.mu.Lock()
	defer v.mu.Unlock()
	if key, ok := v.keys[s]; ok {
		return key
	}
	if len(v.keys) >= maxKeys {
		clear(v.keys)
	}
	key := mac([]byte("AWS4"+s.secret), s.date)
	for _, part := range []string{s.region, s.service, "aws4_request"} {
		key = mac(key, part)
	}
	v.keys[s] = key
	return key
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func badSignature(message string) error {
	return refusal.Denied("InvalidSignatureException", message)
}

func mismatch() error {
	return badSignature("The request signature we calculated does not match the signature you provided. " +
		"Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
}
