package pace

import (
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
)

// Error is the failure of a call that did not get its turn. Nothing was sent
// upstream, or what was sent was refused on a quota (then the service's own error
// is in the chain).
//
// The chain also holds a *types.ThrottlingException, or for a call that can
// never fit a *types.ValidationException, so that code which knows the service's
// errors knows this one; and the context's error if that ended the wait. The SDK
// does not retry it.
type Error struct {
	// Model is the model as the call names it.
	Model string
	// Limit is the limit in the way, such as "requests_per_minute"; empty when the
	// call waited for its turn alone.
	Limit string
	// RetryAfter is when the same call may succeed; 0 when no wait helps, or
	// nothing is known.
	RetryAfter time.Duration

	message string
	chain   []error
}

// Error says what was in the way, and for how long.
func (e *Error) Error() string { return "pace: " + e.message }

// Unwrap returns what stands behind the error.
func (e *Error) Unwrap() []error { return e.chain }

// RetryableError tells the SDK that another attempt would fare no better.
func (e *Error) RetryableError() bool { return false }

// least is the shortest time after which a caller is told to come back.
const least = time.Second

// refused is the error of a call that has to wait longer than it may, with the
// causes that there are.
func refused(model, limit string, retryAfter time.Duration, message string, causes ...error) *Error {
	e := &Error{Model: model, Limit: limit, RetryAfter: max(least, retryAfter), message: message}
	for _, err := range causes {
		if err != nil {
			e.chain = append(e.chain, err)
		}
	}
	e.chain = append(e.chain, &types.ThrottlingException{Message: aws.String(e.Error())})
	return e
}

// impossible is the error of a call that no wait helps.
func impossible(model, limit, format string, args ...any) *Error {
	e := &Error{Model: model, Limit: limit, message: fmt.Sprintf(format, args...)}
	e.chain = []error{&types.ValidationException{Message: aws.String(e.Error())}}
	return e
}
