package tabular

import (
	"bytes"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/headgate/headgate/internal/fault"
)

// jsonDepth is how deep objects and arrays may be nested: deeper ones are kept as
// text, so that no input can exhaust the stack.
const jsonDepth = 64

// jsonLexer steps through the JSON values of a text (RFC 8259). It is lenient where
// nothing is lost: commas may be missing or one too many.
type jsonLexer struct {
	text []byte
	pos  int
	base int64 // of text in the stream, for errors
	row  int   // where the outermost value begins
}

// syntaxError is a place that is not JSON.
type syntaxError struct {
	what    string
	at, row int64 // in the decoded text; row is where the outermost value begins
	inline  bool  // they are in text that was put together
}

func (e *syntaxError) Error() string { return fmt.Sprintf("%s at byte %d", e.what, e.at) }

func (l *jsonLexer) fail(what string) error {
	at := &syntaxError{what: what, at: l.base + int64(l.pos), row: l.base + int64(min(l.row, l.pos))}
	return &fault.Error{Kind: fault.Invalid, Message: "it is not valid JSON", Err: at}
}

// next steps over white space and commas, and returns the byte that follows; 0 at
// the end.
func (l *jsonLexer) next() byte {
	for l.pos < len(l.text) {
		switch c := l.text[l.pos]; c {
		case ' ', '\t', '\r', '\n', ',':
			l.pos++
		default:
			return c
		}
	}
	return 0
}

// str steps over a string and returns where its text is; escaped says that it has
// escapes.
func (l *jsonLexer) str() (start, end int, escaped bool, err error) {
	start = l.pos + 1
	for i := start; i < len(l.text); i++ {
		switch l.text[i] {
		case '"':
			l.pos = i + 1
			return start, i, escaped, nil
		case '\\':
			escaped = true
			i++
		}
	}
	l.pos = len(l.text)
	return 0, 0, false, l.fail("a text that does not end")
}

// literal steps over a number or a word and returns it.
func (l *jsonLexer) literal() ([]byte, error) {
	start := l.pos
	for l.pos < len(l.text) && literalByte(l.text[l.pos]) {
		l.pos++
	}
	word := l.text[start:l.pos]
	if !validLiteral(word) {
		l.pos = start
		return nil, l.fail(fmt.Sprintf("%.20q", l.text[start:min(len(l.text), max(l.pos, start+1))]))
	}
	return word, nil
}

func literalByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '+' || c == '.'
}

// validLiteral takes the words of JSON, its numbers, and the numbers that writers
// put there though JSON has none for them.
func validLiteral(word []byte) bool {
	switch string(word) {
	case "null", "true", "false", "NaN", "Infinity", "-Infinity":
		return true
	}
	i := 0
	digits := func() bool {
		from := i
		for i < len(word) && word[i] >= '0' && word[i] <= '9' {
			i++
		}
		return i > from
	}
	if i < len(word) && word[i] == '-' {
		i++
	}
	if !digits() {
		return false
	}
	if i < len(word) && word[i] == '.' {
		if i++; !digits() {
			return false
		}
	}
	if i < len(word) && (word[i] == 'e' || word[i] == 'E') {
		if i++; i < len(word) && (word[i] == '+' || word[i] == '-') {
			i++
		}
		if !digits() {
			return false
		}
	}
	return i == len(word)
}

// skip steps over a value of any kind, and checks that it is one.
func (l *jsonLexer) skip() error {
	var open []byte // the brackets to close
	for {
		c := l.next()
		switch c {
		case 0:
			return l.fail("the end, within a value")
		case '{', '[':
			open = append(open, c+2) // the closing one, in ASCII
			l.pos++
			continue
		case '}', ']':
			if len(open) == 0 || open[len(open)-1] != c {
				return l.fail(fmt.Sprintf("%q", c))
			}
			open = open[:len(open)-1]
			l.pos++
		default:
			if err := l.scalar(len(open) > 0 && open[len(open)-1] == '}'); err != nil {
				return err
			}
		}
		if len(open) == 0 {
			return nil
		}
	}
}

// scalar steps over a text, a number or a word; as a member of an object, over its
// key and what follows, unless that has brackets.
func (l *jsonLexer) scalar(member bool) error {
	if member {
		if err := l.key(); err != nil {
			return err
		}
		switch l.next() {
		case '{', '[':
			return nil
		case 0:
			return l.fail("the end, within an object")
		}
	}
	if l.text[l.pos] == '"' {
		_, _, _, err := l.str()
		return err
	}
	_, err := l.literal()
	return err
}

// key steps over the key of a member and its colon.
func (l *jsonLexer) key() error {
	if l.next() != '"' {
		return l.fail("no text where the key of a member should be")
	}
	if _, _, _, err := l.str(); err != nil {
		return err
	}
	return l.colon()
}

func (l *jsonLexer) colon() error {
	for l.pos < len(l.text) && bytes.IndexByte([]byte(" \t\r\n"), l.text[l.pos]) >= 0 {
		l.pos++
	}
	if l.pos == len(l.text) || l.text[l.pos] != ':' {
		return l.fail("no colon after the key of a member")
	}
	l.pos++
	return nil
}

// members calls f for each member of the object at pos, which must step over the
// value. The key is valid until then.
func (l *jsonLexer) members(f func(key []byte) error) error {
	l.pos++
	for {
		switch l.next() {
		case 0:
			return l.fail("the end, within an object")
		case '}':
			l.pos++
			return nil
		case '"':
		default:
			return l.fail("no text where the key of a member should be")
		}
		start, end, escaped, err := l.str()
		if err != nil {
			return err
		}
		key := l.text[start:end]
		if escaped {
			key = unescape(bytes.Clone(key))
		}
		if err := l.colon(); err != nil {
			return err
		}
		if l.next() == 0 {
			return l.fail("the end, within an object")
		}
		if err := f(key); err != nil {
			return err
		}
	}
}

// elements calls f for each element of the array at pos, which must step over it.
func (l *jsonLexer) elements(f func() error) error {
	l.pos++
	for {
		switch l.next() {
		case 0:
			return l.fail("the end, within an array")
		case ']':
			l.pos++
			return nil
		}
		if err := f(); err != nil {
			return err
		}
	}
}

// unescape resolves escapes in place. What is wrong becomes the replacement
// character.
func unescape(text []byte) []byte {
	out := text[:0]
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c != '\\' || i+1 == len(text) {
			out = append(out, c)
			continue
		}
		i++
		switch text[i] {
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r, size := unicodeEscape(text[i-1:])
			out = utf8.AppendRune(out, r)
			i += size - 2
		default:
			out = append(out, text[i])
		}
	}
	return out
}

// unicodeEscape reads one escape, or the two of a pair, and returns its length.
func unicodeEscape(text []byte) (r rune, size int) {
	r, ok := hex4(text)
	if !ok {
		return utf8.RuneError, 2
	}
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if low, ok := hex4(text[6:]); ok {
		if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
			return pair, 12
		}
	}
	return utf8.RuneError, 6
}

func hex4(text []byte) (rune, bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	r := rune(0)
	for _, c := range text[2:6] {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	return r, true
}
