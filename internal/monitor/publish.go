package monitor

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/headgate/headgate/internal/alarm"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
)

// Sink takes data. Publish returns how many, from the first, it has taken; what is
// left is given to it again. It is called by one goroutine.
type Sink interface {
	Publish(ctx context.Context, data []Datum) (taken int, err error)
}

// Call is a call that has ended, whatever its end.
type Call struct {
	Pool  llm.Pool
	Ended time.Time
	// Waited is nominal, before the first attempt.
	Waited    time.Duration
	Attempts  int // requests made upstream
	Throttled int // of them
	Charged   int64
	Failed    bool
}

// PublisherOptions say where metrics go and when.
type PublisherOptions struct {
	Sink Sink
	// Minute is how long a nominal minute lasts; 0 is a minute.
	Minute time.Duration
	// Waiting is how many calls of each pool wait now; nil: that is not published.
	Waiting func() map[llm.Pool]int
	// Logger is told of what could not be published; nil is silent.
	Logger *slog.Logger
}

const (
	// mostTallies bounds what is kept until it is published: a tally is of a pool
	// and a minute.
	mostTallies = 10_000
	// flushPatience bounds each attempt to publish, the last one of Run included.
	flushPatience = 10 * time.Second
)

// Publisher publishes what Headgate does, minute by minute and pool by pool, in
// the namespace alarm.OwnNamespace: Calls, Failures, Requests, Throttles,
// TokensCharged, Wait and Waiting. It is safe for concurrent use. Calls are
// counted before Run too, and published while it runs. What cannot be published is
// tried again each minute; where it is too much the oldest is dropped, counted and
// reported.
type Publisher struct {
	opts PublisherOptions

	// mu guards what follows. It is held for moments, and never across I/O.
	mu      sync.Mutex
	tallies map[tallyKey]*tally
	dropped uint64 // calls, ever

	backlog []Datum // of Run alone: what was not taken
	failing bool
	told    uint64 // how many dropped calls were reported
}

type tallyKey struct {
	minute int64 // since 1970
	pool   llm.Pool
}

// NewPublisher starts nothing.
func NewPublisher(o PublisherOptions) *Publisher {
	if o.Minute <= 0 {
		o.Minute = time.Minute
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Publisher{opts: o, tallies: map[tallyKey]*tally{}}
}

// Record counts a call. It never waits for I/O.
func (p *Publisher) Record(c Call) {
	key := tallyKey{c.Ended.UnixNano() / int64(p.opts.Minute), c.Pool}
	key.pool.Account = "" // the metrics are the account's
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.tallies[key]
	if t == nil {
		if len(p.tallies) >= mostTallies {
			p.dropped++
			return
		}
		t = &tally{}
		p.tallies[key] = t
	}
	t.add(c)
}

// Dropped is how many calls were counted that never will be published.
func (p *Publisher) Dropped() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dropped
}

// Run publishes each minute that has ended until ctx ends, then all that is left,
// once.
func (p *Publisher) Run(ctx context.Context) error {
	tick := time.NewTicker(p.opts.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			late, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushPatience)
			defer cancel()
			p.publish(late, p.take(time.Now().Add(p.opts.Minute), nil))
			p.giveUp()
			return nil
		case now := <-tick.C:
			var waiting map[llm.Pool]int
			if p.opts.Waiting != nil {
				waiting = p.opts.Waiting()
			}
			soon, cancel := context.WithTimeout(ctx, flushPatience)
			p.publish(soon, p.take(now, waiting))
			cancel()
		}
	}
}

// take is what happened in the minutes before that of now, oldest first, and who
// waits now.
func (p *Publisher) take(now time.Time, waiting map[llm.Pool]int) []Datum {
	this := now.UnixNano() / int64(p.opts.Minute)
	p.mu.Lock()
	type minute struct {
		tallyKey
		*tally
	}
	var ended []minute
	for key, t := range p.tallies {
		if key.minute < this {
			ended = append(ended, minute{key, t})
			delete(p.tallies, key)
		}
	}
	p.mu.Unlock()
	byPool := func(a, b llm.Pool) int { return cmp.Compare(a.String(), b.String()) }
	slices.SortFunc(ended, func(a, b minute) int { return cmp.Or(cmp.Compare(a.minute, b.minute), byPool(a.pool, b.pool)) })
	var out []Datum
	for _, m := range ended {
		out = append(out, m.data(alarm.PoolDimensions(m.pool), time.Unix(0, m.minute*int64(p.opts.Minute)).UTC())...)
	}
	pools := make([]llm.Pool, 0, len(waiting))
	for pool := range waiting {
		pools = append(pools, pool)
	}
	slices.SortFunc(pools, byPool)
	for _, pool := range pools {
		out = append(out, Datum{Metric: "Waiting", Dimensions: alarm.PoolDimensions(pool), At: now.UTC(), Unit: "Count", Value: float64(waiting[pool])})
	}
	return out
}

// publish gives the sink what it did not take before, and data.
func (p *Publisher) publish(ctx context.Context, data []Datum) {
	p.backlog = append(p.backlog, data...)
	if most := mostTallies; len(p.backlog) > most {
		p.drop(p.backlog[:len(p.backlog)-most])
		p.backlog = slices.Clone(p.backlog[len(p.backlog)-most:])
	}
	if len(p.backlog) == 0 {
		return
	}
	taken, err := p.opts.Sink.Publish(ctx, p.backlog)
	p.backlog = slices.Clone(p.backlog[taken:])
	if fault.KindOf(err) == fault.Invalid { // and it stays so: it must not stop what follows
		p.drop(p.backlog)
		p.backlog = nil
	}
	switch {
	case err != nil && !p.failing:
		p.opts.Logger.Warn("metrics cannot be published; they are kept for a while", slog.Any("error", err), slog.String("why", fault.Message(err)))
	case err == nil && p.failing:
		p.opts.Logger.Info("metrics are published again")
	}
	p.failing = err != nil
	if lost := p.Dropped(); lost > p.told {
		p.opts.Logger.Warn("calls are missing in the published metrics", slog.Uint64("calls", lost-p.told))
		p.told = lost
	}
}

// giveUp counts what Run leaves behind.
func (p *Publisher) giveUp() {
	p.drop(p.backlog)
	p.backlog = nil
	if lost := p.Dropped(); lost > p.told {
		p.opts.Logger.Warn("calls are missing in the published metrics", slog.Uint64("calls", lost-p.told))
		p.told = lost
	}
}

func (p *Publisher) drop(data []Datum) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, d := range data {
		if d.Metric == "Calls" {
			p.dropped += uint64(d.Value)
		}
	}
}
