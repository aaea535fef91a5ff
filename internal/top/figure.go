package top

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// thousands writes n with a comma between each three digits.
func thousands(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	var b strings.Builder
	b.WriteString(sign)
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// short writes n in at most five characters, to three digits.
func short(n int64) string {
	v := float64(n)
	if math.Abs(v) < 9999.5 {
		return strconv.FormatInt(n, 10)
	}
	for _, unit := range []string{"k", "M", "G", "T", "P"} {
		v /= 1000
		switch {
		case math.Abs(v) < 99.95:
			return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0") + unit
		case math.Abs(v) < 999.5:
			return strconv.FormatFloat(v, 'f', 0, 64) + unit
		}
	}
	return strconv.FormatFloat(v/1000, 'f', 1, 64) + "E"
}

// share writes a part as per cent; a dash when it is not known.
func share(v *float64) string {
	if v == nil {
		return "-"
	}
	if *v > 0 && *v < 0.005 {
		return "<1%"
	}
	return strconv.FormatFloat(math.Round(100**v), 'f', 0, 64) + "%"
}

// spell writes a duration in at most five characters for what is below 100 hours.
func spell(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + spell(-d)
	case d == 0:
		return "0s"
	case d < 995*time.Millisecond:
		return strconv.FormatInt(max(1, d.Milliseconds()), 10) + "ms"
	case d < 9950*time.Millisecond:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + "s"
	case d < 99500*time.Millisecond:
		return strconv.FormatFloat(d.Seconds(), 'f', 0, 64) + "s"
	case d < 100*time.Minute:
		return strconv.FormatFloat(d.Minutes(), 'f', 0, 64) + "m"
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh%02d", int(d.Hours()), int(d.Minutes())%60)
	}
	return strconv.FormatFloat(d.Hours()/24, 'f', 0, 64) + "d"
}

// dollars writes nano-USD with the digits that tell something; a dash when the
// amount is not known.
func dollars(nano *int64) string {
	if nano == nil || *nano < 0 {
		return "-"
	}
	usd := float64(*nano) / 1e9
	switch {
	case usd >= 100:
		return "$" + thousands(int64(math.Round(usd)))
	case usd >= 0.1 || usd == 0:
		return "$" + strconv.FormatFloat(usd, 'f', 2, 64)
	}
	return "$" + strconv.FormatFloat(usd, 'f', 4, 64)
}

// gauge is a bar of width cells that is as full as share, and marked at its end
// when more than all is used.
func gauge(share *float64, width int) string {
	if share == nil || math.IsNaN(*share) {
		return strings.Repeat("·", width)
	}
	const parts = " ▏▎▍▌▋▊▉█"
	eighths := int(math.Round(min(max(*share, 0), 1) * float64(width) * 8))
	if eighths == 0 && *share > 0 {
		eighths = 1
	}
	var b strings.Builder
	for i := range width {
		n := min(max(eighths-8*i, 0), 8)
		if n == 0 {
			b.WriteString("░")
			continue
		}
		b.WriteRune([]rune(parts)[n])
	}
	return b.String()
}

// spark draws shares, oldest first, in width cells: a cell is as high as the
// highest share that falls into it, full from 1 on, and a dot where nothing is used.
func spark(shares []float64, width int) string {
	var b strings.Builder
	if len(shares) == 0 {
		return strings.Repeat(" ", width)
	}
	blocks := []rune("▁▂▃▄▅▆▇█")
	for i := range width {
		from := i * len(shares) / width
		to := max(from+1, (i+1)*len(shares)/width)
		high := 0.0
		for _, v := range shares[from:min(to, len(shares))] {
			high = max(high, v)
		}
		if high <= 0 {
			b.WriteRune('·')
			continue
		}
		b.WriteRune(blocks[min(len(blocks)-1, int(high*float64(len(blocks))))])
	}
	return b.String()
}
