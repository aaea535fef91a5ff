package speech

import (
	"fmt"
	"regexp/syntax"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tidwall/gjson"
)

// text writes a string that fits a schema's enumerable wishes: a format, else
// a pattern, else a word or two within the bounds of length.
func (g *instance) text(s gjson.Result) {
	value := g.formatted(s.Get("format").Str)
	if value == "" {
		if pattern := s.Get("pattern").Str; pattern != "" {
			value = g.matching(pattern)
		}
	}
	if value == "" {
		value = g.word()
		for int64(utf8.RuneCountInString(value)) < min(s.Get("minLength").Int(), 10_000) {
			value += " " + g.word()
		}
		if m := s.Get("maxLength"); m.Exists() && int64(len(value)) > m.Int() {
			value = value[:max(m.Int(), 0)]
		}
	}
	g.literal(quote(value))
}

func (g *instance) word() string {
	words := [...]string{"alpha", "basin", "canal", "delta", "estuary", "field", "gate", "harbor", "inlet", "jetty"}
	return words[g.rng.IntN(len(words))]
}

func (g *instance) formatted(format string) string {
	n := g.rng.Uint64()
	switch format {
	case "date":
		return fmt.Sprintf("2026-%02d-%02d", 1+n%12, 1+n%28)
	case "time":
		return fmt.Sprintf("%02d:%02d:00Z", n%24, n%60)
	case "date-time":
		return fmt.Sprintf("2026-%02d-%02dT%02d:00:00Z", 1+n%12, 1+n%28, n%24)
	case "uuid":
		return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", n>>32, n>>16&0xffff, n>>8&0xfff, n&0xfff, n&0xffffffffffff)
	case "email":
		return g.word() + "@example.com"
	case "uri", "url":
		return "https://example.com/" + g.word()
	case "hostname":
		return g.word() + ".example.com"
	case "ipv4":
		return fmt.Sprintf("192.0.2.%d", n%256)
	case "ipv6":
		return fmt.Sprintf("2001:db8::%x", n&0xffff)
	}
	return ""
}

// matching is a short string that matches a pattern; empty when the pattern
// is none that Go can read.
func (g *instance) matching(pattern string) string {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return ""
	}
	var b strings.Builder
	g.match(&b, re.Simplify(), 0)
	return b.String()
}

func (g *instance) match(b *strings.Builder, re *syntax.Regexp, depth int) {
	if depth > 100 {
		return
	}
	switch re.Op {
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		b.WriteRune(printable(re.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte('a')
	case syntax.OpCapture, syntax.OpPlus:
		g.match(b, re.Sub[0], depth+1)
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			g.match(b, sub, depth+1)
		}
	case syntax.OpAlternate:
		g.match(b, re.Sub[g.rng.IntN(len(re.Sub))], depth+1)
	default:
		// Star and Quest may match nothing; the rest are assertions.
	}
}

// printable is a character of a class, one that can be read if there is one.
func printable(ranges []rune) rune {
	for i := 0; i+1 < len(ranges); i += 2 {
		for _, want := range []rune{'a', 'A', '1', '_'} {
			if ranges[i] <= want && want <= ranges[i+1] {
				return want
			}
		}
	}
	for i := 0; i+1 < len(ranges); i += 2 {
		for c := ranges[i]; c <= ranges[i+1] && c < ranges[i]+64; c++ {
			if unicode.IsPrint(c) {
				return c
			}
		}
	}
	if len(ranges) > 0 {
		return ranges[0]
	}
	return 'a'
}
