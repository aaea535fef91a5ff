package dispatch

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/quota"
)

// TestUnacceptedCredentialsAreOurs: AWS's words on a signature repeat what was
// signed, and would have the client look for the mistake in its own.
func TestUnacceptedCredentialsAreOurs(t *testing.T) {
	t.Parallel()
	for _, typ := range []string{"InvalidSignatureException", "ExpiredTokenException", "UnrecognizedClientException"} {
		synctest.Test(t, func(t *testing.T) {
			b := setup(t, perMinute(100, 500_000), reply{status: 403, typ: typ, body: `{"message":"The Canonical String should have been 'x-amz-security-token:THE-TOKEN'"}`})
			_, _, err := b.send(t.Context(), request("a"))
			if f, ok := errors.AsType[*fault.Error](err); !ok || f.Kind != fault.Denied || !strings.Contains(f.Message, typ) {
				t.Errorf("%s: err = %v, want denied with the exception's name", typ, err)
			}
			b.quiet(t, 1)
			e := b.ledger.entries[0]
			if strings.Contains(err.Error()+e.ErrorMessage, "THE-TOKEN") {
				t.Errorf("%s: the token is in the error %q or the entry %q", typ, err, e.ErrorMessage)
			}
			if e.Outcome != ledger.Denied || e.Status != 403 || e.Attempts != 1 {
				t.Errorf("%s: entry: %s, %d, %d attempts; want denied, 403, 1", typ, e.Outcome, e.Status, e.Attempts)
			}
		})
	}
}

// TestDeniedCallPasses: what the credentials may not do is for the client to read.
func TestDeniedCallPasses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const words = `{"message":"You don't have access to the model with the specified model ID."}`
		b := setup(t, perMinute(100, 500_000), reply{status: 403, typ: "AccessDeniedException", body: words})
		if status, body, err := b.send(t.Context(), request("a")); status != 403 || body != words || err != nil {
			t.Errorf("got %d, %q, %v; want the upstream's words", status, body, err)
		}
		b.quiet(t, 1)
	})
}

func TestLongErrorPassesWhole(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		long := `{"message":"` + strings.Repeat("x", 3*maxErrorBody) + `"}`
		b := setup(t, perMinute(100, 500_000), reply{status: 400, typ: "ValidationException", body: long})
		if status, body, err := b.send(t.Context(), request("a")); status != 400 || body != long || err != nil {
			t.Errorf("got %d and %d bytes, %v; want 400 and all %d", status, len(body), err, len(long))
		}
		b.quiet(t, 1)
	})
}

// TestAnswersThatBreakEnd: when every attempt's answer breaks, it is the
// upstream's failure, not ours.
func TestAnswersThatBreakEnd(t *testing.T) {
	t.Parallel()
	reset := errors.New("connection reset")
	for name, bad := range map[string]reply{
		"stream": {status: 200, stream: true, body: opening(), broken: reset},
		"error":  {status: 500, typ: "InternalServerException", broken: reset},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := setup(t, perMinute(100, 500_000), bad, bad, bad, bad)
				_, _, err := b.send(t.Context(), streamRequest("a"))
				if fault.KindOf(err) != fault.Upstream {
					t.Errorf("err = %v (%s), want the kind upstream", err, fault.KindOf(err))
				}
				b.quiet(t, 1)
				if e := b.ledger.entries[0]; e.Outcome != ledger.UpstreamError || e.Attempts != 4 {
					t.Errorf("entry: %s in %d attempts, want an upstream error in 4", e.Outcome, e.Attempts)
				}
			})
		})
	}
}

// TestCallThatIsGivenUpUnsentCostsNothing: at one request a minute the next call
// need not wait for it.
func TestCallThatIsGivenUpUnsentCostsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, perMinute(1, 500_000), reply{err: fault.Wrap(fault.Cancelled, "dial", context.Canceled), unsent: true})
		ended := make(chan error, 1)
		go func() {
			_, _, err := b.send(t.Context(), request("a"))
			ended <- err
		}()
		synctest.Wait()
		b.led.Range(func(_, c any) bool {
			c.(*call).cancel(errLeft) //nolint:forcetypeassert // led holds nothing else
			return true
		})
		if err := <-ended; fault.KindOf(err) != fault.Cancelled {
			t.Fatalf("err = %v, want cancelled", err)
		}
		begin := time.Now()
		if status, _, err := b.send(t.Context(), request("b")); status != 200 || err != nil {
			t.Fatal(status, err)
		}
		if waited := b.up.starts[1].Sub(begin); waited > 0 {
			t.Errorf("the next call waited %v for one that was never sent", waited)
		}
		b.quiet(t, 2)
	})
}

// TestOneTenantLeavesRoomInLine: a tenant that fills the line alone does not
// shut the others out.
func TestOneTenantLeavesRoomInLine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, perMinute(1, 500_000))
		b.opts.Policy.MaxDepth, b.opts.Policy.MaxWait = 20, 24*time.Hour
		ctx, leave := context.WithCancel(t.Context())
		refused := make(chan error, 40)
		for i := range 40 {
			go func() {
				if _, _, err := b.send(ctx, request("heavy-"+strconv.Itoa(i))); fault.KindOf(err) != fault.Cancelled {
					refused <- err
				}
			}()
			synctest.Wait()
		}
		// One starts, 18 wait, the others are refused.
		if got := len(refused); got != 21 {
			t.Errorf("%d of 40 calls of the heavy tenant were refused, want 21", got)
		}
		r := request("light")
		_ = r.Labels.Fill("tenant", "light", 1)
		done := make(chan error, 1)
		go func() {
			_, _, err := b.send(t.Context(), r)
			done <- err
		}()
		if err := <-done; err != nil {
			t.Errorf("the light tenant's call: %v", err)
		}
		leave()
		b.Close()
		b.quiet(t, 41)
	})
}

// TestDifferentCallsNeverMeet: a call whose client left is taken up by the same
// call alone.
func TestDifferentCallsNeverMeet(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Request){
		"guardrail": func(r *Request) { r.Header.Set("X-Amzn-Bedrock-GuardrailIdentifier", "strict") },
		"accept":    func(r *Request) { r.Header.Set("Accept", "image/png") },
		"tenant":    func(r *Request) { _ = r.Labels.Fill("tenant", "another", 1) },
		"principal": func(r *Request) { r.Principal = "AKIB" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := setup(t, perMinute(100, 500_000))
				first, leave := context.WithTimeout(t.Context(), time.Second)
				defer leave()
				if _, _, err := b.send(first, request("same")); fault.KindOf(err) != fault.Cancelled {
					t.Fatalf("err = %v, want cancelled", err)
				}
				r := request("same")
				change(r)
				if status, _, err := b.send(t.Context(), r); status != 200 || err != nil {
					t.Fatal(status, err)
				}
				if got := len(b.up.starts); got != 2 {
					t.Errorf("%d upstream calls, want 2: the calls differ", got)
				}
				b.quiet(t, 2)
			})
		})
	}
}

// TestThrottleOfTheDaySaysWhenItClears: no wait within the deadline helps, so the
// client gets the upstream's words, and with them what they do not say.
func TestThrottleOfTheDaySaysWhenItClears(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		refusal := reply{status: 429, typ: "ThrottlingException", body: `{"message":"Too many tokens per day, please wait before trying again."}`}
		b := setup(t, append(perMinute(100, 500_000), quota.Limit{Kind: quota.TokensPerDay, Amount: 1 << 40}), refusal)
		resp, err := b.Do(t.Context(), request("a"))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		h := resp.Header
		// A quarter of an hour: a throttle of the day does not say when its day ends.
		if resp.Status != 429 || h.Get("X-Headgate-Limit") != "tokens_per_day" || h.Get("Retry-After") != "900" || h.Get("X-Amz-Retry-After") != "900000" {
			t.Errorf("got %d with %v, want 429, tokens_per_day and 900 s", resp.Status, h)
		}
		if err := b.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if e := b.ledger.entries[0]; e.Limit != "tokens_per_day" || e.Outcome != ledger.Throttled {
			t.Errorf("entry: %s by %q, want throttled by tokens_per_day", e.Outcome, e.Limit)
		}
		b.Close()
	})
}

// TestAnySetOfLimits: a pool may have none, or those of a day alone.
func TestAnySetOfLimits(t *testing.T) {
	t.Parallel()
	for name, limits := range map[string][]quota.Limit{
		"none":             nil,
		"tokens per day":   {{Kind: quota.TokensPerDay, Amount: 1_000_000}},
		"requests":         {{Kind: quota.RequestsPerMinute, Amount: 100}},
		"input and output": {{Kind: quota.InputTokensPerMinute, Amount: 500_000}, {Kind: quota.OutputTokensPerMinute, Amount: 500_000}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := setup(t, limits)
				for i := range 5 {
					begin := time.Now()
					if status, _, err := b.send(t.Context(), request(strconv.Itoa(i))); status != 200 || err != nil {
						t.Fatal(status, err)
					}
					if waited := b.up.starts[i].Sub(begin); waited > 0 {
						t.Errorf("call %d waited %v, with room for all", i, waited)
					}
				}
				if err := b.Wait(t.Context()); err != nil {
					t.Fatal(err)
				}
				for _, p := range b.opts.Limits.Pools() {
					for _, s := range p.Status() {
						// 20 of input and five times 30 of output for each call.
						if s.Kind == quota.TokensPerDay && (s.Used != 5*170 || s.Planned != s.Used) {
							t.Errorf("%s: used %d, planned %d; want what five calls settled", s.Limit, s.Used, s.Planned)
						}
					}
				}
				b.Close()
			})
		})
	}
}
