package suites

import (
	"context"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/headgate/headgate/bench/internal/results"
	"github.com/headgate/headgate/internal/emulator/meter"
	"github.com/headgate/headgate/internal/sim"
)

// lab makes simulations, each once: suites that look at the same runs from
// different sides share them.
type lab struct {
	mu   sync.Mutex // guards done
	done map[string][]sim.Result
}

func newLab() *lab { return &lab{done: map[string][]sim.Result{}} }

// firstSeed begins the seeds of every simulation.
const firstSeed = 1

// run simulates a scenario with a policy once for each seed. Name tells the
// scenario from all others.
func (l *lab) run(ctx context.Context, s Settings, name string, sc sim.Scenario, p sim.Policy) ([]sim.Result, error) {
	key := name + "/" + string(p)
	l.mu.Lock()
	known := l.done[key]
	l.mu.Unlock()
	if len(known) == s.Seeds {
		return known, nil
	}
	s.Step("%s", key)
	out := make([]sim.Result, s.Seeds)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(2)
	for i := range out {
		g.Go(func() error {
			r, done := sim.Simulate(sim.Case{
				Scenario: sc, Policy: p, Seed: uint64(firstSeed + i), Series: true, //nolint:gosec // a small number
				Stop: func() bool { return ctx.Err() != nil },
			})
			if !done {
				return ctx.Err()
			}
			out[i] = r
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, fmt.Errorf("simulate %s: %w", key, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.done[key] = out
	return out, nil
}

// of lists one figure of all results.
func of(all []sim.Result, figure func(*sim.Result) float64) []float64 {
	out := make([]float64, len(all))
	for i := range all {
		out[i] = figure(&all[i])
	}
	return out
}

// law reads a law that stands in this package.
func law(text string) meter.Law {
	var l meter.Law
	if err := l.UnmarshalText([]byte(text)); err != nil {
		panic(err) // a suite's own constant
	}
	return l
}

// row is one with what all rows of a simulated suite have.
func row(name, metric, arm, law string, load float64) results.Row {
	r := results.Row{Case: name, Arm: arm, Metric: metric, Law: law}
	if load > 0 {
		r.Load = &load
	}
	return r
}
