package judge

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/evidence"
)

// plain is a text on one line, without characters of control, at most n characters.
func plain(s string, n int) string {
	return cut(strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.C, r) || unicode.In(r, unicode.Zl, unicode.Zp) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, s)), " "), n)
}

// bare is plain without brackets of any kind, which could look like the end of the
// data or like a call.
func bare(s string, n int) string {
	return plain(strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Ps, unicode.Pe, unicode.Pi, unicode.Pf) || strings.ContainsRune("<>|`@＜＞", r) {
			return ' '
		}
		return r
	}, s), n)
}

// figure is a number or a date in numbers, as it was measured; empty for all else.
func figure(s string) string {
	if len(s) > shownLength+8 || strings.Trim(s, "0123456789.,:+-/eET %") != "" {
		return ""
	}
	return s
}

func cut(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return strings.TrimRight(string(r[:n]), " ")
}

// name is an identifier of the schema as it stands in a prompt: of letters, digits
// and underscores alone, and not longer than is needed.
func name(s string) string { return cut(schema.Identifier(s), 40) }

// names are some of them, with a word on how many are left out.
func names(all []string, most int) string {
	out := make([]string, 0, min(len(all), most+1))
	for i, n := range all {
		if i == most {
			out = append(out, "...")
			break
		}
		out = append(out, name(n))
	}
	return strings.Join(out, ",")
}

// validName is what a model may call a table or a column.
func validName(s string) bool {
	return regexp.MustCompile(`^[a-z][a-z0-9_]{0,47}$`).MatchString(s) && schema.Identifier(s) == s
}

// Bounds of the values that are shown.
const (
	shownLength   = 24 // characters of one
	shownDistinct = 50 // different ones that a column has at most
	shownWords    = 2
)

// values are the most frequent values of a column as they may be shown: of a column
// with few short ones, which are no sentences and say nothing about a person.
func values(c *evidence.Column) string {
	if c.Distinct > shownDistinct || c.Length > 2*shownLength || personal(schema.Words(schema.Identifier(c.Name))) {
		return ""
	}
	var out []string
	for _, v := range c.Top[:min(len(c.Top), 5)] {
		if v.Count < 2 && c.Distinct > 5 || speaks(v.Text) {
			continue
		}
		if s := bare(v.Text, shownLength); s != "" {
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		return ""
	}
	return marshal(out)
}

// speaks reports whether a value looks like words to somebody, or like somebody's
// address or number.
func speaks(s string) bool {
	digits := 0
	for _, r := range s {
		if unicode.IsDigit(r) {
			digits++
		}
	}
	fields := strings.Fields(s)
	return len(fields) > shownWords || digits > 8 || strings.ContainsAny(s, "@{}<>;`\\\n\r") || strings.Contains(s, "://") ||
		len(fields) == 2 && slices.IndexFunc(fields, func(f string) bool { return !titled(f) }) < 0
}

// titled reports whether a word begins with a capital: two such words may be a
// person.
func titled(word string) bool {
	r := []rune(word)
	return unicode.IsUpper(r[0]) && len(r) > 1 && unicode.IsLower(r[1])
}

// personal reports whether a column's name says that it is about a person.
func personal(words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool {
		return slices.Contains([]string{
			"name", "names", "firstname", "lastname", "surname", "fullname", "username", "login", "email", "mail", "phone", "telephone", "tel", "mobile", "fax",
			"address", "street", "contact", "birth", "birthday", "birthdate", "dob", "ssn", "passport", "iban", "password", "passwd", "secret", "token", "person",
		}, w)
	})
}
