package cli

import (
	"errors"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/headgate/headgate/internal/config"
)

// thousands writes n with a comma between each three digits.
func thousands(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return sign + b.String()
}

// known writes n, or a dash for the 0 that stands for not known.
func known(n int64) string {
	if n == 0 {
		return "-"
	}
	return thousands(n)
}

// dollars writes nano-USD in USD, with as many digits as a cheap call needs; a
// dash for a negative amount, which stands for not known.
func dollars(nano int64) string {
	if nano < 0 {
		return "-"
	}
	return "$" + strconv.FormatFloat(float64(nano)/1e9, 'f', 6, 64)
}

// duration writes a wait to the precision that people act on.
func duration(d time.Duration) string {
	switch {
	case d == 0:
		return "0s"
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

// instant writes a time in the reader's own zone.
func instant(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format(time.DateTime)
}

// zoned is instant with the name of the zone.
func zoned(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format(time.DateTime + " MST")
}

// date writes a day, empty when there is none.
func date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

// count writes a number with its noun: 1 problem, 2 problems.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// dash stands for what is empty.
func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// isTerminal reports whether people read what is written to w.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// asProblems finds the list of problems in err.
func asProblems(err error) ([]config.Problem, bool) {
	e, ok := errors.AsType[*config.Error](err)
	if !ok {
		return nil, false
	}
	return e.Problems, true
}

// figure writes a value of Service Quotas, which may have a fraction; a dash when
// it is not known.
func figure(v *float64) string {
	switch {
	case v == nil:
		return "-"
	case *v == math.Trunc(*v) && math.Abs(*v) < 1<<60:
		return thousands(int64(*v))
	}
	return strconv.FormatFloat(*v, 'g', -1, 64)
}
