package bedrock

import (
	"encoding/binary"
	"encoding/json"
	"math/bits"
	"strconv"
	"unicode/utf8"
)

// maxDepth is how deep arrays and objects may be nested. It is the bound of
// the JSON reader that AWS services in Java use (Jackson,
// StreamReadConstraints.DEFAULT_MAX_DEPTH), and keeps recursion small.
const maxDepth = 1000

// scanner walks over one JSON text, checking it as it goes. The first fault
// stays in reason; from then on every loop over next ends, and nothing moves.
//
// It is our own because one pass has to check the grammar, find a few members
// and measure text: a validity pass and a look-up for each member cost four
// times as much on a large prompt.
type scanner struct {
	b      []byte
	i      int
	depth  int
	fresh  bool   // opened, and no member read yet
	reason string // what is wrong; empty while all is well
}

func (s *scanner) fail(reason string) {
	if s.reason == "" {
		s.reason = reason
	}
}

func (s *scanner) failAt(reason string) {
	if s.reason == "" {
		s.reason = reason + " at byte " + strconv.Itoa(s.i)
	}
}

// kind moves to the next token and returns its first byte; 0 at the end of the
// text and after a fault.
func (s *scanner) kind() byte {
	if s.reason != "" {
		return 0
	}
	for ; s.i < len(s.b); s.i++ {
		switch c := s.b[s.i]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

// enter moves into an array or object.
func (s *scanner) enter() {
	s.i++
	if s.depth++; s.depth > maxDepth {
		s.failAt("too many levels of arrays and objects")
	}
}

// next moves to the next element or member and reports whether there is one;
// end is the bracket that closes the array or object.
func (s *scanner) next(end byte, first bool) bool {
	switch c := s.kind(); {
	case s.reason != "":
		return false
	case c == end:
		s.i++
		s.depth--
		return false
	case first:
		return true
	case c == ',':
		s.i++
		return true
	}
	s.failAt("expected a comma or a closing bracket")
	return false
}

// key reads a member's name and the colon after it. The name is valid as long
// as the text is.
func (s *scanner) key() []byte {
	if s.kind() != '"' {
		s.failAt("expected a member's name")
		return nil
	}
	raw, size := s.str()
	if size != len(raw) { // "max\u005ftokens" names the same member as "max_tokens"
		raw = unquote(raw)
	}
	if s.kind() != ':' {
		s.failAt("expected a colon")
		return nil
	}
	s.i++
	return raw
}

// skip moves past one value.
func (s *scanner) skip() {
	switch s.kind() {
	case '{':
		s.enter()
		for first := true; s.next('}', first); first = false {
			s.key()
			s.skip()
		}
	case '[':
		s.enter()
		for first := true; s.next(']', first); first = false {
			s.skip()
		}
	case '"':
		s.str()
	default:
		s.scalar()
	}
}

// end checks that nothing follows the value.
func (s *scanner) end() {
	if s.kind(); s.reason == "" && s.i < len(s.b) {
		s.failAt("unexpected data after the value")
	}
}

// raw moves past one value and returns its text.
func (s *scanner) raw() []byte {
	s.kind()
	start := s.i
	s.skip()
	return s.b[start:s.i]
}

// str reads a string: what stands between the quotes, and how many bytes it is
// once its escapes are undone. The two differ in length exactly when there are
// escapes.
func (s *scanner) str() (raw []byte, size int) {
	start := s.i + 1
	saved := 0
	for i := start; ; {
		i = plain(s.b, i)
		if i >= len(s.b) {
			s.failAt("unterminated string")
			return nil, 0
		}
		switch s.b[i] {
		case '"':
			s.i = i + 1
			return s.b[start:i], i - start - saved
		case '\\':
			width, decoded := escape(s.b[i:])
			if width == 0 {
				s.i = i
				s.failAt("invalid escape in a string")
				return nil, 0
			}
			i += width
			saved += width - decoded
		default:
			s.i = i
			s.failAt("control character in a string")
			return nil, 0
		}
	}
}

// plain returns the first place from i on where a quote, a backslash or a
// control character stands, or len(b).
//
// It looks at eight bytes at a time: in each of the three terms the lowest
// byte whose top bit is set is one that matches (a borrow can only spoil bytes
// above it).
func plain(b []byte, i int) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		quote, slash := w^(ones*'"'), w^(ones*'\\')
		found := ((w-ones*0x20)&^w | (quote-ones)&^quote | (slash-ones)&^slash) & tops
		if found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for ; i < len(b); i++ {
		if c := b[i]; c == '"' || c == '\\' || c < 0x20 {
			return i
		}
	}
	return i
}

// escape measures the escape that b begins with: how many bytes it takes, and
// how many its character has in UTF-8. The width is 0 when it is none.
func escape(b []byte) (width, decoded int) {
	if len(b) < 2 {
		return 0, 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2, 1
	case 'u':
	default:
		return 0, 0
	}
	r, ok := hex4(b[2:])
	if !ok {
		return 0, 0
	}
	if r >= 0xd800 && r < 0xdc00 && len(b) >= 12 && b[6] == '\\' && b[7] == 'u' {
		if low, ok := hex4(b[8:]); ok && low >= 0xdc00 && low < 0xe000 {
			return 12, 4
		}
	}
	if n := utf8.RuneLen(r); n > 0 {
		return 6, n
	}
	return 6, utf8.RuneLen(utf8.RuneError) // half of a pair alone
}

func hex4(b []byte) (rune, bool) {
	if len(b) < 4 {
		return 0, false
	}
	var r rune
	for _, c := range b[:4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// unquote undoes the escapes of what stands between two quotes. It allocates,
// and is for the few strings that have any.
func unquote(raw []byte) []byte {
	quoted := make([]byte, 0, len(raw)+2)
	quoted = append(append(append(quoted, '"'), raw...), '"')
	var v string
	if err := json.Unmarshal(quoted, &v); err != nil {
		return raw
	}
	return []byte(v)
}

// scalar moves past a number, true, false or null.
func (s *scanner) scalar() {
	if s.reason != "" {
		return
	}
	rest := s.b[s.i:]
	if len(rest) == 0 {
		s.fail("unexpected end")
		return
	}
	var n int
	switch rest[0] {
	case 't':
		n = literal(rest, "true")
	case 'f':
		n = literal(rest, "false")
	case 'n':
		n = literal(rest, "null")
	default:
		n = number(rest)
	}
	if n == 0 {
		s.failAt("unexpected character")
	}
	s.i += n
}

func literal(b []byte, want string) int {
	if len(b) < len(want) || string(b[:len(want)]) != want {
		return 0
	}
	return len(want)
}

// number measures the number that b begins with; 0 when there is none.
func number(b []byte) int {
	i := 0
	if b[0] == '-' {
		i++
	}
	whole := digits(b[i:])
	if whole == 0 || whole > 1 && b[i] == '0' {
		return 0
	}
	i += whole
	if i < len(b) && b[i] == '.' {
		n := digits(b[i+1:])
		if n == 0 {
			return 0
		}
		i += 1 + n
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		n := digits(b[i:])
		if n == 0 {
			return 0
		}
		i += n
	}
	return i
}

func digits(b []byte) int {
	for i, c := range b {
		if c < '0' || c > '9' {
			return i
		}
	}
	return len(b)
}

// natural reads a JSON number that is a whole one and not negative.
func natural(raw []byte) (int64, bool) {
	if len(raw) == 0 || len(raw) > 18 || digits(raw) != len(raw) {
		return 0, false // more than 18 digits need not fit an int64
	}
	var n int64
	for _, c := range raw {
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// text is a JSON string without its quotes and escapes; empty for another value.
func text(raw []byte) []byte {
	if len(raw) < 2 || raw[0] != '"' {
		return nil
	}
	s := scanner{b: raw}
	inner, size := s.str()
	if size != len(inner) {
		return unquote(inner)
	}
	return inner
}

// open moves into an object, so that more and pair can walk over its members:
//
//	for s.open(); s.more(); {
//		key, raw := s.pair()
//	}
//
// Anything but an object has no members. A fault ends the walk.
func (s *scanner) open() {
	if s.kind() != '{' {
		s.fail("expected an object")
		return
	}
	s.enter()
	s.fresh = true
}

// more moves to the next member of the opened object.
func (s *scanner) more() bool {
	first := s.fresh
	s.fresh = false
	return s.next('}', first)
}

// pair reads one member: its name and the text of its value. Of a member with
// a fault both are nil.
func (s *scanner) pair() (key, raw []byte) {
	key = s.key()
	raw = s.raw()
	if s.reason != "" {
		return nil, nil
	}
	return key, raw
}
