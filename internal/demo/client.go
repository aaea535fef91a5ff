package demo

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/headgate/headgate/internal/daemon"
	"github.com/headgate/headgate/internal/llm"
)

// client is what an agent holds: the AWS SDK for Go and its own retries. It is
// safe for concurrent use.
type client struct {
	sdk       *bedrockruntime.Client
	transport *http.Transport
	// delays before each retry, in real time. None: the first failure is final.
	delays []time.Duration
}

// newClient makes an SDK client for an endpoint. The SDK's own retries are
// off, so that delays alone decide. Nothing of the machine's AWS
// configuration is read. Close the client when done.
func newClient(endpoint string, delays []time.Duration) *client {
	// No proxy: loopback is not to be found elsewhere.
	transport := &http.Transport{MaxIdleConnsPerHost: maxAgents}
	sdk := bedrockruntime.New(bedrockruntime.Options{
		Region:       string(region),
		BaseEndpoint: aws.String(endpoint),
		Credentials:  credentials.NewStaticCredentialsProvider(daemon.EmulatorKey, daemon.EmulatorSecret, ""),
		Retryer:      aws.NopRetryer{},
		HTTPClient:   &http.Client{Transport: transport},
	})
	return &client{sdk: sdk, transport: transport, delays: delays}
}

// close ends idle connections. No call may be under way.
func (c *client) close() { c.transport.CloseIdleConnections() }

// reply is the answer to one call.
type reply struct {
	text  string
	usage llm.Usage
}

// ask makes one call of a run, with retries. It returns ctx's error when ctx
// ends first.
func (c *client) ask(ctx context.Context, id llm.RunID, calls int, text string) (reply, error) {
	for retry := 0; ; retry++ {
		out, err := c.converse(ctx, id, calls, text)
		switch {
		case err == nil:
			return read(out), nil
		case ctx.Err() != nil:
			return reply{}, context.Cause(ctx)
		case retry == len(c.delays) || !passing(err):
			return reply{}, err
		}
		if err := wait(ctx, c.delays[retry]); err != nil {
			return reply{}, err
		}
	}
}

func (c *client) converse(ctx context.Context, id llm.RunID, calls int, text string) (*bedrockruntime.ConverseOutput, error) {
	return c.sdk.Converse(ctx, &bedrockruntime.ConverseInput{
		ModelId: aws.String(profile),
		Messages: []types.Message{{
			Role:    types.ConversationRoleUser,
			Content: []types.ContentBlock{&types.ContentBlockMemberText{Value: text}},
		}},
		InferenceConfig: &types.InferenceConfiguration{MaxTokens: aws.Int32(maxTokens)},
	}, func(o *bedrockruntime.Options) {
		// The only thing in the agents that knows of Headgate: which run a call
		// belongs to. Bedrock passes it over.
		o.APIOptions = append(o.APIOptions,
			smithyhttp.SetHeaderValue("X-Headgate-Run", string(id)),
			smithyhttp.SetHeaderValue("X-Headgate-Run-Calls", strconv.Itoa(calls)))
	})
}

// read takes the text and the usage out of an answer.
func read(out *bedrockruntime.ConverseOutput) reply {
	var r reply
	if m, ok := out.Output.(*types.ConverseOutputMemberMessage); ok {
		for _, block := range m.Value.Content {
			if t, ok := block.(*types.ContentBlockMemberText); ok {
				r.text += t.Value
			}
		}
	}
	if u := out.Usage; u != nil {
		r.usage = llm.Usage{
			Input:      int64(aws.ToInt32(u.InputTokens)),
			Output:     int64(aws.ToInt32(u.OutputTokens)),
			CacheRead:  int64(aws.ToInt32(u.CacheReadInputTokens)),
			CacheWrite: int64(aws.ToInt32(u.CacheWriteInputTokens)),
		}
	}
	return r
}

// passing reports whether a failure may pass: a throttle, a failure of the
// service, or no answer at all.
func passing(err error) bool {
	answer, ok := errors.AsType[*awshttp.ResponseError](err)
	return !ok || answer.HTTPStatusCode() == http.StatusTooManyRequests || answer.HTTPStatusCode() >= http.StatusInternalServerError
}

// wait returns after d, or with ctx's cause when it ends first.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
