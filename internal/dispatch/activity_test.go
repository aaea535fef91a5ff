package dispatch

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/llm"
)

// TestActivity: what is under way is counted by pool and class while it is, and
// the run that has begun with it.
func TestActivity(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, perMinute(2, 500_000))
		for _, run := range []string{"a", "b", "c"} {
			go b.send(t.Context(), request(run))
			synctest.Wait()
		}
		got := b.Activity()
		if len(got) != 1 || got[0].Held <= 0 {
			t.Fatalf("activity is %+v, want that of one pool and class, with holds", got)
		}
		held := got[0].Held
		pool := llm.Pool{Region: "us-east-1", Model: "anthropic.claude-haiku-4-5-20251001-v1:0", Path: llm.PathGeo}
		if diff := cmp.Diff([]Activity{{Pool: pool, Class: llm.ClassStandard, Waiting: 1, Running: 2, Held: held}}, got); diff != "" {
			t.Errorf("two calls are at the upstream and one waits (-want +got):\n%s", diff)
		}
		if got := b.RunsUnderWay(); got != 2 {
			t.Errorf("%d runs are under way, want the 2 that have begun", got)
		}
		if b.WaitingBytes() == 0 {
			t.Error("the body of the call that waits does not count")
		}
		time.Sleep(4 * time.Second) // the first two have ended
		if got := b.Activity(); len(got) != 1 || got[0].Running != 0 || got[0].Waiting != 1 || got[0].Held != 0 {
			t.Errorf("activity is %+v, want one call that waits", got)
		}
		time.Sleep(2 * time.Minute)
		if got := b.Activity(); len(got) != 0 {
			t.Errorf("activity is %+v after the last call, want none", got)
		}
		b.quiet(t, 3)
	})
}
