// Package ledger keeps the record of calls: who called what, how long it
// waited and on which limit, what it used and how it ended. It never holds
// prompt text, answers or secrets.
//
// [Ledger] takes entries on the hot path without blocking and writes them in
// groups through a [Store]. The write of an entry begins at most
// [Options.FlushEvery] after it was recorded, or when the one before it ends if
// that takes longer. So a process that is killed loses what was recorded in the
// last 20 ms and during one commit, no more; a power cut may lose the last commits
// besides. The store is never left half written. Under a store that cannot
// keep up or does not answer, memory is bounded: entries are dropped, counted
// and reported, and calls go on.
package ledger

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Options tunes a Ledger. The zero value of each field is its default.
type Options struct {
	// FlushEvery is the longest that an entry waits for others to be written
	// with it, counted from its Record; 20 ms. A commit costs about as much as writing ten entries.
	FlushEvery time.Duration
	// Batch is the most entries of one Append; 256.
	Batch int
	// Queue is the most entries that wait to be written; 8192. As many again
	// may be on their way to the store.
	Queue int
	// Logger is told of dropped entries and of a failing store; nil is silent.
	Logger *slog.Logger
}

const (
	defaultFlushEvery = 20 * time.Millisecond
	defaultBatch      = 256
	defaultQueue      = 8192
	// longestRetry bounds the wait between attempts at a store that fails.
	longestRetry = time.Second
	// drainTimeout bounds the last writes of Run after its context has ended.
	drainTimeout = 5 * time.Second
	// reportEvery is how often a continuing loss or failure is logged.
	reportEvery = 10 * time.Second
)

// Ledger is safe for concurrent use. Entries are written while [Ledger.Run]
// runs; before that they wait, after it they are counted as dropped.
type Ledger struct {
	store  Store
	opts   Options
	buffer buffer
	flush  chan chan error
	done   chan struct{}
	start  sync.Once

	// mu guards what Run tells Stats.
	mu      sync.Mutex
	written uint64
	lost    uint64 // of a batch that could not be written before Run ended
	failure string
}

// New returns a Ledger over store and starts nothing. The store stays the
// caller's; close it after Run has returned.
func New(store Store, opts Options) *Ledger {
	if opts.FlushEvery <= 0 {
		opts.FlushEvery = defaultFlushEvery
	}
	if opts.Batch <= 0 {
		opts.Batch = defaultBatch
	}
	if opts.Queue <= 0 {
		opts.Queue = defaultQueue
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	return &Ledger{
		store:  store,
		opts:   opts,
		buffer: buffer{limit: opts.Queue, batch: opts.Batch, first: make(chan struct{}, 1), full: make(chan struct{}, 1)},
		flush:  make(chan chan error),
		done:   make(chan struct{}),
	}
}

// Record takes an entry to be written. It never blocks: when the queue is full
// or Run has ended, the entry is dropped and counted.
func (l *Ledger) Record(e Entry) {
	e.clip()
	l.buffer.put(e)
}

// Flush returns when everything that was recorded before it has been written,
// or with the store's error. It needs Run to be running; without it, it waits
// for ctx. After Run has ended there is nothing to write, and it returns nil.
func (l *Ledger) Flush(ctx context.Context) error {
	answer := make(chan error, 1)
	select {
	case l.flush <- answer:
	case <-l.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("flush the ledger: %w", ctx.Err())
	}
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return fmt.Errorf("flush the ledger: %w", ctx.Err())
	}
}

// Stats counts entries since the Ledger was made.
type Stats struct {
	Recorded uint64 // taken by Record, dropped ones included
	Written  uint64
	Dropped  uint64
	Pending  int // waiting, not counting those on their way to the store
	// Failure is the store's latest error, empty once it has taken entries again.
	Failure string
}

// Stats is a snapshot.
func (l *Ledger) Stats() Stats {
	recorded, dropped, pending := l.buffer.counts()
	l.mu.Lock()
	defer l.mu.Unlock()
	return Stats{Recorded: recorded, Written: l.written, Dropped: dropped + l.lost, Pending: pending, Failure: l.failure}
}
