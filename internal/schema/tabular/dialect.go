package tabular

// dialect is how the rows of a text are written.
type dialect struct {
	newline byte // '\n', also after a carriage return, or a lone '\r'
	delim   byte // equal to newline where there is one column
	quote   byte // 0: none
	// padded: spaces may stand between a delimiter and an opening quote.
	padded bool
	// escaped: a backslash in quotes takes the meaning off a quote.
	escaped bool
}

// runs says that cells are separated by runs of spaces.
func (d dialect) runs() bool { return d.delim == ' ' }

// single says that there is no delimiter.
func (d dialect) single() bool { return d.delim == d.newline }

// The bounds of one cell and one row. A quote that is not closed within maxQuoted
// bytes opens nothing: it is a character like others. A row that is longer than
// maxRow is none.
const (
	maxQuoted = 16 << 20
	maxRow    = 64 << 20
)

// opens says whether the quote at position q stands where a cell begins. begin is
// where a row is known to begin.
func (d dialect) opens(text []byte, begin, q int) bool {
	p := q
	if d.padded || d.runs() {
		for p > begin && text[p-1] == ' ' {
			p--
		}
		if d.runs() && p < q {
			return true
		}
	}
	return p == begin || text[p-1] == d.delim || text[p-1] == d.newline
}

// closing finds the quote that ends the cell whose text begins at from: its
// position, or -1 when there is none before the end of text or within limit bytes.
// unsure says that the end of text cut a decision short.
func (d dialect) closing(text []byte, from, limit int) (at int, unsure bool) {
	pos := from
	for {
		n := indexByte(text[pos:], d.quote)
		if n < 0 {
			return -1, len(text)-from <= limit
		}
		q := pos + n
		switch {
		case q-from > limit:
			return -1, false
		case d.escaped && backslashes(text[from:q])%2 == 1:
			pos = q + 1
		case q+1 == len(text):
			return q, true
		case text[q+1] == d.quote:
			pos = q + 2
		default:
			return q, false
		}
	}
}

// backslashes counts those at the end of text.
func backslashes(text []byte) int {
	n := 0
	for n < len(text) && text[len(text)-1-n] == '\\' {
		n++
	}
	return n
}
