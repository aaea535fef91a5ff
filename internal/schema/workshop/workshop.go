// Package workshop makes schemas for people who do not wait: it takes their files
// in, has a few made at a time, in the order in which they came, and keeps what came
// of them for a while. All of it is in one folder, which it alone writes to: what a
// process left unfinished is told as interrupted by the next one. Uploads are
// removed as soon as their schema is made, or cannot be.
package workshop

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/schema/agent"
)

// Options is what a Workshop is made of.
type Options struct {
	// Dir is the folder, which is made where there is none. Required.
	Dir string
	// Make makes a schema of files, which are in the folder in, and leaves it in the
	// folder out; tell is told what goes on. Required.
	Make func(ctx context.Context, order Order, in, out string, tell func(agent.Progress)) (*agent.Report, error)
	// AtOnce is how many are made at a time; 0: 2. Queue is how many wait; 0: 16.
	AtOnce, Queue int
	// Keep is how many are kept that have ended, and KeepFor for how long; 0: 20, and
	// a week.
	Keep    int
	KeepFor time.Duration
	// Logger is told what fails beside a schema. Required.
	Logger *slog.Logger
}

// Workshop makes schemas. Run it once. It is safe for concurrent use.
type Workshop struct {
	opts Options
	root *os.Root

	work chan struct{} // has room for a token: somebody may be waiting

	mu      sync.Mutex // guards what is below
	jobs    map[string]*job
	closing bool
}

// Open opens the folder, and removes what is no schema's. Close it after Run.
func Open(o Options) (*Workshop, error) {
	if o.AtOnce <= 0 {
		o.AtOnce = 2
	}
	if o.Queue <= 0 {
		o.Queue = 16
	}
	if o.Keep <= 0 {
		o.Keep = 20
	}
	if o.KeepFor <= 0 {
		o.KeepFor = 7 * 24 * time.Hour
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fault.Wrap(fault.Invalid, "make the folder of schemas", err)
	}
	root, err := os.OpenRoot(o.Dir)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, "open the folder of schemas", err)
	}
	w := &Workshop{opts: o, root: root, jobs: map[string]*job{}, work: make(chan struct{}, o.AtOnce)}
	if err := w.load(); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return w, nil
}

// Close frees what Open opened.
func (w *Workshop) Close() error { return w.root.Close() }

// Run makes schemas until ctx ends. What is not done by then is interrupted.
func (w *Workshop) Run(ctx context.Context) error {
	var makers errgroup.Group
	for range w.opts.AtOnce {
		makers.Go(func() error {
			for w.next(ctx) {
			}
			return nil
		})
	}
	makers.Go(func() error {
		tick := time.NewTicker(time.Minute)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				w.sweep(time.Now())
			case <-ctx.Done():
				return nil
			}
		}
	})
	err := makers.Wait()
	w.close()
	return err
}

// next makes the schema that waits longest, or waits for one; false when ctx ended.
func (w *Workshop) next(ctx context.Context) bool {
	if ctx.Err() != nil {
		return false
	}
	j := w.begin(ctx)
	if j == nil {
		select {
		case <-w.work:
			return true
		case <-ctx.Done():
			return false
		}
	}
	w.make(j)
	return true
}

// begin takes the schema that waits longest; nil when none does.
func (w *Workshop) begin(ctx context.Context) *job {
	w.mu.Lock()
	defer w.mu.Unlock()
	var first *job
	for _, j := range w.jobs {
		if j.State == Waiting && (first == nil || j.Created.Before(first.Created)) {
			first = j
		}
	}
	if first == nil {
		return nil
	}
	first.ctx, first.cancel = context.WithCancel(ctx)
	first.State, first.Started = Running, new(time.Now().UTC())
	w.saveLocked(first)
	w.changedLocked()
	return first
}

// make makes one schema, and writes down what came of it.
func (w *Workshop) make(j *job) {
	defer j.cancel()
	in, out := w.path(j.ID, "in"), w.path(j.ID, "out")
	err := w.made(j, in, out)
	if err == nil {
		err = w.finish(j)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case err == nil:
		w.endLocked(j, Done, "")
	case j.deleted:
		w.endLocked(j, Cancelled, "it was cancelled")
	case j.ctx.Err() != nil:
		w.endLocked(j, Interrupted, "the gateway ended before it was done: send the files again")
	default:
		w.endLocked(j, Failed, told(err))
		if fault.KindOf(err) == fault.Internal {
			w.opts.Logger.Error("a schema could not be made", slog.String("schema", j.ID), slog.Any("error", err))
		}
	}
}

// made makes one schema. What somebody sends must not end the process: a panic is
// an error of that schema.
func (w *Workshop) made(j *job, in, out string) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("make a schema: panic: %v\n%s", p, debug.Stack())
		}
	}()
	_, err = w.opts.Make(j.ctx, j.Order, in, out, func(p agent.Progress) { w.tell(j, p) })
	return err
}

// told is an error with its cure, for who asked for the schema.
func told(err error) string {
	text := fault.Message(err)
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Message == "" && f.Kind != fault.Internal {
		text = f.Error()
	}
	if cure := fault.CureOf(err); cure != "" {
		text += " (" + cure + ")"
	}
	return text
}

// close tells of what was not begun, and ends those that follow.
func (w *Workshop) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closing = true
	for _, j := range w.jobs {
		if j.State == Waiting {
			w.endLocked(j, Interrupted, "the gateway ended before it was begun: send the files again")
		}
	}
}

// copied copies a stream to a file of the workshop, no more than most bytes.
func (w *Workshop) copied(name string, from io.Reader, most int64) (int64, error) {
	file, err := w.root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, fault.Wrap(fault.Internal, "keep an upload", err)
	}
	n, err := io.Copy(file, io.LimitReader(from, most+1))
	if err = errors.Join(err, file.Close()); err != nil {
		return n, fault.Wrap(fault.Invalid, "read an upload", err)
	}
	if n > most {
		return n, TooLargeError{}
	}
	return n, nil
}
