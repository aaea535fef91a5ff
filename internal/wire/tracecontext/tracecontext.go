// Package tracecontext reads and writes the W3C trace context by which a request
// says of which trace it is a part (www.w3.org/TR/trace-context).
package tracecontext

import (
	"encoding/hex"
	"strings"
)

// Context is a place in a trace. The zero value is none.
type Context struct {
	Trace [16]byte
	// Span is the one that a request belongs to, its parent where it is received.
	Span [8]byte
	// Sampled says that whoever sent it keeps the trace.
	Sampled bool
}

// IsZero reports whether there is no context.
func (c Context) IsZero() bool { return c.Trace == [16]byte{} }

const (
	whole = 2 + 1 + 32 + 1 + 16 + 1 + 2 // 00-{32 hex}-{16 hex}-{2 hex}
	// sampledFlag is the one flag that version 00 defines (§3.2.2.5).
	sampledFlag = 1
)

// Parse reads a traceparent header (§3.2). It reports false for one that must be
// ignored: of a wrong form, of version ff, or with a trace or span of zeros. Later
// versions may append fields.
func Parse(traceparent string) (Context, bool) {
	s := strings.TrimSpace(traceparent)
	if len(s) < whole || s[2] != '-' || s[35] != '-' || s[52] != '-' || len(s) > whole && s[whole] != '-' {
		return Context{}, false
	}
	var version, flags [1]byte
	var c Context
	ok := decode(version[:], s[:2]) && decode(c.Trace[:], s[3:35]) && decode(c.Span[:], s[36:52]) && decode(flags[:], s[53:55])
	if !ok || version[0] == 0xff || version[0] == 0 && len(s) != whole || c.Trace == [16]byte{} || c.Span == [8]byte{} {
		return Context{}, false
	}
	c.Sampled = flags[0]&sampledFlag != 0
	return c, true
}

// decode takes lower-case digits alone, as the specification has it.
func decode(to []byte, digits string) bool {
	if strings.ToLower(digits) != digits {
		return false
	}
	_, err := hex.Decode(to, []byte(digits))
	return err == nil
}

// String is the traceparent header of c, in version 00.
func (c Context) String() string {
	out := make([]byte, 0, whole)
	out = append(out, "00-"...)
	out = hex.AppendEncode(out, c.Trace[:])
	out = append(out, '-')
	out = hex.AppendEncode(out, c.Span[:])
	if c.Sampled {
		return string(append(out, "-01"...))
	}
	return string(append(out, "-00"...))
}
