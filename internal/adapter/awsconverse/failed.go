package awsconverse

import (
	"context"
	"errors"
	"net"
	"net/http"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"github.com/headgate/headgate/internal/fault"
)

// failed gives an error of the SDK its kind, and says what to do.
func failed(op string, err error) error {
	f := &fault.Error{Kind: fault.Upstream, Op: op, Err: err}
	api, answered := errors.AsType[smithy.APIError](err)
	response, _ := errors.AsType[*awshttp.ResponseError](err)
	switch {
	case errors.Is(err, context.Canceled):
		f.Kind, f.Message = fault.Cancelled, "the call was called off."
	case errors.Is(err, context.DeadlineExceeded):
		f.Kind, f.Message = fault.Timeout, "the call had no answer in time."
	case answered && response != nil:
		f.Kind, f.Message = kindOf(response.HTTPStatusCode()), api.ErrorCode()+": "+api.ErrorMessage()
	default:
		f.Message = "the gateway cannot be reached: start it with headgate serve, or name its address."
		if op, ok := errors.AsType[*net.OpError](err); ok && op.Op != "dial" {
			f.Message = "the gateway broke the call off: see its log."
		}
	}
	return f
}

// kindOf is what a status of Bedrock's API means, whoever says it.
func kindOf(status int) fault.Kind {
	switch status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
		return fault.Invalid
	case http.StatusUnauthorized, http.StatusForbidden:
		return fault.Denied
	case http.StatusNotFound:
		return fault.NotFound
	case http.StatusRequestTimeout, http.StatusGatewayTimeout:
		return fault.Timeout
	case http.StatusTooManyRequests:
		return fault.Throttled
	}
	return fault.Upstream
}
