package agent

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// borrow copies what a run before has left into the folder of a plan that is only
// shown. What is not there is made anew.
func borrow(to, from string) {
	for _, name := range []string{runFile, "evidence.json"} {
		data, err := os.ReadFile(filepath.Join(from, name)) //nolint:gosec // a run's folder
		if err != nil {
			return
		}
		if os.MkdirAll(to, 0o750) != nil || os.WriteFile(filepath.Join(to, name), data, 0o600) != nil { //nolint:gosec // a folder of our own
			return
		}
	}
	if calls := filepath.Join(from, "calls"); exists(calls) {
		_ = os.CopyFS(filepath.Join(to, "calls"), os.DirFS(calls)) // the plan then counts calls that were made
	}
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// pend writes the schemas that wait for a model as they are.
func (w *batch) pend(ctx context.Context) {
	waiting := slices.DeleteFunc(slices.Clone(w.runs), func(r *Run) bool { return r.callsLeft() == 0 })
	failed := make([]error, len(waiting))
	each(len(waiting), runtime.GOMAXPROCS(0), func(i int) { failed[i] = waiting[i].Pending(ctx) })
	for i, err := range failed {
		waiting[i].failed = err
	}
}

// mostCrews is how many crews are judged at once where requests are not scarce.
const mostCrews = 4

// atOnce is how many crews keep a rate busy: one asks for its next call when it has
// an answer, which takes up to 15 seconds or so. With few requests a minute one
// crew is enough, and then each is finished before the next begins.
func atOnce(rate Rate) int {
	if rate.Requests <= 0 {
		return mostCrews
	}
	return int(min(max((rate.Requests+3)/4, 1), mostCrews))
}

// work judges the crews in their order, and finishes each schema beside the calls of
// the next.
func (w *batch) work(ctx context.Context, all []*crew) {
	var calls atomic.Int64
	var finishing sync.WaitGroup
	free := make(chan struct{}, runtime.GOMAXPROCS(0))
	each(len(all), atOnce(w.Rate), func(i int) {
		c := all[i]
		if ctx.Err() != nil {
			return
		}
		for j, r := range c.runs {
			c.errs[j] = r.failed
		}
		errs := c.judge(ctx)
		calls.Add(int64(c.made))
		for j, r := range c.runs {
			if errs[j] != nil && ctx.Err() != nil {
				continue // what was broken off has not failed
			}
			if errs[j] != nil {
				w.done(r.result(nil, errs[j]))
				continue
			}
			finishing.Go(func() {
				free <- struct{}{}
				defer func() { <-free }()
				p, err := r.Finish(ctx)
				w.done(r.result(p, err))
			})
		}
	})
	finishing.Wait()
	w.report.Calls = int(calls.Load())
}

func (r *Run) result(p *Report, err error) *Result {
	out := &Result{Schema: r.o.Name, Folder: r.o.Out, Totals: total(r.report.Calls), err: err}
	if p != nil {
		out.Judged, out.Tables, out.References, out.Suspected, out.Totals = p.Judged, p.Tables, p.References, p.Suspected, p.Totals
	}
	return out
}
