package daemon

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/headgate/headgate/internal/adapter/promexport"
	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/gateway"
)

// admin is the listener of everything but the data plane.
type admin struct {
	ln     net.Listener
	server *http.Server
}

// mount joins the faces: on one address, or on two. The probes are on both, since
// a balancer probes what it balances.
func (g *Gateway) mount(ctx context.Context) error {
	address := g.cfg.Listen
	if g.cfg.AdminListen != "" {
		address = g.cfg.AdminListen
	}
	exposed := !config.Loopback(address)
	g.console = console.New(g.told(exposed))
	own := beside(promexport.Path, measured(g.exporter, exposed), g.console)
	if g.cfg.AdminListen == "" {
		g.server = gateway.NewServer(apiBeside(own, g.face), g.log)
		return nil
	}
	g.server = gateway.NewServer(g.face, g.log)
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return &fault.Error{Kind: fault.Invalid, Op: "admin_listen", Message: "give another address, or none to have the API beside the data plane", Err: err}
	}
	g.admin = &admin{ln: ln, server: gateway.NewServer(probesBeside(own, g.face), g.log)}
	return nil
}

// apiBeside serves what is Headgate's own and the data plane on one address: no
// operation of Bedrock has a path like theirs.
func apiBeside(own, plane http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path := r.URL.EscapedPath(); console.Owns(path) || path == promexport.Path {
			own.ServeHTTP(w, r)
			return
		}
		plane.ServeHTTP(w, r)
	})
}

// beside serves one path by one handler and every other by another.
func beside(path string, at, others http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.EscapedPath() == path {
			at.ServeHTTP(w, r)
			return
		}
		others.ServeHTTP(w, r)
	})
}

// measured keeps metrics from web pages whose name was made to resolve to this
// machine. Where other machines are meant to reach them, a Prometheus may know
// this one by any name.
func measured(metrics http.Handler, exposed bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !exposed && !console.Addressed(r.Host, false) {
			http.Error(w, "The request is addressed to a host that is not this one (its Host header). Address it as localhost or 127.0.0.1.", http.StatusMisdirectedRequest)
			return
		}
		metrics.ServeHTTP(w, r)
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
