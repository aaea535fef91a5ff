package awscloudwatch

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"

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
	code := api.ErrorCode()
	f.Message = code + ": " + api.ErrorMessage()
	refused := []string{"AccessDeniedException", "AccessDenied", "UnrecognizedClientException", "InvalidClientTokenId", "ExpiredToken", "ExpiredTokenException", "InvalidSignatureException", "SignatureDoesNotMatch"}
	throttled := []string{"ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded"}
	wrong := []string{"ValidationException", "ValidationError", "InvalidParameterValue", "InvalidParameterValueException", "InvalidParameterCombination", "InvalidParameterCombinationException", "MissingParameter", "MissingRequiredParameterException", "LimitExceeded", "LimitExceededException", "LimitExceededFault"}
	response, _ := errors.AsType[*awshttp.ResponseError](err)
	switch {
	case slices.Contains(refused, code), response != nil && response.HTTPStatusCode() == http.StatusForbidden:
		f.Kind, f.Message = fault.Denied, "AWS refused: the credentials must be valid and allow "+action+"."
	case slices.Contains(throttled, code):
		f.Kind = fault.Throttled
	case slices.Contains(wrong, code):
		f.Kind = fault.Invalid
	case code == "ResourceNotFound" || code == "ResourceNotFoundException":
		f.Kind = fault.NotFound
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
		return fault.Timeout, "CloudWatch did not answer in time."
	case inner == nil && sent:
		if op, ok := errors.AsType[*net.OpError](err); ok {
			return fault.Upstream, "CloudWatch cannot be reached: " + op.Error() + "."
		}
		return fault.Upstream, "CloudWatch cannot be reached."
	case inner == nil && answered:
		return fault.Upstream, "something answers at the address of CloudWatch, but not as it does."
	}
	return fault.Denied, "no credentials of AWS were found that can be used; `aws sts get-caller-identity` must work with the same environment and profile."
}
