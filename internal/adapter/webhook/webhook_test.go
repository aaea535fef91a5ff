package webhook_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/headgate/headgate/internal/adapter/webhook"
	"github.com/headgate/headgate/internal/fault"
)

const secret = "whsec_aGVhZGdhdGUgdGVzdHMgdXNlIHRoaXMga2V5IQ=="

// verify does what the specification tells a receiver to do, step by step.
func verify(h http.Header, body []byte, now time.Time) error {
	id, stamp, signatures := h.Get("webhook-id"), h.Get("webhook-timestamp"), h.Get("webhook-signature")
	if id == "" || stamp == "" || signatures == "" {
		return errors.New("a header is missing")
	}
	sent, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || math.Abs(float64(now.Unix()-sent)) > 300 {
		return errors.New("the time is too far from now")
	}
	key, err := base64.StdEncoding.DecodeString(strings.Split(secret, "_")[1])
	if err != nil {
		return err
	}
	digest := hmac.New(sha256.New, key)
	_, _ = io.WriteString(digest, strings.Join([]string{id, stamp, string(body)}, "."))
	want := base64.StdEncoding.EncodeToString(digest.Sum(nil))
	for one := range strings.SplitSeq(signatures, " ") {
		version, got, _ := strings.Cut(one, ",")
		if version == "v1" && subtle.ConstantTimeCompare([]byte(got), []byte(want)) == 1 {
			return nil
		}
	}
	return errors.New("no signature matches")
}

func hook(t *testing.T, url string) *webhook.Hook {
	t.Helper()
	h, err := webhook.New(webhook.Options{URL: url, Secret: secret, Backoff: []time.Duration{time.Millisecond, time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestAMessageIsSignedAndRepeatedUntilItIsTaken(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var ids []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = verify(r.Header, body, time.Now())
		}
		var got struct {
			Type, Timestamp string
			Data            map[string]any
		}
		if err != nil || json.Unmarshal(body, &got) != nil || got.Type != "request.status" || got.Timestamp != "2026-11-02T08:00:00Z" || got.Data["to"] != "APPROVED" {
			t.Errorf("%v: %s", err, body)
		}
		if verify(r.Header, append(body, ' '), time.Now()) == nil || verify(r.Header, body, time.Now().Add(time.Hour)) == nil {
			t.Error("a changed or an old message is taken")
		}
		mu.Lock()
		defer mu.Unlock()
		ids = append(ids, r.Header.Get("webhook-id"))
		if len(ids) < 3 {
			w.WriteHeader(http.StatusBadGateway)
		}
	}))
	defer server.Close()
	m := webhook.Message{ID: "r1.APPROVED", Type: "request.status", Time: time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC), Data: map[string]string{"to": "APPROVED"}}
	if err := hook(t, server.URL+"/hook").Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if strings.Join(ids, " ") != "r1.APPROVED r1.APPROVED r1.APPROVED" {
		t.Errorf("ids of the attempts: %v", ids)
	}
}

func TestWhatIsNotTakenIsGivenUpWithoutGivingTheAddressAway(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]int{http.StatusInternalServerError: 3, http.StatusFound: 3, http.StatusGone: 1} {
		n := 0
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			n++
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
		}))
		err := hook(t, server.URL+"/path-with-a-secret").Send(t.Context(), webhook.Message{ID: "a", Data: 1})
		server.Close()
		if n != want || fault.KindOf(err) != fault.Upstream {
			t.Errorf("status %d: %d attempts, want %d: %v", status, n, want, err)
		}
		err = errors.Join(err, hook(t, server.URL+"/path-with-a-secret").Send(t.Context(), webhook.Message{ID: "a", Data: 1}))
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("the error tells the path: %v", err)
		}
	}
}

func TestAddressesThatAreNotAllowed(t *testing.T) {
	t.Parallel()
	for url, says := range map[string]string{
		"http://example.com/hook":         "https://",
		"ftp://example.com":               "https://",
		"example.com":                     "must be a URL",
		"":                                "must be a URL",
		"https://user:pass@example.com":   "password",
		"https://169.254.169.254/latest":  "link-local",
		"https://[::ffff:169.254.170.2]/": "link-local",
		"https://[fe80::1%25eth0]/":       "link-local",
		"https://[fd00:ec2::254]/":        "metadata",
		"https://0.0.0.0/":                "one machine",
		"https://224.0.0.1/":              "one machine",
	} {
		_, err := webhook.New(webhook.Options{URL: url, Secret: secret})
		if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), says) {
			t.Errorf("New(%q) = %v, want that it says %q", url, err, says)
		}
	}
	for _, bad := range []string{"", "short", "whsec_c2hvcnQ=", "%%%"} {
		_, err := webhook.New(webhook.Options{URL: "https://example.com", Secret: bad})
		if fault.KindOf(err) != fault.Invalid || bad != "" && strings.Contains(err.Error(), bad) {
			t.Errorf("secret %q: %v", bad, err)
		}
	}
}
