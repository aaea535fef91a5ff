package config

import (
	"fmt"
	"strings"

	"github.com/headgate/headgate/internal/fault"
)

// Problem is one thing wrong with a configuration, or worth knowing about it.
type Problem struct {
	// Key is the path of the key, "quotas.pools[0].path"; empty for the file as
	// a whole.
	Key string `json:"key"`
	// Where the value was set: "headgate.yaml:7:12", "HEADGATE_LISTEN",
	// "--listen", or empty for a default.
	Where string `json:"where"`
	// Text says what is wrong and what would be right.
	Text string `json:"text"`
}

// String is the problem on one line.
func (p Problem) String() string {
	parts := make([]string, 0, 3)
	for _, part := range []string{p.Where, p.Key, p.Text} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ": ")
}

// Error is every problem of a configuration. Its chain holds a *fault.Error of
// kind Invalid whose message is the same text.
type Error struct {
	Problems []Problem
}

// mostShown problems fill a screen; a file of the wrong kind has thousands.
const mostShown = 20

// Error lists the problems, one on a line, at most twenty of them.
func (e *Error) Error() string {
	if len(e.Problems) == 1 {
		return e.Problems[0].String()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "the configuration has %d problems:", len(e.Problems))
	for i, p := range e.Problems {
		if i == mostShown {
			fmt.Fprintf(&b, "\n  and %d more", len(e.Problems)-i)
			break
		}
		b.WriteString("\n  " + p.String())
	}
	return b.String()
}

// Unwrap gives the error its kind.
func (e *Error) Unwrap() error { return fault.New(fault.Invalid, "%s", e.Error()) }

// asError is nil when there are no problems.
func asError(problems []Problem) error {
	if len(problems) == 0 {
		return nil
	}
	return &Error{Problems: problems}
}

// clip keeps a value that is quoted in a message short.
func clip(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
