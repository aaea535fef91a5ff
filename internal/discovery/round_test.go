package discovery_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/discovery"
	"github.com/headgate/headgate/internal/llm"
)

// slow is an account that takes a second to answer.
type slow struct{ *source }

func (s slow) Applied(ctx context.Context, r llm.Region) ([]account.Listed, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(time.Second):
	}
	return s.source.Applied(ctx, r)
}

func TestThoseWhoAskDuringARoundShareTheNext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		src := &source{applied: 2, fails: map[string]error{}}
		d, _, _ := setup(t, slow{src})
		first := make(chan discovery.Round, 1)
		ask := func(to chan<- discovery.Round) {
			r, err := d.Ask(t.Context())
			if err != nil {
				t.Errorf("Ask: %v", err)
			}
			to <- r
		}
		go ask(first)
		synctest.Wait()
		src.set(func() { src.requests = []account.Request{{ID: "r", Code: "L-CCA5DF70", Status: account.StatusPending}} })
		const many = 20
		rest := make(chan discovery.Round, many)
		for range many {
			go ask(rest)
		}
		synctest.Wait()
		<-first
		for range many {
			r := <-rest
			want := []account.Change{{Code: "L-CCA5DF70", What: account.ChangeStatus, Request: "r", To: "PENDING"}}
			// The first round may have read the requests before there was one.
			if len(r.Changes) > 0 {
				if diff := cmp.Diff(want, r.Changes); diff != "" {
					t.Errorf("changes (-want +got):\n%s", diff)
				}
			}
			if !r.Snapshot.AnyOpen() {
				t.Error("a round that began later does not see the request")
			}
		}
		if got := len(src.asked); got != 2 {
			t.Errorf("AWS was asked in %d rounds, want 2", got)
		}
	})
}

func TestWhoLeavesDoesNotTakeTheRoundAlong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		src := &source{applied: 2, fails: map[string]error{}}
		d, _, _ := setup(t, slow{src})
		gone, leave := context.WithCancel(t.Context())
		left, stayed := make(chan error, 2), make(chan error, 1)
		go func() { _, err := d.Ask(t.Context()); left <- err }()
		synctest.Wait()
		go func() { _, err := d.Ask(gone); left <- err }() // leads the next round
		synctest.Wait()
		go func() { _, err := d.Ask(t.Context()); stayed <- err }() // shares it
		synctest.Wait()
		leave()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Errorf("who left got %v", err)
		}
		if err := <-stayed; err != nil {
			t.Errorf("who stayed got %v", err)
		}
		<-left
	})
}
