// Package guard stands before Headgate's own API, its metrics and its page, and asks
// who comes in. It is the HTTP of package access.
//
// A request is let in by a token (Authorization: Bearer), by the cookie of a
// session, or, where the gateway listens on loopback alone and no token was ever
// made, by being a program's of this machine. A browser is told from a program by
// what browsers say of themselves; what only might be one is taken for one. Which
// operation takes which role is said where it is registered (console.Operation).
//
// Before anything else a request must be addressed to this machine, come from no
// web page of another origin and carry no token in its address. The page itself is
// the same for everybody and is served to all.
//
// It promises that nothing behind it is reached without one of these, that a stream
// ends within two seconds after what let it in has, and that no answer repeats a
// secret but the one that makes it.
package guard

import (
	"context"
	"errors"
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/access"
	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/fault"
)

// recheck is how often it is asked again whether who was let in may stay.
const recheck = time.Second

// Options is what a Guard is made of.
type Options struct {
	// Keeper knows who may come in. Required.
	Keeper *access.Keeper
	// Exposed says that other machines are meant to reach what is guarded.
	Exposed bool
	// PublicMetrics says that metrics are for everybody.
	PublicMetrics bool
}

// Guard is safe for concurrent use.
type Guard struct{ opts Options }

// New makes a Guard.
func New(opts Options) *Guard { return &Guard{opts} }

// visit is what is known of a request that was let in, or that logs in.
type visit struct {
	admission access.Admission
	host      string
	secure    bool
	from      netip.Addr
	session   string      // the cookie; empty without one
	header    http.Header // of the answer
}

type visitKey struct{}

func visitOf(ctx context.Context) *visit {
	v, _ := ctx.Value(visitKey{}).(*visit)
	return v
}

// API guards what is below /api.
func (g *Guard) API(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p := g.misdirected(r); p != nil {
			refuse(w, *p)
			return
		}
		g.enter(w, r, next)
	})
}

// enter lets one request in, or says why not.
func (g *Guard) enter(w http.ResponseWriter, r *http.Request, next http.Handler) {
	v := newVisit(w, r)
	ctx, cancel := context.WithCancel(context.WithValue(r.Context(), visitKey{}, v))
	defer cancel()
	if !logsIn(r) {
		var err error
		if v.admission, err = g.admission(r, v); err != nil {
			g.turnAway(w, v, err)
			return
		}
		defer g.watch(ctx, v.admission, cancel)()
	}
	next.ServeHTTP(w, r.WithContext(ctx))
}

// logsIn reports the one request that nobody has to be let in for.
func logsIn(r *http.Request) bool {
	return r.Method == http.MethodPost && r.URL.EscapedPath() == SessionPath
}

// watch ends what takes long when who was let in may not stay. The caller calls
// stop at its end.
func (g *Guard) watch(ctx context.Context, a access.Admission, end context.CancelFunc) (stop func()) {
	var timer *time.Timer
	timer = time.AfterFunc(time.Hour, func() {
		switch {
		case ctx.Err() != nil:
		case g.opts.Keeper.Still(ctx, a) != nil:
			end()
		default:
			timer.Reset(recheck)
		}
	})
	timer.Reset(recheck) // not before timer is set
	return func() { timer.Stop() }
}

// Metrics guards what scrapers read, which takes the role read.
func (g *Guard) Metrics(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p := g.misdirected(r); p != nil {
			refuse(w, *p)
			return
		}
		if g.opts.PublicMetrics {
			next.ServeHTTP(w, r)
			return
		}
		v := newVisit(w, r)
		if _, err := g.admission(r, v); err != nil {
			g.turnAway(w, v, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Admit is console.Options.Admit: whether who was let in has the role.
func (g *Guard) Admit(r *http.Request, least console.Role) *console.Problem {
	v := visitOf(r.Context())
	if v == nil { // a mistake of ours: the guard does not stand before it
		return &console.Problem{Status: http.StatusForbidden, Detail: "Nobody was asked who sends this."}
	}
	if logsIn(r) || v.admission.Role.Includes(least) {
		return nil
	}
	who := "The session has"
	if v.admission.Name != "" {
		who = "The token " + v.admission.Name + " has"
	}
	return &console.Problem{Status: http.StatusForbidden, Detail: "This takes the role " + string(least) + ". " + who + " the role " + string(v.admission.Role) +
		"; `headgate token create --role " + string(least) + "` makes one that may."}
}

func newVisit(w http.ResponseWriter, r *http.Request) *visit {
	v := &visit{host: r.Host, secure: secure(r), session: session(r), header: w.Header()}
	if at, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		v.from = at.Addr()
	}
	return v
}

// admission is who sends a request. A token goes before a cookie: what is sent on
// purpose counts.
func (g *Guard) admission(r *http.Request, v *visit) (access.Admission, error) {
	if given, there := r.Header["Authorization"]; there {
		token, ok := bearer(given)
		if !ok {
			return access.Admission{}, fault.New(fault.Denied, "The Authorization header holds no token: it is Bearer, a space, and the token, once.")
		}
		return g.opts.Keeper.ByToken(r.Context(), token, v.from)
	}
	if v.session != "" {
		a, err := g.opts.Keeper.BySession(r.Context(), v.session)
		if fault.KindOf(err) == fault.Denied {
			err = fault.New(fault.Denied, "%s %s", fault.Message(err), howBrowsersEnter)
		}
		return a, err
	}
	guarded, err := g.opts.Keeper.Guarded(r.Context())
	switch {
	case err != nil:
		return access.Admission{}, err
	case !guarded && g.opts.Exposed:
		return access.Admission{}, fault.New(fault.Denied, "Other machines can reach this address and no token was made yet, so nobody is let in. "+
			"On the gateway's machine, with its --data-dir: headgate token create --name NAME --role admin")
	case browser(r):
		return access.Admission{}, fault.New(fault.Denied, "A browser needs a session here. %s", howBrowsersEnter)
	case guarded:
		return access.Admission{}, fault.New(fault.Denied, "This needs a token (Authorization: Bearer). `headgate token create` makes one on the gateway's machine; headgate's own commands read it from HEADGATE_TOKEN.")
	case forwarded(r):
		return access.Admission{}, fault.New(fault.Denied, "The request came through a proxy, so that it may be anybody's: it needs a token (Authorization: Bearer). `headgate token create` makes one on the gateway's machine.")
	}
	return access.Admission{Role: access.RoleAdmin, Via: access.ViaLoopback}, nil
}

const howBrowsersEnter = "Open the link that the gateway printed at its start or that `headgate token link` prints, or log in with a token."

// bearer is the token of Authorization headers.
func bearer(given []string) (string, bool) {
	if len(given) != 1 {
		return "", false
	}
	scheme, token, ok := strings.Cut(given[0], " ")
	return strings.TrimLeft(token, " "), ok && strings.EqualFold(scheme, "Bearer")
}

// turnAway says why somebody is not let in. A cookie that lets nobody in is
// forgotten.
func (g *Guard) turnAway(w http.ResponseWriter, v *visit, err error) {
	if v.session != "" && fault.KindOf(err) == fault.Denied {
		http.SetCookie(w, cookie(v, "", -1))
	}
	refuse(w, *v.problem(err))
}

// problem is an error of package access as an answer, whose headers it sets.
func (v *visit) problem(err error) *console.Problem {
	p := &console.Problem{Status: http.StatusServiceUnavailable, Detail: fault.Message(err)}
	var wait time.Duration
	if f, ok := errors.AsType[*fault.Error](err); ok {
		wait = f.RetryAfter
	}
	switch fault.KindOf(err) {
	case fault.Denied:
		p.Status = http.StatusUnauthorized
		v.header.Set("WWW-Authenticate", `Bearer realm="headgate"`)
	case fault.Throttled:
		p.Status = http.StatusTooManyRequests
		v.header.Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	default:
	}
	return p
}

// refuse answers with a problem, which no cache keeps.
func refuse(w http.ResponseWriter, p console.Problem) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	console.WriteProblem(w, p)
}
