// Package webhook tells a program elsewhere of an event by HTTP, signed as Standard
// Webhooks has it (standardwebhooks.com, specification 1.0): the receiver knows from
// whom a message is, that nobody has changed it, and that it is not an old one.
package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/headgate/headgate/internal/fault"
)

// Options are what a Hook is made of.
type Options struct {
	// URL is https, or http on loopback. It may hold a secret in its path: only its
	// host is ever shown.
	URL string
	// Secret is 24 to 64 bytes in base64, with or without whsec_ before it.
	Secret string
	// Backoff is how long is waited before each repetition; nil is 1, 2, 4 and 8
	// seconds.
	Backoff []time.Duration
}

// Message is one event.
type Message struct {
	// ID is the same for each time that the event is told.
	ID   string
	Type string // in dotted words
	Time time.Time
	Data any // marshals to a JSON object
}

// Hook sends messages to one address. It is safe for concurrent use.
type Hook struct {
	url     string
	host    string // for people
	key     []byte
	backoff []time.Duration
	client  *http.Client
}

// attemptPatience bounds one attempt.
const attemptPatience = 15 * time.Second

// New checks the address and the secret; it sends nothing. Errors are of kind
// Invalid, and show neither.
func New(o Options) (*Hook, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" {
		return nil, invalid("the address of a webhook must be a URL such as https://example.com/hook")
	}
	local := loopback(u.Hostname())
	switch {
	case u.User != nil:
		return nil, invalid("the address of a webhook must not hold a name or a password: they would not be kept secret")
	case u.Scheme != "https" && (u.Scheme != "http" || !local):
		return nil, invalid("the address of a webhook must begin with https://; http:// is for this machine alone")
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil {
		if err := allowed(ip, local); err != nil {
			return nil, err
		}
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(o.Secret, "whsec_"))
	if err != nil || len(key) < 24 || len(key) > 64 {
		return nil, invalid("the secret of a webhook must be 24 to 64 random bytes in base64; `openssl rand -base64 32` makes one")
	}
	h := &Hook{url: o.URL, host: u.Scheme + "://" + u.Host, key: key, backoff: o.Backoff}
	if h.backoff == nil {
		h.backoff = []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}
	}
	dialer := net.Dialer{Timeout: attemptPatience, Control: func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		return allowed(at.Addr(), local)
	}}
	h.client = &http.Client{
		Timeout:       attemptPatience,
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, DialContext: dialer.DialContext, ForceAttemptHTTP2: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return h, nil
}

func invalid(text string) error { return fault.New(fault.Invalid, "%s", text) }

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

// allowed refuses addresses at which clouds keep credentials, and those that are no
// single machine; it looks at what a name stands for at the moment of dialling.
func allowed(ip netip.Addr, local bool) error {
	ip = ip.Unmap().WithZone("")
	// Of AWS: IMDS over IPv6, which is not link-local
	// (docs.aws.amazon.com/AWSEC2, UserGuide/instancedata-data-retrieval).
	metadata := netip.MustParsePrefix("fd00:ec2::/32").Contains(ip)
	switch {
	case ip.IsLinkLocalUnicast() || metadata:
		return invalid("a webhook must not go to a link-local or metadata address")
	case ip.IsUnspecified() || ip.IsMulticast():
		return invalid("a webhook must go to the address of one machine")
	case local && !ip.IsLoopback():
		return invalid("a webhook over http must stay on this machine")
	}
	return nil
}

// Host is where messages go, without the path.
func (h *Hook) Host() string { return h.host }

// Send tells of an event, again and again until the receiver has taken it. The error
// of kind Upstream says what the last attempt met.
func (h *Hook) Send(ctx context.Context, m Message) error {
	body, err := json.Marshal(struct {
		Type      string `json:"type"`
		Timestamp string `json:"timestamp"`
		Data      any    `json:"data"`
	}{m.Type, m.Time.UTC().Format(time.RFC3339Nano), m.Data})
	if err != nil {
		return fault.Wrap(fault.Internal, "word a message", err)
	}
	for i := 0; ; i++ {
		again, err := h.attempt(ctx, m.ID, body)
		if err == nil {
			return nil
		}
		if !again || i == len(h.backoff) || ctx.Err() != nil {
			return &fault.Error{Kind: fault.Upstream, Op: "notify " + h.host, Message: "the message was not taken", Err: err}
		}
		timer := time.NewTimer(h.backoff[i])
		select {
		case <-ctx.Done():
			timer.Stop()
		case <-timer.C:
		}
	}
}

// attempt sends once, and says whether it may help to send again.
func (h *Hook) attempt(ctx context.Context, id string, body []byte) (again bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(body))
	if err != nil {
		return false, errors.New("the address is none")
	}
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "headgate")
	req.Header.Set("Webhook-Id", id)
	req.Header.Set("Webhook-Timestamp", stamp)
	req.Header.Set("Webhook-Signature", "v1,"+sign(h.key, id, stamp, body))
	resp, err := h.client.Do(req)
	if err != nil {
		if f, ok := errors.AsType[*fault.Error](err); ok {
			return false, f // an address that is not allowed
		}
		return true, withoutURL(err)
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, 64<<10)
	switch {
	case resp.StatusCode/100 == 2:
		return false, nil
	case resp.StatusCode == http.StatusGone:
		return false, errors.New("the receiver wants no more messages (status 410)")
	}
	return true, fmt.Errorf("the receiver answered with status %d", resp.StatusCode)
}

// sign is the signature of a message: HMAC-SHA256 over id, timestamp and body with
// dots between.
func sign(key []byte, id, stamp string, body []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + stamp + "."))
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// withoutURL leaves out the address, whose path may hold a secret.
func withoutURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}
