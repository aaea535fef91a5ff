package e2e

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/emulator"
	"github.com/headgate/headgate/internal/llm"
)

// retryModes are the SDK's own.
func retryModes() map[string]func() aws.Retryer {
	return map[string]func() aws.Retryer{
		"standard": func() aws.Retryer { return retry.NewStandard() },
		"adaptive": func() aws.Retryer { return retry.NewAdaptiveMode() },
	}
}

// askAtOnce makes n calls at the same time and counts those that succeed.
func askAtOnce(t *testing.T, c *bedrockruntime.Client, n int) (succeeded int) {
	t.Helper()
	var ok atomic.Int32
	var calls sync.WaitGroup
	for i := range n {
		calls.Go(func() {
			_, err := c.Converse(t.Context(), question("call "+strconv.Itoa(i)))
			if err == nil {
				ok.Add(1)
				return
			}
			if _, throttled := errors.AsType[*types.ThrottlingException](err); !throttled {
				t.Errorf("call %d: %v, want success or a ThrottlingException", i, err)
			}
		})
	}
	calls.Wait()
	return int(ok.Load())
}

// TestRetriesOfTheSDK shows the same six calls at two requests a minute without
// and with the gateway. Directly, in real time, the SDK's three attempts are
// over within seconds, long before the quota has any more.
func TestRetriesOfTheSDK(t *testing.T) {
	t.Parallel()
	for name, mode := range retryModes() {
		with := func(o *bedrockruntime.Options) { o.Retryer = mode() }
		t.Run(name+" direct", func(t *testing.T) {
			t.Parallel()
			s := setup(t, options{scale: 1, quotas: []emulator.Quota{perMinute(2, 500_000)}})
			if got := askAtOnce(t, runtime(t, s.upstream, with), 6); got >= 6 {
				t.Errorf("%d of 6 calls succeeded at 2 requests a minute, want some to fail", got)
			}
			if s.pool().Throttled.Requests == 0 {
				t.Error("the emulator throttled nothing")
			}
		})
		t.Run(name+" through the gateway", func(t *testing.T) {
			t.Parallel()
			s := setup(t, options{quotas: []emulator.Quota{perMinute(2, 500_000)}})
			if got := askAtOnce(t, runtime(t, s.gateway, with), 6); got != 6 {
				t.Errorf("%d of 6 calls succeeded, want all", got)
			}
			s.noThrottle(t)
			if got := s.pool().Requests; got != 6 {
				t.Errorf("%d requests upstream, want 6", got)
			}
		})
	}
}

// TestRefusalIsHonest fills the queue at the default max_wait of ten minutes:
// what would start later is refused at once, with the time after which it would
// not be; and after that time it is not.
func TestRefusalIsHonest(t *testing.T) {
	t.Parallel()
	const scale = 60
	s := setup(t, options{scale: scale, quotas: []emulator.Quota{perMinute(2, 500_000)}})
	c := runtime(t, s.gateway)
	const calls = 30
	refusals := make(chan error, calls)
	var all sync.WaitGroup
	var done atomic.Int32
	for i := range calls {
		all.Go(func() {
			_, err := c.Converse(t.Context(), question("call "+strconv.Itoa(i)))
			if err != nil {
				refusals <- err
				return
			}
			done.Add(1)
		})
	}
	first := <-refusals
	if n := done.Load(); n >= 20 {
		t.Errorf("%d calls had ended before the first refusal, want it at once", n)
	}
	throttled, ok := errors.AsType[*types.ThrottlingException](first)
	if !ok {
		t.Fatalf("refused with %v, want a ThrottlingException", first)
	}
	answer, ok := errors.AsType[*awshttp.ResponseError](first)
	if !ok {
		t.Fatalf("refused without an answer: %v", first)
	}
	h := answer.Response.Header
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	ms, err2 := strconv.Atoi(h.Get("X-Amz-Retry-After"))
	if err != nil || err2 != nil || seconds < 1 || ms > 1000*seconds || ms <= 1000*(seconds-1) || h.Get("X-Headgate-Limit") != "requests_per_minute" {
		t.Errorf("Retry-After %q, x-amz-retry-after %q, x-headgate-limit %q; want seconds, their milliseconds and requests_per_minute (%s)",
			h.Get("Retry-After"), h.Get("X-Amz-Retry-After"), h.Get("X-Headgate-Limit"), throttled.ErrorMessage())
	}
	if answer.HTTPStatusCode() != http.StatusTooManyRequests {
		t.Errorf("status %d, want 429", answer.HTTPStatusCode())
	}
	// A machine that is too busy to keep the pace may ask for a little more, or
	// let the call in and still be late for it; then it has waited.
	for tries := 0; ; tries++ {
		<-time.After(time.Duration(seconds) * time.Second / scale) // what the answer asks for
		_, err := c.Converse(t.Context(), question("again"))
		if err == nil || strings.Contains(err.Error(), "the call waited 10m") {
			break
		}
		answer, ok := errors.AsType[*awshttp.ResponseError](err)
		if !ok || tries == 2 {
			t.Fatalf("after Retry-After, %d times: %v, want an answer", tries+1, err)
		}
		seconds, _ = strconv.Atoi(answer.Response.Header.Get("Retry-After"))
	}
	all.Wait()
	close(refusals)
	refused := 1
	for range refusals {
		refused++
	}
	// Ten minutes at two a minute hold 20, beside the two that start at once.
	if refused < calls-22 || int(done.Load())+refused != calls {
		t.Errorf("%d of %d were refused and %d answered, want at least %d refused", refused, calls, done.Load(), calls-22)
	}
}

// TestDayIsOver spends the tokens of a day: the next call is refused at once,
// by the limit's name, because no wait that it is allowed reaches the next day.
func TestDayIsOver(t *testing.T) {
	t.Parallel()
	day := emulator.Quota{Model: string(haiku), Path: string(llm.PathGeo), TokensPerDay: aws.Int64(2_000)}
	s := setup(t, options{quotas: []emulator.Quota{day}})
	c := runtime(t, s.gateway)
	q := question("hello")
	q.InferenceConfig.MaxTokens = aws.Int32(390)
	if _, err := c.Converse(t.Context(), q, outputTokens(380)); err != nil {
		t.Fatal(err)
	}
	_, err := c.Converse(t.Context(), q, outputTokens(380))
	answer, ok := errors.AsType[*awshttp.ResponseError](err)
	if !ok || !isType[*types.ThrottlingException](err) || answer.Response.Header.Get("X-Headgate-Limit") != "tokens_per_day" {
		t.Errorf("got %v, want a ThrottlingException that names tokens_per_day", err)
	}
	s.noThrottle(t)
}

// TestAnswersAreKept sends an answered call again under its invocation id: the
// answer is given out once more, unless the configuration keeps none.
func TestAnswersAreKept(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		keep     config.Keep
		upstream int
	}{
		"by default": {config.Default().Keep, 1},
		"no time":    {config.Keep{Bytes: 1 << 20}, 2},
		"no bytes":   {config.Keep{For: config.Duration(time.Minute)}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup(t, options{scale: 1, config: func(cfg *config.Config) { cfg.Keep = c.keep }})
			client := &http.Client{Transport: transport(t)}
			body := invocations()["anthropic"].body
			var answers [2]raw
			for i := range answers {
				var err error
				if answers[i], err = postRaw(t, client, s.gateway, "/model/"+usHaiku+"/invoke", body, "Amz-Sdk-Invocation-Id", "same"); err != nil {
					t.Fatal(err)
				}
			}
			if answers[0].status != http.StatusOK || answers[0].body == "" || c.upstream == 1 && answers[0].body != answers[1].body {
				t.Errorf("answers %+v, want two good ones, the same where it is kept", answers)
			}
			if got := s.wire.count(); got != c.upstream {
				t.Errorf("%d requests upstream, want %d", got, c.upstream)
			}
		})
	}
}
