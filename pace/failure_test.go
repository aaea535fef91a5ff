package pace_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/headgate/headgate/internal/emulator"
	"github.com/headgate/headgate/pace"
)

// TestAThrottleThatClearsTooLate: the caller learns when to come back, which the
// service's own error does not say.
func TestAThrottleThatClearsTooLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		there, tokens := int64(1), int64(500_000)
		s := setup(t, options{
			quotas: []emulator.Quota{{Model: haiku, Path: "geo", RequestsPerMinute: &there, TokensPerMinute: &tokens}},
			config: pace.Config{Limits: []pace.Limit{{Model: usHaiku, RequestsPerMinute: 4, TokensPerMinute: tokens}}},
		})
		if _, err := s.converse(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, err := s.converse(ctx)
		e, ok := errors.AsType[*pace.Error](err)
		if !ok || e.Limit != "requests_per_minute" || e.RetryAfter <= 10*time.Second {
			t.Fatalf("error = %v, want a *pace.Error about requests_per_minute that clears after the deadline", err)
		}
		if resp, ok := errors.AsType[*smithyhttp.ResponseError](err); !ok || resp.HTTPStatusCode() != http.StatusTooManyRequests {
			t.Error("the service's own error is not in the chain")
		}
		if got := s.pool().Requests; got != 2 {
			t.Errorf("%d requests were sent, want 2: the SDK must not retry", got)
		}
		s.quiet(t)
	})
}

// TestAnAnswerThatCannotBeReadIsCharged: the upstream has done its work, whatever
// became of the answer.
func TestAnAnswerThatCannotBeReadIsCharged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := setup(t, options{requests: 100, tokens: 500_000, client: func(o *bedrockruntime.Options) {
			o.HTTPClient = garbling{o.HTTPClient}
			o.Retryer = aws.NopRetryer{}
		}})
		if _, err := s.converse(t.Context()); err == nil {
			t.Fatal("a call whose answer is garbled went well")
		}
		s.quiet(t)
		if here, there := s.used(t, "tokens_per_minute"), s.pool().Settled; here < there || there == 0 {
			t.Errorf("%d tokens count here, %d were charged there", here, there)
		}
	})
}

// garbling is an HTTP client that cuts answers off.
type garbling struct{ inner bedrockruntime.HTTPClient }

func (g garbling) Do(r *http.Request) (*http.Response, error) {
	resp, err := g.inner.Do(r)
	if err == nil {
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		resp.Body = io.NopCloser(strings.NewReader(`{"output":{"message":`))
	}
	return resp, err
}

// TestAStreamThatIsThrottledCorrectsTheMirror: the SDK has returned the stream
// already, so its throttle is the caller's; the calls that follow know of it.
func TestAStreamThatIsThrottledCorrectsTheMirror(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := setup(t, options{requests: 100, tokens: 500_000, faults: []emulator.Fault{
			{Kind: emulator.FaultStreamException, Next: 1, Exception: "throttlingException"},
		}})
		out, err := s.stream(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for range out.GetStream().Events() {
		}
		if _, ok := errors.AsType[*types.ThrottlingException](out.GetStream().Err()); !ok {
			t.Errorf("the stream's error = %v, want a *types.ThrottlingException", out.GetStream().Err())
		}
		_ = out.GetStream().Close()
		s.quiet(t)
		for _, l := range s.pacer.Status()[0].Limits {
			if l.Limit == "requests_per_minute" && l.Blocked.IsZero() {
				t.Error("the limit that the stream was refused on is not blocked")
			}
		}
	})
}

func TestEmbeddingsArePaced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const titan = "amazon.titan-embed-text-v2:0"
		requests := int64(2)
		s := setup(t, options{
			quotas: []emulator.Quota{{Model: titan, RequestsPerMinute: &requests}},
			config: pace.Config{Limits: []pace.Limit{{Model: titan, RequestsPerMinute: requests, TokensPerMinute: 100_000}}},
		})
		for range 5 {
			_, err := s.client.InvokeModel(t.Context(), &bedrockruntime.InvokeModelInput{ModelId: aws.String(titan), Body: []byte(`{"inputText":"Why do rivers bend?","dimensions":256}`)})
			if err != nil {
				t.Fatal(err)
			}
		}
		p := s.emulator.Stats().Pool(emulator.DefaultAccount, region, titan, "on-demand")
		if p.Accepted != 5 || p.Throttled.Total() != 0 {
			t.Errorf("%d accepted and %d throttled, want 5 and 0", p.Accepted, p.Throttled.Total())
		}
	})
}
