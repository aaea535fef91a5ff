package pace_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/smithy-go/middleware"

	"github.com/headgate/headgate/internal/emulator"
	"github.com/headgate/headgate/pace"
)

// TestWithoutTheSDKsRetryStep: whatever later versions of the SDK call their retry
// loop, attempts are paced.
func TestWithoutTheSDKsRetryStep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		s := setup(t, options{
			requests: 2, tokens: 500_000,
			config: pace.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))},
			client: func(o *bedrockruntime.Options) {
				remove := func(stack *middleware.Stack) error {
					_, err := stack.Finalize.Remove("Retry")
					return err
				}
				o.APIOptions = append([]func(*middleware.Stack) error{remove}, o.APIOptions...)
			},
		})
		took := elapsed(func() {
			for range 5 {
				if _, err := s.converse(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		})
		s.noThrottle(t)
		s.quiet(t)
		if took < 2*time.Minute {
			t.Errorf("5 calls took %v, want at least 2m", took)
		}
		if got := strings.Count(log.String(), "no step called Retry"); got != 1 {
			t.Errorf("the log says %d times that the step is missing, want once:\n%s", got, log.String())
		}
	})
}

func TestAttachedTwiceIsAttachedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var again *pace.Pacer
		s := setup(t, options{requests: 2, tokens: 500_000, client: func(o *bedrockruntime.Options) { again.Attach(o) }})
		again = s.pacer
		if _, err := s.fresh().Converse(t.Context(), &bedrockruntime.ConverseInput{ModelId: aws.String(usHaiku), Messages: ask(), InferenceConfig: most(100)}); err != nil {
			t.Fatal(err)
		}
		if got := s.used(t, "requests_per_minute"); got != 1 {
			t.Errorf("one call counts as %d", got)
		}
	})
}

// TestAPanicLeavesNothing: a panic in somebody else's middleware passes through, and
// takes the hold with it.
func TestAPanicLeavesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		panics := middleware.FinalizeMiddlewareFunc("Panics", func(context.Context, middleware.FinalizeInput, middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
			panic("somebody else's")
		})
		s := setup(t, options{requests: 2, tokens: 500_000, client: func(o *bedrockruntime.Options) {
			o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error { return stack.Finalize.Add(panics, middleware.After) })
		}})
		func() {
			defer func() {
				if got := recover(); got != "somebody else's" {
					t.Errorf("recovered %v, want the panic", got)
				}
			}()
			_, _ = s.converse(t.Context())
		}()
		s.quiet(t)
	})
}

// TestARetryerWithoutMercyEnds: a refusal stays one, whatever retries it.
func TestARetryerWithoutMercyEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := setup(t, options{requests: 1, tokens: 50, client: func(o *bedrockruntime.Options) { o.Retryer = always{aws.NopRetryer{}} }})
		_, err := s.converse(t.Context())
		if _, ok := errors.AsType[*pace.Error](err); !ok {
			t.Errorf("error = %v, want a *pace.Error", err)
		}
		if got := s.pool().Requests; got != 0 {
			t.Errorf("%d requests were sent, want none", got)
		}
	})
}

type always struct{ aws.NopRetryer }

func (always) IsErrorRetryable(error) bool { return true }
func (always) MaxAttempts() int            { return 3 }
func (always) RetryDelay(int, error) (time.Duration, error) {
	return time.Second, nil
}

func (always) GetRetryToken(context.Context, error) (func(error) error, error) {
	return func(error) error { return nil }, nil
}

func TestWhatIsNotKnownIsNotPaced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		s := setup(t, options{
			quotas: []emulator.Quota{},
			config: pace.Config{Limits: []pace.Limit{}, Logger: slog.New(slog.NewTextHandler(&log, nil))},
		})
		_, _ = s.client.InvokeModel(t.Context(), &bedrockruntime.InvokeModelInput{ModelId: aws.String("somebody.new-model-v1:0"), Body: []byte(`{}`)})
		_, err := s.client.Converse(t.Context(), &bedrockruntime.ConverseInput{ModelId: aws.String("us.anthropic.claude-haiku-4-5"), Messages: ask()})
		if _, ok := errors.AsType[*types.ValidationException](err); !ok {
			t.Errorf("error of a model id that names nothing = %v, want the service's own", err)
		}
		if got := s.pacer.Status(); len(got) != 0 {
			t.Errorf("Status = %+v, want nothing that is paced", got)
		}
		if !strings.Contains(log.String(), "not paced") {
			t.Errorf("the log does not say that calls are not paced:\n%s", log.String())
		}
		if _, err := s.converse(t.Context()); err != nil { // AWS's defaults are known
			t.Fatal(err)
		}
		if got := s.pacer.Status(); len(got) != 1 || got[0].Provenance != "aws default" || got[0].Model != haiku || len(got[0].Limits) == 0 {
			t.Errorf("Status = %+v, want the defaults of %s", got, haiku)
		}
	})
}

func TestNewReportsEveryFault(t *testing.T) {
	t.Parallel()
	_, err := pace.New(pace.Config{MaxWait: -1, TimeScale: 0.5, Limits: []pace.Limit{
		{Model: "us.anthropic.claude-haiku-4-5", RequestsPerMinute: 1},
		{Model: usHaiku, RequestsPerMinute: -1},
		{Model: usHaiku, RequestsPerMinute: 1},
		{Model: usHaiku, TokensPerMinute: 1},
	}})
	if err == nil {
		t.Fatal("New found no fault")
	}
	for _, want := range []string{"MaxWait", "TimeScale", "Limits[0]", "did you mean", "Limits[1]", "Limits[3]"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q:\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "Limits[2]") {
		t.Errorf("the error complains about Limits[2]:\n%v", err)
	}
}

// TestLimitsOfOneRegion: a limit that names a Region holds there, one without in
// every other, each Region for itself.
func TestLimitsOfOneRegion(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := setup(t, options{quotas: []emulator.Quota{}, config: pace.Config{Limits: []pace.Limit{
			{Model: usHaiku, RequestsPerMinute: 1},
			{Model: usHaiku, Region: "us-west-2", RequestsPerMinute: 7},
		}}})
		for _, region := range []string{"us-east-1", "us-east-2", "us-west-2"} {
			_, err := s.client.Converse(t.Context(), &bedrockruntime.ConverseInput{ModelId: aws.String(usHaiku), Messages: ask()},
				func(o *bedrockruntime.Options) { o.Region = region })
			if err != nil {
				t.Fatal(err)
			}
		}
		want := map[string]int64{"us-east-1": 1, "us-east-2": 1, "us-west-2": 7}
		for _, p := range s.pacer.Status() {
			if got := p.Limits[0].Amount; got != want[p.Region] || p.Limits[0].Used != 1 {
				t.Errorf("%s: limit %d with %d used, want %d with 1", p.Region, got, p.Limits[0].Used, want[p.Region])
			}
			delete(want, p.Region)
		}
		if len(want) != 0 {
			t.Errorf("the status lacks %v", want)
		}
	})
}
