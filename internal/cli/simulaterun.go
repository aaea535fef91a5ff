package cli

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/headgate/headgate/internal/counsel"
	"github.com/headgate/headgate/internal/sim"
)

// runCases makes simulations, as many at once as there are processors, and
// returns the results of those that were finished when ctx ended, in their
// order. Over a second, it says on a terminal how far it is.
func (a *app) runCases(ctx context.Context, cases []sim.Case) []sim.Result {
	var done atomic.Int64
	stop := a.progress(func() string { return fmt.Sprintf("simulated %d of %d", done.Load(), len(cases)) })
	defer stop()
	return counsel.Simulate(ctx, cases, runtime.GOMAXPROCS(0), func() { done.Add(1) })
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
