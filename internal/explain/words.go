package explain

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// span is a real duration in the words of who reads it.
func (t *teller) span(d time.Duration) string {
	d = time.Duration(float64(d) * t.Scale)
	switch {
	case d < time.Millisecond:
		return "under 1ms"
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

// number writes n with a comma between each three digits.
func number(n int64) string {
	digits, sign := strconv.FormatInt(n, 10), ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// count is a number of things.
func count(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return number(n) + " " + noun + "s"
}

// dollars writes nano-USD.
func dollars(nano int64) string { return "$" + strconv.FormatFloat(float64(nano)/1e9, 'f', 6, 64) }

// list joins words as people do.
func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// sentence is a text that ends as a sentence does.
func sentence(s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return ""
	}
	first, n := utf8.DecodeRuneInString(s)
	s = string(unicode.ToUpper(first)) + s[n:]
	if strings.ContainsAny(s[len(s)-1:], ".!?") {
		return s
	}
	return s + "."
}

// limitWords are what a limit's name stands for.
func limitWords(name string) string {
	switch name {
	case "requests_per_minute":
		return "the requests that the account may begin in a minute"
	case "tokens_per_minute":
		return "the tokens that it may use in a minute"
	case "input_tokens_per_minute":
		return "the input tokens that it may use in a minute"
	case "output_tokens_per_minute":
		return "the output tokens that it may use in a minute"
	case "tokens_per_day":
		return "the tokens that it may use of the model in a day"
	case "account_tokens_per_day":
		return "the tokens that it may use of all models in a day"
	}
	return ""
}
