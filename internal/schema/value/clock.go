package value

// moment is a time of day.
type moment struct {
	hour, minute, second int
	fraction             []byte // digits after the second
	millis               int    // since midnight
	zoned                bool
	offset               int // minutes east of UTC
	style                Style
}

// timeCell classifies a time of day.
func timeCell(b []byte) (Cell, bool) {
	at, ok := clock(b, ':')
	if !ok || at.zoned {
		return Cell{}, false
	}
	c := Cell{Form: Time, Style: at.style, Key: int64(at.millis)}
	if at.style&HalfDay != 0 {
		c.Form = TimeHalf
	}
	return c, true
}

// dotTime classifies 18.00.00, which is no date.
func dotTime(b []byte) (Cell, bool) {
	if !isDotTime(b) {
		return Cell{}, false
	}
	at, ok := clock(b, '.')
	return Cell{Form: TimeDot, Style: at.style, Key: int64(at.millis)}, ok
}

func isDotTime(b []byte) bool { return len(b) == 8 && b[2] == '.' && b[5] == '.' }

// dotted is the cell of a date with dots and a year of two digits: it may be a
// time as well. Its key is then that of the time, which orders 10.11.12 as a text.
func (d dated) dotted(c Cell) Cell {
	if !d.both {
		return c
	}
	third := d.day.year % 100
	if d.day.day > 23 || third > 59 {
		return c
	}
	c.Form = DotBoth
	return c
}

// clock reads a time of day: hours, minutes and, with any sep between them,
// seconds and their fraction; then AM or PM; then Z or an offset.
func clock(b []byte, sep byte) (moment, bool) {
	var m moment
	var i int
	if m.hour, i = upTo4(b); i == 0 || i > 2 || i >= len(b) || b[i] != sep {
		return m, false
	}
	b = b[i+1:]
	if m.minute, i = upTo4(b); i != 2 {
		return m, false
	}
	b = b[2:]
	if len(b) > 0 && b[0] == sep {
		if m.second, i = upTo4(b[1:]); i != 2 {
			return m, false
		}
		m.style = Seconds
		b = b[3:]
		b = m.takeFraction(b)
	}
	b = m.takeHalf(Trim(b))
	if m.hour > 23 || m.minute > 59 || m.second > 59 {
		return m, false
	}
	m.millis = ((m.hour*60+m.minute)*60+m.second)*1000 + milli(m.fraction)
	if len(b) == 0 {
		return m, true
	}
	return m, m.zone(b)
}

func (m *moment) takeFraction(b []byte) []byte {
	if len(b) < 2 || b[0] != '.' && b[0] != ',' {
		return b
	}
	i := 1
	for i < len(b) && b[i]-'0' <= 9 && i <= 9 {
		i++
	}
	m.fraction = b[1:i]
	return b[i:]
}

func milli(digits []byte) int {
	n := 0
	for i := range 3 {
		n *= 10
		if i < len(digits) {
			n += int(digits[i] - '0')
		}
	}
	return n
}

// takeHalf reads AM, PM, a.m. or p.m. An hour that has none keeps to 24.
func (m *moment) takeHalf(b []byte) []byte {
	if len(b) < 2 || b[0]|0x20 != 'a' && b[0]|0x20 != 'p' {
		return b
	}
	rest := b[2:]
	switch {
	case b[1]|0x20 == 'm':
	case b[1] == '.' && len(b) == 4 && b[2]|0x20 == 'm' && b[3] == '.':
		rest = nil
	default:
		return b
	}
	if m.hour < 1 || m.hour > 12 {
		m.hour = 24 // no such hour
		return rest
	}
	m.style |= HalfDay
	m.hour %= 12
	if b[0]|0x20 == 'p' {
		m.hour += 12
	}
	return rest
}

// zone reads Z, UTC, +hh, +hhmm or +hh:mm.
func (m *moment) zone(b []byte) bool {
	m.zoned = true
	if s := string(b); s == "Z" || s == "z" || s == "UTC" || s == "GMT" {
		return true
	}
	if b[0] != '+' && b[0] != '-' {
		return false
	}
	sign := 1
	if b[0] == '-' {
		sign = -1
	}
	b = b[1:]
	n, i := upTo4(b)
	switch {
	case i == 2 && len(b) == 5 && b[2] == ':':
		minutes, j := upTo4(b[3:])
		if j != 2 {
			return false
		}
		n = n*60 + minutes
	case i == 4 && len(b) == 4:
		n = n/100*60 + n%100
	case i == 2 && len(b) == 2:
		n *= 60
	default:
		return false
	}
	m.offset = sign * n
	return n <= 18*60
}
