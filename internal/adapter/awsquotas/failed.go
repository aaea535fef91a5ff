package awsquotas

import (
	"context"
	"errors"
	"net"
	"net/http"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/headgate/headgate/internal/fault"
)

// failed gives an error of the SDK its kind.
func failed(op, action string, err error) error {
	f := &fault.Error{Kind: fault.Upstream, Op: op, Err: err}
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		f.Kind, f.Message = unanswered(err)
		return f
	}
	f.Message = api.ErrorCode() + ": " + api.ErrorMessage()
	switch api.ErrorCode() {
	case "AccessDeniedException", "AccessDenied", "UnrecognizedClientException", "InvalidClientTokenId", "ExpiredTokenException", "ExpiredToken",
		"InvalidSignatureException", "SignatureDoesNotMatch", "MissingAuthenticationTokenException", "MissingAuthenticationToken",
		"IncompleteSignatureException", "IncompleteSignature": // a 400 of Service Quotas, a 403 of the others
		f.Kind, f.Message = fault.Denied, "AWS refused: the credentials must be valid and allow "+action+"."
	case "TooManyRequestsException", "ThrottlingException", "Throttling":
		f.Kind = fault.Throttled
	case "NoSuchResourceException", "ResourceNotFoundException":
		f.Kind = fault.NotFound
	case "IllegalArgumentException", "ResourceAlreadyExistsException", "QuotaExceededException", "InvalidResourceStateException":
		f.Kind = fault.Invalid
	default:
		if response, ok := errors.AsType[*awshttp.ResponseError](err); ok && response.HTTPStatusCode() == http.StatusForbidden {
			f.Kind = fault.Denied
		}
	}
	return f
}

// unanswered says why there is no answer of the API: what is no error of it, nor
// one of sending and reading, is one of finding credentials.
func unanswered(err error) (fault.Kind, string) {
	var inner *smithy.OperationError
	if outer, ok := errors.AsType[*smithy.OperationError](err); ok {
		inner, _ = errors.AsType[*smithy.OperationError](outer.Err)
	}
	_, answered := errors.AsType[*smithyhttp.ResponseError](err)
	_, sent := errors.AsType[*smithyhttp.RequestSendError](err)
	switch {
	case errors.Is(err, context.Canceled):
		return fault.Cancelled, "the question was called off."
	case errors.Is(err, context.DeadlineExceeded):
		return fault.Timeout, "AWS did not answer in time."
	case inner == nil && sent:
		if op, ok := errors.AsType[*net.OpError](err); ok {
			return fault.Upstream, "AWS cannot be reached: " + op.Error() + "."
		}
		return fault.Upstream, "AWS cannot be reached."
	case inner == nil && answered:
		return fault.Upstream, "something answers at the address of AWS, but not as AWS does."
	}
	return fault.Denied, "no credentials of AWS were found that can be used; `aws sts get-caller-identity` must work with the same environment and profile."
}
