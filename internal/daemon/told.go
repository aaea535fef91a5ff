package daemon

import (
	"context"
	"net"
	"time"

	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/console/live"
)

// staleRounds is how many rounds of questions AWS may leave unanswered before what
// it said counts as too old.
const staleRounds = 3

// told is what the API tells of.
func (g *Gateway) told(exposed bool) console.Options {
	return console.Options{
		Limits: g.limits, Waiting: g.dispatch.Waiting, Known: &known{g.known, g.store, g.cfg.TimeScale}, Ledger: g.store, Events: g.store, LedgerStats: g.ledger.Stats,
		Live: g.live, Activity: g.dispatch.Activity, Runs: g.dispatch.LatestRuns,
		Cache: g.cache, Discovery: g.discovery, Stale: staleRounds * g.cfg.Quotas.Refresh.Std(), Endpoint: endpoint(g.cfg.Listen),
		TimeScale: g.cfg.TimeScale, Version: Version(), Started: time.Now(), Exposed: exposed,
		Rooms: []console.Room{g.desk(), g.schemas()},
	}
}

// endpoint is how a program of this machine reaches an address that is listened on;
// empty where its port is not known before it is.
func endpoint(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil || port == "0" || port == "" {
		return ""
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// watch makes what keeps the figures of this moment and of today.
func (g *Gateway) watch(ctx context.Context) (*live.Watch, error) {
	w := live.New(live.Options{Limits: g.limits, TimeScale: g.cfg.TimeScale})
	return w, w.Load(ctx, g.store, time.Now())
}
