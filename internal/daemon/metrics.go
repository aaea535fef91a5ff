package daemon

import (
	"context"
	"os"
	"time"

	"github.com/headgate/headgate/internal/adapter/awscloudwatch"
	"github.com/headgate/headgate/internal/adapter/promexport"
	"github.com/headgate/headgate/internal/alarm"
	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/console/live"
	"github.com/headgate/headgate/internal/dispatch"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/monitor"
)

// publish makes what publishes the gateway's own metrics, where that is
// configured.
func (g *Gateway) publish(ctx context.Context, region llm.Region) error {
	var sink monitor.Sink
	switch g.cfg.Metrics.CloudWatch {
	case config.MetricsPut:
		client, err := metricSource(ctx, g.cfg, region)
		if err != nil {
			return fault.Wrap(fault.Invalid, "publish metrics", err)
		}
		sink = put{client}
	case config.MetricsEMF:
		to := os.Stdout
		if name := g.cfg.Metrics.EMFFile; name != "" {
			var err error
			if to, err = os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil { //nolint:gosec // the operator names the file
				return &fault.Error{Kind: fault.Invalid, Op: "publish metrics", Message: "metrics.emf_file cannot be written: " + name, Err: err}
			}
			g.emf = to
		}
		sink = monitor.EMF{To: to}
	case config.MetricsOff:
	}
	if sink != nil {
		g.publisher = monitor.NewPublisher(monitor.PublisherOptions{
			Sink: sink, Minute: time.Duration(float64(time.Minute) / max(1, g.cfg.TimeScale)), Waiting: g.waiting, Logger: g.log,
		})
	}
	return nil
}

// put publishes to CloudWatch.
type put struct{ client *awscloudwatch.Client }

// Publish uses the namespace of Headgate.
func (p put) Publish(ctx context.Context, data []monitor.Datum) (taken int, err error) {
	return p.client.Publish(ctx, "", alarm.OwnNamespace, data)
}

// waiting is how many calls of each pool that has been called wait.
func (g *Gateway) waiting() map[llm.Pool]int {
	out := map[llm.Pool]int{}
	for _, p := range g.limits.Pools() {
		id := p.ID
		id.Account = "" // the metrics are the account's
		_, n := g.dispatch.Waiting(p)
		out[id] += n
	}
	return out
}

// export makes what shows the gateway to Prometheus. It is read when the gateway is
// whole.
func (g *Gateway) export() *promexport.Exporter {
	o := promexport.Options{
		Limits:       g.limits,
		Activity:     func() []dispatch.Activity { return g.dispatch.Activity() },
		WaitingBytes: func() int64 { return g.dispatch.WaitingBytes() },
		Runs:         func() int { return g.dispatch.RunsUnderWay() },
		Ledger:       g.ledger.Stats,
		Traces:       g.traced,
		Version:      Version(), TimeScale: g.cfg.TimeScale, Logger: g.log,
	}
	if g.discovery != nil {
		o.Discovery = g.discovery
	}
	for _, t := range g.cfg.Tenants {
		o.Tenants = append(o.Tenants, t.Name)
	}
	return promexport.New(o)
}

// recorder takes the record of calls: for the ledger, for those who watch, for
// Prometheus, and for what is published.
type recorder struct {
	ledger    *ledger.Ledger
	live      *live.Watch
	exporter  *promexport.Exporter
	publisher *monitor.Publisher // nil: nothing is published
	scale     float64
}

// Record never blocks.
func (r recorder) Record(e ledger.Entry) {
	r.ledger.Record(e)
	r.live.Record(&e)
	r.exporter.Record(&e)
	if r.publisher == nil {
		return
	}
	r.publisher.Record(monitor.Call{
		Pool: e.Pool, Ended: e.Time.Add(e.Latency), Waited: time.Duration(float64(e.Queued) * r.scale),
		Attempts: e.Attempts, Throttled: e.ThrottledRequests + e.ThrottledTokens + e.ThrottledDay,
		Charged: e.Settled, Failed: e.Outcome != ledger.OK,
	})
}
