package tabular

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strconv"
	"unicode/utf8"

	"github.com/headgate/headgate/internal/fault"
)

// jsonRows reads the rows of one table from a section of JSON.
type jsonRows struct {
	blob    *blob
	enc     encoding
	section section

	target  *shape // the root of the table
	prefix  int    // columns that are made up: the parent's number, the own one
	within  bool   // the first column is the number of the row around it
	single  bool   // the first column is 1: there is one row around all
	numbers bool   // the next column is the row's own number
	width   int

	toward map[*shape]bool // what leads to the target
}

// walk marks the way to the target.
func (r *jsonRows) walk() {
	r.toward = map[*shape]bool{}
	for s := r.target; s != nil; s = s.up {
		r.toward[s] = true
	}
}

// records calls f for each value of a sequence, which must step over it.
func (l *jsonLexer) records(bracket bool, f func() error) error {
	for {
		switch c := l.next(); {
		case c == 0 && l.pos < len(l.text):
			return l.fail("a zero byte")
		case c == 0:
			return nil
		case c == ']' && bracket:
			l.pos++
			if l.next(); l.pos < len(l.text) {
				return l.fail("something after the end of the array")
			}
			return nil
		}
		l.row = l.pos
		if err := f(); err != nil {
			return err
		}
	}
}

// open reads the section.
func (r *jsonRows) open(ctx context.Context) (io.ReadCloser, error) {
	if r.section.inline != nil {
		return io.NopCloser(bytes.NewReader(r.section.inline)), nil
	}
	f, err := r.blob.open(ctx)
	if err != nil {
		return nil, err
	}
	text, err := r.enc.reader(f)
	if err == nil {
		_, err = io.CopyN(io.Discard, text, r.section.from)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if r.section.to >= 0 {
		text = io.LimitReader(text, r.section.to-r.section.from)
	}
	return struct {
		io.Reader
		io.Closer
	}{text, f}, nil
}

// each hands the section's chunks to workers.
func (r *jsonRows) each(ctx context.Context, workers int, work func(ctx context.Context, worker int, c *chunk) error) error {
	if err := r.blob.unchanged(); err != nil {
		return err
	}
	text, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer text.Close()
	s := &valueSplitter{}
	if err := pipeline(ctx, text, s, workers, work); err != nil {
		return err
	}
	if r.section.bracket && !s.closed {
		return fault.New(fault.Invalid, "it is not valid JSON: its array does not end")
	}
	return r.blob.unchanged()
}

func (r *jsonRows) scan(ctx context.Context, workers int, t *tally, emit emitFunc) error {
	crew := make([]jsonWorker, workers)
	for i := range crew {
		crew[i] = jsonWorker{jsonRows: r, id: i, tally: t, emit: emit}
	}
	return r.each(ctx, workers, func(ctx context.Context, worker int, c *chunk) error {
		return crew[worker].work(ctx, c)
	})
}

// jsonWorker turns chunks into batches, one after the other.
type jsonWorker struct {
	*jsonRows
	id    int
	tally *tally
	emit  emitFunc

	l       jsonLexer
	batch   Batch
	parents []int64 // of each row of the batch, counted in the chunk
	row     int     // where the row's spans begin; -1: outside of rows
	zero    bool    // an escape gave a zero byte
	here    counts  // rows in the chunk so far
	before  counts  // rows in all chunks before
	known   bool    // whether before is
	sent    int64   // rows of the chunk that were handed out
}

func (w *jsonWorker) work(ctx context.Context, c *chunk) error {
	w.l = jsonLexer{text: c.text, base: c.offset + w.section.from}
	w.here, w.known, w.sent, w.row = counts{}, false, 0, -1
	w.clear(c)
	w.zero = indexByte(c.text, 0) >= 0
	err := w.l.records(w.section.bracket, func() error {
		w.here[0]++
		if w.target.up == nil {
			return w.element(ctx, c, w.target)
		}
		root := w.target
		for root.up != nil {
			root = root.up
		}
		return w.value(ctx, c, root)
	})
	if err != nil {
		return err
	}
	if err := w.number(ctx, c); err != nil {
		return err
	}
	sum := w.before
	for i, n := range w.here {
		sum[i] += n
	}
	c.after <- sum
	return w.flush(ctx, c)
}

func (w *jsonWorker) clear(c *chunk) {
	w.batch.reset(c.text)
	w.batch.columns = w.width
	w.parents = w.parents[:0]
}

func (w *jsonWorker) number(ctx context.Context, c *chunk) (err error) {
	if !w.known {
		w.before, err = c.numbers(ctx)
		w.known = err == nil
	}
	return err
}

// element reads a value that is a row of the table.
func (w *jsonWorker) element(ctx context.Context, c *chunk, s *shape) error {
	w.row = len(w.batch.spans)
	for range w.width {
		w.batch.spans = append(w.batch.spans, none())
	}
	err := w.cells(s)
	w.row = -1
	if err != nil {
		return err
	}
	parent := int64(1)
	if w.within {
		parent = w.here[s.level-1]
	}
	w.parents = append(w.parents, parent)
	w.batch.Rows++
	if len(w.batch.spans) >= batchCells {
		return w.flush(ctx, c)
	}
	return nil
}

// value reads a value outside of the table's rows, for what is in it.
func (w *jsonWorker) value(ctx context.Context, c *chunk, s *shape) error {
	b := w.l.next()
	switch {
	case (b != '{' && b != '[') || s.opaque(b):
		return w.l.skip()
	case b == '{':
		return w.l.members(func(key []byte) error {
			if kid := s.kids[string(key)]; kid != nil && w.toward[kid] {
				return w.value(ctx, c, kid)
			}
			return w.l.skip()
		})
	case s.elem == nil || !w.toward[s.elem]:
		return w.l.skip()
	}
	return w.l.elements(func() error {
		w.here[s.elem.level]++
		if s.elem == w.target {
			return w.element(ctx, c, s.elem)
		}
		return w.value(ctx, c, s.elem)
	})
}

// cells reads a value within a row.
func (w *jsonWorker) cells(s *shape) error {
	b := w.l.next()
	from := w.l.pos
	switch {
	case b == '"':
		start, end, escaped, err := w.l.str()
		if err != nil {
			return err
		}
		if escaped {
			text := unescape(w.l.text[start:end])
			end = start + len(text)
			w.zero = w.zero || indexByte(text, 0) >= 0
		}
		w.set(s, newSpan(start, end, true))
		return nil
	case b == '{' && !s.opaque(b):
		return w.l.members(func(key []byte) error {
			if kid := s.kids[string(key)]; kid != nil {
				return w.cells(kid)
			}
			return w.l.skip()
		})
	case b == '{' || b == '[':
		if err := w.l.skip(); err != nil {
			return err
		}
		if s.opaque(b) {
			w.set(s, newSpan(from, w.l.pos, false))
		}
		return nil
	}
	word, err := w.l.literal()
	if err != nil {
		return err
	}
	if string(word) != "null" {
		w.set(s, newSpan(from, w.l.pos, false))
	}
	return nil
}

func (w *jsonWorker) set(s *shape, cell span) {
	if s.column >= 0 {
		w.batch.spans[w.row+w.prefix+s.column] = cell
	}
}

// flush numbers the rows of the batch and hands it out.
func (w *jsonWorker) flush(ctx context.Context, c *chunk) error {
	if err := w.number(ctx, c); err != nil {
		return err
	}
	if w.batch.Rows == 0 {
		return nil
	}
	level := w.target.level
	w.batch.First = w.before[level] + w.sent
	for row := range w.batch.Rows {
		col := row * w.width
		if w.within {
			w.batch.spans[col] = w.text(w.before[level-1] + w.parents[row])
			col++
		} else if w.single {
			w.batch.spans[col] = w.text(1)
			col++
		}
		if w.numbers {
			w.batch.spans[col] = w.text(w.batch.First + int64(row) + 1)
		}
	}
	var s Summary
	if w.zero || !utf8.Valid(c.text) {
		w.batch.mend(&s)
	}
	s.Rows = int64(w.batch.Rows)
	w.tally.add(s)
	w.sent += s.Rows
	if err := w.emit(w.id, &w.batch); err != nil {
		return err
	}
	w.clear(c)
	return nil
}

// text puts a number into the batch.
func (w *jsonWorker) text(n int64) span {
	from := len(w.batch.text)
	w.batch.text = strconv.AppendInt(w.batch.text, n, 10)
	return newSpan(from, len(w.batch.text), false)
}
