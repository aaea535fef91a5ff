package filing_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/filing"
	"github.com/headgate/headgate/internal/increase"
)

func TestAWatchBacksOffAndEndsWithTheRequests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		throttled := fault.New(fault.Throttled, "Rate exceeded")
		answers := []struct {
			status account.RequestStatus
			err    error
		}{{"PENDING", nil}, {"", throttled}, {"", throttled}, {"CASE_OPENED", nil}, {"CASE_OPENED", nil}, {"DENIED", nil}}
		round := 0
		var story, troubles []string
		w := filing.Watcher{
			Refresh: func(context.Context) (account.Snapshot, error) {
				a := answers[round]
				round++
				return account.Snapshot{At: time.Now(), Requests: []account.Request{{ID: "r1", Code: "L-CCA5DF70", Desired: 126, Status: a.status}}}, a.err
			},
			OnStep: func(_ context.Context, s increase.Step) {
				story = append(story, time.Since(begin).String()+" "+string(s.To))
			},
			OnTrouble: func(_ error, again time.Duration) { troubles = append(troubles, again.String()) },
		}
		f := increase.Follow(nil)
		if err := w.Run(t.Context(), f); err != nil || !f.Refused() {
			t.Errorf("Run() = %v, refused %t", err, f.Refused())
		}
		// Asked at 0 and 10, then after 20 and 40 seconds, then every 10.
		if diff := cmp.Diff([]string{"0s PENDING", "1m10s CASE_OPENED", "1m30s DENIED"}, story); diff != "" {
			t.Errorf("steps (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"20s", "40s"}, troubles); diff != "" {
			t.Errorf("troubles (-want +got):\n%s", diff)
		}
	})
}

func TestAWatchEndsWithItsContextAndWithoutPermission(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		open := account.Snapshot{Requests: []account.Request{{ID: "r1", Status: "PENDING"}}}
		w := filing.Watcher{Refresh: func(context.Context) (account.Snapshot, error) { return open, nil }, OnStep: func(context.Context, increase.Step) {}}
		if err := w.Run(ctx, increase.Follow(nil)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Run() = %v", err)
		}
		open.Missing = []account.Missing{{Part: "requests", Denied: true, Reason: "not allowed"}}
		if err := w.Run(t.Context(), increase.Follow(nil)); fault.KindOf(err) != fault.Denied {
			t.Errorf("Run() = %v, want that it is not allowed", err)
		}
	})
}
