// Package awsconverse asks a model by Bedrock's Converse: one tool, which it must
// call. It speaks to a gateway, which paces, repeats and labels calls; nothing is
// repeated here.
package awsconverse

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/document"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/schema/judge"
)

// Options say whom to ask.
type Options struct {
	EndpointURL string // the gateway's address, such as http://127.0.0.1:8088
	Region      llm.Region
	Model       llm.ModelID // or an inference profile's id or ARN
	// AccessKeyID and SecretAccessKey sign what is sent. A gateway on this machine
	// signs anew, and takes any.
	AccessKeyID, SecretAccessKey string
	Class                        string // interactive, standard or batch; empty: the gateway's default
}

// Caller asks one model. It is safe for concurrent use. Close it when done.
type Caller struct {
	sdk       *bedrockruntime.Client
	transport *http.Transport
	model     string
	class     string
}

var _ judge.Caller = (*Caller)(nil)

// New makes a caller. It looks at neither the environment nor files of AWS.
func New(o Options) (*Caller, error) {
	if o.EndpointURL == "" || o.Model == "" || o.Region == "" {
		return nil, fault.New(fault.Invalid, "a model is asked by a gateway's address, a Region and the model's id")
	}
	// A call may wait for minutes until it is its turn: the context alone ends it.
	transport := http.DefaultTransport.(*http.Transport).Clone() //nolint:forcetypeassert // what net/http documents
	transport.ResponseHeaderTimeout = 0
	return &Caller{
		transport: transport, model: string(o.Model), class: o.Class,
		sdk: bedrockruntime.New(bedrockruntime.Options{
			Region: string(o.Region), BaseEndpoint: &o.EndpointURL,
			Credentials: credentials.NewStaticCredentialsProvider(orAny(o.AccessKeyID), orAny(o.SecretAccessKey), ""),
			Retryer:     aws.NopRetryer{}, // the gateway repeats what may pass
			HTTPClient:  &http.Client{Transport: transport},
		}),
	}, nil
}

// orAny is a key for who does not look at it.
func orAny(key string) string {
	if key == "" {
		return "headgate"
	}
	return key
}

// Close ends idle connections.
func (c *Caller) Close() { c.transport.CloseIdleConnections() }

// Call makes a call that ends when ctx does. See judge.Caller.
func (c *Caller) Call(ctx context.Context, r judge.Request, l judge.Labels) (judge.Answer, error) {
	in, err := c.input(r)
	if err != nil {
		return judge.Answer{}, err
	}
	began := time.Now()
	out, err := c.sdk.Converse(ctx, in, func(o *bedrockruntime.Options) { o.APIOptions = append(o.APIOptions, c.labels(l)...) })
	if err != nil {
		return judge.Answer{}, failed("ask "+c.model, err)
	}
	a := judge.Answer{Model: c.model, Took: time.Since(began)}
	if u := out.Usage; u != nil {
		a.Usage = judge.Usage{
			Input: int64(aws.ToInt32(u.InputTokens)), Output: int64(aws.ToInt32(u.OutputTokens)),
			CacheRead: int64(aws.ToInt32(u.CacheReadInputTokens)), CacheWrite: int64(aws.ToInt32(u.CacheWriteInputTokens)),
		}
	}
	headers(out.ResultMetadata, &a)
	a.Input = called(out, r.Tool.Name)
	return a, nil
}

// input is a request as Converse takes it.
func (c *Caller) input(r judge.Request) (*bedrockruntime.ConverseInput, error) {
	var form any
	if err := json.Unmarshal(r.Tool.Schema, &form); err != nil {
		return nil, fault.Wrap(fault.Internal, "read a tool's schema", err)
	}
	return &bedrockruntime.ConverseInput{
		ModelId:  &c.model,
		System:   []types.SystemContentBlock{&types.SystemContentBlockMemberText{Value: r.System}},
		Messages: []types.Message{{Role: types.ConversationRoleUser, Content: []types.ContentBlock{&types.ContentBlockMemberText{Value: r.User}}}},
		// The lowest temperature: the same question is to have the same answer.
		InferenceConfig: &types.InferenceConfiguration{MaxTokens: aws.Int32(int32(r.MaxTokens)), Temperature: aws.Float32(0)}, //nolint:gosec // a few thousand
		ToolConfig: &types.ToolConfiguration{
			Tools: []types.Tool{&types.ToolMemberToolSpec{Value: types.ToolSpecification{
				Name: aws.String(r.Tool.Name), Description: aws.String(r.Tool.Description),
				InputSchema: &types.ToolInputSchemaMemberJson{Value: document.NewLazyDocument(form)},
			}}},
			ToolChoice: &types.ToolChoiceMemberTool{Value: types.SpecificToolChoice{Name: aws.String(r.Tool.Name)}},
		},
	}, nil
}

// labels tell the gateway what a call belongs to, and keep the answer's headers.
func (c *Caller) labels(l judge.Labels) []func(*middleware.Stack) error {
	out := []func(*middleware.Stack) error{awsmiddleware.AddRawResponseToMetadata}
	set := func(name, value string) {
		if value != "" {
			out = append(out, smithyhttp.SetHeaderValue(name, value))
		}
	}
	set("X-Headgate-Run", l.Run)
	if l.Calls > 0 {
		set("X-Headgate-Run-Calls", strconv.Itoa(l.Calls))
	}
	set("X-Headgate-Step", string(l.Step)) // for who reads the requests: the gateway passes it over
	set("X-Headgate-Class", c.class)
	return out
}

// headers are what gateway and emulator say of an answer.
func headers(m middleware.Metadata, a *judge.Answer) {
	raw, ok := awsmiddleware.GetRawResponse(m).(*smithyhttp.Response)
	if !ok {
		return
	}
	h := raw.Header
	a.Pool, a.CallID = h.Get("X-Headgate-Pool"), h.Get("X-Headgate-Call")
	a.Attempts, _ = strconv.Atoi(h.Get("X-Headgate-Attempts")) // 0 without a gateway
	if ms, err := strconv.ParseInt(h.Get("X-Headgate-Queued-Ms"), 10, 64); err == nil {
		a.Waited = time.Duration(ms) * time.Millisecond
	}
	a.Scripted = h.Get("X-Emulator-Script") != ""
	a.Emulated = a.Scripted || h.Get("X-Emulator") != ""
}

// called is what the model filled the tool in with; nil where it did not call it, which
// is a bad answer.
func called(out *bedrockruntime.ConverseOutput, tool string) json.RawMessage {
	m, ok := out.Output.(*types.ConverseOutputMemberMessage)
	if !ok {
		return nil
	}
	for _, block := range m.Value.Content {
		use, ok := block.(*types.ContentBlockMemberToolUse)
		if !ok || aws.ToString(use.Value.Name) != tool || use.Value.Input == nil {
			continue
		}
		if data, err := use.Value.Input.MarshalSmithyDocument(); err == nil {
			return data
		}
	}
	return nil
}
