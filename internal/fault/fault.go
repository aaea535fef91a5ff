// Package fault is the closed set of ways in which Headgate fails. Engines
// return a *Error; each face maps its Kind to a status and a shape of its own
// dialect in one place.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Kind is a class of failure that callers branch on. The zero value is
// Internal, so an error that nobody classified is treated as our own mistake.
type Kind uint8

// The kinds of failure.
const (
	Internal  Kind = iota // our mistake, or unknown
	Throttled             // a wait would be longer than the caller's deadline
	Exhausted             // a quota is zero: no wait helps (a call too large for its quota is Invalid)
	Invalid               // the request is wrong and will stay wrong
	Denied                // not authenticated or not allowed
	NotFound              // no such model, call, run or key
	Upstream              // the upstream failed and retries did not help
	Timeout               // the upstream did not answer in time
	Cancelled             // the client left
)

var kindNames = [...]string{"internal", "throttled", "exhausted", "invalid", "denied", "not_found", "upstream", "timeout", "cancelled"} //nolint:gochecknoglobals // a constant table

// String is the kind's name in logs, metrics and the ledger.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return kindNames[Internal]
}

// Error is a failure with its kind. Message is for the client: it says what
// happened and what to do, and never holds a secret or prompt text. Err is for
// the log.
type Error struct {
	Kind       Kind
	Op         string        // what was being done, lower case
	Message    string        // what a client may read
	Limit      string        // the name of the limit in the way, if one is
	RetryAfter time.Duration // when it may succeed; 0 when unknown
	Call       string        // the call's id in the ledger, once it has one
	Err        error         // the cause; may be nil
}

// Error joins operation, message and cause.
func (e *Error) Error() string {
	text := e.Message
	switch {
	case text == "" && e.Err != nil:
		text = e.Err.Error()
	case text == "":
		text = e.Kind.String()
	case e.Err != nil:
		text += ": " + e.Err.Error()
	}
	if e.Op != "" {
		return e.Op + ": " + text
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// New makes an error of a kind with a message that a client may read.
func New(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// Wrap gives err a kind and says what was being done. It returns nil for a nil err.
func Wrap(kind Kind, op string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Kind: kind, Op: op, Err: err}
}

// KindOf finds the kind of the first *Error in err's chain; Internal when
// there is none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// Message is what a client may read of err: the message of its first *Error,
// or a sentence that gives nothing away.
func Message(err error) string {
	if e, ok := errors.AsType[*Error](err); ok && e.Message != "" {
		return e.Message
	}
	return "Headgate met an internal error. The call's id in the ledger and the log has the cause."
}
