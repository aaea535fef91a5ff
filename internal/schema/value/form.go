package value

// Form is how a cell is written. Several forms make one type: 5, 1,234 and 1,234.5
// are three forms of a decimal with thousands separators.
type Form uint8

// The forms. Both is said of dates in which day and month could change places.
const (
	Blank Form = iota // nothing but spaces
	Text
	Code   // digits with a leading zero, which a number would lose
	Digits // more than 15 digits, which most programs round as a number
	JSON
	UUID

	True  // true
	False // false
	Yes   // yes
	No    // no
	LetterY
	LetterN
	LetterT
	LetterF

	Int          // 12
	Dec          // 1.5
	Zero         // 1.0
	Dot3         // 1.234: a decimal, or thousands by a dot
	Long         // more digits than a decimal of 18 places has
	Exp          // 1.5e3
	Comma3       // 1,234: thousands, or a decimal comma
	CommaInt     // 1,234,567
	CommaDec     // 1,234.5
	DecComma     // 1,5
	DotInt       // 1.234.567
	DotDec       // 1.234,5
	SpaceInt     // 1 234
	SpaceDec     // 1 234.5
	SpaceComma   // 1 234,5
	Percent      // 12.5 %
	PercentComma // 12,5 %
	Money        // $1,234.50
	MoneyComma   // 1.234,50 €
	MoneyAny     // €5, or money that reads either way

	Time     // 18:00 or 18:00:00.5
	TimeHalf // 6:00 PM
	TimeDot  // 18.00.00
	DotBoth  // 10.11.12: a time by dots or a date

	DateISO   // 2006-01-02
	DateSlash // 2006/01/02
	DateDot   // 2006.01.02
	DateName2 // 02-Jan-06
	DateName  // 02-Jan-2006
	DateWords // 2 January 2006
	DateUS    // January 2, 2006
	Stamp     // 2006-01-02T15:04:05, with / as well
	StampZone // the same with Z or an offset
	StampName // 02-Jan-2006 15:04:05

	// dateNumbers is the first of eighteen forms of dates in numbers, by separator
	// (/, -, .), digits of the year (4, 2) and order (day first, month first, both);
	// stampNumbers of as many with a time.
	dateNumbers
	stampNumbers = dateNumbers + orders*separators*2
	// Forms is how many forms there are.
	Forms = int(stampNumbers) + orders*separators*2
)

const (
	orders     = 3
	separators = 3
	dayFirst   = 0
	monthFirst = 1
	bothWays   = 2
)

// numbered is the form of a date in numbers, or with a time of a timestamp.
func numbered(first Form, sep byte, short bool, order int) Form {
	n := 0
	switch sep {
	case '-':
		n = 1
	case '.':
		n = 2
	}
	n *= 2
	if short {
		n++
	}
	return first + Form(n*orders+order) //nolint:gosec // below eighteen
}

// Cell is what Classify found.
type Cell struct {
	Form  Form
	Style Style
	Whole uint8 // digits before the point of a number
	Frac  uint8 // digits after it
	// Key orders the cells of one form: numbers, dates and times. Alt is the key of
	// a date whose day and month change places.
	Key, Alt int64
}

// Style is what the cells of a column differ in without another meaning; styles of
// cells are joined by or.
type Style uint8

// The styles.
const (
	Short    Style = 1 << iota // day or month of one digit
	HalfDay                    // AM or PM
	Seconds                    // a time has seconds
	LongName                   // a month is written out
	Signed                     // a number is negative
	Capital                    // a boolean of one letter is a capital
)
