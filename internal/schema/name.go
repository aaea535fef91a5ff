package schema

import (
	"fmt"
	"hash/fnv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// MaxName is the longest identifier, in bytes: that of PostgreSQL, the shortest of
// the dialects.
const MaxName = 63

// Identifier is a text as an identifier in snake_case: letters without accents,
// digits and underscores, a letter first, at most MaxName bytes. "OrderID",
// "Order ID" and "order-id" are all order_id. What has no letter or digit of ASCII
// gives "".
func Identifier(text string) string {
	var b strings.Builder
	runes := []rune(norm.NFKD.String(plain().Replace(text)))
	var last rune // the last one that was kept, as it was written
	gap := false
	for i, r := range runes {
		switch {
		case unicode.Is(unicode.Mn, r) || r == '\'' || r == '’':
			continue
		case r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r):
			gap = b.Len() > 0
			continue
		}
		if b.Len() > 0 && (gap || begins(last, r, runes[i+1:])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
		last, gap = r, false
	}
	name := b.String()
	if name != "" && name[0] >= '0' && name[0] <= '9' {
		name = "n_" + name
	}
	return Shorten(name)
}

// plain spells the Latin letters that have no accent to leave out.
func plain() *strings.Replacer {
	return strings.NewReplacer("ß", "ss", "æ", "ae", "Æ", "Ae", "œ", "oe", "Œ", "Oe", "ø", "o", "Ø", "O", "ł", "l", "Ł", "L", "đ", "d", "Đ", "D")
}

// begins reports whether a word begins at r, after last and before rest: at
// "aB", and at the last capital of "ABc".
func begins(last, r rune, rest []rune) bool {
	if !unicode.IsUpper(r) {
		return false
	}
	if unicode.IsLower(last) || unicode.IsDigit(last) {
		return true
	}
	return unicode.IsUpper(last) && len(rest) > 1 && unicode.IsLower(rest[0]) && unicode.IsLower(rest[1])
}

// Shorten cuts an identifier to MaxName bytes. What is cut is told apart by a hash
// of the whole.
func Shorten(name string) string {
	if len(name) <= MaxName {
		return name
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(name)) // never fails
	return fmt.Sprintf("%s_%08x", strings.TrimRight(name[:MaxName-9], "_"), h.Sum32())
}

// Names gives out identifiers, each once. The zero value has given none.
type Names struct{ used map[string]bool }

// Take is the identifier of text, or of fallback where text has none, with a number
// after it when it was given out already.
func (n *Names) Take(text, fallback string) string {
	name := Identifier(text)
	if name == "" {
		name = Identifier(fallback)
	}
	if n.used == nil {
		n.used = map[string]bool{}
	}
	for free, i := name, 2; ; i++ {
		if !n.used[free] {
			n.used[free] = true
			return free
		}
		free = Shorten(fmt.Sprintf("%s_%d", name, i))
	}
}

// Words are the words of an identifier, in lower case.
func Words(identifier string) []string {
	return strings.FieldsFunc(identifier, func(r rune) bool { return r == '_' })
}
