package e2e

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/emulator"
	"github.com/headgate/headgate/internal/ledger"
)

// oneEntry is the only entry of the ledger.
func oneEntry(t *testing.T, s *stand) ledger.Entry {
	t.Helper()
	entries := s.entries(t)
	if len(entries) != 1 {
		t.Fatalf("the ledger has %d entries, want 1: %+v", len(entries), entries)
	}
	return entries[0]
}

// TestTroubleIsHealedUnseen has the upstream fail in every way that comes before
// content. The client's own retries are off, and it sees nothing of it.
func TestTroubleIsHealedUnseen(t *testing.T) {
	t.Parallel()
	for name, faults := range map[string][]emulator.Fault{
		"500 and 503":           {{Kind: emulator.FaultInternal, Next: 2}, {Kind: emulator.FaultUnavailable, Next: 2}},
		"not ready":             {{Kind: emulator.FaultNotReady, Next: 3}},
		"connection reset":      {{Kind: emulator.FaultReset, Next: 2}},
		"slow":                  {{Kind: emulator.FaultSlow, Next: 1}},
		"exception at once":     {{Kind: emulator.FaultStreamException, Next: 2}},
		"exception after start": {{Kind: emulator.FaultStreamException, Next: 2, After: 1, Exception: "serviceUnavailableException"}},
		"throttled in stream":   {{Kind: emulator.FaultStreamException, Next: 1, After: 1, Exception: "throttlingException"}},
		"cut before content":    {{Kind: emulator.FaultStreamCut, Next: 2, After: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup(t, options{faults: faults, quotas: []emulator.Quota{perMinute(100, 500_000)}})
			failures := 0
			for _, f := range faults {
				if f.Kind != emulator.FaultSlow {
					failures += f.Next
				}
			}
			got, err := converseStream(t.Context(), runtime(t, s.gateway), "hello", outputTokens(20))
			if err != nil || got.usage == nil || aws.ToInt32(got.usage.OutputTokens) != 20 {
				t.Errorf("got %+v, %v; want a whole answer of 20 tokens", got, err)
			}
			if s.wire.count() != failures+1 {
				t.Errorf("%d requests upstream, want %d failures and one more", s.wire.count(), failures)
			}
			e := oneEntry(t, s)
			if e.Outcome != ledger.OK || e.Attempts != failures+1 {
				t.Errorf("entry: %s in %d attempts, want ok in %d", e.Outcome, e.Attempts, failures+1)
			}
			// The emulator takes even a throttle within a stream for a call that
			// was admitted; nothing is known of Bedrock there.
			if up := s.pool(); e.Settled < up.Settled && e.ThrottledRequests == 0 {
				t.Errorf("the ledger has %d settled, less than the %d that were charged", e.Settled, up.Settled)
			}
		})
	}
}

// TestTroubleThatLasts gives the client the upstream's own words once the
// schedule of five retries is used up.
func TestTroubleThatLasts(t *testing.T) {
	t.Parallel()
	s := setup(t, options{faults: []emulator.Fault{{Kind: emulator.FaultUnavailable, Probability: 1}}})
	_, err := runtime(t, s.gateway).Converse(t.Context(), question("hello"))
	if _, ok := errors.AsType[*types.ServiceUnavailableException](err); !ok {
		t.Errorf("got %v, want a ServiceUnavailableException", err)
	}
	if e := oneEntry(t, s); e.Outcome != ledger.UpstreamError || e.Attempts != 6 || e.Status != http.StatusServiceUnavailable {
		t.Errorf("entry: %s, status %d in %d attempts; want upstream_error, 503 in 6", e.Outcome, e.Status, e.Attempts)
	}
}

// TestExceptionsInStreams breaks streams after content: the SDK gives its user
// the text up to there and the exception that it was.
func TestExceptionsInStreams(t *testing.T) {
	t.Parallel()
	for name, is := range map[string]func(error) bool{
		"internalServerException":     isType[*types.InternalServerException],
		"modelStreamErrorException":   isType[*types.ModelStreamErrorException],
		"serviceUnavailableException": isType[*types.ServiceUnavailableException],
		"throttlingException":         isType[*types.ThrottlingException],
		"validationException":         isType[*types.ValidationException],
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup(t, options{faults: []emulator.Fault{{Kind: emulator.FaultStreamException, Next: 1, After: 5, Exception: name}}})
			got, err := converseStream(t.Context(), runtime(t, s.gateway), "hello", outputTokens(80))
			if !is(err) || got.text == "" {
				t.Errorf("got %+v, %v; want some text and a %s", got, err, name)
			}
			checkBroken(t, s)
		})
	}
}

func isType[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// checkBroken holds the ledger of one broken stream against the emulator.
func checkBroken(t *testing.T, s *stand) {
	t.Helper()
	e := oneEntry(t, s)
	if e.Outcome != ledger.Broken || e.Attempts != 1 || s.wire.count() != 1 {
		t.Errorf("entry: %s in %d attempts, %d requests upstream; want broken in 1", e.Outcome, e.Attempts, s.wire.count())
	}
	if up := s.pool(); e.Settled < up.Settled {
		t.Errorf("the ledger has %d settled, less than the %d that were charged", e.Settled, up.Settled)
	}
}

// TestCutStreamIsNoEnd cuts the upstream's connection between two frames, after
// content. The SDK would take a clean end of the connection for the end of the
// answer.
func TestCutStreamIsNoEnd(t *testing.T) {
	t.Parallel()
	s := setup(t, options{faults: []emulator.Fault{{Kind: emulator.FaultStreamCut, Next: 1, After: 5}}})
	got, err := converseStream(t.Context(), runtime(t, s.gateway), "hello", outputTokens(80))
	if !isType[*types.ModelStreamErrorException](err) || got.text == "" || got.usage != nil {
		t.Errorf("got %+v, %v; want some text, no usage, and a ModelStreamErrorException", got, err)
	}
	checkBroken(t, s)
}

// impatient gives its first attempt up when told to, as a client with a read
// timeout does.
type impatient struct {
	inner    http.RoundTripper
	giveUp   <-chan struct{}
	second   chan struct{} // closed when the second attempt goes out
	attempts atomic.Int32
	joined   atomic.Bool // what the second answer says
}

func (i *impatient) RoundTrip(r *http.Request) (*http.Response, error) {
	switch i.attempts.Add(1) {
	case 1:
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		stop := make(chan struct{})
		defer close(stop)
		go func() {
			select {
			case <-i.giveUp:
				cancel()
			case <-stop:
			}
		}()
		if _, err := i.inner.RoundTrip(r.WithContext(ctx)); err == nil {
			return nil, errors.New("the first attempt was answered")
		}
		return nil, &net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}
	case 2:
		close(i.second)
	}
	resp, err := i.inner.RoundTrip(r)
	if err == nil {
		i.joined.Store(resp.Header.Get("X-Headgate-Joined") == "true")
	}
	return resp, err
}

// TestRetryAfterAReadTimeoutJoins holds the upstream's answer back until the SDK
// has given its first attempt up and made a second one.
func TestRetryAfterAReadTimeoutJoins(t *testing.T) {
	t.Parallel()
	arrived, second := make(chan struct{}), make(chan struct{})
	s := setup(t, options{gate: func(r *http.Request) {
		close(arrived) // a second request would panic here
		select {
		case <-second:
		case <-r.Context().Done():
		}
	}})
	client := &impatient{inner: transport(t), giveUp: arrived, second: second}
	c := runtime(t, s.gateway, func(o *bedrockruntime.Options) {
		o.HTTPClient = &http.Client{Transport: client}
		o.Retryer = retry.NewStandard(func(o *retry.StandardOptions) {
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		})
	})
	if _, err := c.Converse(t.Context(), question("hello")); err != nil {
		t.Fatalf("%v; want the answer of the first attempt", err)
	}
	if client.attempts.Load() != 2 || s.wire.count() != 1 {
		t.Errorf("%d attempts of the SDK, %d requests upstream; want 2 and 1", client.attempts.Load(), s.wire.count())
	}
	if e := oneEntry(t, s); !client.joined.Load() || e.Outcome != ledger.OK || e.Attempts != 1 {
		t.Errorf("joined %t, entry: %s in %d attempts; want joined, ok in 1", client.joined.Load(), e.Outcome, e.Attempts)
	}
}

// TestClientThatLeavesAStream cancels the upstream: at a minute a token, the
// emulator would go on for more than an hour.
func TestClientThatLeavesAStream(t *testing.T) {
	t.Parallel()
	s := setup(t, options{latency: emulator.Latency{TimeToFirstToken: -1, PerToken: time.Minute}})
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	out, err := runtime(t, s.gateway).ConverseStream(ctx, streamQuestion("hello"), outputTokens(90))
	if err != nil {
		t.Fatal(err)
	}
	stream := out.GetStream()
	for event := range stream.Events() {
		if _, ok := event.(*types.ConverseStreamOutputMemberContentBlockDelta); ok {
			break
		}
	}
	leave()
	_ = stream.Close() // its client has left
	select {
	case <-s.wire.passed()[0].ended:
	case <-time.After(patience):
		t.Fatal("the upstream goes on for a client that has left")
	}
	e := oneEntry(t, s)
	if e.Outcome != ledger.Cancelled || e.Attempts != 1 {
		t.Errorf("entry: %s in %d attempts, want cancelled in 1", e.Outcome, e.Attempts)
	}
	if up := s.pool(); e.Settled < up.Settled || up.Settled == 0 {
		t.Errorf("the ledger has %d settled, the emulator %d; want no less", e.Settled, up.Settled)
	}
}

// TestStopGivesUpWhatHangs ends a gateway under a call that the upstream never
// answers, of a client that has left and of one that has not.
func TestStopGivesUpWhatHangs(t *testing.T) {
	t.Parallel()
	for _, leaves := range []bool{true, false} {
		t.Run(fmt.Sprintf("client leaves %t", leaves), func(t *testing.T) {
			t.Parallel()
			arrived := make(chan struct{})
			s := setup(t, options{
				faults: []emulator.Fault{{Kind: emulator.FaultHang, Next: 1}},
				gate:   func(*http.Request) { close(arrived) },
				config: func(c *config.Config) { c.Drain.Timeout = config.Duration(20 * time.Second) },
			})
			ctx, leave := context.WithCancel(t.Context())
			defer leave()
			ended := make(chan error, 1)
			go func() {
				_, err := runtime(t, s.gateway).Converse(ctx, question("hello"))
				ended <- err
			}()
			<-arrived
			if leaves {
				leave()
				<-ended
			}
			e := oneEntry(t, s)
			if e.Outcome != ledger.Cancelled || e.Attempts != 1 {
				t.Errorf("entry: %s in %d attempts, want cancelled in 1", e.Outcome, e.Attempts)
			}
			if !leaves && <-ended == nil {
				t.Error("a call without an answer succeeded")
			}
		})
	}
}
