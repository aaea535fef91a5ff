package top

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/fault"
)

const (
	// pollEvery is how often a gateway is asked that does not tell live.
	pollEvery = 500 * time.Millisecond
	// firstPause is waited after a connection has broken, twice as long after each
	// attempt that brings nothing, longestPause at most.
	firstPause   = 500 * time.Millisecond
	longestPause = 15 * time.Second
	// lastCalls is how many calls are asked for at first, pollCalls with each poll.
	lastCalls = 200
	pollCalls = 50
)

// follow hears of a gateway until ctx ends, and puts what it hears into box. It
// makes a connection anew that breaks, and gives up only when it is refused: then
// it returns why. It returns nil when ctx has ended.
func follow(ctx context.Context, s Source, box *mailbox) error {
	pause := firstPause
	for {
		heard, err := hear(ctx, s, box)
		switch {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // the view is closed: what broke is nobody's business
		case fault.KindOf(err) == fault.Denied:
			return err
		case heard:
			pause = firstPause
		}
		box.link(link{contact: lost, why: err, again: time.Now().Add(pause)})
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
		pause = min(2*pause, longestPause)
	}
}

// hear hears of a gateway over one connection, and says whether anything came.
func hear(ctx context.Context, s Source, box *mailbox) (heard bool, err error) {
	calls, err := s.Calls(ctx, lastCalls)
	if err != nil {
		return false, err
	}
	box.calls(calls)
	err = s.Live(ctx, func(e Event) {
		heard = true
		box.event(e)
	})
	if errors.Is(err, ErrNotLive) {
		return poll(ctx, s, box)
	}
	return heard, err
}

// poll asks a gateway again and again until it does not answer.
func poll(ctx context.Context, s Source, box *mailbox) (heard bool, err error) {
	t := time.NewTicker(pollEvery)
	defer t.Stop()
	for {
		o, err := s.Overview(ctx)
		if err != nil {
			return heard, err
		}
		heard = true
		box.overview(&o, polling)
		calls, err := s.Calls(ctx, pollCalls)
		if err != nil {
			return heard, err
		}
		box.calls(calls)
		select {
		case <-ctx.Done():
			return heard, ctx.Err()
		case <-t.C:
		}
	}
}

// oldestFirst turns a list of the newest first, in place.
func oldestFirst(calls []console.Call) []console.Call {
	slices.Reverse(calls)
	return calls
}
