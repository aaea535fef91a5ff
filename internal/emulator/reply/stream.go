package reply

import (
	"encoding/json"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
)

// Stream writes events in the framing of application/vnd.amazon.eventstream.
// It is not safe for concurrent use.
type Stream struct {
	w   io.Writer
	enc *eventstream.Encoder
	// Events is how many events have been written.
	Events int
}

// NewStream writes to w.
func NewStream(w io.Writer) *Stream { return &Stream{w: w, enc: eventstream.NewEncoder()} }

// Send writes events. It reports the failure of a write.
func (s *Stream) Send(events ...Event) error {
	for _, e := range events {
		if err := s.frame("event", ":event-type", e.Type, e.Payload); err != nil {
			return err
		}
		s.Events++
	}
	return nil
}

// Exception writes the frame by which the service ends a stream that failed:
// the exception's name in lowerCamel case, and a message.
func (s *Stream) Exception(name, message string) error {
	payload, err := json.Marshal(map[string]string{"message": message})
	if err != nil {
		return err
	}
	return s.frame("exception", ":exception-type", name, payload)
}

func (s *Stream) frame(kind, typeHeader, name string, payload []byte) error {
	return s.enc.Encode(s.w, eventstream.Message{
		Headers: eventstream.Headers{
			{Name: typeHeader, Value: eventstream.StringValue(name)},
			{Name: ":content-type", Value: eventstream.StringValue("application/json")},
			{Name: ":message-type", Value: eventstream.StringValue(kind)},
		},
		Payload: payload,
	})
}
