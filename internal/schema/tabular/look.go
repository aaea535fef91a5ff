package tabular

import (
	"bytes"
	"slices"
	"strings"
)

// look is what a cell's text looks like at a glance. It tells names from values; the
// types of columns are found by others, from all rows.
type look uint8

const (
	lookEmpty look = iota
	lookNull       // a word for nothing, such as NA
	lookNumber
	lookDate // or a time
	lookCode // letters and digits mixed, an address, a path
	lookText
)

// typed says that a name hardly looks so.
func (l look) typed() bool { return l == lookNumber || l == lookDate }

func lookOf(text []byte) look {
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return lookEmpty
	}
	if nullWord(text) {
		return lookNull
	}
	if len(text) > 40 {
		return lookText
	}
	var digits, letters, marks, other int
	for _, c := range text {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			letters++
		case strings.IndexByte("+-.,/:%$()' #", c) >= 0:
			marks++
		default:
			other++
		}
	}
	switch {
	case digits == 0:
		if bytes.IndexByte(text, '@') > 0 || bytes.Contains(text, []byte("://")) {
			return lookCode
		}
		return lookText
	case letters == 0:
		return figures(text, other)
	case letters <= 2 && number(text):
		return lookNumber
	case dateWords(text, letters, other):
		return lookDate
	case letters > 0 && bytes.IndexByte(text, ' ') < 0 && digits*3 >= letters:
		return lookCode
	}
	return lookText
}

// figures tells dates from numbers where there is no letter.
func figures(text []byte, other int) look {
	if other > 0 && !money(text) {
		return lookCode
	}
	inner := bytes.TrimLeft(text, "+-$(")
	seps := 0
	for _, c := range inner {
		if c == '-' || c == '/' || c == ':' {
			seps++
		}
	}
	switch {
	case seps >= 2 || bytes.IndexByte(inner, ':') > 0:
		return lookDate
	case seps == 0:
		return lookNumber
	}
	return lookCode
}

// money says whether the only strange character is the sign of a currency.
func money(text []byte) bool {
	for _, sign := range []string{"£", "€", "¥", "\xa3", "\x80", "−"} {
		if bytes.Contains(text, []byte(sign)) {
			return true
		}
	}
	return false
}

// number says whether letters are those of an exponent.
func number(text []byte) bool {
	at := bytes.IndexAny(text, "eE")
	if at <= 0 || at == len(text)-1 {
		return false
	}
	mantissa, exponent := text[:at], bytes.TrimLeft(text[at+1:], "+-")
	return len(exponent) > 0 && len(bytes.Trim(exponent, "0123456789")) == 0 && len(bytes.Trim(mantissa, "0123456789.,+-")) == 0
}

// dateWords says whether the letters are those of a date or a time.
func dateWords(text []byte, letters, other int) bool {
	if other > 0 {
		return false
	}
	words := bytes.FieldsFunc(bytes.ToLower(text), func(r rune) bool { return r < 'a' || r > 'z' })
	for _, w := range words {
		known := slices.Contains([]string{"t", "z", "am", "pm", "a", "p", "m", "utc", "gmt", "st", "nd", "rd", "th"}, string(w))
		if !known && !month(w) {
			return false
		}
	}
	return letters > 1 || bytes.IndexByte(text, ':') > 0
}

// month says whether a word is an English month, or its first three letters.
func month(w []byte) bool {
	for _, m := range []string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"} {
		if len(w) >= 3 && strings.HasPrefix(m, string(w)) {
			return true
		}
	}
	return string(w) == "sept"
}

func nullWord(text []byte) bool {
	if len(text) > 6 {
		return len(bytes.Trim(text, "*")) == 0
	}
	switch strings.ToLower(string(text)) {
	case "null", "na", "n/a", "nan", "none", "nil", "-", "--", "\\n", ".", "?", "#n/a":
		return true
	}
	return len(bytes.Trim(text, "*")) == 0
}
