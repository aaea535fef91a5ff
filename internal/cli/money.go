package cli

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

const (
	// nanoDigits are the decimal digits of a nano-USD.
	nanoDigits = 9
	// fewestDigits and tellingDigits bound the decimals of a column of money: cents
	// at least, and so many digits of the smallest amount.
	fewestDigits, tellingDigits = 2, 5
)

// money writes a column of nano-USD amounts in USD, all with as many decimals as
// show each one exactly, or the smallest to five digits; a dash for nil, which
// stands for not known.
func money(column []*int64) []string {
	// least is how many digits the smallest amount has: it begins so many places
	// before the last one of a nano-USD.
	exact, least := fewestDigits, math.MaxInt32
	for _, nano := range column {
		if nano == nil || *nano == 0 {
			continue
		}
		digits := strings.TrimRight(fmt.Sprintf("%09d", size(*nano)%1e9), "0")
		exact = max(exact, len(digits))
		least = min(least, len(strconv.FormatUint(size(*nano), 10)))
	}
	decimals := min(exact, max(fewestDigits, nanoDigits-least+tellingDigits))
	cells := make([]string, len(column))
	for i, nano := range column {
		cells[i] = "-"
		if nano != nil {
			cells[i] = amountOf(*nano, decimals)
		}
	}
	return cells
}

// amountOf writes nano-USD in USD with so many decimals, rounded half up.
func amountOf(nano int64, decimals int) string {
	unit := uint64(math.Pow10(nanoDigits - decimals))
	n := (size(nano) + unit/2) / unit
	scale := uint64(math.Pow10(decimals))
	text := fmt.Sprintf("$%s.%0*d", thousands(int64(n/scale)), decimals, n%scale) //nolint:gosec // no more than nano
	if nano < 0 && n > 0 {
		return "-" + text
	}
	return text
}

// size is n without its sign.
func size(n int64) uint64 {
	if n < 0 {
		return -uint64(n) //nolint:gosec // as two's complement has it, for the smallest too
	}
	return uint64(n)
}

// gauge is a bar as long as part is of most.
func gauge(part, most int64) string {
	const cells = 10
	if part <= 0 || most <= 0 {
		return ""
	}
	return strings.Repeat("█", max(1, int(math.Round(float64(part)/float64(most)*cells))))
}
