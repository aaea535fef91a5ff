package bedrock

import "bytes"

const (
	// maxValue bounds what is kept of one member's value. The largest that
	// counts, a usage object with its details, has a few hundred bytes.
	maxValue = 16 << 10
	// maxName is longer than any name that counts.
	maxName = 64
)

// tap finds the members of a JSON object that count, in bytes that pass once
// and in pieces. It checks no grammar: what it does not understand, it lets
// pass. It holds one name and one value at most.
type tap struct {
	depth    int
	inString bool
	escaped  bool
	naming   bool // the string under way, or the next, is the name of a member of the top
	keeping  bool // a value that counts is under way
	closed   bool // the object has ended
	name     []byte
	value    []byte
}

func (t *tap) reset() {
	*t = tap{name: t.name[:0], value: t.value[:0]}
}

// feed reads p up to the end of a member that counts and returns the member
// with how much of p it has read; without such a member it reads all of p and
// returns a nil key. Both slices are valid until the next call.
func (t *tap) feed(p []byte) (key, raw []byte, n int) {
	from := 0 // where in p the value under way continues
	for i := 0; i < len(p); {
		if t.inString {
			i = t.text(p, i)
			continue
		}
		c := p[i]
		if t.depth == 1 && t.keeping && (c == ',' || c == '}') {
			t.keep(p[from:i])
			if t.keeping {
				t.keeping = false // the separator itself is for the next call
				return t.name, bytes.TrimSpace(t.value), i
			}
		}
		i++
		switch c {
		case '"':
			t.inString = true
			if t.naming {
				t.name = t.name[:0]
			}
		case '{', '[':
			t.depth++
			t.naming = t.depth == 1 && c == '{'
		case '}', ']':
			t.depth--
			t.naming = false
			t.closed = t.closed || t.depth == 0
		case ',':
			t.naming = t.depth == 1
		case ':':
			if t.naming {
				t.naming, t.keeping, from = false, counts(t.name), i
				t.value = t.value[:0]
			}
		}
	}
	if t.keeping {
		t.keep(p[from:])
	}
	return nil, nil, len(p)
}

// text reads on in a string from p[i] and returns where it stopped.
func (t *tap) text(p []byte, i int) int {
	if t.escaped {
		t.escaped = false
		return i + 1
	}
	end := plain(p, i)
	if t.naming && len(t.name) < maxName {
		t.name = append(t.name, p[i:min(end, i+maxName)]...)
	}
	if end == len(p) {
		return end
	}
	switch p[end] {
	case '"':
		t.inString = false
	case '\\':
		t.escaped = true
	}
	return end + 1
}

// keep adds to the value under way, or gives it up when it is too long.
func (t *tap) keep(p []byte) {
	if len(t.value)+len(p) > maxValue {
		t.keeping = false
		return
	}
	t.value = append(t.value, p...)
}

// counts reports whether a member of an answer's body tells of its use.
func counts(name []byte) bool {
	switch string(name) {
	case "usage", "metrics", "stopReason", "stop_reason", "inputTextTokenCount", "prompt_token_count", "generation_token_count":
		return true
	}
	return false
}
