package daemon

import (
	"cmp"
	"context"
	"time"

	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/console/desk"
	"github.com/headgate/headgate/internal/counsel"
	"github.com/headgate/headgate/internal/diagnosis"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/sim"
)

// desk is the part of the API that does what commands do, by what the gateway has
// open.
func (g *Gateway) desk() console.Room {
	return desk.Room(desk.Options{
		Counsel: g.counsel, Diagnose: g.diagnose, Requests: g.requests, Look: g.look, Alarms: g.alarmsThere, Apply: g.applyAlarms,
	})
}

// trialWorkers is how many simulations go on at once: calls have the other
// processors.
const trialWorkers = 1

func (g *Gateway) counsel(warn func(error)) *counsel.Counsel {
	k := NewKnowledge(g.given, g.catalog)
	k.store, k.ask = g.store, g.askAWS
	return counsel.New(counsel.Options{
		Source: k, Catalog: g.catalog, Region: g.region, Learn: sim.Learning(g.given.Quotas.Learn), Warn: warn,
		Simulate: func(ctx context.Context, cases []sim.Case) []sim.Result {
			return counsel.Simulate(ctx, cases, trialWorkers, nil)
		},
	})
}

// askAWS has discovery ask for the quotas of its Region, unless it has before.
func (g *Gateway) askAWS(ctx context.Context, region llm.Region) (asked bool, err error) {
	if g.discovery == nil || region != g.discovery.Region() || !g.discovery.Latest().At.IsZero() {
		return false, nil
	}
	_, err = g.discovery.Refresh(ctx)
	return true, err
}

// diagnose looks at everything, and at this gateway from within.
func (g *Gateway) diagnose(ctx context.Context, window time.Duration) (diagnosis.Report, error) {
	return Diagnose(ctx, g.given, DoctorOptions{
		Window: window,
		Gateway: func(ctx context.Context) (diagnosis.Gateway, time.Duration, error) {
			facts := GatewayFacts(g.console.Quotas(ctx, time.Now(), console.Filter{}))
			facts.URL = "http://" + cmp.Or(g.cfg.AdminListen, g.cfg.Listen)
			return facts, 0, nil
		},
	})
}
