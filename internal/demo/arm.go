package demo

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/headgate/headgate/internal/config"
)

// arm is one of the three set-ups: agents, an account, and perhaps a gateway
// between them.
type arm struct {
	name, about string
	board       *board
	account     *account
	proxy       *proxy // nil: the agents call the account directly
	client      *client
}

// directDelays are the retries that Bedrock's users are advised to make: five,
// each after twice the time of the one before, in nominal time.
func directDelays() []time.Duration {
	return []time.Duration{2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 32 * time.Second}
}

// newArms opens the three set-ups. They must be closed, also those that come
// with an error.
func newArms(ctx context.Context, o Options) ([]*arm, error) {
	arms := []*arm{
		{name: "direct", about: "the AWS SDK alone, retries after 2, 4, 8, 16 and 32 s"},
		{name: "fifo", about: "Headgate's pacing, calls in order of arrival; no retries needed"},
		{name: "headgate", about: "Headgate, begun runs first; no retries needed"},
	}
	orders := []config.Order{"", config.OrderFIFO, config.OrderRuns}
	for i, a := range arms {
		if err := a.open(ctx, o, orders[i]); err != nil {
			return arms, fmt.Errorf("set up %s: %w", a.name, err)
		}
	}
	return arms, nil
}

// open makes the account, and the gateway if there is an order.
func (a *arm) open(ctx context.Context, o Options, order config.Order) (err error) {
	a.board = newBoard(o.Agents)
	if a.account, err = newAccount(ctx, o); err != nil {
		return err
	}
	endpoint := a.account.url()
	var delays []time.Duration
	if order == "" {
		for _, d := range directDelays() {
			delays = append(delays, o.real(d))
		}
	} else {
		if a.proxy, err = newProxy(ctx, o, order, endpoint); err != nil {
			return err
		}
		endpoint = a.proxy.url()
	}
	a.client = newClient(endpoint, delays)
	return nil
}

// ready waits until the arm's gateway answers, if it has one.
func (a *arm) ready(ctx context.Context) error {
	if a.proxy == nil {
		return nil
	}
	return a.proxy.ready(ctx)
}

// work has all agents make their runs and returns when the last is done.
func (a *arm) work(ctx context.Context, o Options, begin time.Time) {
	var agents sync.WaitGroup
	for i := range o.Agents {
		agents.Go(func() {
			agent{number: i, calls: o.Calls, client: a.client, board: a.board}.run(ctx, begin)
		})
	}
	agents.Wait()
	a.board.end(time.Since(begin))
}

// scene is what there is to see of the arm.
func (a *arm) scene(o Options, begin time.Time, elapsed time.Duration) ArmScene {
	runs, wall, failure := a.board.read(elapsed)
	upstream := a.account.stats()
	s := ArmScene{
		Name: a.name, About: a.about,
		Result:    measure(o, runs, upstream, wall),
		PerMinute: perMinute(o, upstream, begin, wall),
	}
	s.Result.Failure = failure
	for _, r := range runs {
		s.Agents = append(s.Agents, AgentScene{Answered: r.answered, Finished: r.finished, Failed: r.failed})
	}
	return s
}

// close frees what open made. Nothing of the arm may be serving.
func (a *arm) close() error {
	if a.client != nil {
		a.client.close()
	}
	if a.account != nil {
		a.account.close()
	}
	if a.proxy != nil {
		return a.proxy.close()
	}
	return nil
}
