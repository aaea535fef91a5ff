package daemon

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/headgate/headgate/internal/access"
	"github.com/headgate/headgate/internal/adapter/promexport"
	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/console/guard"
	"github.com/headgate/headgate/internal/console/page"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/gateway"
	"github.com/headgate/headgate/web"
)

// admin is the listener of everything but the data plane.
type admin struct {
	ln     net.Listener
	server *http.Server
}

// mount joins the faces: on one address, or on two. The probes are on both, since
// a balancer probes what it balances.
func (g *Gateway) mount(ctx context.Context) error {
	exposed := g.exposed()
	g.access = access.New(g.store, g.log)
	door := guard.New(guard.Options{Keeper: g.access, Exposed: exposed, PublicMetrics: g.cfg.Metrics.Public})
	dashboard, err := page.New(web.Files())
	if err != nil {
		return err
	}
	opts := g.told(exposed)
	opts.Rooms, opts.Admit = append(opts.Rooms, door.Room), door.Admit
	g.console = console.New(opts)
	g.own = ownOf(door.Metrics(g.exporter), door.Page(dashboard), door.API(g.console))
	if g.cfg.AdminListen == "" {
		g.server = gateway.NewServer(apiBeside(g.own, g.face), g.log)
		return nil
	}
	g.server = gateway.NewServer(g.face, g.log)
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", g.cfg.AdminListen)
	if err != nil {
		return &fault.Error{Kind: fault.Invalid, Op: "admin_listen", Message: "give another address, or none to have the API beside the data plane", Err: err}
	}
	g.admin = &admin{ln: ln, server: gateway.NewServer(probesBeside(g.own, g.face), g.log)}
	return nil
}

// ownOf serves what is Headgate's own by its path; what has none of them is the
// API's to refuse.
func ownOf(metrics, dashboard, api http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch path := r.URL.EscapedPath(); {
		case path == promexport.Path:
			metrics.ServeHTTP(w, r)
		case page.Owns(path):
			dashboard.ServeHTTP(w, r)
		default:
			api.ServeHTTP(w, r)
		}
	})
}

// apiBeside serves what is Headgate's own and the data plane on one address: no
// operation of Bedrock has a path like theirs.
func apiBeside(own, plane http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.EscapedPath()
		reads := r.Method == http.MethodGet || r.Method == http.MethodHead
		if console.Owns(path) || path == promexport.Path || reads && page.Owns(path) {
			own.ServeHTTP(w, r)
			return
		}
		plane.ServeHTTP(w, r)
	})
}

// probesBeside sends the probes to the data plane, which knows whether it drains,
// and everything else to the API.
func probesBeside(api, plane http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path := r.URL.EscapedPath(); path == "/livez" || path == "/readyz" {
			plane.ServeHTTP(w, r)
			return
		}
		api.ServeHTTP(w, r)
	})
}

// AdminAddr is where the API listens; nil when it is beside the data plane.
func (g *Gateway) AdminAddr() net.Addr {
	if g.admin == nil {
		return nil
	}
	return g.admin.ln.Addr()
}

func (a *admin) serve() error {
	if err := a.server.Serve(a.ln); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the API: %w", err)
	}
	return nil
}

// shutdown ends the server. Its answers take no time, so what is left when ctx
// ends hangs.
func (a *admin) shutdown(ctx context.Context) {
	if a.server.Shutdown(ctx) != nil {
		_ = a.server.Close()
	}
}

// close frees the address of an API that was never served.
func (a *admin) close() { _ = a.ln.Close() }
