package tabular

import (
	"bytes"
	"unicode/utf8"
)

// Batch is some rows of a table, one after the other.
type Batch struct {
	First int64 // the number of its first row, counted from 0
	Rows  int

	columns int
	spans   []span // row by row, columns each
	text    []byte
}

// Cell is one cell of a row.
type Cell struct {
	// Text is what was written, in UTF-8. It is nil when nothing was there; with
	// Quoted and empty, an empty text was.
	Text []byte
	// Quoted says that it stood in quotes: a text of JSON, a quoted cell of CSV.
	Quoted bool
}

// Null says that nothing was there.
func (c Cell) Null() bool { return c.Text == nil }

// span is where a cell's text is. Its length carries in the highest bit whether it
// was quoted.
type span struct{ start, length uint32 }

const quotedBit = 1 << 31

// none is a cell without anything.
func none() span { return span{} }

func (s span) size() int    { return int(s.length &^ quotedBit) }
func (s span) quoted() bool { return s.length&quotedBit != 0 }

func newSpan(start, end int, quoted bool) span {
	s := span{start: uint32(start), length: uint32(end - start)} //nolint:gosec // a batch is far below 2 GiB
	if quoted {
		s.length |= quotedBit
	}
	return s
}

// Columns is how many cells each row has.
func (b *Batch) Columns() int { return b.columns }

// Cell returns the cell of a row, counted from 0 within the batch, and a column.
func (b *Batch) Cell(row, col int) Cell {
	s := b.spans[row*b.columns+col]
	if s.length == 0 {
		return Cell{}
	}
	end := int(s.start) + s.size()
	return Cell{Text: b.text[s.start:end:end], Quoted: s.quoted()}
}

// reset makes the batch an empty one over text.
func (b *Batch) reset(text []byte) {
	b.First, b.Rows, b.spans, b.text = 0, 0, b.spans[:0], text
}

// mend makes every cell UTF-8 without zero bytes. A cell that is not UTF-8 is read
// as Windows-1252, cell by cell, because files are glued together from parts of
// different origin.
func (b *Batch) mend(s *Summary) {
	for i, cell := range b.spans {
		if cell.size() == 0 {
			continue
		}
		text := b.text[cell.start : int(cell.start)+cell.size()]
		zeros := bytes.Count(text, []byte{0})
		valid := utf8.Valid(text)
		if valid && zeros == 0 {
			continue
		}
		from := len(b.text)
		for _, c := range text {
			switch {
			case c == 0:
			case valid || c < utf8.RuneSelf:
				b.text = append(b.text, c)
			default:
				b.text = utf8.AppendRune(b.text, windows1252(c))
			}
		}
		s.NULs += int64(zeros)
		if !valid {
			s.Recoded++
		}
		b.spans[i] = newSpan(from, len(b.text), cell.quoted())
	}
}
