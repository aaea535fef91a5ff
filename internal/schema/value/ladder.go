package value

import "github.com/headgate/headgate/internal/schema/evidence"

// Formats of numbers.
const (
	FormatZero         = "point_zero"            // 1.0, of integers
	FormatThousands    = "thousands"             // 1,234.5
	FormatDots         = "thousands_dot"         // 1.234,5
	FormatSpaces       = "thousands_space"       // 1 234.5
	FormatSpacesComma  = "thousands_space_comma" // 1 234,5
	FormatComma        = "comma"                 // 1,5
	FormatPercent      = "percent"               // 12.5 %
	FormatPercentComma = "percent_comma"         // 12,5 %
	FormatMoney        = "money"                 // $1,234.50
	FormatMoneyDots    = "money_comma"           // 1.234,50 €
)

// candidates are the types that a column with these counts could have, narrow ones
// first, with how many cells each of them fits.
func candidates(c *Counts) []Decision {
	var all []Decision
	add := func(t evidence.Type, format string, s set) {
		all = append(all, Decision{Type: t, Format: format, set: s, count: c.sum(s)})
	}
	c.booleans(add)
	c.plainNumbers(add)
	c.writtenNumbers(add)
	c.dates(add)
	all = append(all, c.numberedDates()...)
	c.times(add)
	add(evidence.TypeUUID, "", of(UUID))
	add(evidence.TypeJSON, "", of(JSON))
	return all
}

type addFunc = func(evidence.Type, string, set)

// any says whether a form occurs.
func (c *Counts) any(forms ...Form) bool { return c.sum(of(forms...)) > 0 }

func (c *Counts) booleans(add addFunc) {
	if c.any(True, False) {
		add(evidence.TypeBoolean, "", of(True, False))
	}
	if c.any(Yes, No) {
		add(evidence.TypeBoolean, "bool:yes/no", of(Yes, No))
	}
	if c.any(LetterY) && c.any(LetterN) {
		add(evidence.TypeBoolean, "bool:Y/N", of(LetterY, LetterN))
	}
	if c.any(LetterT) && c.any(LetterF) || c.Style&Capital == 0 && c.any(LetterT, LetterF) {
		add(evidence.TypeBoolean, "bool:t/f", of(LetterT, LetterF))
	}
}

func decimals() set { return of(Int, Dec, Zero, Dot3) }

func (c *Counts) plainNumbers(add addFunc) {
	if c.any(Int) {
		add(evidence.TypeInteger, "", of(Int))
	}
	if c.any(Dec, Zero, Dot3) {
		add(evidence.TypeDecimal, "", decimals())
	}
	if c.any(Long, Exp) {
		add(evidence.TypeFloat, "", decimals().with(of(Long, Exp)))
	}
}

// writtenNumbers are those with separators, signs and symbols.
func (c *Counts) writtenNumbers(add addFunc) {
	number := func(format string, s set, points ...Form) {
		t := evidence.TypeInteger
		if c.any(points...) {
			t = evidence.TypeDecimal
		}
		add(t, format, s)
	}
	if c.any(Comma3, CommaInt, CommaDec) {
		number(FormatThousands, decimals().with(of(Comma3, CommaInt, CommaDec)), Dec, Zero, Dot3, CommaDec)
	}
	if c.any(DotInt, DotDec) || c.any(Dot3) && c.any(DecComma) {
		number(FormatDots, of(Int, Dot3, DotInt, DotDec, DecComma, Comma3), DotDec, DecComma, Comma3)
	}
	if c.any(SpaceInt, SpaceDec) {
		number(FormatSpaces, decimals().with(of(SpaceInt, SpaceDec)), SpaceDec, Dec, Zero, Dot3)
	}
	if c.any(SpaceInt, SpaceComma) && c.any(SpaceComma, DecComma, Comma3) {
		number(FormatSpacesComma, of(Int, SpaceInt, SpaceComma, DecComma, Comma3), SpaceComma, DecComma, Comma3)
	}
	if c.any(DecComma) {
		add(evidence.TypeDecimal, FormatComma, of(Int, DecComma, Comma3))
	}
	if c.any(Percent) {
		add(evidence.TypeDecimal, FormatPercent, decimals().with(of(Percent)))
	}
	if c.any(PercentComma) {
		add(evidence.TypeDecimal, FormatPercentComma, of(Int, Percent, PercentComma, DecComma))
	}
	if c.any(Money, MoneyAny) {
		add(evidence.TypeDecimal, FormatMoney, decimals().with(of(Money, MoneyAny, Comma3, CommaInt, CommaDec)))
	}
	if c.any(MoneyComma) {
		add(evidence.TypeDecimal, FormatMoneyDots, of(Int, MoneyComma, MoneyAny, Dot3, DotInt, DotDec, DecComma, Comma3))
	}
}

// dates are those whose form leaves no doubt.
func (c *Counts) dates(add addFunc) {
	name := "Jan"
	if c.Style&LongName != 0 {
		name = "January"
	}
	d := c.dayLayout()
	clock := c.clockLayout()
	for _, one := range []struct {
		form   Form
		format string
	}{
		{DateISO, ""},
		{DateSlash, "2006/01/02"},
		{DateDot, "2006.01.02"},
		{DateName2, d + "-" + name + "-06"},
		{DateName, d + "-" + name + "-2006"},
		{DateWords, d + " " + name + " 2006"},
		{DateUS, name + " " + d + ", 2006"},
	} {
		if c.any(one.form) {
			add(evidence.TypeDate, one.format, of(one.form))
		}
	}
	if c.any(Stamp) {
		add(evidence.TypeTimestamp, "", of(Stamp, DateISO, DateSlash))
	}
	if c.any(StampZone) {
		add(evidence.TypeTimestampTZ, "", of(StampZone))
	}
	if c.any(StampName) {
		add(evidence.TypeTimestamp, d+"-"+name+"-2006"+clock, of(StampName, DateName, DateName2))
	}
}

func (c *Counts) dayLayout() string {
	if c.Style&Short != 0 {
		return "2"
	}
	return "02"
}

// clockLayout is the layout of the time in timestamps.
func (c *Counts) clockLayout() string {
	layout := " 15:04"
	if c.Style&HalfDay != 0 {
		layout = " 3:04"
	}
	if c.Style&Seconds != 0 {
		layout += ":05"
	}
	if c.Style&HalfDay != 0 {
		layout += " PM"
	}
	return layout
}

// numberedDates are those in which day and month could change places. The order
// that more cells speak for comes first; without any, the day.
func (c *Counts) numberedDates() []Decision {
	var all []Decision
	for _, sep := range []byte{'/', '-', '.'} {
		for _, short := range []bool{false, true} {
			for _, stamp := range []bool{false, true} {
				all = append(all, c.numberedDate(sep, short, stamp)...)
			}
		}
	}
	return all
}

func (c *Counts) numberedDate(sep byte, short, stamp bool) []Decision {
	form := func(order int) set {
		s := of(numbered(dateNumbers, sep, short, order))
		if stamp {
			s = s.with(of(numbered(stampNumbers, sep, short, order)))
		}
		if sep == '.' && short && !stamp && order == bothWays {
			s = s.with(of(DotBoth))
		}
		return s
	}
	days, months, both := c.sum(form(dayFirst)), c.sum(form(monthFirst)), c.sum(form(bothWays))
	if stamp && !c.any(numbered(stampNumbers, sep, short, dayFirst), numbered(stampNumbers, sep, short, monthFirst), numbered(stampNumbers, sep, short, bothWays)) {
		return nil
	}
	if days+months+both == 0 {
		return nil
	}
	make1 := func(order int, count int64) Decision {
		return Decision{
			Type: temporalType(stamp), Format: c.numberedLayout(sep, short, stamp, order), Ambiguous: count == 0,
			set: form(order).with(form(bothWays)), count: count + both,
		}
	}
	first, second := make1(dayFirst, days), make1(monthFirst, months)
	if months > days {
		first, second = second, first
	}
	if days == 0 || months == 0 {
		return []Decision{first}
	}
	return []Decision{first, second}
}

func temporalType(stamp bool) evidence.Type {
	if stamp {
		return evidence.TypeTimestamp
	}
	return evidence.TypeDate
}

func (c *Counts) numberedLayout(sep byte, short, stamp bool, order int) string {
	d, m, y := "02", "01", "2006"
	if c.Style&Short != 0 {
		d, m = "2", "1"
	}
	if short {
		y = "06"
	}
	if order == monthFirst {
		d, m = m, d
	}
	layout := d + string(sep) + m + string(sep) + y
	if stamp {
		layout += c.clockLayout()
	}
	return layout
}

func (c *Counts) times(add addFunc) {
	if c.any(Time) {
		add(evidence.TypeTime, "", of(Time))
	}
	if c.any(TimeHalf) {
		add(evidence.TypeTime, c.clockLayout()[1:], of(Time, TimeHalf))
	}
	if c.any(TimeDot) {
		add(evidence.TypeTime, "15.04.05", of(TimeDot, DotBoth))
	}
}
