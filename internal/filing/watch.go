package filing

import (
	"context"
	"time"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/increase"
)

// Watcher asks AWS again and again how far requests have come.
type Watcher struct {
	// Refresh asks AWS now. Required.
	Refresh func(ctx context.Context) (account.Snapshot, error)
	// Every is how often; zero is 10 seconds.
	Every time.Duration
	// OnStep is told of each step, in order. Required.
	OnStep func(ctx context.Context, s increase.Step)
	// OnTrouble is told that AWS cannot be asked, and when it is tried again. May be
	// nil.
	OnTrouble func(err error, again time.Duration)
}

const (
	usualEvery  = 10 * time.Second
	longestWait = 5 * time.Minute
)

// Run goes on until every request that f follows has been decided, or ctx has
// ended, whose error it returns. Where AWS cannot be asked it waits twice as long
// each time, up to five minutes. An error of kind Denied ends it.
func (w *Watcher) Run(ctx context.Context, f *increase.Follower) error {
	every := w.Every
	if every <= 0 {
		every = usualEvery
	}
	again := every
	for {
		wait := every
		err := w.Once(ctx, f)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		switch {
		case err == nil && f.Done():
			return nil
		case err == nil:
			again = every
		case fault.KindOf(err) == fault.Denied || fault.KindOf(err) == fault.NotFound:
			return err
		default:
			again = min(2*again, max(longestWait, every))
			wait = again
			if w.OnTrouble != nil {
				w.OnTrouble(err, wait)
			}
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
	}
}

// Once asks AWS one time and tells of what is new. What is known of the requests
// from before counts where they cannot be listed; the error says why they cannot.
func (w *Watcher) Once(ctx context.Context, f *increase.Follower) error {
	snap, err := w.Refresh(ctx)
	if err != nil {
		return err
	}
	for _, s := range f.Step(snap) {
		w.OnStep(ctx, s)
	}
	for _, m := range snap.Missing {
		if m.Part != "requests" {
			continue
		}
		kind := fault.Upstream
		if m.Denied {
			kind = fault.Denied
		}
		return fault.New(kind, "the requests cannot be listed: %s", m.Reason)
	}
	return nil
}
