package eventstream

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// Message types, the values of the ":message-type" header.
const (
	TypeEvent     = "event"
	TypeException = "exception"
	TypeError     = "error"
)

// Message is one frame of a stream.
type Message struct {
	// Type is TypeEvent, TypeException or TypeError; another value, or none, is
	// passed as it came.
	Type string
	// Name is the event's type, the exception's type or the error's code,
	// whichever Type asks for.
	Name string
	// ContentType is the media type of Payload; empty when the frame names none.
	ContentType string
	// Text is the ":error-message" of a TypeError frame, which carries its text
	// in a header.
	Text string
	// Payload is the frame's body. It is valid until the next call of the
	// Scanner that yielded it, and must not be changed.
	Payload []byte
}

// Error is a fault of the stream itself.
type Error struct {
	// Offset is where in the stream the faulty frame starts, in bytes.
	Offset int64
	// Reason says what is wrong with it.
	Reason string
}

// Error names the fault and its place.
func (e *Error) Error() string {
	return fmt.Sprintf("event stream frame at byte %d: %s", e.Offset, e.Reason)
}

// names bounds how many header values a Scanner remembers, and keptName how
// long they may be: Bedrock's streams use about a dozen.
const (
	names    = 32
	keptName = 64
	// keptBuffer is the most that a Scanner keeps for the next stream when it
	// is reset; a frame of Bedrock's has well under a kilobyte.
	keptBuffer = 64 << 10
)

// Scanner finds the messages of one stream. The zero value is ready. It is not
// safe for concurrent use.
//
//	for s.Feed(chunk); s.Next(); {
//		use(s.Message())
//	}
//
// A frame that lies whole in one chunk is read where it lies; only what a chunk
// leaves unfinished is copied.
type Scanner struct {
	chunk  []byte // what is left of the chunk that was fed last
	held   []byte // the beginning of an unfinished frame
	offset int64  // where the frame under way starts
	msg    Message
	err    error
	seen   map[string]string // header values, so that each is a string only once
}

// Reset makes s ready for another stream. What it has learned of names, and a
// buffer of reasonable size, stay.
func (s *Scanner) Reset() {
	held := s.held[:0]
	if cap(held) > keptBuffer {
		held = nil
	}
	*s = Scanner{held: held, seen: s.seen}
}

// Feed hands s the next bytes of the stream. They must not change until Next
// has returned false, and Next must have done so before Feed is called again:
// what it has not yet looked at would be lost.
func (s *Scanner) Feed(p []byte) { s.chunk = p }

// Next moves to the next message and reports whether there is one. It returns
// false when more bytes are needed and, for good, after a fault.
func (s *Scanner) Next() bool {
	if s.err != nil {
		return false
	}
	frame, err := s.frame()
	if err == nil && frame != nil {
		err = s.parse(frame)
	}
	if err != nil {
		s.err, s.chunk, s.held = err, nil, s.held[:0]
		return false
	}
	return frame != nil
}

// Message is the message that Next found. It is valid until the next call of Next.
func (s *Scanner) Message() *Message { return &s.msg }

// Err is the fault at which the scan ended, an *Error; nil when there was none.
func (s *Scanner) Err() error { return s.err }

// AtBoundary reports whether every frame that has begun has also ended. A
// stream that ends elsewhere was cut.
func (s *Scanner) AtBoundary() bool { return s.err == nil && len(s.held) == 0 && len(s.chunk) == 0 }

// frame returns the next whole frame, or nil when there is none yet. The frame
// before it is dropped from held only now, since its payload was valid until
// this call.
func (s *Scanner) frame() ([]byte, error) {
	if n, _ := total(s.held); n > 0 && len(s.held) >= n {
		s.held = s.held[:0]
	}
	if len(s.held) == 0 {
		n, err := s.check(s.chunk)
		switch {
		case err != nil:
			return nil, err
		case n > 0 && len(s.chunk) >= n:
			frame := s.chunk[:n]
			s.chunk = s.chunk[n:]
			return frame, nil
		}
		s.held = append(s.held, s.chunk...)
		s.chunk = nil
		return nil, nil
	}
	if len(s.held) < preludeLen {
		s.take(preludeLen)
	}
	n, err := s.check(s.held)
	if err != nil || n == 0 {
		return nil, err
	}
	if s.take(n); len(s.held) < n {
		return nil, nil
	}
	return s.held, nil
}

// take moves bytes from the chunk until held has n of them, or the chunk ends.
// It grows held by what has come, not by what a length field promises.
func (s *Scanner) take(n int) {
	k := min(n-len(s.held), len(s.chunk))
	s.held = append(s.held, s.chunk[:k]...)
	s.chunk = s.chunk[k:]
}

// total reads the lengths at the beginning of a frame: 0 when they are not
// there yet.
func total(b []byte) (frame, headers int) {
	if len(b) < preludeLen {
		return 0, 0
	}
	return int(binary.BigEndian.Uint32(b)), int(binary.BigEndian.Uint32(b[4:]))
}

// check returns the length of the frame that b begins with, or 0 when its
// prelude is not there yet. No length is believed before its checksum.
func (s *Scanner) check(b []byte) (int, error) {
	frame, headers := total(b)
	if frame == 0 && len(b) < preludeLen {
		return 0, nil
	}
	want := binary.BigEndian.Uint32(b[lengthsLen:])
	if got := crc32.ChecksumIEEE(b[:lengthsLen]); got != want {
		return 0, s.fault("the prelude's checksum is %08x, not %08x", got, want)
	}
	if headers > MaxHeaders || frame < minFrame+headers || frame-headers-minFrame > MaxPayload {
		return 0, s.fault("impossible lengths: %d bytes, of which %d headers", frame, headers)
	}
	return frame, nil
}

// parse reads a whole frame into s.msg and moves on past it.
func (s *Scanner) parse(frame []byte) error {
	body := frame[:len(frame)-crcLen]
	want := binary.BigEndian.Uint32(frame[len(body):])
	if got := crc32.ChecksumIEEE(body); got != want {
		return s.fault("its checksum is %08x, not %08x", got, want)
	}
	_, headers := total(frame)
	s.msg = Message{Payload: body[preludeLen+headers:]}
	if err := s.headers(body[preludeLen : preludeLen+headers]); err != nil {
		return err
	}
	s.offset += int64(len(frame))
	return nil
}

// headers reads those headers that a Message has a place for.
func (s *Scanner) headers(b []byte) error {
	var event, exception, code string
	for len(b) > 0 {
		n := int(b[0])
		if n == 0 || len(b) < 1+n+1 {
			return s.fault("a header's name does not fit the headers")
		}
		name, typ := b[1:1+n], b[1+n]
		b = b[1+n+1:]
		size, skip, ok := valueLen(typ, b)
		if !ok {
			return s.fault("a header's value of type %d does not fit the headers", typ)
		}
		value := b[skip:size]
		b = b[size:]
		if typ != valueString {
			continue
		}
		switch string(name) {
		case ":message-type":
			s.msg.Type = s.intern(value)
		case ":event-type":
			event = s.intern(value)
		case ":exception-type":
			exception = s.intern(value)
		case ":error-code":
			code = s.intern(value)
		case ":content-type":
			s.msg.ContentType = s.intern(value)
		case ":error-message":
			s.msg.Text = string(value)
		}
	}
	switch s.msg.Type {
	case TypeException:
		s.msg.Name = exception
	case TypeError:
		s.msg.Name = code
	default:
		s.msg.Name = event
	}
	return nil
}

// intern returns b as a string, the same one each time for the few short
// values that streams repeat.
func (s *Scanner) intern(b []byte) string {
	if v, ok := s.seen[string(b)]; ok {
		return v
	}
	v := string(b)
	if len(v) <= keptName && len(s.seen) < names {
		if s.seen == nil {
			s.seen = make(map[string]string, names)
		}
		s.seen[v] = v
	}
	return v
}

func (s *Scanner) fault(format string, args ...any) error {
	return &Error{Offset: s.offset, Reason: fmt.Sprintf(format, args...)}
}
