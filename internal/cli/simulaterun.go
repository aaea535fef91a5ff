package cli

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/headgate/headgate/internal/sim"
)

// runCases makes simulations, as many at once as there are processors, and
// returns the results of those that were finished when ctx ended, in their
// order. Over a second, it says on a terminal how far it is.
func (a *app) runCases(ctx context.Context, cases []sim.Case) []sim.Result {
	results := make([]sim.Result, len(cases))
	finished := make([]bool, len(cases))
	var next, done atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(cases)) {
		workers.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(cases) {
					return
				}
				c := cases[i]
				c.Stop = func() bool { return ctx.Err() != nil }
				results[i], finished[i] = sim.Simulate(c)
				done.Add(1)
			}
		})
	}
	stop := a.progress(func() string { return fmt.Sprintf("simulated %d of %d", done.Load(), len(cases)) })
	workers.Wait()
	stop()
	var all []sim.Result
	for i := range results {
		if finished[i] {
			all = append(all, results[i])
		}
	}
	return all
}

// progress shows a line on a terminal that is brought up to date four times a
// second, from a second on, until stop is called.
func (a *app) progress(line func() string) (stop func()) {
	if size, _ := a.liveView(); size == nil {
		return func() {}
	}
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		timer := time.NewTimer(time.Second)
		defer timer.Stop()
		shown := false
		for {
			select {
			case <-timer.C:
				fmt.Fprintf(a.err, "\r\x1b[K%s", line())
				shown = true
				timer.Reset(time.Second / 4)
			case <-quit:
				if shown {
					fmt.Fprint(a.err, "\r\x1b[K")
				}
				return
			}
		}
	}()
	return func() {
		close(quit)
		<-ended
	}
}
