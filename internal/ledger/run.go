package ledger

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// errTwice is a programmer's mistake: two writers would write out of order.
var errTwice = errors.New("ledger: Run was called twice")

// Run writes entries until ctx ends, then writes what is left for at most five
// seconds. It returns nil when nothing was lost at the end. It is called once.
func (l *Ledger) Run(ctx context.Context) error {
	err := errTwice
	l.start.Do(func() {
		defer close(l.done)
		w := writer{Ledger: l}
		err = w.run(ctx)
	})
	return err
}

// writer is what only Run's goroutine touches.
type writer struct {
	*Ledger
	entries  []Entry // taken from the buffer
	written  int     // of entries
	retry    time.Duration
	reported uint64 // dropped entries that the log knows of
	logged   time.Time
}

func (w *writer) run(ctx context.Context) error {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	defer timer.Stop()
	var waiting bool // the timer runs
	for {
		select {
		case <-ctx.Done():
			return w.drain(ctx)
		case answer := <-w.flush:
			answer <- w.write(ctx)
		case <-w.buffer.first:
			if !waiting {
				waiting = true
				// It may have come while others were written: it waits from then on.
				timer.Reset(max(0, w.opts.FlushEvery-w.buffer.waited()))
			}
			continue
		case <-w.buffer.full:
			// While the store fails, only the timer tries again.
			if w.retry > 0 {
				continue
			}
			_ = w.write(ctx) // kept, and tried again below
		case <-timer.C:
			_ = w.write(ctx)
		}
		w.report()
		waiting = w.retry > 0
		timer.Stop()
		if waiting {
			timer.Reset(w.retry)
		}
	}
}

// write hands everything that has been recorded up to now to the store, oldest
// first. On an error what is left stays for the next time, which waits longer
// each time.
func (w *writer) write(ctx context.Context) error {
	if err := w.writeTaken(ctx); err != nil {
		return err
	}
	clear(w.entries) // or the strings live as long as the slice
	w.entries, w.written = w.buffer.take(w.entries), 0
	return w.writeTaken(ctx)
}

func (w *writer) writeTaken(ctx context.Context) error {
	for w.written < len(w.entries) {
		end := min(w.written+w.opts.Batch, len(w.entries))
		if err := w.store.Append(ctx, w.entries[w.written:end]); err != nil {
			w.failed(err)
			return fmt.Errorf("write the ledger: %w", err)
		}
		w.succeeded(end - w.written)
		w.written = end
	}
	return nil
}

func (w *writer) failed(err error) {
	w.retry = min(max(2*w.retry, w.opts.FlushEvery), longestRetry)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failure = err.Error()
}

func (w *writer) succeeded(n int) {
	w.retry = 0
	w.mu.Lock()
	defer w.mu.Unlock()
	w.Ledger.written += uint64(n) //nolint:gosec // a length
	w.failure = ""
}

// drain is the end: nothing more comes in, and what is there gets one more
// chance under a deadline of its own.
func (w *writer) drain(ctx context.Context) error {
	w.buffer.stop()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	err := w.write(ctx)
	left := len(w.entries) - w.written + len(w.buffer.take(nil))
	if left > 0 {
		w.mu.Lock()
		w.lost += uint64(left)
		w.mu.Unlock()
		err = fmt.Errorf("%d entries lost: %w", left, err)
	}
	w.logged = time.Time{}
	w.report()
	return err
}

// report logs what was lost or goes wrong, once a period.
func (w *writer) report() {
	stats := w.Stats()
	if stats.Dropped == w.reported && stats.Failure == "" {
		return
	}
	now := time.Now()
	if now.Sub(w.logged) < reportEvery {
		return
	}
	w.logged = now
	w.opts.Logger.Warn("the ledger loses or cannot write entries",
		slog.Uint64("dropped", stats.Dropped-w.reported),
		slog.Uint64("dropped_total", stats.Dropped),
		slog.Int("pending", stats.Pending),
		slog.String("store_error", stats.Failure))
	w.reported = stats.Dropped
}
