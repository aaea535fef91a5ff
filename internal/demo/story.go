package demo

import (
	"fmt"
	"strconv"
	"strings"
)

// Story is one sentence of what happened, made of the report's figures.
func (r Report) Story() string {
	var b strings.Builder
	direct, fifo, ours := r.Direct, r.FIFO, r.Headgate
	if direct.RunsStarted == 0 {
		return "Nothing has started."
	}
	fmt.Fprintf(&b, "Direct, %s of %s finished", number(direct.RunsFinished), count(direct.RunsStarted, "run"))
	if direct.TokensWasted > 0 {
		fmt.Fprintf(&b, " and %s quota tokens went into runs that never did", thousands(direct.TokensWasted))
	}
	fmt.Fprintf(&b, "; through Headgate %s of %d did, with %s and %s",
		number(ours.RunsFinished), ours.RunsStarted, none(ours.ClientErrors, "client error"), none(int(ours.UpstreamThrottles), "throttle"))
	if ours.RunMean != nil {
		fmt.Fprintf(&b, ", on average after %s minutes", minutes(*ours.RunMean))
		if fifo.RunMean != nil && *fifo.RunMean > 0 {
			fmt.Fprintf(&b, ", %s in order of arrival (%s minutes)", compare(*ours.RunMean / *fifo.RunMean), minutes(*fifo.RunMean))
		}
	}
	b.WriteByte('.')
	return b.String()
}

// compare puts a ratio of two times into words.
func compare(ratio float64) string {
	switch percent := int(round(100*(1-ratio), 0)); {
	case percent > 0:
		return fmt.Sprintf("%d %% sooner than", percent)
	case percent < 0:
		return fmt.Sprintf("%d %% later than", -percent)
	}
	return "as soon as"
}

// number writes a count, and none for 0.
func number(n int) string {
	if n == 0 {
		return "none"
	}
	return strconv.Itoa(n)
}

// none writes a count with its noun, and "no" for 0: no throttle, 2 throttles.
func none(n int, noun string) string {
	if n == 0 {
		return "no " + noun
	}
	return count(n, noun)
}

// minutes writes seconds as minutes with one digit after the point.
func minutes(seconds float64) string { return strconv.FormatFloat(seconds/60, 'f', 1, 64) }

// thousands writes n, which is not negative, with a comma between each three
// digits.
func thousands(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
