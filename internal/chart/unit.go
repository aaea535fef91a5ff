package chart

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Unit is how the numbers of an axis are written and where its ticks may be.
type Unit uint8

// The units.
const (
	// Number is a plain number: 1,500, 20 k, 3 M.
	Number Unit = iota
	// Seconds is a length of time in seconds: 0.2 s, 4:30, 2:15 h.
	Seconds
	// Ratio is a share of one, written as a percentage: 0.97 is 97 %.
	Ratio
)

// Text writes v with three significant digits or more, as under a bar.
func (u Unit) Text(v float64) string {
	switch {
	case !drawable(v):
		return "–"
	case u == Ratio:
		return digits(v*100) + " %"
	case u == Number:
		return digits(v)
	case v < 0:
		return "-" + u.Text(-v)
	case v < 10:
		return digits(v) + " s"
	default:
		return clock(math.Round(v), v >= 7200)
	}
}

// tick writes the value of a tick, of ticks that are step apart and end at top.
func (u Unit) tick(v, step, top float64) string {
	switch {
	case u == Ratio:
		return decimals(v*100, places(step*100)) + " %"
	case u == Number:
		return short(v, step, top)
	case v == 0:
		return "0"
	case v < 0:
		return "-" + u.tick(-v, step, top)
	case step < 1:
		return decimals(v, places(step)) + " s"
	default:
		return clock(math.Round(v), top >= 7200)
	}
}

// clock writes whole seconds as minutes and seconds, or as hours and minutes.
func clock(v float64, hours bool) string {
	if v >= 1e12 {
		return digits(v/3600) + " h"
	}
	n := int64(v)
	if hours {
		return fmt.Sprintf("%d:%02d h", n/3600, n/60%60)
	}
	return fmt.Sprintf("%d:%02d", n/60, n%60)
}

// short writes large numbers in thousands, millions or billions when every
// tick gets shorter by it.
func short(v, step, top float64) string {
	if v == 0 {
		return "0"
	}
	for _, m := range []struct {
		size float64
		name string
	}{{1e9, " G"}, {1e6, " M"}, {1e3, " k"}} {
		if top >= 10*m.size || top >= m.size && m.size > 1e3 {
			return decimals(v/m.size, places(step/m.size)) + m.name
		}
	}
	return decimals(v, places(step))
}

// places is how many decimals ticks that are step apart need.
func places(step float64) int {
	if step <= 0 {
		return 0
	}
	return max(0, min(9, -int(math.Floor(math.Log10(step)+1e-9))))
}

// digits writes three significant digits, and whole numbers in full.
func digits(v float64) string {
	if v == 0 {
		return "0"
	}
	if math.Abs(v) >= 1e12 {
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	n := max(0, 2-int(math.Floor(math.Log10(math.Abs(v)))))
	s := decimals(v, min(n, 9))
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// decimals writes v with n decimals, its thousands set apart by commas.
func decimals(v float64, n int) string {
	s := strconv.FormatFloat(math.Abs(v), 'f', n, 64)
	whole, fraction, _ := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if fraction != "" {
		whole += "." + fraction
	}
	if v < 0 && strings.Trim(s, "0.") != "" {
		whole = "-" + whole
	}
	return whole
}
