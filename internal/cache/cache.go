package cache

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/headgate/headgate/internal/llm"
)

// Store is the tier behind memory. It must be safe for concurrent use.
type Store interface {
	// Get finds the answer of a key; false when there is none.
	Get(ctx context.Context, k Key) (*Answer, bool, error)
	// Put keeps answers, all or none, in the place of those of the same keys, and
	// gives up the oldest where they take more than their room.
	Put(ctx context.Context, answers []Keyed) error
	// Purge removes what a selection names, and says how many answers it was.
	Purge(ctx context.Context, s Selection) (int, error)
	// Size is what it holds.
	Size(ctx context.Context) (answers int, bytes int64, err error)
}

// Keyed is an answer with its key.
type Keyed struct {
	Key    Key
	Answer *Answer
}

// Selection is the answers that a purge removes. What is zero selects all.
type Selection struct {
	Tenant llm.Tenant
	Model  string // as it was called, or that of the pool
	Key    Key
	Before time.Time // kept before
}

// Match reports whether the selection has an answer.
func (s *Selection) Match(k Key, a *Answer) bool {
	return (s.Tenant == "" || s.Tenant == a.Tenant) &&
		(s.Model == "" || s.Model == a.ModelID || s.Model == string(a.Pool.Model)) &&
		(s.Key == Key{} || s.Key == k) &&
		(s.Before.IsZero() || a.Stored.Before(s.Before))
}

// Options is what a Cache is made of.
type Options struct {
	Rules Rulebook
	// Upstream names who is asked: what one answered, no other is taken to have.
	Upstream string
	// Memory is the most bytes of answers in memory; 0 counts as 64 MiB.
	Memory int64
	// AnswerBytes is the longest answer that is kept; 0 counts as 1 MiB.
	AnswerBytes int64
	// Store is the tier behind memory; nil: there is none.
	Store  Store
	Logger *slog.Logger
}

// Cache is safe for concurrent use. With a Store it needs Run.
type Cache struct {
	opts   Options
	memory *otter.Cache[Key, *Answer]
	queue  chan Keyed

	hits, stored, misses, dropped, failures atomic.Uint64
}

const (
	defaultMemory      = 64 << 20
	defaultAnswerBytes = 1 << 20
	// queued is how many answers may wait for the store, of at most AnswerBytes
	// each; what comes beyond is in memory alone.
	queued = 256
	// batch is how many of them are kept in one go.
	batch = 64
)

// New makes a Cache and starts nothing.
func New(o Options) *Cache {
	if o.Memory <= 0 {
		o.Memory = defaultMemory
	}
	if o.AnswerBytes <= 0 {
		o.AnswerBytes = defaultAnswerBytes
	}
	o.AnswerBytes = min(o.AnswerBytes, o.Memory)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	c := &Cache{opts: o, queue: make(chan Keyed, queued)}
	c.memory = otter.Must(&otter.Options[Key, *Answer]{
		MaximumWeight: uint64(o.Memory), //nolint:gosec // above 0
		Weigher: func(_ Key, a *Answer) uint32 {
			return uint32(min(a.size(), 1<<31)) //nolint:gosec // bounded
		},
		// Upkeep is done by whoever causes it, so that nothing runs on its own.
		Executor: func(fn func()) { fn() },
	})
	return c
}

// Rules are those that the cache was made with.
func (c *Cache) Rules() *Rulebook { return &c.opts.Rules }

// Upstream names who is asked.
func (c *Cache) Upstream() string { return c.opts.Upstream }

// OnDisk reports whether there is a store behind memory.
func (c *Cache) OnDisk() bool { return c.opts.Store != nil }

// AnswerBytes is the longest answer that is kept.
func (c *Cache) AnswerBytes() int64 { return c.opts.AnswerBytes }

// Get finds an answer that may be given out at now, and says whether it is stale: it
// should then be asked for anew. It returns nil when there is none.
func (c *Cache) Get(ctx context.Context, k Key, now time.Time) (a *Answer, stale bool) {
	a, in := c.memory.GetIfPresent(k)
	if !in {
		if a = c.behind(ctx, k, now); a == nil {
			c.misses.Add(1)
			return nil, false
		}
		return a, a.State(now) == Stale
	}
	state := a.State(now)
	if state == Gone {
		c.memory.Invalidate(k)
		c.misses.Add(1)
		return nil, false
	}
	c.hits.Add(1)
	return a, state == Stale
}

// behind looks into the store and takes what it finds into memory.
func (c *Cache) behind(ctx context.Context, k Key, now time.Time) *Answer {
	if c.opts.Store == nil {
		return nil
	}
	a, found, err := c.opts.Store.Get(ctx, k)
	if err != nil {
		if ctx.Err() == nil && c.failures.Add(1) == 1 {
			c.opts.Logger.Warn("the cache's store cannot be read: calls are made anew", slog.Any("error", err))
		}
		return nil
	}
	if !found || a.State(now) == Gone {
		return nil
	}
	c.stored.Add(1)
	c.memory.Set(k, a)
	return a
}

// Put keeps an answer. It never blocks: what the store cannot keep up with stays in
// memory alone.
func (c *Cache) Put(k Key, a *Answer) {
	if int64(len(a.Body)) > c.opts.AnswerBytes {
		return
	}
	c.memory.Set(k, a)
	if c.opts.Store == nil {
		return
	}
	select {
	case c.queue <- Keyed{k, a}:
	default:
		c.dropped.Add(1)
	}
}

// Run writes answers to the store until ctx ends, and then what is still queued.
func (c *Cache) Run(ctx context.Context) error {
	if c.opts.Store == nil {
		return nil
	}
	for {
		select {
		case first := <-c.queue:
			c.write(context.WithoutCancel(ctx), first) // what is begun is ended
		case <-ctx.Done():
			late, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
			defer cancel()
			for {
				select {
				case first := <-c.queue:
					c.write(late, first)
				default:
					return nil
				}
			}
		}
	}
}

// drainTimeout bounds the last writes.
const drainTimeout = 5 * time.Second

// write keeps an answer and those that wait behind it.
func (c *Cache) write(ctx context.Context, first Keyed) {
	all := []Keyed{first}
	for len(all) < batch {
		select {
		case next := <-c.queue:
			all = append(all, next)
			continue
		default:
		}
		break
	}
	if err := c.opts.Store.Put(ctx, all); err != nil {
		c.dropped.Add(uint64(len(all)))
		if c.failures.Add(1) == 1 {
			c.opts.Logger.Warn("the cache's store cannot be written: answers are kept in memory alone", slog.Any("error", err))
		}
	}
}

// Purge removes what a selection names from every tier, and says how many answers
// that were: of those on disk where there is a store. An answer that is being
// written meanwhile may stay.
func (c *Cache) Purge(ctx context.Context, s Selection) (int, error) {
	n := 0
	for k, a := range c.memory.All() {
		if s.Match(k, a) {
			c.memory.Invalidate(k)
			n++
		}
	}
	if c.opts.Store == nil {
		return n, nil
	}
	return c.opts.Store.Purge(ctx, s)
}

// Stats counts since the cache was made, but for what it holds.
type Stats struct {
	// Memory and Stored are hits by tier.
	Memory, Stored, Misses uint64
	// Dropped are answers that the store did not get, Failures its errors.
	Dropped, Failures uint64
	Answers           int
	Bytes             int64
	// StoredAnswers and StoredBytes are those of the store.
	StoredAnswers int
	StoredBytes   int64
}

// Stats is a snapshot. The error is the store's.
func (c *Cache) Stats(ctx context.Context) (Stats, error) {
	s := Stats{
		Memory: c.hits.Load(), Stored: c.stored.Load(), Misses: c.misses.Load(), Dropped: c.dropped.Load(), Failures: c.failures.Load(),
		Answers: c.memory.EstimatedSize(), Bytes: int64(c.memory.WeightedSize()), //nolint:gosec // bounded by Memory
	}
	if c.opts.Store == nil {
		return s, nil
	}
	var err error
	s.StoredAnswers, s.StoredBytes, err = c.opts.Store.Size(ctx)
	return s, err
}
