package tabular

import (
	"bytes"
	"context"
	"errors"
	"io"
)

// lengthened is a head that is long enough to see rows in, where a cell in quotes
// is longer than heads are.
type lengthened struct {
	text []byte // decoded
	eof  bool   // it is all there is
	// stray is where the quote stands that is not closed within maxQuoted bytes,
	// though it looks as if it opened a cell; -1: there is none.
	stray int
}

// lengthen reads on while the head ends within a cell in quotes of which it holds
// more than cutCell bytes, or few rows before it. What is shorter is cut off with
// its row: see readSample.
func (b *blob) lengthen(ctx context.Context, enc encoding, head []byte, eof bool) (lengthened, error) {
	l := lengthened{text: head, eof: eof, stray: -1}
	open := openQuote(head)
	const rows = 20
	if eof || open < 0 || len(head)-open <= cutCell && bytes.Count(head[:open], []byte{'\n'}) > rows {
		return l, nil
	}
	r, err := b.open(ctx)
	if err != nil {
		return l, err
	}
	defer r.Close()
	text, err := enc.reader(r)
	if err != nil {
		return l, err
	}
	const most = maxQuoted + 2*headSize
	long := make([]byte, 0, 4*headSize)
	for !l.eof && len(long) < most {
		var err error
		if long, err = more(text, long, min(max(len(long), 4*headSize), most-len(long))); err != nil && !errors.Is(err, io.EOF) {
			return l, err
		}
		l.eof = err != nil
		at := openQuote(long)
		if at < 0 || at > open && len(long)-at <= cutCell {
			l.text = long
			return l, nil
		}
		open = at
	}
	l.eof, l.stray = eof, open
	return l, nil
}

// openQuote is where the quote stands that opens the cell in which a head ends; -1
// when it ends outside of one. The delimiter is not known yet: any will do.
func openQuote(head []byte) int {
	d := dialect{newline: '\n', quote: '"', escaped: bytes.Contains(head, []byte(`\"`))}
	for pos := 0; ; {
		n := indexByte(head[pos:], d.quote)
		if n < 0 {
			return -1
		}
		q := pos + n
		before := bytes.TrimRight(head[:q], " ")
		if q > 0 && len(before) > 0 && bytes.IndexByte([]byte("\r\n,;\t|\x01\x1f^~:"), before[len(before)-1]) < 0 {
			pos = q + 1 // within a cell
			continue
		}
		at, _ := d.closing(head, q+1, len(head))
		if at < 0 {
			return q
		}
		pos = at + 1
	}
}
