// Package live keeps what a gateway's API tells of this moment and of today: counts
// of calls, the last of them, and how much of each limit was used in the last
// minute. All of it is in memory and bounded, whatever comes.
//
// Recording a call takes microseconds and waits for nobody who reads.
package live

import (
	"context"
	"sync"
	"time"

	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/limit"
)

// Options is what a Watch is made of.
type Options struct {
	// Limits are those whose use is sampled. Required.
	Limits *limit.Memory
	// TimeScale is what nominal durations are longer by than real ones; below 1
	// counts as 1. Minutes and hours are nominal, days are the calendar's.
	TimeScale float64
	// Zone is where days begin; nil is the machine's.
	Zone *time.Location
}

// Watch is safe for concurrent use.
type Watch struct {
	limits *limit.Memory
	scale  float64
	tally  tally
	feed   feed
	levels levels
	ended  chan struct{}
	end    sync.Once
}

// New makes a Watch that knows of nothing yet.
func New(opts Options) *Watch {
	scale := max(1, opts.TimeScale)
	zone := opts.Zone
	if zone == nil {
		zone = time.Local
	}
	return &Watch{
		limits: opts.Limits, scale: scale, ended: make(chan struct{}),
		tally:  tally{zone: zone, scale: scale},
		levels: levels{step: max(mostOften, time.Duration(float64(time.Second)/scale))},
	}
}

// Reader is what a Watch reads of the ledger at its start.
type Reader interface {
	Usage(ctx context.Context, q ledger.UsageQuery) (ledger.Usage, error)
	Sums(ctx context.Context, q ledger.SumQuery) (ledger.Sums, error)
}

// Load takes in what the ledger has of today and of the last hour. It is called
// once, before any call is recorded.
func (w *Watch) Load(ctx context.Context, r Reader, now time.Time) error {
	return w.tally.load(ctx, r, now)
}

// Record takes in a call that has ended. It never blocks.
func (w *Watch) Record(e *ledger.Entry) {
	w.tally.add(time.Now(), e)
	w.feed.put(e)
}

// Adopted says that limits have changed.
func (w *Watch) Adopted() { w.feed.adopted() }

// Run samples the limits until ctx ends.
func (w *Watch) Run(ctx context.Context) error {
	ticker := time.NewTicker(w.levels.step)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			w.levels.sample(w.limits.Pools())
		}
	}
}

// End has those who follow the Watch leave. It may be called more than once.
func (w *Watch) End() { w.end.Do(func() { close(w.ended) }) }

// Ended is closed by End.
func (w *Watch) Ended() <-chan struct{} { return w.ended }
