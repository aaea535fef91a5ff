package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/headgate/headgate/internal/fault"
)

func TestExitCode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{errors.New("disk full"), 1},
		{fault.New(fault.Internal, "x"), 1},
		{fault.New(fault.Invalid, "x"), 2},
		{usageError("", "x"), 2},
		{fmt.Errorf("%w: two problems", errCheck), 3},
		{fault.New(fault.Denied, "x"), 4},
		{fault.New(fault.NotFound, "x"), 5},
		{withHint(fault.New(fault.NotFound, "x"), "y"), 5},
		{fault.New(fault.Throttled, "x"), 6},
		{fault.New(fault.Exhausted, "x"), 6},
		{fault.New(fault.Upstream, "x"), 6},
		{fault.New(fault.Timeout, "x"), 6},
		{fault.New(fault.Cancelled, "x"), 130},
		{fmt.Errorf("read: %w", context.Canceled), 130},
	} {
		if got := exitCode(c.err); got != c.want {
			t.Errorf("exitCode(%v) = %d, want %d", c.err, got, c.want)
		}
	}
}

func TestPrintError(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	printError(&b, fmt.Errorf("start: %w", withHint(errors.New("two problems:\none\ntwo"), "mend %s", "both")))
	want := "headgate: error: start: two problems:\n  one\n  two\nheadgate: hint: mend both\n"
	if b.String() != want {
		t.Errorf("printError wrote %q, want %q", b.String(), want)
	}
	b.Reset()
	printError(&b, context.Canceled)
	if want := "headgate: error: interrupted\n"; b.String() != want {
		t.Errorf("printError wrote %q, want %q", b.String(), want)
	}
	// What is below a message that was written to be read is for a log.
	b.Reset()
	printError(&b, fmt.Errorf("find the account: %w", &fault.Error{Kind: fault.Upstream, Op: "ask", Message: "AWS cannot be reached.", Err: errors.New("operation error STS")}))
	if want := "headgate: error: find the account: ask: AWS cannot be reached.\n"; b.String() != want {
		t.Errorf("printError wrote %q, want %q", b.String(), want)
	}
}
