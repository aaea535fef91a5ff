package tabular

import "bytes"

func indexByte(text []byte, c byte) int { return bytes.IndexByte(text, c) }

// splitter finds where a stream may be cut so that each piece holds whole records.
type splitter interface {
	// cut returns how many bytes at the start of text are whole records; 0 when
	// there is none yet. Text is what was not cut off before, with more at its end
	// each time; eof says that there will be no more, and then all of it is cut.
	cut(text []byte, eof bool) int
}

// rowSplitter cuts CSV between rows. It goes from quote to quote, which is all that
// decides whether a line end is one: a hundred times less than reading cells, so
// that one goroutine can feed many that do. It is exact: no guess is ever taken
// back.
type rowSplitter struct {
	d     dialect
	limit int // of a quoted cell
	pos   int // all before was looked at
	end   int // of the last whole row before pos
	// stray is the position after a quote that opens nothing; 0: none known.
	stray int
}

func newRowSplitter(d dialect) *rowSplitter { return &rowSplitter{d: d, limit: maxQuoted} }

func (s *rowSplitter) cut(text []byte, eof bool) int {
	for s.pos < len(text) {
		q := -1
		if s.d.quote != 0 {
			q = indexByte(text[s.pos:], s.d.quote)
		}
		if q < 0 {
			s.plain(text, len(text))
			break
		}
		q += s.pos
		s.plain(text, q)
		if s.stray == q+1 || !s.d.opens(text, 0, q) {
			s.pos = q + 1
			continue
		}
		at, unsure := s.d.closing(text, q+1, s.limit)
		switch {
		case unsure && !eof:
			s.pos = q // decided when there is more
			return s.take()
		case at < 0:
			s.stray = q + 1
			s.pos = q + 1
		default:
			s.pos = at + 1
		}
	}
	if eof {
		s.end = len(text)
	}
	return s.take()
}

// plain notes the last row's end between pos and until, where no quote is.
func (s *rowSplitter) plain(text []byte, until int) {
	if n := bytes.LastIndexByte(text[s.pos:until], s.d.newline); n >= 0 {
		s.end = s.pos + n + 1
	}
	s.pos = until
}

// take returns the end and moves all positions to the text that is left.
func (s *rowSplitter) take() int {
	n := s.end
	s.pos -= n
	s.stray = max(0, s.stray-n)
	s.end = 0
	return n
}
