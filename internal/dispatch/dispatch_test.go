package dispatch

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/headgate/headgate/internal/adapt"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/limit"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

func TestCallsWaitTheirTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, perMinute(2, 500_000))
		var wg sync.WaitGroup
		for i := range 6 {
			wg.Go(func() {
				if status, _, err := b.send(t.Context(), request(strconv.Itoa(i))); status != 200 || err != nil {
					t.Errorf("call %d: %d, %v", i, status, err)
				}
			})
		}
		wg.Wait()
		for i, at := range b.up.starts[2:] {
			if gap := at.Sub(b.up.starts[i]); gap < time.Minute || gap > time.Minute+2*time.Second {
				t.Errorf("start %d came %v after start %d, want a minute and the jitter", i+2, gap, i)
			}
		}
		b.quiet(t, 6)
		for i, e := range b.ledger.entries {
			if waited := e.Queued > time.Second; waited != (e.Limit == "requests_per_minute") {
				t.Errorf("entry %d waited %v for limit %q", i, e.Queued, e.Limit)
			}
		}
	})
}

func TestRunOfSixAtTwoAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, perMinute(2, 500_000))
		begin := time.Now()
		for range 6 {
			r := request("run")
			r.Labels.RunCalls = 6
			if status, _, err := b.send(t.Context(), r); status != 200 || err != nil {
				t.Fatalf("%d, %v", status, err)
			}
		}
		// The best direct client against a bucket starts at 0, 3, 30, 60, 90 and
		// 120 s, and ends 3 s later.
		if took := time.Since(begin); took > 123*time.Second*105/100 {
			t.Errorf("the run took %v, want at most 1.05 × 2m3s", took)
		}
		b.quiet(t, 6)
	})
}

func TestThrottleGoesBackToTheHead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, perMinute(2, 500_000), throttle("requests"))
		status, _, err := b.send(t.Context(), request("a"))
		if status != 200 || err != nil {
			t.Fatalf("got %d, %v; want the client to see no throttle", status, err)
		}
		b.quiet(t, 1)
		e := b.ledger.entries[0]
		if e.Attempts != 2 || e.ThrottledRequests != 1 || e.Outcome != ledger.OK {
			t.Errorf("entry = %+v, want two attempts, one throttle, ok", e)
		}
		if gap := b.up.starts[1].Sub(b.up.starts[0]); gap < 30*time.Second || gap > 31*time.Second {
			t.Errorf("the second attempt came after %v, want the 30 s that earn one request", gap)
		}
	})
}

// TestLateWordOfAnAttempt: a transport may say only after the answer that the
// request was sent. That must not be taken for the next attempt's.
func TestLateWordOfAnAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		late := throttle("requests")
		late.sent = 62 * time.Second // the second attempt is under way then
		b := setup(t, perMinute(1, 500_000), late)
		b.opts.Limits = limit.NewMemory(limit.Options{Learn: adapt.ModeOff, Source: func(p llm.Pool) limit.Limits {
			return limit.Limits{Pool: p, Limits: perMinute(1, 500_000), Provenance: limit.Configured}
		}}) // what the throttle would teach is beside the point
		for _, run := range []string{"a", "b"} {
			if status, _, err := b.send(t.Context(), request(run)); status != 200 || err != nil {
				t.Fatalf("%s: %d, %v", run, status, err)
			}
		}
		b.quiet(t, 2)
		if gap := b.up.starts[2].Sub(b.up.starts[1]); gap > 61*time.Second {
			t.Errorf("the next call came %v after the second attempt, want a minute and the jitter", gap)
		}
	})
}

func TestThrottlesThatNobodyExplains(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var script []reply
		for range 9 {
			script = append(script, throttle("tokens"))
		}
		b := setup(t, perMinute(100, 500_000), script...)
		status, body, err := b.send(t.Context(), request("a"))
		if err != nil || status != 429 || !strings.Contains(body, "Too many tokens") {
			t.Fatalf("got %d, %q, %v; want the upstream's own 429", status, body, err)
		}
		// The first, two corrected, three by schedule.
		if got := len(b.up.starts); got != 6 {
			t.Errorf("%d attempts, want 6", got)
		}
		b.quiet(t, 1)
	})
}

func TestRetrySchedule(t *testing.T) {
	t.Parallel()
	for name, bad := range map[string]reply{
		"500":        {status: 500, typ: "InternalServerException", body: `{"message":"x"}`},
		"503":        {status: 503, typ: "ServiceUnavailableException", body: `{"message":"x"}`},
		"not ready":  {status: 429, typ: "ModelNotReadyException", body: `{"message":"x"}`},
		"connection": {err: fault.Wrap(fault.Upstream, "dial", errors.New("refused"))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := setup(t, perMinute(100, 500_000), bad, bad, bad)
				begin := time.Now()
				status, _, err := b.send(t.Context(), request("a"))
				if status != 200 || err != nil {
					t.Fatalf("got %d, %v", status, err)
				}
				if took := time.Since(begin); took < 14*time.Second {
					t.Errorf("took %v, want the schedule of 2, 4 and 8 s", took)
				}
				b.quiet(t, 1)
			})
		})
	}
}

func TestRetriesEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		down := reply{err: fault.Wrap(fault.Upstream, "dial", errors.New("refused"))}
		b := setup(t, perMinute(100, 500_000), down, down, down, down)
		if _, _, err := b.send(t.Context(), request("a")); fault.KindOf(err) != fault.Upstream {
			t.Errorf("err = %v, want kind upstream", err)
		}
		b.quiet(t, 1)
	})
}

func TestFinalErrorsPassThrough(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, perMinute(100, 500_000), reply{status: 400, typ: "ValidationException", body: `{"message":"no such thing"}`})
		status, body, err := b.send(t.Context(), request("a"))
		if status != 400 || body != `{"message":"no such thing"}` || err != nil {
			t.Errorf("got %d, %q, %v; want the upstream's words", status, body, err)
		}
		if got := len(b.up.starts); got != 1 {
			t.Errorf("%d attempts, want 1", got)
		}
		b.quiet(t, 1)
	})
}

func TestPanicReleasesEverything(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, perMinute(2, 500_000), reply{panics: true})
		if _, _, err := b.send(t.Context(), request("a")); fault.KindOf(err) != fault.Internal {
			t.Errorf("err = %v, want internal", err)
		}
		if status, _, err := b.send(t.Context(), request("b")); status != 200 {
			t.Errorf("the next call: %d, %v", status, err)
		}
		b.quiet(t, 2)
	})
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		limits []quota.Limit
		body   string
		model  string
		kind   fault.Kind
		words  string
	}{
		"zero quota":         {limits: perMinute(0, 500_000), kind: fault.Exhausted, words: "Support case"},
		"can never fit":      {limits: perMinute(2, 60), kind: fault.Invalid, words: "can ever hold"},
		"unset max_tokens":   {limits: perMinute(2, 5000), kind: fault.Invalid, words: "max_tokens is not set", body: `{"messages":[]}`},
		"max_tokens too big": {limits: perMinute(2, 500_000), kind: fault.Invalid, words: "exceed the model limit", body: `{"messages":[],"inferenceConfig":{"maxTokens":900000}}`},
		"malformed":          {limits: perMinute(2, 500_000), kind: fault.Invalid, words: "Malformed", body: `{"messages":`},
		"unknown model":      {limits: perMinute(2, 500_000), kind: fault.NotFound, words: "did you mean", model: "anthropic.claude-3-5-haiku-20241022:0"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := setup(t, test.limits)
				r := request("a")
				if test.body != "" {
					r.Body = []byte(test.body)
				}
				if test.model != "" {
					r.ModelID = test.model
				}
				_, _, err := b.send(t.Context(), r)
				if fault.KindOf(err) != test.kind || !strings.Contains(fault.Message(err), test.words) {
					t.Errorf("err = %v, want %v with %q", err, test.kind, test.words)
				}
				if len(b.up.starts) != 0 {
					t.Error("the upstream was called")
				}
				b.quiet(t, 1)
				f, _ := errors.AsType[*fault.Error](err)
				if e := b.ledger.entries[0]; f == nil || f.Call != string(e.ID) || e.Status < 400 {
					t.Errorf("the error names the call %+v, its entry is %s with status %d", f, e.ID, e.Status)
				}
			})
		})
	}
}

func TestHonestRefusal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, perMinute(2, 500_000))
		var wg sync.WaitGroup
		var mu sync.Mutex
		var refused []*fault.Error
		done := 0
		for i := range 30 {
			wg.Go(func() {
				status, _, err := b.send(t.Context(), request(strconv.Itoa(i)))
				mu.Lock()
				defer mu.Unlock()
				if f, ok := errors.AsType[*fault.Error](err); ok {
					refused = append(refused, f)
				} else if status == 200 {
					done++
				}
			})
		}
		synctest.Wait()
		// Ten minutes at two a minute hold 20, and the two that start at once; the
		// rest is refused without waiting.
		mu.Lock()
		if len(refused) < 8 || len(refused) > 10 {
			t.Errorf("%d of 30 were refused at once, want 8 to 10", len(refused))
		}
		for _, f := range refused {
			if f.Kind != fault.Throttled || f.Limit != "requests_per_minute" || f.RetryAfter < time.Second {
				t.Errorf("refusal = %+v, want throttled by requests_per_minute with a Retry-After", f)
			}
		}
		atOnce := len(refused)
		mu.Unlock()
		wg.Wait()
		if late := len(refused) - atOnce; late != 0 {
			t.Errorf("%d calls were let in and refused after their wait: the last place was promised to more than one", late)
		}
		if done+len(refused) != 30 {
			t.Errorf("%d done and %d refused of 30", done, len(refused))
		}
		b.quiet(t, 30)
	})
}

func TestRetryOfTheClientJoins(t *testing.T) {
	t.Parallel()
	for name, invocation := range map[string]string{"by invocation": "i-1", "by body": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := setup(t, perMinute(2, 500_000))
				for i := range 2 {
					if status, _, err := b.send(t.Context(), request(strconv.Itoa(i))); status != 200 {
						t.Fatal(status, err)
					}
				}
				first, leave := context.WithTimeout(t.Context(), 20*time.Second)
				defer leave()
				r := request("same")
				r.Invocation = invocation
				if _, _, err := b.send(first, r); fault.KindOf(err) != fault.Cancelled {
					t.Fatalf("err = %v, want cancelled", err)
				}
				again := request("same")
				again.Invocation = invocation
				if status, _, err := b.send(t.Context(), again); status != 200 || err != nil {
					t.Fatal(status, err)
				}
				if got := len(b.up.starts); got != 3 {
					t.Errorf("%d upstream attempts, want 3: the retry joins", got)
				}
				b.quiet(t, 3)
				if got := b.ledger.entries[2].JoinedRetries; got != 1 {
					t.Errorf("JoinedRetries = %d, want 1", got)
				}
			})
		})
	}
}

func TestReadTimeoutKeepsThePlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, perMinute(1, 500_000))
		if status, _, err := b.send(t.Context(), request("first")); status != 200 {
			t.Fatal(status, err)
		}
		begin, tries := time.Now(), 0
		for status := 0; status != 200; {
			tries++
			r := request("slow")
			r.Invocation, r.ReadTimeout = "slow", 24*time.Second
			var err error
			if status, _, err = b.send(t.Context(), r); err == nil {
				continue
			}
			if fault.KindOf(err) != fault.Throttled {
				t.Fatalf("try %d: %v, want throttled", tries, err)
			}
			<-time.After(time.Second)
		}
		if took := time.Since(begin); took > 64*time.Second || tries < 3 {
			t.Errorf("took %v in %d tries, want the first turn, a minute on, after three", took, tries)
		}
		if len(b.up.starts) != 2 {
			t.Errorf("%d attempts, want 2", len(b.up.starts))
		}
		b.quiet(t, 2)
	})
}

func TestClientThatLeavesForGoodFreesItsPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, perMinute(1, 500_000))
		if status, _, err := b.send(t.Context(), request("first")); status != 200 {
			t.Fatal(status, err)
		}
		gone, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		if _, _, err := b.send(gone, request("gone")); fault.KindOf(err) != fault.Cancelled {
			t.Fatal(err)
		}
		if status, _, err := b.send(t.Context(), request("next")); status != 200 {
			t.Fatal(status, err)
		}
		if got := len(b.up.starts); got != 2 {
			t.Errorf("%d attempts, want 2: nobody waited for the one in the middle", got)
		}
		b.quiet(t, 3)
	})
}

func TestARunThatDeclaresTooMuchShutsNobodyOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, perMinute(2, 500_000))
		var wg sync.WaitGroup
		for range 3 { // one more than may start: the run has a call that waits
			wg.Go(func() {
				r := request("greedy")
				r.Labels.RunCalls = 1_000_000
				if status, _, err := b.send(t.Context(), r); status != 200 {
					t.Error(status, err)
				}
			})
			synctest.Wait()
		}
		r := request("modest")
		r.Labels.Deadline = time.Hour
		_, _, err := b.send(t.Context(), r)
		if f, ok := errors.AsType[*fault.Error](err); ok && f.RetryAfter > time.Hour {
			t.Errorf("told to come back in %v, want no more than what 100 calls take", f.RetryAfter)
		}
		wg.Wait()
		// The greedy run thinks now, and the quota is free: nobody waits for it.
		if status, _, err := b.send(t.Context(), request("next")); status != 200 || err != nil {
			t.Errorf("a call on a free quota: %d, %v", status, err)
		}
		b.quiet(t, 5)
	})
}
