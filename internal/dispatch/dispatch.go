// Package dispatch carries a client's call through Headgate: it finds the pool,
// joins the call to one that is under way, waits for the scheduler's grant,
// makes the upstream attempts, reads the usage out of the passing bytes,
// settles, and records.
//
// A call is led by one goroutine that does not belong to its client: a client
// that leaves does not take an attempt with it, and one that comes back finds
// its place. Whatever happens on the way, the hold of a granted attempt is
// ended exactly once, the client gets exactly one answer, and the ledger one
// entry.
package dispatch

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/headgate/headgate/internal/cache"
	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/flight"
	"github.com/headgate/headgate/internal/lane"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/limit"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
	"github.com/headgate/headgate/internal/sched"
	"github.com/headgate/headgate/internal/upstream"
)

// Upstream makes one request of Bedrock. It must be safe for concurrent use.
type Upstream interface {
	Do(ctx context.Context, r *upstream.Request) (*upstream.Response, error)
}

// Recorder takes the record of a call. It must not block.
type Recorder interface {
	Record(e ledger.Entry)
}

// Policy is how calls wait and are retried. Durations are real time, already
// divided by the time scale.
type Policy struct {
	MaxWait  time.Duration // the longest wait of a call that asks for no less
	MaxDepth int           // the most calls that wait in one pool
	MaxBytes int64         // the most bytes of bodies that wait
	Order    sched.Order
	RunIdle  time.Duration // how long a begun run keeps its precedence between calls
	Retry    Retry
	Tenants  map[llm.Tenant]Tenant
}

// Tenant is what is configured for one tenant.
type Tenant struct {
	Weight  int64         // 0 counts as 1
	MaxWait time.Duration // 0: the policy's
}

// Options are what a Dispatcher is made of. All of the first group are needed.
type Options struct {
	Catalog  *catalog.Catalog
	Limits   *limit.Memory
	Upstream Upstream
	Ledger   Recorder
	Flights  *flight.Table
	// Cache keeps answers for repeats; nil: none are kept.
	Cache *cache.Cache
	// Tracer takes the story of each call; nil: none is told.
	Tracer Tracer

	Policy     Policy
	Accounting quota.Accounting
	// Region is the source Region, and Account the account of the credentials
	// where it is known.
	Region  llm.Region
	Account llm.AccountID
	// TimeScale is how many times faster than real time waits run; 0 counts as 1.
	TimeScale float64
	Logger    *slog.Logger
}

// Dispatcher carries calls. It is safe for concurrent use. Make it with New.
type Dispatcher struct {
	opts  Options
	meter *meter
	names *lane.Names
	ids   ids

	waitingBytes atomic.Int64
	calls        sync.WaitGroup // the goroutines that lead calls
	led          sync.Map       // *flight.Flight → *call, while it is led
	stopped      atomic.Bool    // set before Close looks at led

	mu       sync.RWMutex // guards what follows
	ways     map[string]*way
	pools    map[llm.Pool]*poolLane // by every name that a pool has
	lanes    map[*limit.Pool]*poolLane
	accounts map[accountKey]*lane.Account
}

// maxWays bounds how many model ids are remembered, ids beyond being resolved
// anew for each call, and how many names of pools: names come from clients.
const maxWays = 4096

// way is what a model id comes down to.
type way struct {
	target catalog.Target
	model  catalog.Model
	rates  rates
	lane   *poolLane
	route  string    // what the id was taken for
	unset  sync.Once // the warning about an unset max_tokens
}

// New makes a Dispatcher. It starts nothing.
func New(opts Options) *Dispatcher {
	opts.TimeScale = max(1, opts.TimeScale)
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	if opts.Policy.RunIdle == 0 {
		opts.Policy.RunIdle = time.Duration(float64(defaultRunIdle) / opts.TimeScale)
	}
	return &Dispatcher{
		opts:  opts,
		meter: newMeter(opts.Accounting),
		names: lane.NewNames(opts.Policy.RunIdle),
		ids:   newIDs(),

		ways:     map[string]*way{},
		pools:    map[llm.Pool]*poolLane{},
		lanes:    map[*limit.Pool]*poolLane{},
		accounts: map[accountKey]*lane.Account{},
	}
}

// defaultRunIdle is how long an agent may think between two calls of a run
// without losing the run's precedence.
const defaultRunIdle = 5 * time.Minute

// Wait returns when every call that was being led has ended, or with ctx's
// error.
func (d *Dispatcher) Wait(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		d.calls.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close gives up the calls that are still being led, upstream attempts
// included, and returns when each is settled and has its entry. What is handed
// to Do from then on is given up at once.
func (d *Dispatcher) Close() {
	d.stopped.Store(true)
	d.led.Range(func(_, c any) bool {
		c.(*call).cancel(errStopped) //nolint:forcetypeassert // led holds nothing else
		return true
	})
	d.calls.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, l := range d.lanes {
		l.Close()
	}
}

// way resolves a model id and remembers the answer.
func (d *Dispatcher) way(id string) (*way, error) {
	d.mu.RLock()
	w := d.ways[id]
	d.mu.RUnlock()
	if w != nil {
		return w, nil
	}
	target, err := d.opts.Catalog.Resolve(id, d.opts.Region)
	if err != nil {
		return nil, err
	}
	model, known := d.opts.Catalog.Model(target.Model)
	if !known {
		model = d.opts.Catalog.Assume(target.Model)
	}
	w = &way{target: target, model: model, route: routeOf(id, target)}
	w.rates.price, w.rates.known = d.opts.Catalog.PriceIn(target.Model, target.Path, target.Region)
	if w.rates.known {
		w.rates.asOf = w.rates.price.AsOf.Format(time.DateOnly)
	}
	if w.lane, err = d.lane(target); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if known := d.ways[id]; known != nil {
		return known, nil
	}
	if len(d.ways) < maxWays {
		d.ways[id] = w
		for _, text := range target.Warnings {
			d.opts.Logger.Warn("model id", slog.String("id", id), slog.String("warning", text))
		}
	}
	return w, nil
}

// lane finds the lane of a target's pool, and makes both at first sight. The
// models of the catalog, called as the gateway itself is configured, always get
// theirs; what else clients name only as long as there is room.
func (d *Dispatcher) lane(target catalog.Target) (*poolLane, error) {
	// Quotas belong to the account that calls, whichever an ARN names: two names
	// of one pool must not have two limits.
	id := llm.Pool{Account: d.opts.Account, Region: target.Region, Model: target.Model, Path: target.Path}
	d.mu.RLock()
	l, names := d.pools[id], len(d.pools)
	d.mu.RUnlock()
	if l != nil {
		return l, nil
	}
	if listed := target.Known && target.Region == d.opts.Region && id.Account == d.opts.Account; names >= maxWays && !listed {
		return nil, fault.New(fault.Invalid, "Headgate keeps limits for %d pools that clients named, and this would be one more. Restart it if that many are really in use.", maxWays)
	}
	pool := d.opts.Limits.Pool(id)
	d.mu.Lock()
	defer d.mu.Unlock()
	if l = d.lanes[pool]; l == nil {
		l = d.newLaneLocked(pool)
		d.lanes[pool] = l
		d.announce(pool)
	}
	d.pools[id] = l
	return l, nil
}

// announce says once for each pool where its limits come from, when that is not
// the configuration.
func (d *Dispatcher) announce(p *limit.Pool) {
	switch p.Provenance() {
	case limit.Default:
		d.opts.Logger.Warn("pool has no configured limits: pacing by AWS's defaults, which may be more than the account has",
			slog.String("pool", p.ID.String()), slog.String("set", "quotas.pools"))
	case limit.Unlimited:
		d.opts.Logger.Warn("pool has no known limits: its calls are not paced",
			slog.String("pool", p.ID.String()), slog.String("set", "quotas.pools"))
	case limit.Configured, limit.Discovered:
	}
}
