package ledger

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// Kept is one kind of what a store keeps, and forgets by age.
type Kept string

// What is forgotten, in the order in which a store that is too large forgets it. Sums
// of days, events, snapshots and the state of limits are never forgotten.
const (
	KeptCalls    Kept = "calls" // with the runs that have no newer ones
	KeptMinutes  Kept = "minutes"
	KeptQuarters Kept = "quarters of an hour"
)

// Pruner forgets what is old. It is safe for concurrent use.
type Pruner interface {
	// Prune forgets at most so many of what is oldest of a kind and older than before,
	// in one short transaction, and returns how many it were. The sums over what it
	// forgets stay.
	Prune(ctx context.Context, kind Kept, before time.Time, most int) (forgotten int, err error)
	// Size is how many bytes the store takes, and how many of them are free: what
	// comes next is written there.
	Size(ctx context.Context) (bytes, free int64, err error)
	// Shrink gives a part of what is free back to the disk, in one short transaction.
	Shrink(ctx context.Context) error
}

// RetentionOptions say what is kept. The zero value keeps everything.
type RetentionOptions struct {
	Keep     time.Duration // how long calls are; 0: without end
	MaxBytes int64         // of the store; 0: no bound
	// Every is how often it is looked for what is too old; a minute.
	Every time.Duration
	// Logger is told once a round what was forgotten; nil is silent.
	Logger *slog.Logger
}

const (
	// pruneBatch is how much is forgotten at once: a few milliseconds of the writer's
	// time. pruneRest is how long calls are written in between.
	pruneBatch = 200
	pruneRest  = 20 * time.Millisecond
	// keepMinutes and keepQuarters are how long sums are kept at least.
	keepMinutes  = 90 * 24 * time.Hour
	keepQuarters = 400 * 24 * time.Hour
	// slack is the part of a bound by which a store that has become too large is made
	// smaller, and of a store that may be free.
	slack = 20
)

// Retention forgets what is too old, or the oldest of what is too much.
type Retention struct {
	store Pruner
	opts  RetentionOptions
}

// NewRetention starts nothing.
func NewRetention(store Pruner, opts RetentionOptions) *Retention {
	if opts.Every <= 0 {
		opts.Every = time.Minute
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	return &Retention{store, opts}
}

// Run forgets until ctx ends, and then returns nil.
func (r *Retention) Run(ctx context.Context) error {
	tick := time.NewTicker(r.opts.Every)
	defer tick.Stop()
	for {
		if err := r.Round(ctx, time.Now()); err != nil && ctx.Err() == nil {
			r.opts.Logger.Warn("old records cannot be deleted", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Round forgets what is too old or too much at an instant, and says so once.
func (r *Retention) Round(ctx context.Context, now time.Time) error {
	gone := map[Kept]int{}
	before, _, err := r.store.Size(ctx)
	if err != nil {
		return fmt.Errorf("look for old records: %w", err)
	}
	if err = r.byAge(ctx, now, gone); err == nil {
		if err = r.bySize(ctx, gone); err == nil {
			err = r.shrink(ctx)
		}
	}
	if len(gone) > 0 {
		after, _, _ := r.store.Size(ctx) // 0 when it cannot be told
		r.opts.Logger.Info("old records were deleted; their sums are kept",
			slog.Int("calls", gone[KeptCalls]), slog.Int("minutes", gone[KeptMinutes]), slog.Int("quarters", gone[KeptQuarters]),
			slog.Int64("bytes_before", before), slog.Int64("bytes", after))
	}
	return err
}

func (r *Retention) byAge(ctx context.Context, now time.Time, gone map[Kept]int) error {
	if r.opts.Keep <= 0 {
		return nil
	}
	for _, k := range []struct {
		kind Kept
		age  time.Duration
	}{{KeptCalls, r.opts.Keep}, {KeptMinutes, max(keepMinutes, r.opts.Keep)}, {KeptQuarters, max(keepQuarters, r.opts.Keep)}} {
		for {
			n, err := r.forget(ctx, k.kind, now.Add(-k.age), gone)
			if err != nil {
				return err
			}
			if n < pruneBatch {
				break
			}
		}
	}
	return nil
}

// forget forgets one batch, and rests.
func (r *Retention) forget(ctx context.Context, kind Kept, before time.Time, gone map[Kept]int) (int, error) {
	n, err := r.store.Prune(ctx, kind, before, pruneBatch)
	if err != nil {
		return n, fmt.Errorf("delete old %s: %w", kind, err)
	}
	if n > 0 {
		gone[kind] += n
		err = rest(ctx)
	}
	return n, err
}

// rest lets others write.
func rest(ctx context.Context) error {
	t := time.NewTimer(pruneRest)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// bySize forgets the oldest, kind by kind, until what is used is well below the
// bound.
func (r *Retention) bySize(ctx context.Context, gone map[Kept]int) error {
	if r.opts.MaxBytes <= 0 {
		return nil
	}
	bytes, free, err := r.store.Size(ctx)
	if err != nil || bytes-free <= r.opts.MaxBytes {
		return err
	}
	for _, kind := range []Kept{KeptCalls, KeptMinutes, KeptQuarters} {
		for bytes-free > r.opts.MaxBytes-r.opts.MaxBytes/slack {
			n, err := r.forget(ctx, kind, time.Time{}, gone)
			if err != nil {
				return err
			}
			if n == 0 {
				break
			}
			if bytes, free, err = r.store.Size(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// shrink gives back what is free beyond what the next calls fill.
func (r *Retention) shrink(ctx context.Context) error {
	for {
		bytes, free, err := r.store.Size(ctx)
		if err != nil || free <= bytes/slack {
			return err
		}
		if err := r.store.Shrink(ctx); err != nil {
			return fmt.Errorf("give room back: %w", err)
		}
		_, left, err := r.store.Size(ctx)
		if err != nil || left >= free {
			return err
		}
		if err := rest(ctx); err != nil {
			return err
		}
	}
}
