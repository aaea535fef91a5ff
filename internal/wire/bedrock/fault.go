package bedrock

import (
	"bytes"
	"encoding/json"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/wire/eventstream"
)

// ErrorHeader is the response header that names the exception. Without it the
// AWS SDK for Go takes a 429 for an unknown error and does not retry.
const ErrorHeader = "X-Amzn-Errortype"

// StatusOf is the status and the exception's name, the value of ErrorHeader,
// with which err is told to a Bedrock client. An error without a kind is
// internal.
//
// A quota of zero is a 429, as the service itself answers it, and a model that
// nobody knows is a 400 ("The provided model identifier is invalid."): clients
// take the 404 for a model that has reached its end of life.
func StatusOf(err error) (status int, errorType string) {
	switch fault.KindOf(err) {
	case fault.Throttled, fault.Exhausted:
		return 429, "ThrottlingException"
	case fault.Invalid, fault.NotFound:
		return 400, "ValidationException"
	case fault.Denied:
		return 403, "AccessDeniedException"
	case fault.Upstream:
		return 503, "ServiceUnavailableException"
	case fault.Timeout:
		return 408, "ModelTimeoutException"
	case fault.Cancelled: // the client that would read it has left
		return 400, "RequestAbortedException"
	default:
		return 500, "InternalServerException"
	}
}

// ErrorBody is the JSON body of an error, {"message":"…"}.
func ErrorBody(message string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(struct {
		Message string `json:"message"`
	}{message}); err != nil {
		return []byte(`{"message":""}`) // a string always encodes
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

// ExceptionFrame is the frame that tells err to the client of a stream that
// has begun. It must follow a whole frame: a stream that is only closed ends
// in silence in some SDKs.
func ExceptionFrame(err error) []byte {
	frame, failed := eventstream.Append(nil, []eventstream.Header{
		{Name: ":exception-type", Value: exceptionOf(err)},
		{Name: ":content-type", Value: "application/json"},
		{Name: ":message-type", Value: eventstream.TypeException},
	}, ErrorBody(clip([]byte(fault.Message(err)))))
	if failed != nil {
		return nil // headers are constant and the message is cut: it always fits
	}
	return frame
}

// exceptionOf picks among the exceptions that a stream may carry
// (docs.aws.amazon.com/bedrock, API_runtime_ResponseStream).
func exceptionOf(err error) string {
	switch fault.KindOf(err) {
	case fault.Throttled, fault.Exhausted:
		return "throttlingException"
	case fault.Invalid, fault.Denied, fault.NotFound:
		return "validationException"
	case fault.Upstream, fault.Timeout, fault.Cancelled:
		return "modelStreamErrorException"
	default:
		return "internalServerException"
	}
}
