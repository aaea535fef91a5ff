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

// A request that is made beside the gateway is followed as closely as one that it
// finds itself, from the moment on at which it is told to look.
func TestARequestThatAnotherRoundFindsIsFollowedClosely(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		src := &source{applied: 2, fails: map[string]error{}}
		d, _, seen := setup(t, src)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- d.Run(ctx) }()
		time.Sleep(time.Minute)
		src.set(func() {
			src.requests = []account.Request{{ID: "r", Code: "L-CCA5DF70", Desired: 126, Status: account.StatusPending}}
		})
		if _, err := d.Ask(ctx); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		// Approved, and the value comes later.
		src.set(func() { src.requests[0].Status, src.requests[0].Updated = account.StatusApproved, time.Now() })
		time.Sleep(10 * time.Second)
		src.set(func() { src.applied = 126 })
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if diff := cmp.Diff([]float64{2, 2, 2, 126}, *seen); diff != "" {
			t.Errorf("values handed on within 25 s (-want +got):\n%s", diff)
		}
		cancel()
		<-done
	})
}
