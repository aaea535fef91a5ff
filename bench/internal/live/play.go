package live

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/headgate/headgate/internal/sim"
)

// Play makes every call of a case and reports what became of it, in nominal time
// and in the simulation's terms: what a simulation measures and Play does not is
// 0. It leaves nothing behind. The error says what could not be played, or what
// no gateway and no account should have answered.
func Play(ctx context.Context, c Case) (_ sim.Result, err error) {
	c.Scenario = c.Scenario.Resolved()
	if err := c.check(); err != nil {
		return sim.Result{}, fmt.Errorf("play %s: %w", c.Scenario.Name, err)
	}
	a, err := newAccount(ctx, c)
	if err != nil {
		return sim.Result{}, err
	}
	defer a.close()
	if c.Policy == sim.Fixed {
		return perform(ctx, c, a, nil)
	}
	p, err := newProxy(ctx, c, a.url())
	if err != nil {
		return sim.Result{}, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	return perform(ctx, c, a, p)
}

// perform serves an account, and a gateway unless it is nil, while the calls are
// made.
func perform(ctx context.Context, c Case, a *account, p *proxy) (sim.Result, error) {
	// Servers outlive the calls, so that the end of ctx looks to nobody like a
	// failure.
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	var servers errgroup.Group
	servers.Go(func() error { return a.serve(serving) })
	endpoint := a.url()
	var delays []time.Duration
	if p == nil {
		for _, d := range fixedDelays() {
			delays = append(delays, clock{scale: c.TimeScale}.real(d))
		}
	} else {
		endpoint = p.url()
	}
	r, err := func() (sim.Result, error) {
		if p == nil {
			return rehearsed(ctx, c, a, endpoint, delays)
		}
		gateway, end := context.WithCancel(serving)
		defer end()
		ended := make(chan error, 1)
		go func() { ended <- p.serve(gateway) }()
		if err := p.ready(ctx); err != nil {
			end()
			return sim.Result{}, errors.Join(err, <-ended)
		}
		r, err := rehearsed(ctx, c, a, endpoint, delays)
		end()
		return r, errors.Join(err, <-ended)
	}()
	stop()
	return r, errors.Join(err, servers.Wait())
}

// rehearsed makes the calls of an account that is served, which begins anew.
func rehearsed(ctx context.Context, c Case, a *account, endpoint string, delays []time.Duration) (sim.Result, error) {
	client := newClient(endpoint, delays)
	defer client.close()
	a.emulator.Reset() // its steps count from here
	pl := &player{
		Case: c, client: client, clock: clock{begin: time.Now(), scale: c.TimeScale},
		calls: make([]callRecord, len(c.Trace.Calls)), runs: make([]runRecord, len(c.Trace.Runs)),
	}
	if err := pl.all(ctx); err != nil {
		return sim.Result{}, err
	}
	return pl.result(a.stats()), nil
}

// player makes the calls of a trace. Each run writes its own records only.
type player struct {
	Case

	client *client
	clock  clock
	calls  []callRecord
	runs   []runRecord
}

// all makes every run and returns when the last has ended.
func (p *player) all(ctx context.Context) error {
	ctx, give := context.WithCancelCause(ctx)
	defer give(nil)
	var runs sync.WaitGroup
	for i := range p.runs {
		runs.Go(func() {
			if err := p.run(ctx, i); err != nil {
				give(fmt.Errorf("run %d: %w", i, err))
			}
		})
	}
	runs.Wait()
	return context.Cause(ctx)
}

// run makes a run's calls, each after the answer to the one before, until one is
// refused for good. The error is of what should not happen.
func (p *player) run(ctx context.Context, ri int) error {
	run, r := &p.Trace.Runs[ri], &p.runs[ri]
	if err := wait(ctx, time.Until(p.clock.begin.Add(p.clock.real(run.At)))); err != nil {
		return err
	}
	r.arrived = p.now()
	for k := range run.N {
		ci := run.First + k
		call, c := &p.Trace.Calls[ci], &p.calls[ci]
		if k > 0 {
			if err := wait(ctx, p.clock.real(call.Think)); err != nil {
				return err
			}
		}
		text := prompt(ci, call)
		c.wanted = p.now()
		left := run.Deadline - (c.wanted - r.arrived)
		asked, err := p.client.ask(ctx, call, text, labels(p.Trace, ri, left))
		c.ended, c.attempts = p.now(), asked.attempts
		c.waited = time.Duration(float64(asked.retried)*p.TimeScale) + asked.queued
		r.ended = c.ended
		if err != nil {
			if !throttled(err) {
				return err
			}
			return nil
		}
		c.answered = true
	}
	r.finished = true
	return nil
}

// now is the nominal time since the beginning.
func (p *player) now() time.Duration { return p.clock.nominal(time.Now()) }
