package tabular

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// leaf is a column of a Parquet file, and how its values are written as text: as a
// person would in a CSV file.
type leaf struct {
	name string
	list bool // it may have several values a row
	kind parquet.Kind
	// logical is what the file says its values mean; nil: nothing.
	logical format.LogicalTypeValue
}

func newLeaf(c *parquet.Column) leaf {
	l := leaf{name: leafName(c.Path()), list: c.MaxRepetitionLevel() > 0, kind: c.Type().Kind()}
	if t := c.Type().LogicalType(); t != nil {
		l.logical = t.Value
	}
	return l
}

// write puts the values that a row has in the column into b.
func (l leaf) write(b *Batch, values []parquet.Value) span {
	from := len(b.text)
	if !l.list {
		if values[0].IsNull() {
			return none()
		}
		text, quoted := l.text(b.text, values[0])
		b.text = text
		return newSpan(from, len(b.text), quoted)
	}
	b.text = append(b.text, '[')
	n := 0
	for _, v := range values {
		if v.IsNull() {
			continue
		}
		if n++; n > 1 {
			b.text = append(b.text, ',')
		}
		text, quoted := l.text(nil, v)
		if quoted || len(text) == 0 || !validLiteral(text) {
			if encoded, err := json.Marshal(string(text)); err == nil {
				text = encoded
			}
		}
		b.text = append(b.text, text...)
	}
	b.text = append(b.text, ']')
	if n == 0 {
		b.text = b.text[:from]
		return none()
	}
	return newSpan(from, len(b.text), false)
}

// text appends a value that is not null. quoted says that it is a text.
func (l leaf) text(to []byte, v parquet.Value) (text []byte, quoted bool) {
	switch l.kind {
	case parquet.Boolean:
		return strconv.AppendBool(to, v.Boolean()), false
	case parquet.Int32:
		return l.integer(to, int64(v.Int32()), uint64(v.Uint32())), false
	case parquet.Int64:
		return l.integer(to, v.Int64(), v.Uint64()), false
	case parquet.Int96: // a time, in nanoseconds of a Julian day
		i := v.Int96()
		const epoch = 2440588 // the Julian day of 1970-01-01
		nanos := int64(i[1])<<32 | int64(i[0])
		at := time.Unix((int64(i[2])-epoch)*86400, nanos).UTC()
		return at.AppendFormat(to, "2006-01-02 15:04:05.999999999"), false
	case parquet.Float:
		return appendFloat(to, float64(v.Float()), 32), false
	case parquet.Double:
		return appendFloat(to, v.Double(), 64), false
	default:
		return l.bytes(to, v.ByteArray())
	}
}

// appendFloat writes a number with an exponent only where it is far from 1.
func appendFloat(to []byte, f float64, bits int) []byte {
	form := byte('f')
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e21) {
		form = 'e'
	}
	return strconv.AppendFloat(to, f, form, -1, bits)
}

func (l leaf) integer(to []byte, n int64, unsigned uint64) []byte {
	switch t := l.logical.(type) {
	case *format.DecimalType:
		return append(to, point(big.NewInt(n), int(t.Scale))...)
	case *format.DateType:
		return time.Unix(n*86400, 0).UTC().AppendFormat(to, time.DateOnly)
	case *format.TimestampType:
		layout := "2006-01-02 15:04:05.999999999"
		if t.IsAdjustedToUTC {
			layout += "Z07:00"
		}
		return instant(n, t.Unit).AppendFormat(to, layout)
	case *format.TimeType:
		return instant(n, t.Unit).AppendFormat(to, "15:04:05.999999999")
	case *format.IntType:
		if !t.IsSigned {
			return strconv.AppendUint(to, unsigned, 10)
		}
	}
	return strconv.AppendInt(to, n, 10)
}

// instant is n units after the beginning of 1970.
func instant(n int64, unit format.TimeUnit) time.Time {
	switch unit.Value.(type) {
	case *format.MilliSeconds:
		return time.UnixMilli(n).UTC()
	case *format.NanoSeconds:
		return time.Unix(n/1e9, n%1e9).UTC()
	}
	return time.UnixMicro(n).UTC()
}

func (l leaf) bytes(to, value []byte) (text []byte, quoted bool) {
	switch t := l.logical.(type) {
	case *format.DecimalType:
		return append(to, point(signed(value), int(t.Scale))...), false
	case *format.UUIDType:
		if len(value) == 16 {
			h := hex.EncodeToString(value)
			return append(to, strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")...), false
		}
	case *format.Float16Type:
		if len(value) == 2 {
			return appendFloat(to, half(binary.LittleEndian.Uint16(value)), 32), false
		}
	case *format.StringType, *format.EnumType, *format.JsonType:
		return append(to, value...), true
	}
	if l.kind == parquet.ByteArray && utf8.Valid(value) {
		return append(to, value...), true
	}
	return hex.AppendEncode(append(to, `\x`...), value), false
}

// signed is a number in two's complement, the highest byte first.
func signed(value []byte) *big.Int {
	n := new(big.Int).SetBytes(value)
	if len(value) > 0 && value[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(value))))
	}
	return n
}

// point writes a whole number with its last digits after the point.
func point(n *big.Int, scale int) string {
	digits := new(big.Int).Abs(n).String()
	if scale > 0 && scale < 1000 {
		if len(digits) <= scale {
			digits = strings.Repeat("0", scale-len(digits)+1) + digits
		}
		digits = digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
	}
	if n.Sign() < 0 {
		return "-" + digits
	}
	return digits
}

// half is the value of a float of 16 bits (IEEE 754 binary16).
func half(b uint16) float64 {
	sign := 1.0
	if b&0x8000 != 0 {
		sign = -1
	}
	exponent, fraction := int(b>>10&0x1f), float64(b&0x3ff)
	switch exponent {
	case 0:
		return sign * math.Ldexp(fraction, -24)
	case 0x1f:
		if fraction != 0 {
			return math.NaN()
		}
		return sign * math.Inf(1)
	}
	return sign * math.Ldexp(1024+fraction, exponent-25)
}
