// Package refusal holds the errors of Amazon Bedrock as they go over the wire:
// a status, an exception name in the x-amzn-errortype header, and a JSON body
// with one message. The texts are those that the service is seen to send; the
// shapes are those of its public service model (boto/botocore, bedrock-runtime).
package refusal

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
)

// suffix follows the exception's name in x-amzn-errortype. SDKs cut it off.
const suffix = ":http://internal.amazon.com/coral/com.amazon.bedrock/"

// Messages of a 429, as captured from the service. Clients tell the limits
// apart by nothing else. A quota of zero is reported as the day's.
const (
	TooManyRequests = "Too many requests, please wait before trying again."
	TooManyTokens   = "Too many tokens, please wait before trying again." //nolint:gosec // no credential
	TooManyPerDay   = "Too many tokens per day, please wait before trying again."
)

// RateExceeded is the message of a throttle of the other services.
const RateExceeded = "Rate exceeded"

// Error is a refusal as a client sees it.
type Error struct {
	Status  int    // HTTP status
	Type    string // exception name, such as "ThrottlingException"
	Message string
}

// Error names the exception and gives its message.
func (e *Error) Error() string { return e.Type + ": " + e.Message }

// New makes a refusal.
func New(status int, kind, message string) *Error {
	return &Error{Status: status, Type: kind, Message: message}
}

// Validation is a 400 for a request that is wrong and stays wrong.
func Validation(format string, args ...any) *Error {
	return New(http.StatusBadRequest, "ValidationException", fmt.Sprintf(format, args...))
}

// Serialization is a 400 for a body that does not have the operation's shape.
func Serialization(message string) *Error {
	return New(http.StatusBadRequest, "SerializationException", message)
}

// Malformed is a 400 for an InvokeModel body that the model cannot read.
func Malformed(what string) *Error {
	return Validation("Malformed input request: %s, please reformat your input and try again.", what)
}

// Throttling is a 429. It carries no Retry-After: the service sends none.
func Throttling(message string) *Error {
	return New(http.StatusTooManyRequests, "ThrottlingException", message)
}

// Denied is a 403 with the exception of the caller's choice.
func Denied(kind, message string) *Error { return New(http.StatusForbidden, kind, message) }

// Unauthorized is the 403 of an account whose policies do not allow an action.
func Unauthorized(account, action string) *Error {
	return Denied("AccessDeniedException", fmt.Sprintf(
		"User: arn:aws:iam::%s:user/headgate is not authorized to perform: %s because no identity-based policy allows the %s action", account, action, action))
}

// NotFound is a 404 for a resource.
func NotFound(message string) *Error {
	return New(http.StatusNotFound, "ResourceNotFoundException", message)
}

// UnknownOperation is a 404 for a path that belongs to no operation.
func UnknownOperation() *Error {
	return New(http.StatusNotFound, "UnknownOperationException", "The requested operation is not recognized by the service.")
}

// Internal is the service's 500.
func Internal() *Error {
	return New(http.StatusInternalServerError, "InternalServerException",
		"The system encountered an unexpected error during processing. Try your request again.")
}

// Unavailable is the service's 503: shared capacity is short, no quota is hit.
func Unavailable() *Error {
	return New(http.StatusServiceUnavailable, "ServiceUnavailableException",
		"Too many connections, please wait before trying again.")
}

// NotReady is the 429 that is not a throttle.
func NotReady() *Error {
	return New(http.StatusTooManyRequests, "ModelNotReadyException",
		"The model specified in the request is not ready to serve inference requests.")
}

// From finds the refusal in err's chain; any other error is Internal.
func From(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return Internal()
}

// Body is the JSON object of the refusal, {"message":"…"}.
func (e *Error) Body() []byte {
	quoted, err := json.Marshal(e.Message)
	if err != nil {
		quoted = []byte(`""`)
	}
	body := make([]byte, 0, len(quoted)+len(`{"message":}`))
	body = append(body, `{"message":`...)
	body = append(body, quoted...)
	return append(body, '}')
}

// Write sends the refusal. It reports the failure of the write.
func (e *Error) Write(w http.ResponseWriter) error {
	body := e.Body()
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("X-Amzn-Errortype", e.Type+suffix)
	w.WriteHeader(e.Status)
	_, err := w.Write(body)
	return err
}
