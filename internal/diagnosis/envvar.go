package diagnosis

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// variable is one assignment of a file of environment variables. Its value may be
// a secret: it does not leave the package but by what readEnv takes out of it.
type variable struct {
	name, value string
	line        int // of its beginning, from 1
}

// flaw is a line that is no assignment. The line itself may hold a secret.
type flaw struct {
	line int
	why  string
}

// parseEnv reads a file such as .env: NAME=value lines, with export before them
// or not, values plain or in single, double or back quotes, those over several
// lines too, comments, a byte order mark, and any end of line. Variables within
// values ($NAME) are left as they are. Of a name that is set twice both are
// listed, in order.
func parseEnv(data []byte) ([]variable, []flaw) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0 {
		return nil, []flaw{{1, "the file is not UTF-8 text"}}
	}
	p := envParser{rest: strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(data)), line: 1}
	for p.rest != "" {
		p.statement()
	}
	return p.found, p.flaws
}

type envParser struct {
	rest  string
	line  int
	found []variable
	flaws []flaw
}

// statement reads one assignment, comment or empty line.
func (p *envParser) statement() {
	head, _, _ := strings.Cut(p.rest, "\n")
	text := strings.TrimLeft(head, " \t")
	if text == "" || text[0] == '#' {
		p.skip(len(head) + 1)
		return
	}
	if rest, exported := strings.CutPrefix(text, "export"); exported && rest != "" && (rest[0] == ' ' || rest[0] == '\t') {
		text = strings.TrimLeft(rest, " \t")
	}
	name, value, ok := strings.Cut(text, "=")
	name = strings.TrimRight(name, " \t")
	if !ok || !isName(name) {
		p.flaws = append(p.flaws, flaw{p.line, "is no NAME=value"})
		p.skip(len(head) + 1)
		return
	}
	line := p.line
	value = strings.TrimLeft(value, " \t")
	p.skip(len(head) - len(value))
	v, ok := p.value()
	if !ok {
		p.flaws = append(p.flaws, flaw{line, "has a quote that is not closed"})
		head, _, _ = strings.Cut(p.rest, "\n")
		p.skip(len(head) + 1)
		return
	}
	p.found = append(p.found, variable{name, v, line})
}

// value reads what is behind an equals sign, and the rest of its line.
func (p *envParser) value() (string, bool) {
	if p.rest == "" || !strings.ContainsRune("'\"`", rune(p.rest[0])) {
		head, _, _ := strings.Cut(p.rest, "\n")
		p.skip(len(head) + 1)
		if i := comment(head); i >= 0 {
			head = head[:i]
		}
		return strings.TrimSpace(head), true
	}
	quote := p.rest[0]
	var b strings.Builder
	for i := 1; i < len(p.rest); i++ {
		switch c := p.rest[i]; {
		case c == quote:
			tail, _, _ := strings.Cut(p.rest[i+1:], "\n")
			p.skip(i + 1 + len(tail) + 1)
			return b.String(), true
		case c == '\\' && quote == '"' && i+1 < len(p.rest):
			i++
			b.WriteString(unescaped(p.rest[i]))
		default:
			b.WriteByte(c)
		}
	}
	return "", false
}

// unescaped is what a backslash and a character stand for within double quotes.
func unescaped(c byte) string {
	switch c {
	case 'n':
		return "\n"
	case 'r':
		return "\r"
	case 't':
		return "\t"
	case '"', '\\', '$', '`', '\n':
		return string(c)
	}
	return "\\" + string([]byte{c})
}

// comment is where a comment begins in a plain value: at a # that follows a blank,
// or begins it; -1 where there is none.
func comment(s string) int {
	for i := range len(s) {
		if s[i] == '#' && (i == 0 || s[i-1] == ' ' || s[i-1] == '\t') {
			return i
		}
	}
	return -1
}

// skip goes n bytes on, at most to the end.
func (p *envParser) skip(n int) {
	n = min(n, len(p.rest))
	p.line += strings.Count(p.rest[:n], "\n")
	p.rest = p.rest[n:]
}

// isName reports whether a variable may be called so.
func isName(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		digit := c >= '0' && c <= '9' || c == '.' || c == '-'
		if !letter && (i == 0 || !digit) {
			return false
		}
	}
	return s != ""
}
