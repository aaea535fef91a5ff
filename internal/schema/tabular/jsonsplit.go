package tabular

// valueSplitter cuts a sequence of JSON values between them: lines, or what is in
// an array.
type valueSplitter struct {
	pos, end int
	depth    int
	quoted   bool
	closed   bool // the array that the values are in has ended
}

func (s *valueSplitter) cut(text []byte, eof bool) int {
	for s.pos < len(text) && !s.closed {
		if s.quoted && !s.unquote(text, eof) {
			break
		}
		if s.pos == len(text) {
			break
		}
		s.step(text[s.pos])
		s.pos++
	}
	if eof {
		s.end = len(text)
	}
	n := s.end
	s.pos -= n
	s.end = 0
	return n
}

// unquote steps over the rest of a text; false when it does not end here.
func (s *valueSplitter) unquote(text []byte, eof bool) bool {
	for s.pos < len(text) {
		switch text[s.pos] {
		case '"':
			s.pos++
			s.quoted = false
			return true
		case '\\':
			if s.pos+1 == len(text) && !eof {
				return false
			}
			s.pos++
		}
		s.pos++
	}
	s.pos = min(s.pos, len(text))
	return false
}

func (s *valueSplitter) step(c byte) {
	switch c {
	case '"':
		s.quoted = true
	case '{', '[':
		s.depth++
	case '}', ']':
		switch s.depth--; {
		case s.depth == 0:
			s.end = s.pos + 1
		case s.depth < 0:
			s.closed = true
			s.end = s.pos
		}
	case ',', '\n':
		if s.depth == 0 {
			s.end = s.pos + 1
		}
	}
}

// outline finds the members of one object, wherever it is too large to be held: the
// place of each value, by its key.
type outline struct {
	members []member
	at      int64 // of the byte that is looked at, in the stream
	depth   int
	quoted  bool
	escaped bool
	key     []byte // raw, while it is read and until its value begins
	inKey   bool
	keyed   bool // a key has been read, and its colon not yet
	value   bool // a value has begun
	done    bool // the object has ended
	more    bool // something follows it
	broken  bool // it is no object
}

// member is a value in an object.
type member struct {
	key      string
	array    bool
	from, to int64 // in the stream; of an array what is between its brackets
}

// maxKey bounds the keys that are kept.
const maxKey = 64 << 10

// Write looks at the next bytes of the stream.
func (o *outline) Write(p []byte) (int, error) {
	for _, c := range p {
		o.step(c)
		o.at++
	}
	return len(p), nil
}

func (o *outline) step(c byte) {
	space := c == ' ' || c == '\t' || c == '\r' || c == '\n'
	switch {
	case o.done:
		o.more = o.more || !space
	case o.quoted:
		o.text(c)
	case space:
	case c == '"':
		o.begin(false)
		o.quoted, o.inKey = true, o.depth == 1 && !o.value
		if o.inKey {
			o.key = o.key[:0]
		}
	case c == '{' || c == '[':
		o.broken = o.broken || o.depth == 0 && c != '{'
		o.begin(c == '[')
		o.depth++
	case c == '}' || c == ']':
		o.depth--
		switch o.depth {
		case 0:
			o.finish(o.at)
			o.done = true
		case 1:
			if m := o.last(); m != nil && m.array {
				m.to = o.at
			}
		}
	case c == ':' && o.depth == 1 && o.keyed:
		o.keyed = false
		o.members = append(o.members, member{key: string(unescape(o.key)), from: -1})
		o.value = true
	case c == ',' && o.depth == 1:
		o.finish(o.at)
	case o.depth == 0 || o.depth == 1 && !o.value:
		o.broken = true
	default:
		o.begin(false)
	}
}

// text takes a byte within a text.
func (o *outline) text(c byte) {
	switch {
	case o.escaped:
		o.escaped = false
	case c == '\\':
		o.escaped = true
	case c == '"':
		o.quoted = false
		o.keyed = o.inKey
		return
	}
	if o.inKey && len(o.key) < maxKey {
		o.key = append(o.key, c)
	}
}

func (o *outline) last() *member {
	if len(o.members) == 0 || !o.value {
		return nil
	}
	return &o.members[len(o.members)-1]
}

// begin notes where a value of the object begins.
func (o *outline) begin(array bool) {
	if m := o.last(); o.depth == 1 && m != nil && m.from < 0 {
		m.array, m.from = array, o.at
		if array {
			m.from++
		}
	}
}

// finish notes where a value of the object ends.
func (o *outline) finish(at int64) {
	if m := o.last(); m != nil && m.to == 0 {
		m.to = at
	}
	o.value = false
}
