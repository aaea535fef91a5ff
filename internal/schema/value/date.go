package value

// day is a date as it was written; swap says that day and month could change
// places.
type day struct{ year, month, day int }

func (d day) ok() bool {
	return d.year >= 1000 && d.month >= 1 && d.month <= 12 && d.day >= 1 && d.day <= monthDays(d.year, d.month)
}

func (d day) swapped() day { return day{d.year, d.day, d.month} }

func monthDays(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// since counts days from 1 March of the year 0 of the Gregorian calendar.
func (d day) since() int64 {
	y, m := int64(d.year), int64(d.month)
	if m < 3 {
		y--
		m += 12
	}
	return 365*y + y/4 - y/100 + y/400 + (153*(m-3)+2)/5 + int64(d.day) - 1
}

// century gives a year of two digits its century as package time does.
func century(y int) int {
	if y >= 69 {
		return 1900 + y
	}
	return 2000 + y
}

const dayMillis = 24 * 60 * 60 * 1000

// dated is a date that was read from the front of a cell.
type dated struct {
	day   day
	form  Form // of the date alone
	stamp Form // of the date with a time; Text where there is none
	both  bool
	style Style
	rest  []byte
}

// temporal classifies a date, a time or both that begins with a digit.
func temporal(b []byte) (Cell, bool) {
	_, i := upTo4(b)
	if i > 4 || i == len(b) {
		return Cell{}, false
	}
	if b[i] == ':' {
		return timeCell(b)
	}
	d, ok := date(b)
	if !ok {
		if b[i] == '.' && i == 2 {
			return dotTime(b)
		}
		return Cell{}, false
	}
	return d.cell()
}

// upTo4 reads digits; i is how many, 5 when there are more than 4.
func upTo4(b []byte) (n, i int) {
	for i < len(b) && b[i]-'0' <= 9 {
		if i == 4 {
			return n, 5
		}
		n = n*10 + int(b[i]-'0')
		i++
	}
	return n, i
}

// date reads a date in one of the layouts that begin with a digit.
func date(b []byte) (dated, bool) {
	first, i := upTo4(b)
	if i == 0 || i > 4 || i >= len(b)-1 {
		return dated{}, false
	}
	sep := b[i]
	switch sep {
	case '-', '/', '.':
	case ' ':
		return named(b, first, i)
	default:
		return dated{}, false
	}
	if b[i+1]|0x20 >= 'a' {
		return named(b, first, i)
	}
	second, j := upTo4(b[i+1:])
	end := i + 1 + j
	if j == 0 || j > 2 || end >= len(b)-1 || b[end] != sep {
		return dated{}, false
	}
	third, k := upTo4(b[end+1:])
	d := dated{rest: b[end+1+k:], stamp: Text}
	if i == 4 && (k == 1 || k == 2) {
		return yearFirst(d, day{first, second, third}, sep, j == 1 || k == 1)
	}
	if i > 2 || k != 2 && k != 4 || sep == '.' && k == 2 && (i != 2 || j != 2) {
		return dated{}, false
	}
	year := third
	if k == 2 {
		year = century(third)
	}
	return dayOrMonthFirst(d, day{year, second, first}, sep, k == 2, i == 1 || j == 1)
}

func yearFirst(d dated, on day, sep byte, short bool) (dated, bool) {
	d.day = on
	switch sep {
	case '-':
		d.form, d.stamp = DateISO, Stamp
	case '/':
		d.form, d.stamp = DateSlash, Stamp
	default:
		d.form = DateDot
	}
	if short {
		d.style = Short
	}
	return d, on.ok()
}

// dayOrMonthFirst decides the order; on is read with the day first.
func dayOrMonthFirst(d dated, on day, sep byte, twoDigits, short bool) (dated, bool) {
	order := dayFirst
	d.day = on
	switch normal, swapped := on.ok(), on.swapped().ok(); {
	case normal && swapped:
		order, d.both = bothWays, true
	case swapped:
		order, d.day = monthFirst, on.swapped()
	case !normal:
		return dated{}, false
	}
	d.form, d.stamp = numbered(dateNumbers, sep, twoDigits, order), numbered(stampNumbers, sep, twoDigits, order)
	if short {
		d.style = Short
	}
	return d, true
}

// named reads 02-Jan-06, 02-Jan-2006 and 2 January 2006.
func named(b []byte, first, i int) (dated, bool) {
	if i > 2 {
		return dated{}, false
	}
	sep := b[i]
	month, n := monthName(b[i+1:])
	at := i + 1 + n
	if month == 0 || at >= len(b)-1 || b[at] != sep && (sep != ' ' || b[at] != ',') {
		return dated{}, false
	}
	at++
	if sep == ' ' && b[at] == ' ' {
		at++
	}
	year, k := upTo4(b[at:])
	d := dated{rest: b[at+min(k, len(b)-at):], stamp: StampName}
	switch {
	case k == 4 && sep == ' ':
		d.form = DateWords
	case k == 4:
		d.form = DateName
	case k == 2 && sep != ' ':
		d.form, year = DateName2, century(year)
	default:
		return dated{}, false
	}
	if i == 1 {
		d.style = Short
	}
	if n > 3 {
		d.style |= LongName
	}
	d.day = day{year, month, first}
	return d, d.day.ok()
}

// american classifies January 2, 2006.
func american(b []byte) (Cell, bool) {
	d, ok := americanDate(b)
	if !ok {
		return Cell{}, false
	}
	return d.cell()
}

func americanDate(b []byte) (dated, bool) {
	month, n := monthName(b)
	if month == 0 || n >= len(b) || b[n] != ' ' && b[n] != '-' {
		return dated{}, false
	}
	rest := b[n+1:]
	on, i := upTo4(rest)
	if i == 0 || i > 2 {
		return dated{}, false
	}
	d := dated{form: DateUS, stamp: Text}
	if i == 1 {
		d.style = Short
	}
	if n > 3 {
		d.style |= LongName
	}
	rest = rest[i:]
	skipped := 0
	for len(rest) > 0 && (rest[0] == ',' || rest[0] == ' ' || rest[0] == '-') && skipped < 2 {
		rest = rest[1:]
		skipped++
	}
	year, k := upTo4(rest)
	if skipped == 0 || k != 4 {
		return dated{}, false
	}
	d.day, d.rest = day{year, month, on}, rest[4:]
	return d, d.day.ok()
}

// monthName reads the name of a month in English, whole or three letters of it.
func monthName(b []byte) (month, n int) {
	names := [...]string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}
	for n < len(b) && b[n]|0x20 >= 'a' && b[n]|0x20 <= 'z' {
		n++
	}
	if n < 3 || n > 9 {
		return 0, 0
	}
	for m, name := range names {
		if n != 3 && n != len(name) {
			continue
		}
		same := true
		for i := range n {
			if b[i]|0x20 != name[i] {
				same = false
				break
			}
		}
		if same {
			return m + 1, n
		}
	}
	return 0, 0
}

// cell makes a cell of a date and what follows it.
func (d dated) cell() (Cell, bool) {
	c := Cell{Form: d.form, Style: d.style, Key: d.day.since() * dayMillis}
	if d.both {
		c.Alt = d.day.swapped().since() * dayMillis
	}
	if len(d.rest) == 0 {
		if d.form == numbered(dateNumbers, '.', true, bothWays) || d.form == numbered(dateNumbers, '.', true, dayFirst) || d.form == numbered(dateNumbers, '.', true, monthFirst) {
			return d.dotted(c), true
		}
		return c, true
	}
	if d.stamp == Text || d.rest[0] != ' ' && d.rest[0] != 'T' && d.rest[0] != 't' {
		return Cell{}, false
	}
	at, ok := clock(Trim(d.rest[1:]), ':')
	if !ok {
		return Cell{}, false
	}
	c.Form = d.stamp
	c.Style |= at.style
	if at.zoned {
		if d.stamp != Stamp {
			return Cell{}, false
		}
		c.Form = StampZone
	}
	shift := int64(at.millis) - int64(at.offset)*60_000
	c.Key += shift
	if d.both {
		c.Alt += shift
	}
	return c, true
}
