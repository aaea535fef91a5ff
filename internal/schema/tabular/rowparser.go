package tabular

import (
	"bytes"
)

// batchCells bounds the cells of one batch: short rows of a wide table take far
// more room than their text.
const batchCells = 1 << 18

// rowParser reads the cells of whole rows. It is for one goroutine at a time.
type rowParser struct {
	d       dialect
	columns int  // of the file
	extra   bool // whether a last column takes what is beyond them
	limit   int  // of a quoted cell
	open    int  // the last quote that the end of the text left open; -1: none
}

func newRowParser(d dialect, columns int, extra bool) *rowParser {
	return &rowParser{d: d, columns: columns, extra: extra, limit: maxQuoted, open: -1}
}

func (p *rowParser) width() int {
	if p.extra {
		return p.columns + 1
	}
	return p.columns
}

// parse adds rows of text from pos on to b until the text or the room in the batch
// ends, and returns where it stopped. Cells with doubled quotes are shortened in
// place. Row numbers in s.First are those within the batch, offsets those in text.
func (p *rowParser) parse(text []byte, pos int, b *Batch, s *Summary) int {
	b.columns = p.width()
	for pos < len(text) && len(b.spans) < batchCells {
		pos = p.row(text, pos, b, s)
	}
	return pos
}

// row reads one row and returns where the next begins.
func (p *rowParser) row(text []byte, begin int, b *Batch, s *Summary) int {
	var (
		pos     = begin
		base    = len(b.spans)
		cells   = 0
		full    = false // some cell is not empty
		beyond  = -1    // where the first cell beyond the columns begins
		filled  = false // some cell beyond the columns is not empty
		endCell int     // of the last cell beyond
	)
	if p.d.runs() {
		pos = skipSpaces(text, pos)
	}
	for {
		start := pos
		cell, next, last := p.cell(text, pos)
		pos = next
		if cells < p.columns {
			b.spans = append(b.spans, cell)
			full = full || cell.length != 0
		} else {
			if beyond < 0 {
				beyond = start
			}
			filled = filled || cell.length != 0
			endCell = next
		}
		cells++
		if last {
			break
		}
	}
	if !full && !filled || cells == 1 && p.columns > 1 && blank(text[begin:pos]) {
		b.spans = b.spans[:base]
		s.Blank++
		return pos
	}
	if cells != p.columns {
		p.ragged(RaggedRow{Row: int64(b.Rows), Offset: int64(begin), Cells: cells}, s)
	}
	for n := cells; n < p.columns; n++ {
		b.spans = append(b.spans, none())
	}
	switch {
	case p.extra && filled:
		b.spans = append(b.spans, rest(text, beyond, endCell))
	case p.extra:
		b.spans = append(b.spans, none())
	case filled:
		s.Widened = true
	}
	b.Rows++
	return pos
}

func (p *rowParser) ragged(r RaggedRow, s *Summary) {
	s.Ragged++
	if len(s.First) < firstRagged {
		s.First = append(s.First, r)
	}
}

// rest is the text of all cells beyond the columns, as written.
func rest(text []byte, start, end int) span {
	return newSpan(start, start+len(bytes.TrimRight(text[start:end], "\r\n")), false)
}

// blank says whether there is nothing but white space.
func blank(text []byte) bool { return len(bytes.TrimSpace(text)) == 0 }

// cell reads the cell at pos: where its text is, where the next one begins, and
// whether it was the row's last.
func (p *rowParser) cell(text []byte, pos int) (cell span, next int, last bool) {
	d := p.d
	if d.quote != 0 && pos < len(text) {
		q := pos
		if d.padded {
			q = skipSpaces(text, q)
		}
		if q < len(text) && text[q] == d.quote {
			at, unsure := d.closing(text, q+1, p.limit)
			if at >= 0 {
				return p.quoted(text, q+1, at)
			}
			if unsure {
				p.open = q
			}
		}
	}
	end := pos
	for end < len(text) && text[end] != d.delim && text[end] != d.newline {
		end++
	}
	stop := end
	next, last = p.after(text, end)
	if last && d.newline == '\n' && stop > pos && text[stop-1] == '\r' {
		stop--
	}
	if d.padded {
		pos = min(skipSpaces(text, pos), stop)
	}
	return newSpan(pos, stop, false), next, last
}

// after steps over the delimiter or line end at pos.
func (p *rowParser) after(text []byte, pos int) (next int, last bool) {
	switch {
	case pos >= len(text):
		return pos, true
	case text[pos] == p.d.newline:
		return pos + 1, true
	case !p.d.runs():
		return pos + 1, false
	}
	pos = skipSpaces(text, pos)
	switch { // spaces at the end of a line separate nothing
	case pos >= len(text):
		return pos, true
	case text[pos] == p.d.newline:
		return pos + 1, true
	case text[pos] == '\r' && pos+1 < len(text) && text[pos+1] == p.d.newline:
		return pos + 2, true
	}
	return pos, false
}

// quoted reads a cell whose text is between start and the closing quote at. What
// stands between that and the delimiter belongs to it, unless it is space.
func (p *rowParser) quoted(text []byte, start, at int) (cell span, next int, last bool) {
	end := at
	if doubled(text[start:at], p.d) {
		end = start + p.unquote(text[start:at])
	}
	stop := at + 1
	for stop < len(text) && text[stop] != p.d.delim && text[stop] != p.d.newline {
		stop++
	}
	next, last = p.after(text, stop)
	tail := text[at+1 : stop]
	if last {
		tail = bytes.TrimSuffix(tail, []byte{'\r'})
	}
	if !blank(tail) {
		end += copy(text[end:], tail)
	}
	return newSpan(start, end, true), next, last
}

// doubled says whether text is to be shortened.
func doubled(text []byte, d dialect) bool {
	return indexByte(text, d.quote) >= 0 || d.escaped && indexByte(text, '\\') >= 0
}

// unquote makes one quote of two, in place, and returns the new length.
func (p *rowParser) unquote(text []byte) int {
	to := 0
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == p.d.quote:
			i++ // its twin
		case c == '\\' && p.d.escaped && i+1 < len(text) && (text[i+1] == p.d.quote || text[i+1] == '\\'):
			i++
			c = text[i]
		}
		text[to] = c
		to++
	}
	return to
}

func skipSpaces(text []byte, pos int) int {
	for pos < len(text) && text[pos] == ' ' {
		pos++
	}
	return pos
}
