package live

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"

	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/daemon"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
	"github.com/headgate/headgate/internal/sim"
)

// proxy is a whole gateway in front of an account, with a data folder that goes
// with it.
type proxy struct {
	gateway  *daemon.Gateway
	listener net.Listener
	folder   string
}

func newProxy(ctx context.Context, c Case, upstream string) (_ *proxy, err error) {
	p := &proxy{}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close())
		}
	}()
	if p.folder, err = os.MkdirTemp("", "headgate-live-"); err != nil {
		return nil, err
	}
	cfg := configuration(c, upstream, p.folder)
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if p.gateway, err = daemon.NewGateway(ctx, cfg, slog.New(slog.DiscardHandler)); err != nil {
		return nil, err
	}
	p.listener, err = listen(ctx)
	return p, err
}

// configuration is what the scenario's pacer is told, in the gateway's words.
func configuration(c Case, upstream, folder string) config.Config {
	s := &c.Scenario
	cfg := config.Default()
	cfg.Listen = "127.0.0.1:0"
	cfg.DataDir = folder
	cfg.TimeScale = c.TimeScale
	cfg.Upstream = config.Upstream{Kind: config.UpstreamEmulator, Region: region, EndpointURL: upstream}
	cfg.Quotas.Source = config.QuotasStatic
	cfg.Quotas.Pools = []config.Pool{believed(s)}
	if s.Pacer.Learn != "" {
		cfg.Quotas.Learn = config.Learn(s.Pacer.Learn)
	}
	cfg.Queue.MaxWait = config.Duration(s.Pacer.MaxWait)
	if c.Policy == sim.HeadgateFIFO {
		cfg.Queue.Order = config.OrderFIFO
	}
	for _, t := range c.Trace.Tenants {
		cfg.Tenants = append(cfg.Tenants, config.Tenant{Name: llm.Tenant(t.Name), Weight: int(max(1, t.Weight))})
	}
	cfg.Keep.Bytes = 0
	return cfg
}

func believed(s *sim.Scenario) config.Pool {
	pool := config.Pool{Region: region, Model: model, Path: llm.PathGeo}
	for _, l := range s.Limits {
		amount := l.Amount
		if told, ok := s.Pacer.Limits[l.Kind]; ok {
			amount = told
		}
		switch l.Kind {
		case quota.RequestsPerMinute.String():
			pool.RequestsPerMinute = &amount
		case quota.TokensPerMinute.String():
			pool.TokensPerMinute = &amount
		}
	}
	return pool
}

// serve answers until ctx ends and what is under way has ended.
func (p *proxy) serve(ctx context.Context) error { return p.gateway.Run(ctx, p.listener) }

// ready waits until the gateway answers.
func (p *proxy) ready(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url()+"/livez", http.NoBody)
	if err != nil {
		return err
	}
	answer, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		return err
	}
	return answer.Body.Close()
}

func (p *proxy) url() string { return "http://" + p.listener.Addr().String() }

// close removes what newProxy made. The gateway must not be serving.
func (p *proxy) close() error {
	var errs []error
	if p.listener != nil {
		_ = p.listener.Close() // closed already if it was served
	}
	if p.gateway != nil {
		errs = append(errs, p.gateway.Close())
	}
	if p.folder != "" {
		errs = append(errs, os.RemoveAll(p.folder))
	}
	return errors.Join(errs...)
}
