package agent

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/headgate/headgate/internal/fault"
)

// Batch says what to make many schemas of, and how.
type Batch struct {
	// Options are those of each schema, but for its inputs and name. Out is the
	// folder in which each has its own.
	Options

	Databases []Database
	// Rate is what the model's calls may use; Pack puts steps and small schemas into
	// shared calls when requests are scarce by it.
	Rate Rate
	Pack bool
	// DryRun ends with the plan and leaves no files.
	DryRun bool
	// Planned is told the plan before the first call, and Ready each schema as it is
	// done. Both may be nil; they are called like Progress.
	Planned func(*Plan)
	Ready   func(*Result)
}

// Result is what became of one schema.
type Result struct {
	Schema     string `json:"schema"`
	Folder     string `json:"folder"`
	Judged     string `json:"judged"` // empty when it failed
	Tables     int    `json:"tables"`
	References int    `json:"references"`
	Suspected  int    `json:"suspected"`
	Totals     Totals `json:"totals"`
	// Error is empty when all is well. A schema made without the model is in the
	// folder even then, unless its files could not be read.
	Error string `json:"error"`

	err error
}

// BatchReport is what became of a batch.
type BatchReport struct {
	Plan *Plan `json:"plan"`
	// Results are in the order in which they were done.
	Results []*Result     `json:"results"`
	Failed  int           `json:"failed"`
	Calls   int           `json:"calls"` // that were made
	Took    time.Duration `json:"took_ns"`
}

// batch is a Batch under way.
type batch struct {
	Batch

	kept   string // the folder that runs before may have left things in
	runs   []*Run
	report *BatchReport

	mu sync.Mutex // of what is told, and of the report
}

// GenerateAll makes many schemas: all are measured at once, and judged one after
// another, those with the fewest calls first. One that fails does not stop the
// others: its result says so. The error is for what stops all.
func GenerateAll(ctx context.Context, b Batch) (_ *BatchReport, err error) {
	w := &batch{Batch: b, kept: b.Out, report: &BatchReport{Results: []*Result{}}}
	begun := time.Now()
	if b.Progress != nil {
		w.Progress = func(p Progress) {
			w.mu.Lock()
			defer w.mu.Unlock()
			b.Progress(p)
		}
	}
	if b.DryRun {
		if w.Out, err = os.MkdirTemp(b.Reading.TempDir, "headgate-plan-*"); err != nil {
			return nil, fault.Wrap(fault.Denied, "make a folder to plan in", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(w.Out)) }()
	}
	defer func() {
		for _, r := range w.runs {
			err = errors.Join(err, r.Close())
		}
	}()
	w.prepare(ctx)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	all, err := w.plan(ctx)
	if err != nil {
		return nil, err
	}
	if b.Planned != nil {
		w.told(func() { b.Planned(w.report.Plan) })
	}
	if !b.DryRun {
		w.pend(ctx)
		w.work(ctx, all)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	w.report.Took = time.Since(begun)
	return w.report, nil
}

// told calls back under the lock, so that nothing is told from two goroutines.
func (w *batch) told(back func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	back()
}

// each does something with numbers below n, so many at once.
func each(n, atOnce int, do func(int)) {
	var wg sync.WaitGroup
	free := make(chan struct{}, max(atOnce, 1))
	for i := range n {
		free <- struct{}{}
		wg.Go(func() {
			defer func() { <-free }()
			do(i)
		})
	}
	wg.Wait()
}

// prepare reads and measures everything, on as many processors as there are.
func (w *batch) prepare(ctx context.Context) {
	runs := make([]*Run, len(w.Databases))
	each(len(runs), runtime.GOMAXPROCS(0), func(i int) {
		d := w.Databases[i]
		o := w.Options
		o.Name, o.Inputs, o.Out = d.Name, d.Inputs, filepath.Join(w.Out, d.Name)
		if len(w.Databases) > 1 {
			o.Workers = 1 // others use the other processors
		}
		if w.DryRun && w.Resume {
			borrow(o.Out, filepath.Join(w.kept, d.Name))
		}
		r, err := Prepare(ctx, o)
		if err != nil {
			w.done(&Result{Schema: d.Name, Folder: o.Out, err: err})
			return
		}
		runs[i] = r
	})
	for _, r := range runs {
		if r != nil {
			w.runs = append(w.runs, r)
		}
	}
}

// plan decides whether calls are shared, goes on over what was answered before, and
// puts the schemas in order.
func (w *batch) plan(ctx context.Context) ([]*crew, error) {
	if w.Caller == nil {
		for _, r := range w.runs {
			r.rounds = nil
		}
	}
	before, tokens := 0, int64(0)
	for _, r := range w.runs {
		before += len(r.Expected())
		tokens += r.tokens()
	}
	packed := w.Pack && scarce(before, tokens, w.Rate)
	before = 0
	for _, r := range w.runs {
		if packed {
			r.rounds = rounds(true)
		}
		if _, err := r.next(ctx); err != nil {
			return nil, err
		}
		before += len(r.Expected())
	}
	all := crews(w.runs, packed)
	w.report.Plan = newPlan(all, before, packed, w.Rate)
	return all, nil
}

// done notes a result and tells it.
func (w *batch) done(r *Result) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r.err != nil {
		w.report.Failed++
		r.Error = r.err.Error()
	}
	w.report.Results = append(w.report.Results, r)
	if w.Ready != nil {
		w.Ready(r)
	}
}
