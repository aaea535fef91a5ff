package dispatch

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/ledger"
)

// TestTheRecordHasWhatTheSchedulerKnew: of a call that waited and of one that was
// refused, how many it had before it, for how long, and of how large a limit.
func TestTheRecordHasWhatTheSchedulerKnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, perMinute(1, 500_000), good(10, 5))
		for _, run := range []string{"a", "b", "c"} {
			go func() {
				if status, _, err := b.send(t.Context(), request(run)); status != 200 || err != nil {
					t.Errorf("call %s: %d, %v", run, status, err)
				}
			}()
			synctest.Wait()
		}
		late := request("late")
		late.Labels.Deadline = 10 * time.Second
		f := b.turnedAway(t, late)
		b.quiet(t, 4)
		of := map[string]ledger.Entry{}
		for _, e := range b.ledger.entries {
			of[string(e.Run)] = e
		}
		if e := of["a"]; e.Ahead != 0 || e.Expected != 0 || e.LimitAmount != 0 || e.Route != "us. profile" {
			t.Errorf("the call that went at once: %+v", e)
		}
		if e := of["c"]; e.Ahead != 1 || e.LimitAmount != 1 || e.Expected < 110*time.Second || e.Expected > 130*time.Second || e.RetryAfter != 0 {
			t.Errorf("the third call: ahead %d, expected %v, limit %d, want 1, about two minutes and 1", e.Ahead, e.Expected, e.LimitAmount)
		}
		if e := of["late"]; e.Ahead != 2 || e.LimitAmount != 1 || e.Expected < 2*time.Minute || e.RetryAfter != f.RetryAfter || e.RetryAfter < time.Minute {
			t.Errorf("the refused call: ahead %d, expected %v, limit %d, retry after %v of %v", e.Ahead, e.Expected, e.LimitAmount, e.RetryAfter, f.RetryAfter)
		}
	})
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	c, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{
		"us.anthropic.claude-haiku-4-5-20251001-v1:0":                                                          "us. profile",
		"anthropic.claude-haiku-4-5-20251001-v1:0":                                                             "model",
		"arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0":                 "model, by its ARN",
		"arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.anthropic.claude-haiku-4-5-20251001-v1:0": "us. profile, by its ARN",
		"vendor.unheard-of-v1:0": "model, not in the catalog",
	} {
		target, err := c.Resolve(id, "us-east-1")
		if err != nil {
			t.Fatal(err)
		}
		if got := routeOf(id, target); got != want {
			t.Errorf("routeOf(%s) = %q, want %q", id, got, want)
		}
	}
}
