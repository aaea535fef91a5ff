package value

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/headgate/headgate/internal/schema/evidence"
)

// Convert makes the value that a column of a type and format takes of the text of a
// cell: true or false, a number with a point and nothing else in it, a date as
// 2006-01-02, a timestamp as 2006-01-02 15:04:05 with the fraction it had, one with
// a zone in UTC with +00:00 after it, a time as 15:04:05, a UUID in small letters.
// Percents keep their number: 12.5 % is 12.5. It says false where the text is not of
// the type; whatever Decide counted for the type converts. Texts, JSON and what
// has no type come back as they are.
func Convert(text string, t evidence.Type, format string) (string, bool) {
	switch t {
	case evidence.TypeText, evidence.TypeUnknown, evidence.TypeBinary, "":
		return text, true
	default:
	}
	b := Trim([]byte(text))
	if len(b) == 0 {
		return "", false
	}
	switch t {
	case evidence.TypeBoolean:
		return convertBool(b, format)
	case evidence.TypeInteger, evidence.TypeDecimal, evidence.TypeFloat:
		return convertNumber(b, t, format)
	case evidence.TypeDate, evidence.TypeTimestamp, evidence.TypeTimestampTZ:
		return convertDate(b, t, format)
	case evidence.TypeTime:
		return convertTime(b, format)
	case evidence.TypeUUID:
		return strings.ToLower(string(b)), isUUID(b)
	case evidence.TypeJSON:
		return string(b), (b[0] == '{' || b[0] == '[') && isJSON(b)
	default:
		return "", false
	}
}

func convertBool(b []byte, format string) (string, bool) {
	if len(b) > 5 {
		return "", false
	}
	var yes, no Form
	switch format {
	case "bool:yes/no":
		yes, no = Yes, No
	case "bool:Y/N":
		yes, no = LetterY, LetterN
	case "bool:t/f":
		yes, no = LetterT, LetterF
	default:
		yes, no = True, False
	}
	switch word(b) {
	case yes:
		return "true", true
	case no:
		return "false", true
	default:
		return "", false
	}
}

// convertNumber leaves the digits and one point.
func convertNumber(b []byte, t evidence.Type, format string) (string, bool) {
	c := Classify(b)
	if !numeric(c.Form) {
		return "", false
	}
	if c.Form == Exp {
		return string(b), t == evidence.TypeFloat
	}
	decimal := decimalPoint(c.Form, format)
	out := make([]byte, 0, len(b)+2)
	if c.Style&Signed != 0 {
		out = append(out, '-')
	}
	start := len(out)
	for _, d := range b {
		switch {
		case d-'0' <= 9:
			out = append(out, d)
		case d == decimal:
			if len(out) == start {
				out = append(out, '0')
			}
			out = append(out, '.')
		}
	}
	if len(out) > 0 && out[len(out)-1] == '.' { // of a currency such as "kr."
		out = out[:len(out)-1]
	}
	text := string(out)
	if strings.Trim(text[start:], "0.") == "" {
		text = text[start:] // no negative zero
	}
	if t == evidence.TypeInteger {
		if format == FormatZero && c.Form == Zero {
			text = strings.TrimSuffix(text, ".0")
		}
		if _, err := strconv.ParseInt(text, 10, 64); err != nil {
			return "", false
		}
	}
	return text, true
}

func numeric(f Form) bool { return f >= Int && f <= MoneyAny }

// decimalPoint is the byte that parts the fraction of a number of a form, 0 where
// it has none.
func decimalPoint(f Form, format string) byte {
	comma := strings.HasSuffix(format, FormatComma) || format == FormatDots
	switch f {
	case Dec, Zero, Long, CommaDec, SpaceDec, Percent, Money:
		return '.'
	case DecComma, DotDec, SpaceComma, PercentComma, MoneyComma:
		return ','
	case Dot3:
		if !comma {
			return '.'
		}
	case Comma3:
		if comma {
			return ','
		}
	case MoneyAny: // a comma is of thousands unless the column says that it is the point
		if comma {
			return ','
		}
		return '.'
	default:
	}
	return 0
}

// convertDate reads a date with or without a time.
func convertDate(b []byte, t evidence.Type, format string) (string, bool) {
	d, ok := date(b)
	if !ok {
		d, ok = americanDate(b)
	}
	if !ok {
		return "", false
	}
	if d.both && MonthFirst(format) {
		d.day = d.day.swapped()
	} else if !d.both && d.form >= dateNumbers && d.form < stampNumbers && MonthFirst(format) != (d.form == monthFirstOf(b, d)) {
		return "", false
	}
	on := isoDate(d.day)
	if len(d.rest) == 0 {
		switch t {
		case evidence.TypeDate:
			return on, true
		case evidence.TypeTimestamp:
			return on + " 00:00:00", true
		default:
		}
		return "", false
	}
	if t == evidence.TypeDate || d.stamp == Text || d.rest[0] != ' ' && d.rest[0]|0x20 != 't' {
		return "", false
	}
	at, ok := clock(Trim(d.rest[1:]), ':')
	if !ok || at.zoned != (t == evidence.TypeTimestampTZ) || at.zoned && d.stamp != Stamp {
		return "", false
	}
	if !at.zoned {
		return on + " " + at.String(), true
	}
	shifted, moved := at.utc()
	return isoDate(d.day.plus(moved)) + " " + shifted.String() + "+00:00", true
}

func monthFirstOf(b []byte, d dated) Form {
	_, i := upTo4(b)
	return numbered(dateNumbers, b[i], (d.form-dateNumbers)/orders%2 == 1, monthFirst)
}

// MonthFirst says whether a layout of a date in numbers begins with the month.
func MonthFirst(format string) bool {
	return strings.HasPrefix(format, "01") || strings.HasPrefix(format, "1/") || strings.HasPrefix(format, "1-") || strings.HasPrefix(format, "1.")
}

func isoDate(d day) string { return fmt.Sprintf("%04d-%02d-%02d", d.year, d.month, d.day) }

// plus moves a date by -1, 0 or 1 days.
func (d day) plus(n int) day {
	d.day += n
	switch {
	case d.day < 1:
		if d.month--; d.month < 1 {
			d.month, d.year = 12, d.year-1
		}
		d.day = monthDays(d.year, d.month)
	case d.day > monthDays(d.year, d.month):
		d.day = 1
		if d.month++; d.month > 12 {
			d.month, d.year = 1, d.year+1
		}
	}
	return d
}

func convertTime(b []byte, format string) (string, bool) {
	sep := byte(':')
	if format == "15.04.05" {
		if !isDotTime(b) {
			return "", false
		}
		sep = '.'
	}
	at, ok := clock(b, sep)
	if !ok || at.zoned {
		return "", false
	}
	return at.String(), true
}

// String is the time as 15:04:05, with the fraction as it was written.
func (m moment) String() string {
	text := fmt.Sprintf("%02d:%02d:%02d", m.hour, m.minute, m.second)
	if len(m.fraction) > 0 {
		text += "." + string(m.fraction)
	}
	return text
}

// utc is the time in UTC, and by how many days it is away.
func (m moment) utc() (moment, int) {
	minutes := m.hour*60 + m.minute - m.offset
	days := 0
	switch {
	case minutes < 0:
		minutes, days = minutes+24*60, -1
	case minutes >= 24*60:
		minutes, days = minutes-24*60, 1
	}
	m.hour, m.minute = minutes/60, minutes%60
	return m, days
}

// SwapDayMonth makes a layout that begins with the day one that begins with the
// month.
func SwapDayMonth(format string) string {
	for _, pair := range [][2]string{{"02", "01"}, {"2", "1"}} {
		for _, sep := range []string{"/", "-", "."} {
			if rest, ok := strings.CutPrefix(format, pair[0]+sep+pair[1]+sep); ok {
				return pair[1] + sep + pair[0] + sep + rest
			}
		}
	}
	return format
}
