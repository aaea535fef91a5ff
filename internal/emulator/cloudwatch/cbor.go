package cloudwatch

import (
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"time"
)

// Major types of CBOR (RFC 8949, section 3.1).
const (
	cborUint = iota
	cborNegative
	cborBytes
	cborText
	cborArray
	cborMap
	cborTag
	cborSimple
)

const (
	maxDepth   = 32 // of what is nested in a request, in any protocol
	indefinite = 31 // additional information: the length is not known
	epochTag   = 1  // RFC 8949, section 3.4.2
)

var errCBOR = errors.New("not well-formed CBOR")

// decodeCBOR reads one data item that is all of data: maps are map[string]any,
// arrays []any, numbers int64 or float64, tag 1 time.Time, null and undefined
// nil. Other tags are passed over.
func decodeCBOR(data []byte) (any, error) {
	d := cborDecoder{data: data}
	v, err := d.item(0)
	if err != nil {
		return nil, err
	}
	if len(d.data) > 0 {
		return nil, errCBOR
	}
	return v, nil
}

type cborDecoder struct{ data []byte }

// head reads the first bytes of an item: its major type, additional information
// and argument.
func (d *cborDecoder) head() (major, info byte, argument uint64, err error) {
	if len(d.data) == 0 {
		return 0, 0, 0, errCBOR
	}
	major, info = d.data[0]>>5, d.data[0]&31
	d.data = d.data[1:]
	switch {
	case info < 24:
		return major, info, uint64(info), nil
	case info == indefinite:
		return major, info, 0, nil
	case info > 27:
		return 0, 0, 0, errCBOR
	}
	size := 1 << (info - 24)
	if len(d.data) < size {
		return 0, 0, 0, errCBOR
	}
	var wide [8]byte
	copy(wide[8-size:], d.data[:size])
	d.data = d.data[size:]
	return major, info, binary.BigEndian.Uint64(wide[:]), nil
}

func (d *cborDecoder) item(depth int) (any, error) {
	major, info, n, err := d.head()
	if err != nil || depth > maxDepth {
		return nil, errCBOR
	}
	if info == indefinite && (major < cborBytes || major > cborMap) {
		return nil, errCBOR
	}
	switch major {
	case cborUint:
		if n > math.MaxInt64 {
			return float64(n), nil
		}
		return int64(n), nil
	case cborNegative:
		if n > math.MaxInt64 {
			return -1 - float64(n), nil
		}
		return -1 - int64(n), nil
	case cborBytes, cborText:
		return d.text(major, info, n)
	case cborArray:
		return d.array(info, n, depth)
	case cborMap:
		return d.object(info, n, depth)
	case cborTag:
		v, err := d.item(depth + 1)
		if err != nil || n != epochTag {
			return v, err
		}
		return epoch(v)
	default:
		return simple(info, n)
	}
}

// ended reports whether an item of indefinite length ends here, and passes over
// its end.
func (d *cborDecoder) ended() bool {
	if len(d.data) == 0 || d.data[0] != cborSimple<<5|indefinite {
		return false
	}
	d.data = d.data[1:]
	return true
}

func (d *cborDecoder) text(major, info byte, n uint64) (string, error) {
	if info != indefinite {
		return d.take(n)
	}
	var all strings.Builder
	for !d.ended() {
		m, i, n, err := d.head()
		if err != nil || m != major || i == indefinite {
			return "", errCBOR
		}
		chunk, err := d.take(n)
		if err != nil {
			return "", err
		}
		all.WriteString(chunk)
	}
	return all.String(), nil
}

func (d *cborDecoder) take(n uint64) (string, error) {
	if n > uint64(len(d.data)) {
		return "", errCBOR
	}
	s := string(d.data[:n])
	d.data = d.data[n:]
	return s, nil
}

func (d *cborDecoder) array(info byte, n uint64, depth int) ([]any, error) {
	if n > uint64(len(d.data)) {
		return nil, errCBOR
	}
	list := []any{}
	for i := uint64(0); info == indefinite || i < n; i++ {
		if info == indefinite && d.ended() {
			break
		}
		v, err := d.item(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

func (d *cborDecoder) object(info byte, n uint64, depth int) (map[string]any, error) {
	if n > uint64(len(d.data)) {
		return nil, errCBOR
	}
	fields := map[string]any{}
	for i := uint64(0); info == indefinite || i < n; i++ {
		if info == indefinite && d.ended() {
			break
		}
		major, info, size, err := d.head()
		if err != nil || major != cborText {
			return nil, errCBOR
		}
		name, err := d.text(major, info, size)
		if err != nil {
			return nil, err
		}
		if fields[name], err = d.item(depth + 1); err != nil {
			return nil, err
		}
	}
	return fields, nil
}

func epoch(v any) (any, error) {
	var t time.Time
	switch v := v.(type) {
	case int64:
		t = fromSeconds(float64(v))
	case float64:
		t = fromSeconds(v)
	}
	if t.IsZero() {
		return nil, errCBOR
	}
	return t, nil
}

// simple is a value of major type 7.
func simple(info byte, n uint64) (any, error) {
	switch info {
	case 20, 21:
		return info == 21, nil
	case 22, 23:
		return nil, nil //nolint:nilnil // null is a value
	case 25:
		return half(n), nil
	case 26:
		return float64(math.Float32frombits(uint32(n))), nil //nolint:gosec // four bytes were read
	case 27:
		return math.Float64frombits(n), nil
	}
	return nil, errCBOR
}

// half is a number of 16 bits (RFC 8949, appendix D).
func half(bits uint64) float64 {
	exponent, fraction := int(bits>>10&31), float64(bits&1023)
	v := math.Ldexp(fraction, -24)
	switch {
	case exponent == 31 && fraction != 0:
		v = math.NaN()
	case exponent == 31:
		v = math.Inf(1)
	case exponent > 0:
		v = math.Ldexp(fraction+1024, exponent-25)
	}
	if bits>>15 == 1 {
		v = -v
	}
	return v
}

// appendCBOR writes a value of an answer.
func appendCBOR(to []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		return append(cborHead(to, cborText, uint64(len(v))), v...)
	case bool:
		return append(to, cborSimple<<5|map[bool]byte{false: 20, true: 21}[v])
	case int64:
		if v < 0 {
			return cborHead(to, cborNegative, uint64(-1-v))
		}
		return cborHead(to, cborUint, uint64(v))
	case float64:
		return binary.BigEndian.AppendUint64(append(to, cborSimple<<5|27), math.Float64bits(v))
	case time.Time:
		to = cborHead(to, cborTag, epochTag)
		if v.Nanosecond() == 0 {
			return appendCBOR(to, v.Unix())
		}
		return appendCBOR(to, seconds(v))
	case []any:
		to = cborHead(to, cborArray, uint64(len(v)))
		for _, x := range v {
			to = appendCBOR(to, x)
		}
		return to
	case mapping:
		return appendCBOR(to, object(v))
	case object:
		to = cborHead(to, cborMap, uint64(len(v)))
		for _, m := range v {
			to = appendCBOR(appendCBOR(to, m.name), m.value)
		}
		return to
	}
	return append(to, cborSimple<<5|22)
}

func cborHead(to []byte, major byte, n uint64) []byte {
	major <<= 5
	switch {
	case n < 24:
		return append(to, major|byte(n))
	case n <= math.MaxUint8:
		return append(to, major|24, byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(to, major|25), uint16(n))
	case n <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(to, major|26), uint32(n))
	default:
		return binary.BigEndian.AppendUint64(append(to, major|27), n)
	}
}

// seconds is an instant as timestamps of the wire have it.
func seconds(t time.Time) float64 {
	return float64(t.Unix()) + float64(t.Nanosecond())/1e9
}
