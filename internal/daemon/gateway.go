package daemon

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/headgate/headgate/internal/access"
	"github.com/headgate/headgate/internal/adapter/awsbedrock"
	"github.com/headgate/headgate/internal/adapter/otlptrace"
	"github.com/headgate/headgate/internal/adapter/promexport"
	"github.com/headgate/headgate/internal/adapter/sqlitestore"
	"github.com/headgate/headgate/internal/cache"
	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/console/live"
	"github.com/headgate/headgate/internal/discovery"
	"github.com/headgate/headgate/internal/dispatch"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/filing"
	"github.com/headgate/headgate/internal/flight"
	"github.com/headgate/headgate/internal/gateway"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/limit"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/monitor"
	"github.com/headgate/headgate/internal/sched"
	"github.com/headgate/headgate/internal/schema/workshop"
	"github.com/headgate/headgate/internal/upstream"
)

// Gateway is a whole Headgate: data plane, scheduler, limits and ledger. Make
// it with NewGateway, then Run it once, then Close it.
type Gateway struct {
	cfg       config.Config // scaled
	given     config.Config // as it is given, for what commands do too
	catalog   *catalog.Catalog
	region    llm.Region
	workshop  *workshop.Workshop
	base      string // where the data plane is, once it runs
	log       *slog.Logger
	store     *sqlitestore.Store
	ledger    *ledger.Ledger
	cache     *cache.Cache         // nil: no answers are kept for repeats
	answers   *sqlitestore.Answers // nil: none on disk
	known     *snapshots
	limits    *limit.Memory
	discovery *discovery.Discoverer // nil: limits are only configured
	filer     *filing.Filer         // nil as discovery is
	teller    *teller               // nil: nobody is told of requests
	upstream  *upstream.Client
	control   *upstream.Client
	publisher *monitor.Publisher // nil: nothing is published
	emf       io.Closer          // nil: no file is written to
	exporter  *promexport.Exporter
	tracer    *otlptrace.Exporter // nil: no traces are sent
	dispatch  *dispatch.Dispatcher
	face      *gateway.Gateway
	live      *live.Watch
	console   *console.Console
	access    *access.Keeper
	own       http.Handler // what is Headgate's own
	server    *http.Server
	admin     *admin // nil: the API is beside the data plane
	unlock    func() error
}

// NewGateway builds a gateway from a configuration that has been validated. It
// opens the data folder and the address of the API, where it has one of its own,
// looks for credentials, and starts nothing. Errors are *fault.Error with a cure
// where there is one.
func NewGateway(ctx context.Context, cfg config.Config, log *slog.Logger) (_ *Gateway, err error) {
	if err := cfg.CheckExposure(); err != nil {
		return nil, err
	}
	if err := checkQuotas(cfg); err != nil {
		return nil, err
	}
	logWarnings(log, cfg.Warnings())
	g := &Gateway{cfg: cfg.Scaled(), given: cfg, log: log}
	cat, err := loadCatalog(cfg.Catalog)
	if err != nil {
		return nil, err
	}
	g.catalog = cat
	if g.unlock, err = lockFolder(cfg.DataDir); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, g.Close())
		}
	}()
	if g.store, err = sqlitestore.Open(ctx, cfg.DataDir, sqlitestore.Options{}); err != nil {
		return nil, err
	}
	if err = g.openWorkshop(); err != nil {
		return nil, err
	}
	return g, g.assemble(ctx, cat)
}

// assemble wires the parts, bottom up.
func (g *Gateway) assemble(ctx context.Context, cat *catalog.Catalog) error {
	cfg := g.cfg
	aws, err := bedrockAdapter(ctx, cfg)
	if err != nil {
		return err
	}
	g.warnWithoutCredentials(ctx, aws)
	g.region = aws.Region()
	g.cfg.Quotas = inRegion(cfg.Quotas, g.region)
	cfg = g.cfg
	instance := newInstance()
	if g.upstream, err = upstream.New(upstream.Options{Endpoint: aws.Endpoint, Signer: aws, Instance: instance}); err != nil {
		return err
	}
	if g.control, err = upstream.New(upstream.Options{Endpoint: controlEndpoint(aws.Endpoint), Signer: aws, Instance: instance}); err != nil {
		return err
	}
	kept, err := g.store.Snapshots(ctx)
	if err != nil {
		return err
	}
	g.known = newSnapshots(cat, kept)
	g.ledger = ledger.New(g.store, ledger.Options{Logger: g.log})
	g.limits = limit.NewMemory(limit.Options{Source: limitSource(cfg, cat, g.known), Journal: g.store, TimeScale: cfg.TimeScale, Learn: learnMode(cfg.Quotas.Learn), Accounting: accounting(cfg.Quotas.Accounting), Logger: g.log})
	if err := g.limits.Load(ctx); err != nil {
		return fmt.Errorf("load limit state: %w", err)
	}
	if g.live, err = g.watch(ctx); err != nil {
		return err
	}
	if err := g.publish(ctx, aws.Region()); err != nil {
		return err
	}
	if g.discovery, err = g.discover(ctx, cat, aws.Region()); err != nil {
		return err
	}
	if err := g.openCache(ctx); err != nil {
		return err
	}
	g.exporter = g.export()
	if err := g.trace(ctx, instance); err != nil {
		return err
	}
	g.dispatch = dispatch.New(dispatch.Options{
		Catalog: cat, Limits: g.limits, Upstream: g.upstream,
		Tracer:     g.tracerOrNone(),
		Ledger:     recorder{g.ledger, g.live, g.exporter, g.publisher, max(1, cfg.TimeScale)},
		Cache:      g.cache,
		Flights:    flight.New(keeping(cfg.Keep)),
		Policy:     policy(cfg),
		Accounting: accounting(cfg.Quotas.Accounting),
		Region:     aws.Region(), Account: accountOf(cfg), TimeScale: cfg.TimeScale, Logger: g.log,
	})
	g.face = gateway.New(gateway.Options{
		Dispatcher: g.dispatch, Control: controlPlane(g.control, aws.Region()), Logger: g.log, InstanceID: instance,
		BodyLimit: int64(cfg.BodyLimit), TimeScale: cfg.TimeScale, Loopback: config.Loopback(cfg.Listen),
	})
	g.seePools()
	return g.mount(ctx)
}

// credentialsWait bounds the look for credentials at the start; a machine's
// metadata service answers in milliseconds, or not at all.
const credentialsWait = 3 * time.Second

// warnWithoutCredentials says at the start what the first call would find out.
// It is no error: roles and sign-ons may come later.
func (g *Gateway) warnWithoutCredentials(ctx context.Context, aws *awsbedrock.Adapter) {
	ctx, cancel := context.WithTimeout(ctx, credentialsWait)
	defer cancel()
	if err := aws.Ready(ctx); err != nil && ctx.Err() != context.Canceled {
		g.log.Warn("no AWS credentials were found: calls are refused until there are some; try `aws sts get-caller-identity`, or set upstream.profile", slog.Any("error", err))
	}
}

// bedrockAdapter finds credentials and addresses. An emulator takes any
// credentials, so it gets some where there are none.
func bedrockAdapter(ctx context.Context, cfg config.Config) (*awsbedrock.Adapter, error) {
	if cfg.Upstream.Kind == config.UpstreamEmulator {
		key, secret := emulatorCredentials()
		region := cfg.Upstream.Region
		if region == "" {
			region = "us-east-1"
		}
		return awsbedrock.NewStatic(awsbedrock.Static{AccessKeyID: key, SecretAccessKey: secret, Region: region, EndpointURL: cfg.Upstream.EndpointURL})
	}
	a, err := awsbedrock.New(ctx, awsbedrock.Options{Region: cfg.Upstream.Region, Profile: cfg.Upstream.Profile, EndpointURL: cfg.Upstream.EndpointURL})
	if err != nil {
		return nil, &fault.Error{Kind: fault.Invalid, Op: "configure the upstream", Err: err}
	}
	if a.Region() == "" {
		return nil, fault.New(fault.Invalid, "no AWS Region: set upstream.region in headgate.yaml, or AWS_REGION")
	}
	return a, nil
}

// emulatorCredentials are those of the environment, or some where there are none.
func emulatorCredentials() (key, secret string) {
	key, secret = os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY")
	if key == "" || secret == "" {
		return EmulatorKey, EmulatorSecret
	}
	return key, secret
}

// checkQuotas says which key to set where limits are not discovered.
func checkQuotas(cfg config.Config) error {
	if cfg.Upstream.Kind == config.UpstreamEmulator || len(cfg.Quotas.Pools) > 0 || cfg.Quotas.Source != config.QuotasStatic {
		return nil
	}
	return fault.New(fault.Invalid, `quotas.source is static, and no quotas are configured. Leave the key out to have them discovered, or set quotas.pools in headgate.yaml to what Service Quotas shows as applied, for example:
quotas:
  source: static
  pools:
    - {region: us-east-1, model: anthropic.claude-haiku-4-5-20251001-v1:0, path: geo, requests_per_minute: 2, tokens_per_minute: 500000}`)
}

// keeping is what is kept of answers. In the configuration 0 keeps none; a
// flight.Table takes that for its default.
func keeping(k config.Keep) flight.Options {
	if k.Bytes == 0 || k.For == 0 {
		return flight.Options{KeepBytes: -1}
	}
	return flight.Options{KeepBytes: int64(k.Bytes), KeepFor: k.For.Std()}
}

func policy(cfg config.Config) dispatch.Policy {
	p := dispatch.Policy{
		MaxWait: cfg.Queue.MaxWait.Std(), MaxDepth: cfg.Queue.MaxDepth, MaxBytes: int64(cfg.Queue.MaxBytes),
		Retry:   dispatch.Retry{FullJitter: cfg.Retry.Jitter == config.JitterFull},
		Tenants: map[llm.Tenant]dispatch.Tenant{},
	}
	if cfg.Queue.Order == config.OrderFIFO {
		p.Order = sched.OrderFIFO
	}
	for _, d := range cfg.Retry.Schedule {
		p.Retry.Schedule = append(p.Retry.Schedule, d.Std())
	}
	for _, t := range cfg.Tenants {
		p.Tenants[t.Name] = dispatch.Tenant{Weight: int64(t.Weight), MaxWait: t.MaxWait.Std()}
	}
	return p
}

func loadCatalog(files []string) (*catalog.Catalog, error) {
	var docs []catalog.Document
	for _, name := range files {
		data, err := os.ReadFile(name) //nolint:gosec // the operator names the file
		if err != nil {
			return nil, &fault.Error{Kind: fault.NotFound, Op: "read catalog", Message: fmt.Sprintf("catalog file %s cannot be read", name), Err: err}
		}
		docs = append(docs, catalog.Document{Name: name, Data: data})
	}
	return catalog.Load(docs...)
}

// newInstance names this process in the header by which a loop is found.
func newInstance() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}

// Run serves on ln until ctx ends, then drains: it reports not ready, waits
// drain.delay, takes no more calls, and gives those under way drain.timeout. It
// returns when everything that it started has ended, and closes ln.
func (g *Gateway) Run(ctx context.Context, ln net.Listener) error {
	stores, stopStores := context.WithCancel(context.WithoutCancel(ctx))
	defer stopStores()
	var engines errgroup.Group
	engines.Go(func() error { return g.ledger.Run(stores) })
	engines.Go(func() error { return retention(g.store, g.cfg.Ledger, g.log).Run(ctx) })
	engines.Go(func() error { return g.limits.Run(stores) })
	engines.Go(func() error { return g.live.Run(stores) })
	g.base = baseOf(ln)
	engines.Go(func() error { return g.workshop.Run(ctx) })
	if g.cache != nil {
		engines.Go(func() error { return g.cache.Run(stores) })
	}
	if g.publisher != nil {
		engines.Go(func() error { return g.publisher.Run(stores) })
	}
	if g.tracer != nil {
		engines.Go(func() error { return g.tracer.Run(stores) })
	}
	if g.discovery != nil {
		engines.Go(func() error { return g.discovery.Run(ctx) })
	}
	if g.teller != nil {
		engines.Go(func() error { return g.teller.Run(ctx) })
	}
	faces, stop := errgroup.WithContext(ctx)
	faces.Go(func() error {
		if err := g.server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve: %w", err)
		}
		return nil
	})
	if g.admin != nil {
		faces.Go(g.admin.serve)
	}
	faces.Go(func() error { return g.drain(stop) })
	err := faces.Wait()
	stopStores()
	return errors.Join(err, engines.Wait())
}

// drain waits for the end of ctx and stops the server in order.
func (g *Gateway) drain(ctx context.Context) error {
	<-ctx.Done()
	g.face.Drain()
	g.live.End()
	late := context.WithoutCancel(ctx)
	time.Sleep(g.cfg.Drain.Delay.Std()) // a second signal ends the process
	late, cancel := context.WithTimeout(late, g.cfg.Drain.Timeout.Std())
	defer cancel()
	if err := g.server.Shutdown(late); err != nil {
		g.log.Warn("calls were cut off: drain.timeout is over", slog.Any("error", err))
		_ = g.server.Close()
	}
	if g.admin != nil {
		g.admin.shutdown(late)
	}
	if err := g.dispatch.Wait(late); err != nil {
		g.log.Warn("calls without a client were given up", slog.Any("error", err))
	}
	g.dispatch.Close()
	return nil
}

// Limits describes the pools that have been called.
func (g *Gateway) Limits() []*limit.Pool { return g.limits.Pools() }

// Flush writes what the ledger has taken in.
func (g *Gateway) Flush(ctx context.Context) error { return g.ledger.Flush(ctx) }

// Close frees what NewGateway opened.
func (g *Gateway) Close() error {
	var errs []error
	for _, c := range []*upstream.Client{g.upstream, g.control} {
		if c != nil {
			c.Close()
		}
	}
	if g.admin != nil {
		g.admin.close()
	}
	if g.emf != nil {
		errs = append(errs, g.emf.Close())
	}
	if g.workshop != nil {
		errs = append(errs, g.workshop.Close())
	}
	if g.answers != nil {
		errs = append(errs, g.answers.Close())
	}
	if g.store != nil {
		errs = append(errs, g.store.Close())
	}
	if g.unlock != nil {
		errs = append(errs, g.unlock())
	}
	return errors.Join(errs...)
}
