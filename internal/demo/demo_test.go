package demo

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/headgate/headgate/internal/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// small is a demonstration of two agents with two calls each.
func small(t *testing.T) Options {
	t.Helper()
	o := DefaultOptions()
	o.Agents, o.Calls, o.TimeScale, o.folder = 2, 2, 600, t.TempDir()
	return o
}

// assertTidy fails when a data folder was left behind.
func assertTidy(t *testing.T, o Options) {
	t.Helper()
	left, err := os.ReadDir(o.folder)
	if err != nil || len(left) > 0 {
		t.Errorf("the folder of data folders holds %v, %v; want nothing", left, err)
	}
}

// With a minute's quota for all calls nobody waits, so that no delay of the
// machine can cause a throttle.
func TestRunWithinTheQuota(t *testing.T) {
	t.Parallel()
	o := small(t)
	o.RequestsPerMinute = 4
	scenes := []Scene{}
	report, err := Run(t.Context(), o, func(s Scene) { scenes = append(scenes, s) })
	if err != nil {
		t.Fatalf("Run: %v", err)
	}
	for name, r := range map[string]Result{"direct": report.Direct, "fifo": report.FIFO, "headgate": report.Headgate} {
		if r.RunsStarted != 2 || r.RunsFinished != 2 || r.ClientErrors != 0 || r.UpstreamThrottles != 0 || r.UpstreamCalls != 4 || r.TokensWasted != 0 {
			t.Errorf("%s = %+v (%v), want 2 of 2 runs, 4 calls, nothing wasted, no error and no throttle", name, r, r.Failure)
		}
		if r.RunMean == nil || r.RunP95 == nil || *r.RunMean <= 0 || *r.RunMean > *r.RunP95 || r.Wall <= 0 {
			t.Errorf("%s: times %v, %v, %v s real; want some", name, r.RunMean, r.RunP95, r.Wall)
		}
	}
	last := scenes[len(scenes)-1]
	for _, arm := range last.Arms {
		if arm.Result.RunsFinished != 2 || arm.Agents[0] != (AgentScene{Answered: 2, Finished: true}) {
			t.Errorf("the last scene shows %+v, want two finished runs", arm)
		}
	}
	assertTidy(t, o)
}

// With half of that the second calls wait for the next minute.
func TestRunBeyondTheQuota(t *testing.T) {
	t.Parallel()
	o := small(t)
	report, err := Run(t.Context(), o, nil)
	if err != nil {
		t.Fatalf("Run: %v", err)
	}
	for name, r := range map[string]Result{"fifo": report.FIFO, "headgate": report.Headgate} {
		if r.RunsFinished != 2 || r.ClientErrors != 0 || r.UpstreamCalls != 4 {
			t.Errorf("%s = %+v (%v), want 2 finished runs, 4 calls and no error", name, r, r.Failure)
		}
		// A bucket that starts full and gives two a minute gives four in a minute.
		if r.RunMean != nil && *r.RunP95 < 30 {
			t.Errorf("%s: the last run ended after %v nominal seconds: the quota cannot have been kept", name, *r.RunP95)
		}
	}
	assertTidy(t, o)
}

func TestRunInterrupted(t *testing.T) {
	t.Parallel()
	o := small(t)
	o.TimeScale = 5 // the second calls would wait for twelve seconds
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	report, err := Run(ctx, o, func(Scene) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("Run = %v, want the context's error", err)
	}
	if r := report.Headgate; r.RunsStarted != 2 || r.RunsFinished != 0 || r.ClientErrors != 0 {
		t.Errorf("headgate = %+v (%v), want two runs under way and no client error", r, r.Failure)
	}
	assertTidy(t, o)
}

func TestRunRefuses(t *testing.T) {
	t.Parallel()
	if _, err := Run(t.Context(), Options{}, nil); fault.KindOf(err) != fault.Invalid {
		t.Errorf("Run with no options = %v, want an invalid", err)
	}
	o := small(t)
	o.folder += "/missing"
	if _, err := Run(t.Context(), o, nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Run without a place for data = %v, want that it does not exist", err)
	}
}

func TestServiceThatGivesUpEndsTheWork(t *testing.T) {
	t.Parallel()
	working, give := context.WithCancelCause(t.Context())
	stop := start(t.Context(), []service{
		func(context.Context) error { return errOops },
		func(ctx context.Context) error { <-ctx.Done(); return nil },
	}, give)
	<-working.Done()
	if err := context.Cause(working); !errors.Is(err, errOops) {
		t.Errorf("the work ended with %v, want what the service said", err)
	}
	if err := stop(); !errors.Is(err, errOops) {
		t.Errorf("stop = %v, want what the service said", err)
	}
}
