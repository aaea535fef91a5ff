package daemon

import (
	"context"
	"log/slog"
	"os"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/increase"
)

// mostUntold bounds the steps that wait for a receiver that is slow.
const mostUntold = 100

// teller tells a program elsewhere of the requests that move on, beside the round
// in which that was noticed.
type teller struct {
	hook     *Hook
	follower *increase.Follower // of the one round at a time
	steps    chan increase.Step
	log      *slog.Logger
}

// newTeller makes what the configuration names; nil when it names nobody. What
// moved on since the snapshot before is told of too.
func newTeller(n config.Notify, before account.Snapshot, log *slog.Logger) (*teller, error) {
	if n.URL == "" {
		return nil, nil //nolint:nilnil // nobody is told
	}
	secret := os.Getenv(n.SecretEnv)
	if secret == "" {
		return nil, fault.New(fault.Invalid, "quotas.notify needs a secret to sign with, and the variable %s is not set", n.SecretEnv)
	}
	hook, err := NewHook(n.URL, secret)
	if err != nil {
		return nil, err
	}
	t := &teller{hook: hook, follower: increase.Follow(nil), steps: make(chan increase.Step, mostUntold), log: log}
	t.follower.Step(before)
	return t, nil
}

// see notices what is new in a snapshot. It is called one at a time, and does not
// wait.
func (t *teller) see(snap account.Snapshot) {
	if t == nil {
		return
	}
	for _, s := range t.follower.Step(snap) {
		if s.From == "" {
			continue // it was there before, or is told of by who filed it
		}
		select {
		case t.steps <- s:
		default:
			t.log.Warn("a step of a request for a higher quota is told to nobody: the receiver of webhooks is too slow", slog.String("request", s.Request), slog.String("status", string(s.To)))
		}
	}
}

// Run tells until ctx ends.
func (t *teller) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case s := <-t.steps:
			if err := t.hook.Tell(ctx, s); err != nil && ctx.Err() == nil {
				t.log.Warn("a step of a request for a higher quota could not be told", slog.String("to", t.hook.Host()), slog.String("request", s.Request), slog.Any("error", err))
			}
		}
	}
}
