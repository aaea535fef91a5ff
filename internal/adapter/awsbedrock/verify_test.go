package awsbedrock_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

const (
	testKey    = "AKIDEXAMPLE"
	testSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	testToken  = "session-token-of-a-test"
)

// seen is one request as a service received it.
type seen struct {
	URI    string
	Header http.Header
	Body   string
	Fault  string // what is wrong with its signature; empty when nothing is
}

// service is a stand-in for Bedrock that verifies signatures by AWS's rules
// (docs.aws.amazon.com/IAM, reference_sigv-create-signed-request), written
// without the SDK.
type service struct {
	*httptest.Server
	mu   sync.Mutex // guards last
	last seen
}

func newService(t *testing.T) *service {
	t.Helper()
	s := &service{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got := seen{URI: r.RequestURI, Header: r.Header.Clone(), Body: string(body)}
		got.Fault = verify(r, body)
		s.mu.Lock()
		s.last = got
		s.mu.Unlock()
		if got.Fault != "" {
			w.WriteHeader(http.StatusForbidden)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *service) request() seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

// verify computes the signature anew and says what differs.
func verify(r *http.Request, body []byte) string {
	auth, ok := strings.CutPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ")
	if !ok {
		return "no signature"
	}
	part := map[string]string{}
	for field := range strings.SplitSeq(auth, ", ") {
		name, value, _ := strings.Cut(field, "=")
		part[name] = value
	}
	scope := strings.Split(part["Credential"], "/")
	if len(scope) != 5 || scope[0] != testKey || scope[3] != "bedrock" {
		return "wrong scope " + part["Credential"]
	}
	rawPath, rawQuery, _ := strings.Cut(r.RequestURI, "?")
	parameters := strings.Split(rawQuery, "&")
	for i, p := range parameters {
		if p != "" && !strings.Contains(p, "=") {
			parameters[i] += "="
		}
	}
	slices.Sort(parameters)
	var headers strings.Builder
	for name := range strings.SplitSeq(part["SignedHeaders"], ";") {
		value := strings.Join(r.Header.Values(name), ",")
		switch name {
		case "host":
			value = r.Host
		case "content-length":
			value = fmt.Sprint(r.ContentLength)
		}
		fmt.Fprintf(&headers, "%s:%s\n", name, strings.Join(strings.Fields(value), " "))
	}
	hash := sha256.Sum256(body)
	canonical := strings.Join([]string{r.Method, escapePath(rawPath), strings.Join(parameters, "&"), headers.String(), part["SignedHeaders"], hex.EncodeToString(hash[:])}, "\n")
	hashed := sha256.Sum256([]byte(canonical))
	key := []byte("AWS4" + testSecret)
	for _, step := range append(scope[1:], strings.Join([]string{"AWS4-HMAC-SHA256", r.Header.Get("X-Amz-Date"), strings.Join(scope[1:], "/"), hex.EncodeToString(hashed[:])}, "\n")) {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(step))
		key = mac.Sum(nil)
	}
	if want := hex.EncodeToString(key); part["Signature"] != want {
		return "wrong signature over\n" + canonical
	}
	return ""
}

// escapePath escapes a path once more, as every service but S3 does.
func escapePath(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		parts[i] = strings.ReplaceAll(url.QueryEscape(p), "+", "%20")
	}
	return strings.Join(parts, "/")
}
