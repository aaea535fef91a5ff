package restream

import (
	"bytes"
	"encoding/json"

	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/wire/eventstream"
)

// Whole is the unstreamed answer with the content of a complete event stream. op is
// the streaming operation. It reports false when the stream is cut, ends in an
// exception, or holds what has no known counterpart.
func Whole(op llm.Operation, stream []byte) ([]byte, bool) {
	switch op {
	case llm.OpConverseStream:
		return wholeConverse(stream)
	case llm.OpInvokeStream:
		return wholeAnthropic(stream)
	default:
		return nil, false
	}
}

// Stream is the event stream with the content of an unstreamed answer. op is the
// streaming operation that it is to answer. It reports false for what has no known
// counterpart.
func Stream(op llm.Operation, whole []byte) ([]byte, bool) {
	switch op {
	case llm.OpConverseStream:
		return streamConverse(whole)
	case llm.OpInvokeStream:
		return streamAnthropic(whole)
	default:
		return nil, false
	}
}

// events calls each with the name and payload of every message of a stream, and
// reports whether the stream is whole and each took all of them.
func events(stream []byte, each func(name string, payload []byte) bool) bool {
	var s eventstream.Scanner
	s.Feed(stream)
	for s.Next() {
		m := s.Message()
		if m.Type != eventstream.TypeEvent || !each(m.Name, m.Payload) {
			return false
		}
	}
	return s.Err() == nil && s.AtBoundary()
}

// writer builds a stream.
type writer struct {
	out []byte
	bad bool
}

// event appends one message.
func (w *writer) event(name string, payload any) {
	data, err := json.Marshal(payload)
	if err == nil {
		w.out, err = eventstream.Append(w.out, []eventstream.Header{
			{Name: ":event-type", Value: name},
			{Name: ":content-type", Value: "application/json"},
			{Name: ":message-type", Value: "event"},
		}, data)
	}
	w.bad = w.bad || err != nil
}

func (w *writer) done() ([]byte, bool) { return w.out, !w.bad && len(w.out) > 0 }

// strict decodes an object none of whose members is unknown.
func strict(data []byte, v any) bool {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return d.Decode(v) == nil
}
