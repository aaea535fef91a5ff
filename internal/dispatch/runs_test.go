package dispatch

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/ledger"
)

// inRun is a call of a run that is to make so many and be done in time.
func inRun(run string, calls int, by time.Duration) *Request {
	r := request(run)
	r.Labels.RunCalls, r.Labels.RunDeadline = calls, by
	return r
}

// turnedAway sends a call that is to be refused as a throttle, and returns the
// error.
func (b *bench) turnedAway(t *testing.T, r *Request) *fault.Error {
	t.Helper()
	status, _, err := b.send(t.Context(), r)
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Kind != fault.Throttled {
		t.Fatalf("%d, %v; want a throttle", status, err)
	}
	return f
}

// TestARunIsLetInWholeOrTurnedAway: before any of it is spent, with the limit, the
// label and a time; and when it comes back then, it is let in, however long that is
// and whatever has come meanwhile.
func TestARunIsLetInWholeOrTurnedAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, perMinute(2, 500_000))
		const calls, by = 30, 16 * time.Minute
		first := inRun("first", calls, by)
		if _, _, err := b.send(t.Context(), first); err != nil {
			t.Fatal(err)
		}
		go func() { // the first goes on
			for range calls - 1 {
				r := inRun("first", calls, by)
				r.Labels.RunDeadline = 0
				if _, _, err := b.send(t.Context(), r); err != nil {
					t.Error(err)
				}
			}
		}()
		synctest.Wait()
		f := b.turnedAway(t, inRun("second", calls, by))
		if f.Limit != "requests_per_minute" || f.RetryAfter < 10*time.Minute {
			t.Errorf("limit %q, Retry-After %v; want requests_per_minute, and most of the first run's time", f.Limit, f.RetryAfter)
		}
		for _, want := range []string{"Too many requests", "requests_per_minute", "16m0s", "x-headgate-run-deadline", "it is let in"} {
			if !strings.Contains(f.Message, want) {
				t.Errorf("the message %q does not say %q", f.Message, want)
			}
		}
		early := b.turnedAway(t, inRun("second", calls, by))
		if early.RetryAfter > f.RetryAfter {
			t.Errorf("who comes at once is told %v, after %v", early.RetryAfter, f.RetryAfter)
		}
		<-time.After(f.RetryAfter)
		if _, _, err := b.send(t.Context(), inRun("second", calls, by)); err != nil {
			t.Errorf("back after Retry-After: %v", err)
		}
		b.quiet(t, calls+3)
		refused := 0
		for _, e := range b.ledger.entries {
			if e.Outcome != ledger.Refused {
				continue
			}
			refused++
			if e.Attempts != 0 || e.Status != 429 || e.Limit != "requests_per_minute" || !strings.Contains(e.Reason, "the run cannot be done in 16m0s") {
				t.Errorf("entry %+v, want no attempt, 429, the limit and the reason", e)
			}
		}
		if refused != 2 {
			t.Errorf("%d entries are of refusals, want 2", refused)
		}
	})
}

// TestARunThatCannotBeDoneAloneIsPromisedNothing.
func TestARunThatCannotBeDoneAloneIsPromisedNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, perMinute(2, 500_000))
		f := b.turnedAway(t, inRun("a", 100, time.Minute))
		if strings.Contains(f.Message, "let in") || !strings.Contains(f.Message, "to itself it takes about 49m") && !strings.Contains(f.Message, "to itself it takes about 48m") {
			t.Errorf("message %q, want how long it takes alone, and no promise", f.Message)
		}
		if f.RetryAfter < time.Second {
			t.Errorf("Retry-After %v", f.RetryAfter)
		}
		b.quiet(t, 1)
		if e := b.ledger.entries[0]; !strings.HasPrefix(e.Reason, "refused at once: the run cannot be done in 1m0s") {
			t.Errorf("reason %q", e.Reason)
		}
	})
}

// TestALargeRunIsGivenUpForASmallOne that comes while it waits.
func TestALargeRunIsGivenUpForASmallOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, perMinute(1, 500_000))
		if _, _, err := b.send(t.Context(), request("uses the minute")); err != nil {
			t.Fatal(err)
		}
		large := make(chan *fault.Error)
		go func() { large <- b.turnedAway(t, inRun("large", 4, 5*time.Minute)) }()
		synctest.Wait()
		<-time.After(10 * time.Second)
		small := make(chan error)
		go func() {
			_, _, err := b.send(t.Context(), inRun("small", 2, 5*time.Minute))
			small <- err
		}()
		f := <-large
		if f.Limit != "requests_per_minute" || f.RetryAfter < time.Second || !strings.Contains(f.Message, "after 10s this one, which had not begun") || !strings.Contains(f.Message, "x-headgate-run-deadline") {
			t.Errorf("limit %q, Retry-After %v, message %q", f.Limit, f.RetryAfter, f.Message)
		}
		if err := <-small; err != nil {
			t.Errorf("the small run: %v", err)
		}
		b.quiet(t, 3)
		for _, e := range b.ledger.entries {
			if dropped := e.Run == "large"; dropped != (e.Outcome == ledger.Refused) || dropped && (e.Attempts != 0 || !strings.HasPrefix(e.Reason, "given up after 10s, before the run had begun")) {
				t.Errorf("entry %+v", e)
			}
		}
	})
}

// TestARunDeadlineWithoutARun is that of the one call, however many are declared.
func TestARunDeadlineWithoutARun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, perMinute(1, 500_000))
		r := inRun("", 100, 2*time.Minute)
		if _, _, err := b.send(t.Context(), r); err != nil {
			t.Errorf("one call in two minutes: %v", err)
		}
		r = inRun("", 100, 30*time.Second)
		if f := b.turnedAway(t, r); strings.Contains(f.Message, "let in") {
			t.Errorf("message %q: nobody will know it when it comes back", f.Message)
		}
		b.quiet(t, 2)
	})
}
