package pace

import (
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"

	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/lane"
	"github.com/headgate/headgate/internal/limit"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/sched"
)

// Pacer paces the calls of one AWS account, by all the clients that it is
// attached to. It starts no goroutine, and need not be closed. It is safe for
// concurrent use. Make it with New.
type Pacer struct {
	log       *slog.Logger
	catalog   *catalog.Catalog
	limits    *limit.Memory
	forecasts forecasts
	names     *lane.Names
	maxWait   time.Duration
	scale     float64
	misplaced sync.Once // the warning about a stack without the SDK's retries

	mu    sync.RWMutex // guards what follows
	ways  map[wayKey]*way
	lanes map[*limit.Pool]*poolLane
}

// New makes a Pacer. The error reports everything that is wrong with the
// configuration.
func New(c Config) (*Pacer, error) {
	cat, err := catalog.Default()
	if err != nil {
		return nil, fmt.Errorf("pace: %w", err)
	}
	pools, err := c.resolve(cat)
	if err != nil {
		return nil, err
	}
	p := &Pacer{
		log: c.Logger, catalog: cat, maxWait: c.MaxWait, scale: max(1, c.TimeScale),
		ways: map[wayKey]*way{}, lanes: map[*limit.Pool]*poolLane{},
	}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	if p.maxWait == 0 {
		p.maxWait = DefaultMaxWait
	}
	p.names = lane.NewNames(p.real(runIdle))
	p.limits = limit.NewMemory(limit.Options{Source: pools.source(cat), TimeScale: p.scale, Logger: p.log})
	return p, nil
}

// Attach makes a client's calls wait for their turn:
//
//	client := bedrockruntime.NewFromConfig(cfg, pacer.Attach)
//
// It may also be given to a single call. A client to which a Pacer is attached
// already keeps the first.
func (p *Pacer) Attach(o *bedrockruntime.Options) {
	o.APIOptions = append(o.APIOptions, p.install)
}

// real turns nominal time into that of the upstream.
func (p *Pacer) real(d time.Duration) time.Duration { return time.Duration(float64(d) / p.scale) }

// maxWays bounds how many model ids are remembered; those beyond are resolved
// anew for each call.
const maxWays = 4096

type wayKey struct {
	id     string
	region string
}

// way is what a model id comes down to in a Region.
type way struct {
	model catalog.Model
	path  llm.Path
	lane  *poolLane // nil: nothing is known to pace by
	unset sync.Once // the warning about an unset maxTokens
}

// way resolves a model id as called in a Region.
func (p *Pacer) way(key wayKey) *way {
	p.mu.RLock()
	w := p.ways[key]
	p.mu.RUnlock()
	if w != nil {
		return w
	}
	w = p.find(key)
	p.mu.Lock()
	defer p.mu.Unlock()
	if known := p.ways[key]; known != nil {
		return known
	}
	if len(p.ways) < maxWays {
		p.ways[key] = w
	}
	return w
}

// runIdle is how long a run may think between two calls, in nominal time.
const runIdle = 5 * time.Minute

// find resolves a model id. One that names nothing is left for the service to
// refuse.
func (p *Pacer) find(key wayKey) *way {
	target, err := p.catalog.Resolve(key.id, llm.Region(key.region))
	if err != nil {
		p.log.Warn("calls of a model that is not known are not paced", slog.String("model", key.id), slog.Any("error", err))
		return &way{}
	}
	// Quotas belong to the account and the Region that call, whichever an ARN names.
	id := llm.Pool{Region: llm.Region(key.region), Model: target.Model, Path: target.Path}
	return &way{model: p.catalog.Assume(target.Model), path: target.Path, lane: p.lane(p.limits.Pool(id))}
}

// lane finds the lane of a pool, nil when the pool has no limits. It says once
// where limits come from that are not configured.
func (p *Pacer) lane(pool *limit.Pool) *poolLane {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l, ok := p.lanes[pool]; ok {
		return l
	}
	switch pool.Provenance() {
	case limit.Default:
		p.log.Warn("a model has no configured limits: it is paced by AWS's defaults, which may be more than the account has", slog.String("pool", pool.ID.String()))
	case limit.Unlimited:
		p.log.Warn("a model has no known limits: its calls are not paced", slog.String("pool", pool.ID.String()))
		p.lanes[pool] = nil
		return nil
	case limit.Configured, limit.Discovered:
	}
	l := &poolLane{Lane: lane.New(pool, nil, sched.Options{RunIdle: p.real(runIdle)}), pool: pool}
	p.lanes[pool] = l
	return l
}
