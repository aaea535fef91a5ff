package console

import (
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/headgate/headgate/internal/cache"
	"github.com/headgate/headgate/internal/console/live"
	"github.com/headgate/headgate/internal/discovery"
	"github.com/headgate/headgate/internal/dispatch"
	"github.com/headgate/headgate/internal/lane"
	"github.com/headgate/headgate/internal/ledger"
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
	// Ledger has the calls. Nil: none is kept.
	Ledger ledger.Reader
	// Events has what happened to quotas. Nil: nothing is kept.
	Events ledger.Events
	// LedgerStats are how the ledger is; nil: not told.
	LedgerStats func() ledger.Stats
	// Live is what is told of now. Nil: nothing was called, and limits have no history.
	Live *live.Watch
	// Activity is the calls that are under way; nil: none.
	Activity func() []dispatch.Activity
	// Runs counts the runs that are under way, and tells of those that began last, at
	// most so many. Nil: there are none.
	Runs func(most int) (count int, runs []lane.Run)
	// Stale is from what age on what AWS said is too old, in real time; 0: never.
	Stale time.Duration
	// Endpoint is what SDKs are pointed at, such as "http://127.0.0.1:8080"; empty:
	// nobody is told.
	Endpoint string
	// Cache keeps answers for repeats; nil: none are kept.
	Cache *cache.Cache
	// Rooms are parts of the API beside those of this package.
	Rooms []Room
	// Admit says why a request is turned away, whose operation needs at least a
	// role; nil when it is let in. Nil: all are. Nothing of the request has been read.
	Admit func(*http.Request, Role) *Problem
	// Version is that of the gateway, for whoever asks. May be empty.
	Version string
	// Started is when the gateway was; the zero time where that is not told.
	Started time.Time
	// TimeScale is what durations are multiplied by; below 1 counts as 1.
	TimeScale float64
	// Exposed says that other machines are meant to reach the API: see Addressed.
	Exposed bool
}

func (o Options) filled() Options {
	o.TimeScale = max(1, o.TimeScale)
	if o.Waiting == nil {
		o.Waiting = func(*limit.Pool) (quota.Kind, int) { return 0, 0 }
	}
	if o.Live == nil {
		o.Live = live.New(live.Options{Limits: o.Limits, TimeScale: o.TimeScale})
	}
	return o
}

// Console is the API's http.Handler. It is safe for concurrent use.
type Console struct {
	opts    Options
	api     *API
	latest  latest
	readers atomic.Int64 // of events
}

// New makes a Console.
func New(opts Options) *Console {
	c := &Console{opts: opts.filled(), api: newAPI(opts.Admit)}
	for _, room := range append([]Room{c.overview, c.follow, c.quotas, c.events, c.calls, c.runs, c.usage, c.costs, c.caches}, opts.Rooms...) {
		room(c.api)
	}
	c.api.describe()
	return c
}

// Operations are all that it serves.
func (c *Console) Operations() []Operation { return c.api.Operations() }

// Owns reports whether a path, in its escaped form, is one of the API, whether
// there is anything at it or not.
func Owns(path string) bool { return path == "/api" || strings.HasPrefix(path, "/api/") }

// ScaleHeader is where each answer says by what nominal durations are longer than
// real ones.
const ScaleHeader = "Headgate-Time-Scale"

// ServeHTTP serves one request. It never redirects.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set(ScaleHeader, strconv.FormatFloat(c.opts.TimeScale, 'g', -1, 64))
	if !Addressed(r.Host, c.opts.Exposed) {
		WriteProblem(w, Problem{Status: http.StatusMisdirectedRequest, Detail: "The request is addressed to a host that is not this one (its Host header). " +
			"Address the API as localhost or by its IP address, such as 127.0.0.1."})
		return
	}
	adapter{c.api}.ServeHTTP(w, r)
}

// Addressed reports whether a Host header names this machine by what only its own
// programs would call it: localhost or a loopback address. A page whose name was
// made to resolve to this machine (DNS rebinding) is turned away by that, which is
// needed where programs of the machine are let in without a token. Where it is
// exposed it may have any address and any name, as everybody is asked for a token
// there, which such a page has not.
func Addressed(host string, exposed bool) bool {
	if name, port, err := net.SplitHostPort(host); err == nil {
		if strings.Trim(port, "0123456789") != "" {
			return false
		}
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	if err == nil {
		return exposed || ip.Unmap().IsLoopback()
	}
	return exposed && isName(host)
}

// isName reports whether a host has the form of a name (RFC 1123, and the
// underscores of container networks).
func isName(host string) bool {
	return host != "" && len(host) <= 253 && !strings.ContainsFunc(host, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '.' && r != '_'
	})
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
