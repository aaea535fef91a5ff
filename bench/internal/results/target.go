package results

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Target is what is asked of a value, in words that are printed and judged
// alike: "≥ 0.98 × bound", "≤ 1.5 × proxy", "≤ 2", "± 0.03 × simulated".
type Target string

// AtLeast asks for limit or more. With of, which names what the row's bound is
// (bound, proxy, FIFO), limit is a multiple of the bound.
func AtLeast(limit float64, of string) Target { return target("≥", limit, of) }

// AtMost asks for limit or less; of is as in AtLeast.
func AtMost(limit float64, of string) Target { return target("≤", limit, of) }

// Within asks for a value that differs from the row's bound, which of names, by
// no more than part of it.
func Within(part float64, of string) Target { return target("±", part, of) }

func target(sign string, limit float64, of string) Target {
	t := sign + " " + strconv.FormatFloat(limit, 'f', -1, 64)
	if of != "" {
		t += " × " + of
	}
	return Target(t)
}

// Wants says which way is better: 1 when more is, -1 when less is, 0 for an
// empty target and for one that asks for a value like the bound.
func (t Target) Wants() int {
	switch {
	case strings.HasPrefix(string(t), "≥"):
		return 1
	case strings.HasPrefix(string(t), "≤"):
		return -1
	}
	return 0
}

// Limit takes t apart: the number, and whether the bound multiplies it.
func (t Target) Limit() (limit float64, ofBound bool, err error) {
	sign, rest, _ := strings.Cut(string(t), " ")
	number, of, ofBound := strings.Cut(rest, " × ")
	limit, err = strconv.ParseFloat(number, 64)
	known := sign == "≥" || sign == "≤" || sign == "±" && ofBound
	if !known || err != nil || ofBound && of == "" {
		return 0, false, fmt.Errorf("target %q is not of the form %q, %q or %q", t, AtLeast(0.98, "bound"), AtMost(2, ""), Within(0.03, "bound"))
	}
	return limit, ofBound, nil
}

// slack forgives the last digit of rounded figures.
const slack = 1e-6

func (t Target) met(value float64, bound *float64) (bool, error) {
	limit, ofBound, err := t.Limit()
	if err != nil {
		return false, err
	}
	if ofBound {
		if bound == nil {
			return false, errors.New("the target " + strconv.Quote(string(t)) + " speaks of a bound, and the row has none")
		}
		limit *= *bound
	}
	switch t.Wants() {
	case 0:
		return math.Abs(value-*bound) <= math.Abs(limit)*(1+slack), nil
	case 1:
		return value >= limit*(1-slack), nil
	}
	return value <= limit*(1+slack), nil
}
