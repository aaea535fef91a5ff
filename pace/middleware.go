package pace

import (
	"context"
	"net/http/httptrace"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/headgate/headgate/internal/llm"
)

// The names of the hooks in an operation's stack.
const (
	callHook    = "HeadgatePaceCall"
	attemptHook = "HeadgatePaceAttempt"
	answerHook  = "HeadgatePaceAnswer"
	// retryHook is the SDK's own retry loop.
	retryHook = "Retry"
)

type callKey struct{}

// install puts the hooks into an operation's stack: one around the call, one
// around each attempt, and one around the wire, where the answer's bytes pass.
func (p *Pacer) install(stack *middleware.Stack) error {
	if _, attached := stack.Initialize.Get(callHook); attached {
		return nil
	}
	if err := stack.Initialize.Add(middleware.InitializeMiddlewareFunc(callHook, p.aroundCall), middleware.Before); err != nil {
		return err
	}
	if err := stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc(answerHook, aroundWire), middleware.After); err != nil {
		return err
	}
	attempt := middleware.FinalizeMiddlewareFunc(attemptHook, aroundAttempt)
	if stack.Finalize.Insert(attempt, retryHook, middleware.After) == nil {
		return nil
	}
	// The name of the retry loop is the SDK's own affair. At the end of the step we
	// are within it all the same, but behind the signature, which holds for five
	// minutes.
	p.misplaced.Do(func() {
		p.log.Warn("this version of the AWS SDK has no step called Retry: calls wait after they are signed, so waits of more than five minutes fail")
	})
	return stack.Finalize.Add(attempt, middleware.After)
}

// aroundCall begins and ends a call, whatever becomes of it.
func (p *Pacer) aroundCall(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (out middleware.InitializeOutput, md middleware.Metadata, err error) {
	op, id := target(in.Parameters)
	if id == "" {
		return next.HandleInitialize(ctx, in)
	}
	w := p.way(wayKey{id, awsmiddleware.GetRegion(ctx)})
	if w.lane == nil {
		return next.HandleInitialize(ctx, in)
	}
	c := &call{p: p, way: w, op: op, model: id, labels: labelsOf(ctx), place: place{lane: w.lane}}
	whole := false // false while a panic passes
	defer func() { c.end(ctx, whole && err == nil) }()
	out, md, err = next.HandleInitialize(middleware.WithStackValue(ctx, callKey{}, c), in)
	whole = true
	return out, md, err
}

// target is the operation and the model id of a typed input; an empty id when
// the operation is not paced.
func target(input any) (llm.Operation, string) {
	var op llm.Operation
	var id *string
	switch in := input.(type) {
	case *bedrockruntime.ConverseInput:
		op, id = llm.OpConverse, in.ModelId
	case *bedrockruntime.ConverseStreamInput:
		op, id = llm.OpConverseStream, in.ModelId
	case *bedrockruntime.InvokeModelInput:
		op, id = llm.OpInvoke, in.ModelId
	case *bedrockruntime.InvokeModelWithResponseStreamInput:
		op, id = llm.OpInvokeStream, in.ModelId
	}
	if id == nil {
		return op, ""
	}
	return op, *id
}

// aroundAttempt lets an attempt wait for its turn.
func aroundAttempt(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
	c, _ := middleware.GetStackValue(ctx, callKey{}).(*call)
	req, ok := in.Request.(*smithyhttp.Request)
	if c == nil || !ok {
		return next.HandleFinalize(ctx, in)
	}
	return c.attempt(ctx, req, next)
}

// aroundWire notes when the request was written, and reads the answer's use out of
// its bytes as they pass. To replace the reader of the SDK's event stream instead
// would race with the goroutine that the SDK starts with it.
func aroundWire(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
	c, _ := middleware.GetStackValue(ctx, callKey{}).(*call)
	if c == nil || c.sent == nil {
		return next.HandleDeserialize(ctx, in)
	}
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: c.sent.wrote})
	out, md, err := next.HandleDeserialize(ctx, in)
	if resp, ok := out.RawResponse.(*smithyhttp.Response); ok && err == nil {
		c.answered(resp)
	}
	return out, md, err
}
