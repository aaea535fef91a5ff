package counsel

import (
	"strconv"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/llm"
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

// duration writes seconds to the precision that people act on.
func duration(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d == 0:
		return "-"
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

func countRuns(n int64) string {
	if n == 1 {
		return "1 run"
	}
	return thousands(n) + " runs"
}

// poolName writes a pool as commands take it.
func poolName(p llm.Pool) string {
	return strings.TrimPrefix(strings.TrimSuffix(p.String(), "//"), "-/")
}
