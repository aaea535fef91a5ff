package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/headgate/headgate/internal/fault"
)

// The exit codes (see the package comment).
const (
	exitOK          = 0
	exitError       = 1
	exitUsage       = 2
	exitCheck       = 3
	exitAuth        = 4
	exitNotFound    = 5
	exitUnavailable = 6
	exitInterrupted = 130
)

// errCheck is wrapped by the error of a check that ran and found something.
var errCheck = errors.New("check failed")

// hintedError is an error with its cure.
type hintedError struct {
	err  error
	hint string
}

func (h *hintedError) Error() string { return h.err.Error() }
func (h *hintedError) Unwrap() error { return h.err }

// withHint adds a cure to err: a sentence, or a command to paste.
func withHint(err error, format string, args ...any) error {
	return &hintedError{err: err, hint: fmt.Sprintf(format, args...)}
}

// awsHint says which policy allows what AWS refused to a job, or where to look when
// AWS cannot be reached.
func awsHint(err error, job string) error {
	kind := fault.KindOf(err)
	if kind == fault.Denied {
		return withHint(err, "`headgate iam print --for %s` prints the policy", job)
	}
	if kind == fault.Upstream || kind == fault.Timeout {
		return withHint(err, "is the network up, and are the Region and AWS_ENDPOINT_URL right? `headgate doctor` looks")
	}
	return err
}

// usageError is a command line that is wrong.
func usageError(hint, format string, args ...any) error {
	return &hintedError{err: fault.New(fault.Invalid, format, args...), hint: hint}
}

// exitCode is the one place where errors become exit codes.
func exitCode(err error) int {
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errCheck):
		return exitCheck
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	}
	return kindCode(fault.KindOf(err))
}

func kindCode(kind fault.Kind) int {
	switch kind {
	case fault.Invalid:
		return exitUsage
	case fault.Denied:
		return exitAuth
	case fault.NotFound:
		return exitNotFound
	case fault.Throttled, fault.Exhausted, fault.Upstream, fault.Timeout:
		return exitUnavailable
	case fault.Cancelled:
		return exitInterrupted
	default:
		return exitError
	}
}

// hintOf is the cure of err, of this package or of an engine; empty without one.
func hintOf(err error) string {
	if h, ok := errors.AsType[*hintedError](err); ok {
		return h.hint
	}
	return fault.CureOf(err)
}

// printError writes err and its hint, if it has one. Lines after the first are
// indented, so that a list of problems stays one error.
func printError(w io.Writer, err error) {
	text := strings.ReplaceAll(strings.TrimSpace(errorText(err)), "\n", "\n  ")
	fmt.Fprintf(w, "headgate: error: %s\n", text)
	if hint := hintOf(err); hint != "" {
		fmt.Fprintf(w, "headgate: hint: %s\n", hint)
	}
}

// errorText is what err says, without the cause below a message that was written to be
// read: that is for a log.
func errorText(err error) string {
	text := err.Error()
	if errors.Is(err, context.Canceled) && fault.KindOf(err) == fault.Internal {
		return strings.Replace(text, context.Canceled.Error(), "interrupted", 1)
	}
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Message != "" && f.Err != nil {
		text = strings.TrimSuffix(text, ": "+f.Err.Error())
	}
	return text
}

// printWarning writes what went wrong and stops nothing, with its hint.
func printWarning(a *app, err error) {
	a.warn(err.Error())
	if hint := hintOf(err); hint != "" {
		fmt.Fprintf(a.err, "headgate: hint: %s\n", hint)
	}
}
