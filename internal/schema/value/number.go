package value

import (
	"math"
	"strconv"
)

// run is a number taken apart: its groups of digits and what stands between them.
type run struct {
	neg    bool
	plus   bool
	n      int // groups
	length [8]uint8
	sep    [8]byte // sep[i] follows group i; 0 at the end
	first  byte    // first digit of the first group
	total  int     // digits
	rest   []byte  // what follows
	digits int64   // all digits, of at most 18
}

const noBreak = 0xA0 // U+00A0 ends in this byte in UTF-8, U+202F in 0xAF

// take reads groups of digits, divided by a dot, a comma, a space or a no-break
// space. It says false where b is nothing of the kind.
func take(b []byte) (r run, ok bool) {
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		r.neg, r.plus = b[0] == '-', b[0] == '+'
		b = b[1:]
	}
	for {
		i := 0
		for i < len(b) && b[i]-'0' <= 9 {
			if r.total < 18 {
				r.digits = r.digits*10 + int64(b[i]-'0')
			}
			r.total++
			i++
		}
		if i == 0 && (r.n > 0 || len(b) == 0 || b[0] != '.') {
			r.rest = b
			break
		}
		if r.n == 0 && i > 0 {
			r.first = b[0]
		}
		r.length[r.n] = uint8(min(i, 255))
		r.n++
		b = b[i:]
		sep, width := separator(b)
		if sep == 0 || r.n == len(r.length) || !follows(b[width:], sep, r) {
			r.rest = b
			break
		}
		r.sep[r.n-1] = sep
		b = b[width:]
		if sep == '.' && (len(b) == 0 || b[0]-'0' > 9) { // "5."
			r.n++
			r.rest = b
			break
		}
	}
	return r, r.total > 0
}

// follows says whether a separator is one: a digit comes after it, or it is the
// point at the end of a number.
func follows(after []byte, sep byte, r run) bool {
	if len(after) > 0 && after[0]-'0' <= 9 {
		return true
	}
	return sep == '.' && r.n == 1 && r.total > 0
}

func separator(b []byte) (sep byte, width int) {
	switch {
	case len(b) == 0:
		return 0, 0
	case b[0] == '.' || b[0] == ',' || b[0] == ' ':
		return b[0], 1
	case len(b) > 1 && b[0] == 0xC2 && b[1] == noBreak:
		return ' ', 2
	case len(b) > 2 && b[0] == 0xE2 && b[1] == 0x80 && b[2] == 0xAF:
		return ' ', 3
	}
	return 0, 0
}

// number classifies a number with an optional sign, percent sign, exponent or, if
// asked for, what stands for money after it.
func number(b []byte, isMoney bool) Cell {
	r, ok := take(b)
	if !ok || r.plus && r.n == 1 && r.total >= 7 {
		return Cell{Form: Text}
	}
	c := r.cell()
	rest := Trim(r.rest)
	switch {
	case len(rest) == 0 || c.Form == Text:
		return c
	case !isMoney && len(rest) == 1 && rest[0] == '%':
		return percent(c)
	case rest[0]|0x20 == 'e' && len(rest) == len(r.rest):
		return exponent(b, c, rest[1:])
	case isMoney:
		return Cell{Form: Text}
	}
	if after, ok := currency(rest); ok && len(after) == 0 {
		return asMoney(c)
	}
	return Cell{Form: Text}
}

func exponent(b []byte, c Cell, power []byte) Cell {
	if c.Form != Int && c.Form != Dec && c.Form != Zero && c.Form != Dot3 && c.Form != Long {
		return Cell{Form: Text}
	}
	digits := power
	if len(digits) > 0 && (digits[0] == '-' || digits[0] == '+') {
		digits = digits[1:]
	}
	if len(digits) == 0 || len(digits) > 3 {
		return Cell{Form: Text}
	}
	for _, d := range digits {
		if d-'0' > 9 {
			return Cell{Form: Text}
		}
	}
	v, err := strconv.ParseFloat(string(b), 64)
	if err != nil {
		return Cell{Form: Text} // too great
	}
	return Cell{Form: Exp, Key: order(v)}
}

// cell decides the form of a plain number by its groups.
func (r run) cell() Cell {
	first := r.length[0]
	if first > 1 && r.first == '0' || first == 0 && r.n != 2 {
		return Cell{Form: Text}
	}
	form, frac := r.shape()
	if form == Text {
		return Cell{Form: Text}
	}
	c := Cell{Form: form, Frac: uint8(min(frac, 255)), Whole: uint8(min(r.total-frac, 255))} //nolint:gosec // bounded
	if r.neg {
		c.Style = Signed
	}
	switch {
	case r.total > 18 && (form == Dec || form == Dot3):
		c.Form = Long
	case r.total > 18:
		return Cell{Form: Text}
	}
	switch {
	case form == Int:
		c.Key = r.digits
	case r.total > 18:
		c.Key = order(float64(r.digits) * math.Pow10(r.total-frac-18))
	default:
		c.Key = order(float64(r.digits) / pow10(frac))
	}
	if r.neg {
		c.Key = -c.Key
	}
	return c
}

// shape is the form of unsigned groups and how many digits come after the point.
func (r run) shape() (f Form, frac int) {
	last := int(r.length[r.n-1])
	switch {
	case r.n == 1 && r.total > 15:
		return Text, 0
	case r.n == 1:
		return Int, 0
	case r.n == 2 && r.sep[0] == '.' && last == 3 && r.length[0] <= 3 && r.first != '0' && r.length[0] > 0:
		return Dot3, 3
	case r.n == 2 && r.sep[0] == '.' && last == 1 && r.total < 18 && r.digits%10 == 0 && r.length[0] > 0:
		return Zero, last
	case r.n == 2 && r.sep[0] == '.':
		return Dec, last
	case r.n == 2 && r.sep[0] == ',' && last == 3 && r.length[0] <= 3 && r.first != '0':
		return Comma3, 0
	case r.n == 2 && r.sep[0] == ',':
		return DecComma, last
	}
	sep := r.sep[0]
	point := r.sep[r.n-2]
	groups := r.n // that are of thousands
	if point != sep {
		groups, frac = r.n-1, last
	}
	if r.length[0] > 3 || r.first == '0' {
		return Text, 0
	}
	for i := 1; i < groups; i++ {
		if r.length[i] != 3 || i < groups-1 && r.sep[i] != sep {
			return Text, 0
		}
	}
	switch {
	case sep == ',' && frac == 0 && point == sep:
		return CommaInt, 0
	case sep == ',' && point == '.':
		return CommaDec, frac
	case sep == '.' && frac == 0 && point == sep:
		return DotInt, 0
	case sep == '.' && point == ',':
		return DotDec, frac
	case sep == ' ' && frac == 0 && point == sep:
		return SpaceInt, 0
	case sep == ' ' && point == '.':
		return SpaceDec, frac
	case sep == ' ' && point == ',':
		return SpaceComma, frac
	}
	return Text, 0
}

func percent(c Cell) Cell {
	switch c.Form {
	case Int, Dec, Zero, Dot3, Long:
		if c.Form == Int {
			c.Key = order(float64(c.Key))
		}
		c.Form = Percent
	case DecComma:
		c.Form = PercentComma
	default:
		return Cell{Form: Text}
	}
	return c
}

// order maps a float to an integer that sorts as it does.
func order(v float64) int64 {
	i := int64(math.Float64bits(math.Abs(v))) //nolint:gosec // the sign bit is clear
	if v < 0 {
		return -i
	}
	return i
}

func pow10(n int) float64 { return math.Pow10(n) }
