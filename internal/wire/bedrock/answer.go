package bedrock

import (
	"encoding/base64"
	"errors"
	"strings"

	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/wire/eventstream"
)

const (
	// maxMessage is how much of an upstream's message is kept, in bytes.
	maxMessage = 1 << 10
	// keptDecoded is the most that an Answer keeps for decoding when it is
	// reset; a chunk of a stream has a few hundred bytes.
	keptDecoded = 64 << 10
)

var (
	errCutFrame = errors.New("the event stream ends inside a frame")
	errCutBody  = errors.New("the body ends inside its JSON")
)

// Answer reads usage, stop reason and the like from the bytes of one successful
// answer while somebody else passes them on. It holds no more of them than one
// frame of a stream, or the usage of a body. It is not safe for concurrent use.
// Once warm it allocates nothing for an answer without an exception.
type Answer struct {
	streams bool
	frames  eventstream.Scanner
	body    tap
	decoded []byte // of a chunk's base64; reused

	usage     llm.Usage
	found     bool // some usage has been read
	final     bool // the last word on usage has been read
	content   bool
	stop      string
	latency   int64
	failed    bool
	exception string
	message   string
}

// NewAnswer returns a reader for the answer to op with the given content type.
func NewAnswer(op llm.Operation, contentType string) *Answer {
	a := &Answer{}
	a.Reset(op, contentType)
	return a
}

// Reset makes a ready for another answer, keeping buffers of reasonable size.
func (a *Answer) Reset(op llm.Operation, contentType string) {
	a.frames.Reset()
	a.body.reset()
	if cap(a.decoded) > keptDecoded {
		a.decoded = nil
	}
	*a = Answer{frames: a.frames, body: a.body, decoded: a.decoded}
	a.streams = strings.HasPrefix(contentType, eventstream.ContentType) || contentType == "" && op.Streams()
}

// Write reads the next bytes of the answer. It takes all of p, keeps none of
// it, and never fails: a fault shows in End and AtBoundary, and does not hinder
// the bytes from passing.
func (a *Answer) Write(p []byte) (int, error) {
	if !a.streams {
		a.content = a.content || len(p) > 0
		for rest := p; len(rest) > 0; {
			key, raw, n := a.body.feed(rest)
			if key != nil {
				a.member(key, raw)
			}
			rest = rest[n:]
		}
		return len(p), nil
	}
	for a.frames.Feed(p); a.frames.Next(); {
		a.frame(a.frames.Message())
	}
	return len(p), nil
}

// End says what is wrong with the answer as a whole, now that no more comes: a
// faulty or unfinished frame (an *eventstream.Error for a faulty one), or an
// unfinished body. A stream that stops between two frames looks whole here;
// that it lacks its last event shows in Usage.
func (a *Answer) End() error {
	switch {
	case a.frames.Err() != nil:
		return a.frames.Err()
	case a.AtBoundary():
		return nil
	case a.streams:
		return errCutFrame
	}
	return errCutBody
}

// AtBoundary reports whether a frame of our own could follow what has passed:
// true between the frames of a stream, and after the end of a body.
func (a *Answer) AtBoundary() bool {
	if a.streams {
		return a.frames.AtBoundary()
	}
	return a.body.closed
}

// Usage is what the answer reports of its use. It is complete once the
// upstream has said its last word on it; before that it is the best that a
// broken answer leaves.
func (a *Answer) Usage() (usage llm.Usage, complete bool) {
	if a.streams {
		return a.usage, a.final
	}
	return a.usage, a.found && a.body.closed
}

// StopReason is why the model stopped, as the upstream words it; empty while
// unknown.
func (a *Answer) StopReason() string { return a.stop }

// LatencyMs is the upstream's own measure of its work, in milliseconds; 0 when
// it gave none.
func (a *Answer) LatencyMs() int64 { return a.latency }

// FirstContent reports whether anything has passed that a client would take
// for content: of a body its first byte, of a stream more than the event that
// opens it. Up to then a broken answer may be asked for again.
func (a *Answer) FirstContent() bool { return a.content }

// Exception is the exception that ended the stream, with its type as sent
// ("throttlingException") and its message; ok is false when there was none.
func (a *Answer) Exception() (typ, message string, ok bool) {
	return a.exception, a.message, a.failed
}

// frame reads one message of a stream.
func (a *Answer) frame(m *eventstream.Message) {
	switch m.Type {
	case eventstream.TypeException:
		a.failed, a.exception = true, m.Name
		a.message = errorMessage(m.Payload)
		return
	case eventstream.TypeError:
		a.failed, a.exception, a.message = true, m.Name, clip([]byte(m.Text))
		return
	}
	switch m.Name {
	case "chunk":
		a.chunk(m.Payload)
	case "messageStart":
	case "metadata":
		a.final = true
		a.members(m.Payload)
	case "messageStop":
		a.members(m.Payload)
	default: // contentBlockStart, contentBlockDelta, contentBlockStop, and what may come
		a.content = true
	}
}

// chunk reads the event of a model's own that a chunk carries in base64.
func (a *Answer) chunk(payload []byte) {
	s := scanner{b: payload}
	for s.open(); s.more(); {
		key, raw := s.pair()
		if string(key) != "bytes" {
			continue
		}
		encoded := text(raw)
		if n := base64.StdEncoding.DecodedLen(len(encoded)); cap(a.decoded) < n {
			a.decoded = make([]byte, n)
		}
		n, err := base64.StdEncoding.Decode(a.decoded[:cap(a.decoded)], encoded)
		if err != nil {
			a.content = true // not ours to judge, but the client has seen it
			return
		}
		a.members(a.decoded[:n])
	}
}

// members reads all members of an object.
func (a *Answer) members(object []byte) {
	s := scanner{b: object}
	for s.open(); s.more(); {
		a.member(s.pair())
	}
}

// member reads one member of a body, of an event, or of an event of a model's
// own. Their names do not collide, so one function serves all dialects.
func (a *Answer) member(key, raw []byte) {
	switch string(key) {
	case "usage":
		a.found = readUsage(raw, &a.usage) || a.found
	case "metrics":
		a.latency = integer(raw, "latencyMs", a.latency)
	case "amazon-bedrock-invocationMetrics":
		a.final = readUsage(raw, &a.usage) || a.final
		a.latency = integer(raw, "invocationLatency", a.latency)
	case "stopReason", "stop_reason", "completionReason":
		if v := text(raw); len(v) > 0 {
			a.stop = stopReason(v)
		}
	case "inputTextTokenCount", "prompt_token_count": // Titan, Llama
		a.found = set(&a.usage.Input, raw) || a.found
	case "generation_token_count":
		set(&a.usage.Output, raw)
	default:
		if a.streams {
			a.event(key, raw)
		}
	}
}

// event reads a member that only the events of a model's own have.
func (a *Answer) event(key, raw []byte) {
	switch string(key) {
	case "type": // Anthropic
		if strings.HasPrefix(string(text(raw)), "content_block") {
			a.content = true
		}
	case "message", "delta": // Anthropic: message_start has usage, message_delta a stop reason
		s := scanner{b: raw}
		for s.open(); s.more(); {
			switch key, raw := s.pair(); string(key) {
			case "usage", "stop_reason":
				a.member(key, raw)
			}
		}
	case "metadata": // Nova
		a.final = true
		a.members(raw)
	case "messageStop":
		a.members(raw)
	case "contentBlockStart", "contentBlockDelta", "generation", "outputText", "completion", "choices", "outputs", "text":
		a.content = true
	}
}

// stopReason returns v as a string, without an allocation for those that
// Bedrock documents (docs.aws.amazon.com/bedrock, API_runtime_Converse).
func stopReason(v []byte) string {
	switch string(v) {
	case "end_turn":
		return "end_turn"
	case "tool_use":
		return "tool_use"
	case "max_tokens":
		return "max_tokens"
	case "stop_sequence":
		return "stop_sequence"
	case "guardrail_intervened":
		return "guardrail_intervened"
	case "content_filtered":
		return "content_filtered"
	}
	return clip(v)
}

// clip returns at most maxMessage bytes of v.
func clip(v []byte) string {
	return strings.ToValidUTF8(string(v[:min(len(v), maxMessage)]), "")
}
