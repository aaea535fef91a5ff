package demo

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// sceneEvery is how often a demonstration is looked at, in real time.
const sceneEvery = 200 * time.Millisecond

// Run sets everything up, has all agents of the three set-ups start at once,
// and reports when the last one is done. It leaves nothing behind.
//
// Watch, unless nil, is shown the scene five times a second and once at the
// end, always from the goroutine of Run. When ctx ends, Run returns the report
// of what has happened until then, with an error that wraps ctx's. The error
// of options that make no sense is of kind Invalid; any other says which part
// gave up.
func Run(ctx context.Context, o Options, watch func(Scene)) (_ Report, err error) {
	if err := o.Validate(); err != nil {
		return Report{}, err
	}
	arms, err := newArms(ctx, o)
	defer func() {
		for _, a := range arms {
			err = errors.Join(err, a.close())
		}
	}()
	if err != nil {
		return Report{}, err
	}
	if watch == nil {
		watch = func(Scene) {}
	}
	return perform(ctx, o, arms, watch)
}

// perform serves the arms while their agents work. Servers outlive ctx until
// the agents have gone, so that an interruption looks to nobody like a failure.
func perform(ctx context.Context, o Options, arms []*arm, watch func(Scene)) (Report, error) {
	working, give := context.WithCancelCause(ctx)
	defer give(nil)
	var accounts, gateways []service
	for _, a := range arms {
		accounts = append(accounts, a.account.serve)
		if a.proxy != nil {
			gateways = append(gateways, a.proxy.serve)
		}
	}
	stopAccounts := start(ctx, accounts, give)
	stopGateways := start(ctx, gateways, give)

	var report Report
	err := ready(working, arms)
	if err == nil {
		begin := time.Now()
		play(working, o, arms, begin, watch)
		report = newReport(o, arms, begin)
		err = context.Cause(working)
	}
	// A server that gave up is err already.
	if stopped := errors.Join(stopGateways(), stopAccounts()); err == nil {
		err = stopped
	}
	return report, err
}

// service is something that serves until its context ends.
type service func(context.Context) error

// start runs services until stop is called, which waits for them and joins
// their errors. The values of ctx reach them, its end does not. A service that
// ends by itself is told to failed at once.
func start(ctx context.Context, services []service, failed context.CancelCauseFunc) (stop func() error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var group errgroup.Group
	for _, serve := range services {
		group.Go(func() error {
			err := serve(ctx)
			if err != nil {
				failed(err)
			}
			return err
		})
	}
	return func() error {
		cancel()
		return group.Wait()
	}
}

// ready waits until every gateway answers. It is no part of the measurement.
func ready(ctx context.Context, arms []*arm) error {
	for _, a := range arms {
		if err := a.ready(ctx); err != nil {
			return errors.Join(context.Cause(ctx), err)
		}
	}
	return nil
}

// play has all agents work, shows scenes, and returns when nobody works any
// more.
func play(ctx context.Context, o Options, arms []*arm, begin time.Time, watch func(Scene)) {
	var cast sync.WaitGroup
	for _, a := range arms {
		cast.Go(func() { a.work(ctx, o, begin) })
	}
	over := make(chan struct{})
	go func() {
		cast.Wait()
		close(over)
	}()
	tick := time.NewTicker(sceneEvery)
	defer tick.Stop()
	for {
		select {
		case <-over:
			watch(newScene(o, arms, begin))
			return
		case <-tick.C:
			watch(newScene(o, arms, begin))
		}
	}
}

func newScene(o Options, arms []*arm, begin time.Time) Scene {
	elapsed := time.Since(begin)
	s := Scene{Options: o, Elapsed: elapsed}
	for _, a := range arms {
		s.Arms = append(s.Arms, a.scene(o, begin, elapsed))
	}
	return s
}

func newReport(o Options, arms []*arm, begin time.Time) Report {
	elapsed := time.Since(begin)
	result := func(a *arm) Result { return a.scene(o, begin, elapsed).Result }
	return Report{Direct: result(arms[0]), FIFO: result(arms[1]), Headgate: result(arms[2])}
}
