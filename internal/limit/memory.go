package limit

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/headgate/headgate/internal/adapt"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

// Options are a Memory's settings.
type Options struct {
	Source  Source
	Journal Journal // nil: state does not outlive the process
	// TimeScale divides the limits' windows; 0 counts as 1.
	TimeScale float64
	// Jitter is real time; 0 means DefaultJitter.
	Jitter time.Duration
	// Learn is what may be done to learn how the limits are enforced.
	Learn adapt.Mode
	// Accounting is how the upstream counts; durations are real time.
	Accounting quota.Accounting
	Logger     *slog.Logger
}

// Memory holds the limits of all pools in this process. It is safe for
// concurrent use.
type Memory struct {
	opts  Options
	clock clock

	mu       sync.RWMutex // guards the maps
	pools    map[llm.Pool]*Pool
	scopes   map[scopeKey]*scope
	restored map[string][]byte
}

type scopeKey struct {
	account llm.AccountID
	region  llm.Region
}

// scope is an account's use of one Region: what its pools share.
type scope struct {
	mu     sync.Mutex // guards the meters of the scope and of all its pools
	keeper keeper
	meters []*quota.Meter
}

// clock reads wall time that never goes back: the wall at its start plus the
// monotonic time since.
type clock struct{ start time.Time }

func (c clock) now() time.Time { return c.start.Add(time.Since(c.start)) }

// NewMemory makes a store without any pool. Load restores what a Journal kept.
func NewMemory(opts Options) *Memory {
	if opts.TimeScale < 1 {
		opts.TimeScale = 1
	}
	if opts.Jitter == 0 {
		opts.Jitter = DefaultJitter(opts.TimeScale)
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	return &Memory{
		opts:   opts,
		clock:  clock{time.Now()},
		pools:  map[llm.Pool]*Pool{},
		scopes: map[scopeKey]*scope{},
	}
}

// Load reads what the Journal kept. It is called once, before any Pool.
func (m *Memory) Load(ctx context.Context) error {
	if m.opts.Journal == nil {
		return nil
	}
	states, err := m.opts.Journal.Load(ctx)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.restored = states
	return nil
}

// Pool finds a pool's limits, and makes them at first sight.
func (m *Memory) Pool(id llm.Pool) *Pool {
	m.mu.RLock()
	p := m.pools[id]
	m.mu.RUnlock()
	if p != nil {
		return p
	}
	limits := m.opts.Source(id)
	m.mu.Lock()
	defer m.mu.Unlock()
	if p := m.pools[id]; p != nil {
		return p
	}
	p = m.pools[limits.Pool] // the same pool, asked for without its account
	if p == nil {
		p = m.newPoolLocked(limits)
		m.pools[limits.Pool] = p
	}
	m.pools[id] = p
	return p
}

func (m *Memory) newPoolLocked(limits Limits) *Pool {
	key := scopeKey{limits.Pool.Account, limits.Pool.Region}
	sc := m.scopes[key]
	if sc == nil {
		sc = &scope{}
		for _, l := range limits.Account {
			sc.meters = append(sc.meters, quota.NewMeter(m.scale(l), m.opts.Jitter))
		}
		sc.keeper = m.newKeeper("account "+string(key.account)+"/"+string(key.region), sc.meters)
		m.scopes[key] = sc
	}
	own := make([]quota.Limit, 0, len(limits.Limits))
	for _, l := range limits.Limits {
		own = append(own, m.scale(l))
	}
	p := &Pool{ID: limits.Pool, provenance: limits.Provenance, memory: m, scope: sc, set: adapt.NewSet(own, m.opts.Jitter, adapt.Options{Mode: m.opts.Learn, Accounting: m.opts.Accounting}, sc.meters...)}
	p.keeper = m.newKeeper("pool "+limits.Pool.String(), p.set.Meters()[:len(own)])
	p.set.Adopt(m.clock.now())
	return p
}

func (m *Memory) scale(l quota.Limit) quota.Limit {
	if l.Window == 0 {
		l.Window = l.Kind.Window()
	}
	l.Window = max(time.Millisecond, time.Duration(float64(l.Window)/m.opts.TimeScale))
	return l
}

// Pools lists the pools that have been asked for.
func (m *Memory) Pools() []*Pool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	seen := map[*Pool]bool{}
	out := make([]*Pool, 0, len(m.pools))
	for _, p := range m.pools {
		if !seen[p] {
			seen[p] = true
			out = append(out, p)
		}
	}
	return out
}

// Run saves changed state once a second until ctx ends, and then once more,
// marked as complete.
func (m *Memory) Run(ctx context.Context) error {
	ticker := time.NewTicker(saveEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			m.saveAll(last, true)
			return nil
		case <-ticker.C:
			m.saveAll(ctx, false)
		}
	}
}

func (m *Memory) saveAll(ctx context.Context, final bool) {
	for _, p := range m.Pools() {
		p.keeper.save(ctx, &p.scope.mu, final)
	}
	m.mu.RLock()
	scopes := make([]*scope, 0, len(m.scopes))
	for _, sc := range m.scopes {
		scopes = append(scopes, sc)
	}
	m.mu.RUnlock()
	for _, sc := range scopes {
		sc.keeper.save(ctx, &sc.mu, final)
	}
}
