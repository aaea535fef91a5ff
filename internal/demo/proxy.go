package demo

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
)

// proxy is a whole gateway in front of an account, with a data folder that
// goes with it.
type proxy struct {
	gateway  *daemon.Gateway
	listener net.Listener
	folder   string
}

// newProxy makes a gateway that serves calls in an order. Serve must be called
// to answer; close in any case.
func newProxy(ctx context.Context, o Options, order config.Order, upstream string) (_ *proxy, err error) {
	p := &proxy{}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close())
		}
	}()
	if p.folder, err = os.MkdirTemp(o.folder, "headgate-demo-"); err != nil {
		return nil, err
	}
	cfg := configuration(o, order, upstream, p.folder)
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	log := o.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if p.gateway, err = daemon.NewGateway(ctx, cfg, log); err != nil {
		return nil, err
	}
	p.listener, err = listen(ctx)
	return p, err
}

// configuration is what differs from the defaults: the account's quota, a wait
// long enough for the whole workload, and the order.
func configuration(o Options, order config.Order, upstream, folder string) config.Config {
	cfg := config.Default()
	cfg.Listen = "127.0.0.1:0"
	cfg.DataDir = folder
	cfg.TimeScale = o.TimeScale
	cfg.Upstream = config.Upstream{Kind: config.UpstreamEmulator, Region: region, EndpointURL: upstream}
	cfg.Quotas.Source = config.QuotasStatic
	cfg.Quotas.Pools = []config.Pool{{
		Region: region, Model: model, Path: llm.PathGeo,
		RequestsPerMinute: new(int64(o.RequestsPerMinute)), TokensPerMinute: new(int64(tokensPerMinute)),
	}}
	cfg.Queue.MaxWait = config.Duration(o.maxWait())
	cfg.Queue.Order = order
	return cfg
}

// serve answers until ctx ends and what is under way has ended.
func (p *proxy) serve(ctx context.Context) error { return p.gateway.Run(ctx, p.listener) }

// ready waits until the gateway answers.
func (p *proxy) ready(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url()+"/livez", http.NoBody)
	if err != nil {
		return err
	}
	transport := &http.Transport{DisableKeepAlives: true} // no proxy either: loopback is not to be found elsewhere
	answer, err := transport.RoundTrip(r)
	if err != nil {
		return err
	}
	return answer.Body.Close()
}

// url is where the gateway is reached.
func (p *proxy) url() string { return "http://" + p.listener.Addr().String() }

// close removes everything that newProxy made. The gateway must not be serving.
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
