package console

import (
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/discovery"
	"github.com/headgate/headgate/internal/limit"
	"github.com/headgate/headgate/internal/quota"
)

// Options is what a Console is made of.
type Options struct {
	// Limits are the limits that are told of. Required.
	Limits *limit.Memory
	// Waiting is how many calls of a pool wait for one of its limits, and for
	// which. Nil: nobody waits.
	Waiting func(*limit.Pool) (by quota.Kind, calls int)
	// Known is what AWS said of accounts, and what calls have used. Nil: nothing.
	Known Known
	// Discovery asks AWS now. Nil: limits are only configured.
	Discovery *discovery.Discoverer
	// Version is that of the gateway, for whoever asks. May be empty.
	Version string
	// Started is when the gateway was; the zero time where that is not told.
	Started time.Time
	// TimeScale is what durations are multiplied by; below 1 counts as 1.
	TimeScale float64
	// Exposed says that other machines are meant to reach the API: they may
	// address it by any IP address. Names remain those of loopback, as a name may
	// be anybody's.
	Exposed bool
}

// Console is the API's http.Handler. It is safe for concurrent use.
type Console struct {
	opts    Options
	foreign *http.CrossOriginProtection
}

// New makes a Console.
func New(opts Options) *Console {
	opts.TimeScale = max(1, opts.TimeScale)
	if opts.Waiting == nil {
		opts.Waiting = func(*limit.Pool) (quota.Kind, int) { return 0, 0 }
	}
	return &Console{opts: opts, foreign: http.NewCrossOriginProtection()}
}

// Owns reports whether a path, in its escaped form, is one of the API, whether
// there is anything at it or not.
func Owns(path string) bool { return path == "/api" || strings.HasPrefix(path, "/api/") }

// The paths of the API: where Quotas are, and where AWS is asked for them.
const (
	QuotasPath  = "/api/v1/quotas"
	RefreshPath = "/api/v1/quotas/refresh"
)

// ServeHTTP serves one request. It never redirects.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	switch path := r.URL.EscapedPath(); {
	case !Addressed(r.Host, c.opts.Exposed):
		writeProblem(w, Problem{Status: http.StatusMisdirectedRequest, Detail: "The request is addressed to a host that is not this one (its Host header). " +
			"Address the API as localhost or by its IP address, such as 127.0.0.1."})
	case path == RefreshPath:
		c.refresh(w, r)
	case path != QuotasPath:
		writeProblem(w, Problem{Status: http.StatusNotFound, Detail: "There is nothing at this path. The API serves GET " + QuotasPath + " and POST " + RefreshPath + "."})
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		h.Set("Allow", "GET, HEAD")
		writeProblem(w, Problem{Status: http.StatusMethodNotAllowed, Detail: "This path is only read: it takes GET and HEAD."})
	default:
		filter, problem := readFilter(r.URL.RawQuery)
		if problem != nil {
			writeProblem(w, *problem)
			return
		}
		writeJSON(w, "application/json", http.StatusOK, c.Quotas(r.Context(), time.Now(), filter))
	}
}

// Addressed reports whether a Host header names this machine by what only its own
// programs, or whoever typed the address, would call it: localhost, a loopback
// address or, where it is exposed, any IP address.
func Addressed(host string, exposed bool) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && (exposed || ip.Unmap().IsLoopback())
}

func writeJSON(w http.ResponseWriter, contentType string, status int, v any) {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // our own types, which always encode
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(body.Len()))
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // the client may have left; of a HEAD nothing is sent
}
