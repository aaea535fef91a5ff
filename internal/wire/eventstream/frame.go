package eventstream

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
)

// Sizes of the format, in bytes. The upper bounds are those of AWS's own
// decoders (github.com/awslabs/aws-c-event-stream, event_stream.h).
const (
	lengthsLen = 8
	crcLen     = 4
	preludeLen = lengthsLen + crcLen
	minFrame   = preludeLen + crcLen

	// MaxHeaders is the most that the headers of one frame may take.
	MaxHeaders = 128 << 10
	// MaxPayload is the longest payload of one frame.
	MaxPayload = 24 << 20
)

// ContentType is the media type of an event stream.
const ContentType = "application/vnd.amazon.eventstream"

// The types of a header's value, as the format numbers them.
const (
	valueTrue byte = iota
	valueFalse
	valueByte
	valueShort
	valueInt
	valueLong
	valueBytes
	valueString
	valueTimestamp
	valueUUID
)

// Header is one header of a frame with a string for its value: the only kind
// that Bedrock sends.
type Header struct{ Name, Value string }

// Append appends one frame to dst and returns the extended slice. It fails,
// with dst unchanged, when a name, a value, the headers or the payload is longer
// than the format can hold.
func Append(dst []byte, headers []Header, payload []byte) ([]byte, error) {
	size := 0
	for _, h := range headers {
		if h.Name == "" || len(h.Name) > math.MaxUint8 || len(h.Value) > math.MaxInt16 {
			return dst, fmt.Errorf("event stream header of %d bytes with a value of %d bytes does not fit the format", len(h.Name), len(h.Value))
		}
		size += 1 + len(h.Name) + 1 + 2 + len(h.Value)
	}
	if size > MaxHeaders || len(payload) > MaxPayload {
		return dst, fmt.Errorf("event stream frame with %d bytes of headers and %d of payload is too long", size, len(payload))
	}
	start := len(dst)
	dst = binary.BigEndian.AppendUint32(dst, uint32(minFrame+size+len(payload))) //nolint:gosec // bounded just above
	dst = binary.BigEndian.AppendUint32(dst, uint32(size))
	dst = binary.BigEndian.AppendUint32(dst, crc32.ChecksumIEEE(dst[start:]))
	for _, h := range headers {
		dst = append(dst, byte(len(h.Name))) //nolint:gosec // bounded above
		dst = append(dst, h.Name...)
		dst = append(dst, valueString)
		dst = binary.BigEndian.AppendUint16(dst, uint16(len(h.Value))) //nolint:gosec // bounded above
		dst = append(dst, h.Value...)
	}
	dst = append(dst, payload...)
	return binary.BigEndian.AppendUint32(dst, crc32.ChecksumIEEE(dst[start:])), nil
}

// valueLen is the length of a header's value of the given type, which starts
// at b[0]; skip is how many of these bytes are a length of their own. It
// reports false for an unknown type and for a value that does not fit b.
func valueLen(typ byte, b []byte) (size, skip int, ok bool) {
	switch typ {
	case valueTrue, valueFalse:
	case valueByte:
		size = 1
	case valueShort:
		size = 2
	case valueInt:
		size = 4
	case valueLong, valueTimestamp:
		size = 8
	case valueUUID:
		size = 16
	case valueBytes, valueString:
		if len(b) < 2 {
			return 0, 0, false
		}
		size, skip = 2+int(binary.BigEndian.Uint16(b)), 2
	default:
		return 0, 0, false
	}
	return size, skip, size <= len(b)
}
