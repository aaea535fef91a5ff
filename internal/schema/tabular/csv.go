package tabular

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/schema/evidence"
)

// csv adds the table of a text with rows of cells.
func (f *finder) csv(ctx context.Context, b *blob) error {
	samples, err := b.samples(ctx)
	if err != nil {
		return err
	}
	eof := len(samples) == 1 && int64(len(samples[0])) < headSize || b.plain() && int64(len(samples[0])) >= b.size
	enc := detectEncoding(samples)
	for i := range samples {
		samples[i] = enc.decode(samples[i], i == 0)
	}
	head, err := b.lengthen(ctx, enc, samples[0], eof)
	if err != nil {
		return err
	}
	samples[0], eof = head.text, head.eof
	if blank(samples[0]) && eof {
		f.skip(b.source, "holds nothing but white space: there is nothing to make a table of.")
		return nil
	}
	d := detectDialect(samples, eof)
	rows := readSample(d, samples[0], eof).rows
	if len(rows) == 0 {
		return fault.New(fault.Invalid, "its first %d KiB hold no whole row", headSize>>10)
	}
	l := findLayout(rows)
	if l.width > f.o.MaxColumns {
		return fault.New(fault.Invalid, "it has %d columns, more than %d: no database takes so many. Cut it into tables, or turn columns into rows", l.width, f.o.MaxColumns)
	}
	t := csvTable(b, enc, d, l, samples[0], rows, eof)
	if head.stray >= 0 {
		t.Notes = append(t.Notes, evidence.Note{Kind: "quote", Text: fmt.Sprintf(
			"The quote at byte %d is not closed within %d MiB: it is taken for a character like others, and the lines after it for rows. If it opens a text that long, take the text out of the file.", head.stray, maxQuoted>>20)})
	}
	f.set.Tables = append(f.set.Tables, t)
	return nil
}

// csvTable describes a table from its sample.
func csvTable(b *blob, enc encoding, d dialect, l layout, sample []byte, rows []sampleRow, eof bool) *Table {
	at := func(row int) int {
		if row < len(rows) {
			return rows[row].start
		}
		return len(sample)
	}
	names := make([]string, l.width)
	if l.lines > 0 {
		names = namesOf(rows[l.header:l.body], l)
	}
	r := &csvRows{blob: b, enc: enc, dialect: d, skip: int64(at(l.body)), columns: l.width}
	t := &Table{Name: tableName(b.name), Source: b.source, rows: r}
	t.Reading = evidence.Reading{
		Format: "csv", Encoding: enc.name, Preamble: lines(sample[:at(l.header)], d.newline), Header: l.lines > 0,
	}
	if !d.single() {
		t.Reading.Delimiter = string(rune(d.delim))
	}
	if d.quote != 0 {
		t.Reading.Quote = string(rune(d.quote))
	}
	t.Columns, t.Notes = uniqueNames(names, l.lines > 0)
	t.Notes = append(t.Notes, csvNotes(enc, d, l, eof && l.body >= len(rows))...)
	for _, row := range rows[min(l.body, len(rows)):] {
		for _, c := range row.cells[min(l.width, len(row.cells)):] {
			r.extra = r.extra || len(c.Text) > 0 || c.Quoted
		}
	}
	if r.extra {
		t.widen()
	}
	return t
}

// lines counts line ends, and a last line without one.
func lines(text []byte, newline byte) int64 {
	n := int64(bytes.Count(text, []byte{newline}))
	if len(text) > 0 && text[len(text)-1] != newline {
		n++
	}
	return n
}

// csvNotes say what was doubted in reading.
func csvNotes(enc encoding, d dialect, l layout, empty bool) []evidence.Note {
	var notes []evidence.Note
	note := func(kind, text string) { notes = append(notes, evidence.Note{Kind: kind, Text: text}) }
	if enc.mixed {
		note("encoding", "Some characters are UTF-8 and others are not: cells that are not are read as Windows-1252.")
	}
	if l.lines > 1 {
		note("header", fmt.Sprintf("The names are joined from %d header lines.", l.lines))
	}
	if l.shift > 0 {
		note("header", "The header has one name less than there are columns: the first column, of row names, has none.")
	}
	if l.lines == 0 {
		note("header", "No line looks like a header: columns are named by their position.")
	}
	if l.lines > 0 && empty {
		note("empty", "There are no rows below the header: nothing is known of the columns but their names.")
	}
	if d.escaped {
		note("escape", "A backslash takes the meaning off a quote.")
	}
	return notes
}

// csvRows reads the rows of a text.
type csvRows struct {
	blob    *blob
	enc     encoding
	dialect dialect
	skip    int64 // bytes of decoded text before the first row of data
	columns int
	extra   bool
}

func (c *csvRows) scan(ctx context.Context, workers int, t *tally, emit emitFunc) error {
	if err := c.blob.unchanged(); err != nil {
		return err
	}
	f, err := c.blob.open(ctx)
	if err != nil {
		return err
	}
	defer f.Close()
	r, err := c.enc.reader(f)
	if err != nil {
		return err
	}
	if _, err = io.CopyN(io.Discard, r, c.skip); err != nil {
		return err
	}
	crew := make([]rowWorker, workers)
	for i := range crew {
		crew[i] = rowWorker{id: i, parser: newRowParser(c.dialect, c.columns, c.extra), skip: c.skip, tally: t, emit: emit}
	}
	err = pipeline(ctx, r, newRowSplitter(c.dialect), workers, func(ctx context.Context, worker int, piece *chunk) error {
		return crew[worker].work(ctx, piece)
	})
	if err != nil {
		return err
	}
	c.extra = c.extra || t.summary().Widened
	return c.blob.unchanged()
}

// rowWorker turns chunks into batches, one after the other.
type rowWorker struct {
	id     int
	parser *rowParser
	skip   int64
	tally  *tally
	emit   emitFunc
	batch  Batch
}

func (w *rowWorker) work(ctx context.Context, c *chunk) error {
	mend := !utf8.Valid(c.text) || indexByte(c.text, 0) >= 0
	first := int64(-1)
	for pos, done := 0, false; !done; {
		var s Summary
		w.batch.reset(c.text)
		pos = w.parser.parse(c.text, pos, &w.batch, &s)
		done = pos >= len(c.text)
		if first < 0 {
			before, err := c.numbers(ctx)
			if err != nil {
				return err
			}
			first = before[0]
		}
		w.batch.First = first
		first += int64(w.batch.Rows)
		if done {
			c.after <- counts{first} // others go on while this batch is worked on
		}
		if mend {
			w.batch.mend(&s)
		}
		s.Rows = int64(w.batch.Rows)
		for i := range s.First {
			s.First[i].Row += w.batch.First
			s.First[i].Offset += w.skip + c.offset
		}
		w.tally.add(s)
		if w.batch.Rows == 0 {
			continue
		}
		if err := w.emit(w.id, &w.batch); err != nil {
			return err
		}
	}
	return nil
}
