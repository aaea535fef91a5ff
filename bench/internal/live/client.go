package live

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/headgate/headgate/internal/daemon"
	"github.com/headgate/headgate/internal/sim"
)

// client is the AWS SDK for Go with retries of its own. It is safe for concurrent
// use.
type client struct {
	sdk       *bedrockruntime.Client
	transport *http.Transport
	// delays before each retry, in real time. None: the first failure is final.
	delays []time.Duration
}

// fixedDelays are the retries that users of Bedrock are advised to make, in
// nominal time.
func fixedDelays() []time.Duration {
	return []time.Duration{2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 32 * time.Second}
}

// connections that stay open between calls: as many as calls may wait at once.
const connections = 4096

func newClient(endpoint string, delays []time.Duration) *client {
	transport := &http.Transport{MaxIdleConnsPerHost: connections} // no proxy: loopback is not to be found elsewhere
	sdk := bedrockruntime.New(bedrockruntime.Options{
		Region:       string(region),
		BaseEndpoint: aws.String(endpoint),
		Credentials:  credentials.NewStaticCredentialsProvider(daemon.EmulatorKey, daemon.EmulatorSecret, ""),
		Retryer:      aws.NopRetryer{}, // delays alone decide
		HTTPClient:   &http.Client{Transport: transport},
	})
	return &client{sdk: sdk, transport: transport, delays: delays}
}

// close ends idle connections. No call may be under way.
func (c *client) close() { c.transport.CloseIdleConnections() }

// label is a header that says something of a call.
type label struct{ name, value string }

// labels are what the trace knows of a run. Left is what is left of its time.
func labels(t *sim.Trace, ri int, left time.Duration) []label {
	run := &t.Runs[ri]
	all := []label{
		{"X-Headgate-Run", "run-" + strconv.Itoa(ri)},
		{"X-Headgate-Tenant", t.Tenants[run.Tenant].Name},
		{"X-Headgate-Class", run.Class.String()},
	}
	if run.Declared {
		all = append(all, label{"X-Headgate-Run-Calls", strconv.Itoa(run.N)})
	}
	if run.Deadline > 0 {
		all = append(all, label{"X-Headgate-Run-Deadline", strconv.FormatFloat(max(left, time.Millisecond).Seconds(), 'f', 3, 64)})
	}
	return all
}

// asked is how a call went.
type asked struct {
	attempts int
	// retried is how long it was before its last attempt, in real time, and queued
	// how long that was in a gateway's queue, in nominal time.
	retried, queued time.Duration
}

// ask makes one call, with retries. The error is that of the last attempt.
func (c *client) ask(ctx context.Context, call *sim.Call, text string, with []label) (a asked, err error) {
	begun := time.Now()
	for {
		a.attempts++
		a.queued, err = c.converse(ctx, call, text, with)
		if err == nil || ctx.Err() != nil || a.attempts > len(c.delays) || !throttled(err) {
			return a, err
		}
		if err := wait(ctx, c.delays[a.attempts-1]); err != nil {
			return a, err
		}
		a.retried = time.Since(begun)
	}
}

// errUsage says that an answer is not that of the trace.
var errUsage = errors.New("the answer's usage is not the trace's")

// converse makes an attempt. Queued is how long a gateway says that it
// waited, in nominal time.
func (c *client) converse(ctx context.Context, call *sim.Call, text string, with []label) (queued time.Duration, _ error) {
	out, err := c.sdk.Converse(ctx, &bedrockruntime.ConverseInput{
		ModelId: aws.String(profile),
		Messages: []types.Message{{
			Role:    types.ConversationRoleUser,
			Content: []types.ContentBlock{&types.ContentBlockMemberText{Value: text}},
		}},
		InferenceConfig: &types.InferenceConfiguration{MaxTokens: aws.Int32(int32(min(call.MaxTokens, math.MaxInt32)))}, //nolint:gosec // bounded
	}, func(o *bedrockruntime.Options) {
		for _, l := range with {
			o.APIOptions = append(o.APIOptions, smithyhttp.SetHeaderValue(l.name, l.value))
		}
	})
	if err != nil {
		return 0, err
	}
	if raw, ok := awsmiddleware.GetRawResponse(out.ResultMetadata).(*smithyhttp.Response); ok {
		ms, _ := strconv.ParseFloat(raw.Header.Get("X-Headgate-Queued-Ms"), 64) // 0 without a gateway
		queued = time.Duration(ms * float64(time.Millisecond))
	}
	if in, got := int64(aws.ToInt32(out.Usage.InputTokens)), int64(aws.ToInt32(out.Usage.OutputTokens)); in != call.Input || got != call.Output {
		return queued, fmt.Errorf("%w: %d tokens in and %d out, not %d and %d", errUsage, in, got, call.Input, call.Output)
	}
	return queued, nil
}

// throttled reports whether an error is a 429.
func throttled(err error) bool {
	answer, ok := errors.AsType[*awshttp.ResponseError](err)
	return ok && answer.HTTPStatusCode() == http.StatusTooManyRequests
}

// What an emulator counts: a token for so many bytes, and so many for a message.
const (
	bytesPerToken = 4
	messageTokens = 4
)

// prompt is the text of call ci, unlike any other's, that an emulator counts as
// the call's input and answers with its output.
func prompt(ci int, call *sim.Call) string {
	head := fmt.Sprintf("[[output_tokens=%d]] call %d ", call.Output, ci)
	return head + strings.Repeat("x", int(call.Input-messageTokens)*bytesPerToken-len(head))
}

// wait returns after d, or with ctx's cause when it ends first.
func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return context.Cause(ctx)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
