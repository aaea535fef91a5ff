package fault

import (
	"errors"
	"fmt"
)

// cured is an error with what to do about it.
type cured struct {
	err  error
	cure string
}

// Error is the error alone.
func (c *cured) Error() string { return c.err.Error() }

// Unwrap returns the error.
func (c *cured) Unwrap() error { return c.err }

// WithCure adds to err what whoever met it can do: a sentence, or a command to
// paste. Faces show it after the message. It returns nil for a nil err.
func WithCure(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return &cured{err, fmt.Sprintf(format, args...)}
}

// CureOf is the outermost cure in err's chain; empty without one.
func CureOf(err error) string {
	if c, ok := errors.AsType[*cured](err); ok {
		return c.cure
	}
	return ""
}
