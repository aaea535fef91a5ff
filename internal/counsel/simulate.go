package counsel

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/headgate/headgate/internal/sim"
)

// Simulate makes simulations, as many at once as there are workers, and returns the
// results of those that were finished when ctx ended, in their order. done is told
// after each, from any goroutine; it may be nil.
func Simulate(ctx context.Context, cases []sim.Case, workers int, done func()) []sim.Result {
	results := make([]sim.Result, len(cases))
	finished := make([]bool, len(cases))
	var next atomic.Int64
	var working sync.WaitGroup
	for range min(max(workers, 1), len(cases)) {
		working.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(cases) {
					return
				}
				c := cases[i]
				c.Stop = func() bool { return ctx.Err() != nil }
				results[i], finished[i] = sim.Simulate(c)
				if done != nil {
					done()
				}
			}
		})
	}
	working.Wait()
	var all []sim.Result
	for i := range results {
		if finished[i] {
			all = append(all, results[i])
		}
	}
	return all
}
