package cache

import (
	"net/http"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/wire/eventstream"
	"github.com/headgate/headgate/internal/wire/restream"
)

// Answer is a kept answer. It is shared by all who are given it: nobody may change
// it.
type Answer struct {
	// Operation is the one that was answered, which says whether Body is a stream.
	Operation llm.Operation
	// Header is what of the upstream's headers belongs to the answer.
	Header http.Header
	Body   []byte

	Tenant  llm.Tenant // whose call it was
	ModelID string     // as that call named it
	Pool    llm.Pool
	Usage   llm.Usage // of that call, and what a repeat saves
	Settled int64     // quota tokens, likewise
	Cost    int64     // nano-USD, likewise; below 0 when not known
	Stored  time.Time
	// Fresh is how long it is given out from Stored on, and Stale how long after
	// that, while it is asked for anew.
	Fresh, Stale time.Duration
}

// State says whether an answer may be given out.
type State uint8

// The states.
const (
	Gone State = iota
	Stale
	Fresh
)

// State is the answer's at an instant.
func (a *Answer) State(now time.Time) State {
	switch age := now.Sub(a.Stored); {
	case age < a.Fresh:
		return Fresh
	case age < a.Fresh+a.Stale:
		return Stale
	}
	return Gone
}

// size is about what the answer occupies.
func (a *Answer) size() int64 {
	const overhead = 512
	n := int64(len(a.Body)) + overhead
	for name, values := range a.Header {
		for _, v := range values {
			n += int64(len(name) + len(v))
		}
	}
	return n
}

// As is the answer in the form that an operation has: its own, byte by byte, or
// turned from a stream into a whole answer or back. It reports false when it cannot
// be turned.
func (a *Answer) As(op llm.Operation) (header http.Header, body []byte, ok bool) {
	header = a.Header.Clone()
	if op == a.Operation {
		return header, a.Body, true
	}
	if whole(op) != whole(a.Operation) {
		return nil, nil, false
	}
	if op.Streams() {
		if body, ok = restream.Stream(op, a.Body); !ok {
			return nil, nil, false
		}
		header.Set("Content-Type", eventstream.ContentType)
		if op == llm.OpInvokeStream {
			header.Set("X-Amzn-Bedrock-Content-Type", "application/json")
		}
		return header, body, true
	}
	if body, ok = restream.Whole(a.Operation, a.Body); !ok {
		return nil, nil, false
	}
	header.Set("Content-Type", "application/json")
	header.Del("X-Amzn-Bedrock-Content-Type")
	return header, body, true
}

// Kept is what of an upstream's headers belongs to an answer that others may be
// given: all but what is of the exchange in which it came, or of our own.
func Kept(h http.Header) http.Header {
	out := http.Header{}
	for name, values := range h {
		switch lower := strings.ToLower(name); {
		default:
			out[name] = values
		case strings.HasPrefix(lower, "x-headgate-"):
		case lower == "date", lower == "connection", lower == "keep-alive", lower == "content-length", lower == "transfer-encoding",
			lower == "trailer", lower == "age", lower == "set-cookie", lower == "x-amzn-bedrock-invocation-latency":
		}
	}
	return out
}
