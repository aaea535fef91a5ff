package tabular

import (
	"archive/zip"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
	"golang.org/x/sync/errgroup"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/schema/evidence"
)

// sheetMemory is how much of one part of a workbook is held in memory; what is
// larger goes to a temporary file.
const sheetMemory = 16 << 20

// xlsx adds the sheets of a workbook.
func (f *finder) xlsx(ctx context.Context, b *blob) error {
	if err := f.inflated(b); err != nil {
		return err
	}
	var sheets []string
	return withBook(b, func(book *excelize.File) error {
		sheets = book.GetSheetList()
		for _, sheet := range sheets {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := f.sheet(book, b, sheet, len(sheets) == 1); err != nil {
				f.skip(b.source+": "+printable(sheet), "cannot be read: "+reason(err))
			}
		}
		return nil
	})
}

// inflated refuses workbooks that unpack to more than they may.
func (f *finder) inflated(b *blob) error {
	archive, err := zip.OpenReader(b.path)
	if err != nil {
		return fault.Wrap(fault.Invalid, "open the workbook", err)
	}
	defer archive.Close()
	room := f.o.MaxUnpacked
	for _, m := range archive.File {
		if why := f.refused(m, room); why != "" {
			return fault.New(fault.Invalid, "its part %s %s", printable(m.Name), why)
		}
		room -= int64(m.UncompressedSize64) //nolint:gosec // below room
	}
	return nil
}

// withBook opens a workbook for f. Where a broken one makes the reader panic, that
// is an error like others.
func withBook(b *blob, f func(book *excelize.File) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fault.New(fault.Invalid, "the workbook %s is damaged: %v. Save it anew, or as CSV.", b.source, p)
		}
	}()
	book, err := excelize.OpenFile(b.path, excelize.Options{
		UnzipSizeLimit: b.o.MaxUnpacked, UnzipXMLSizeLimit: min(sheetMemory, b.o.MaxUnpacked), TmpDir: b.o.TempDir,
		ShortDatePattern: "yyyy-mm-dd", LongDatePattern: "yyyy-mm-dd", LongTimePattern: "hh:mm:ss",
	})
	if err != nil {
		return fault.Wrap(fault.Invalid, "open the workbook "+b.source+", which is damaged or encrypted: save it anew without a password, or as CSV", err)
	}
	defer func() { err = errors.Join(err, book.Close()) }()
	return f(book)
}

// sheet adds one sheet.
func (f *finder) sheet(book *excelize.File, b *blob, name string, alone bool) error {
	var rows []sampleRow
	width := 0
	err := eachRow(book, name, func(cells []string) (bool, error) {
		row := sampleRow{}
		for _, c := range cells {
			row.cells = append(row.cells, Cell{Text: []byte(c)})
		}
		width = max(width, len(cells))
		rows = append(rows, row)
		return len(rows) < judgedRows, nil
	})
	if err != nil {
		return err
	}
	if width == 0 {
		f.skip(b.source+": "+printable(name), "is an empty sheet: there is nothing to make a table of.")
		return nil
	}
	for i := range rows { // cells that are empty to the end of a row are left out
		rows[i].cells = append(rows[i].cells, make([]Cell, width-len(rows[i].cells))...)
	}
	l := findLayout(rows)
	if l.width > f.o.MaxColumns {
		return fault.New(fault.Invalid, "it has %d columns, more than %d: no database takes so many. Cut it into tables, or turn columns into rows", l.width, f.o.MaxColumns)
	}
	names := make([]string, l.width)
	if l.lines > 0 {
		names = namesOf(rows[l.header:l.body], l)
	}
	t := &Table{Name: cleanName([]byte(name)), Source: b.source + ": " + printable(name), rows: &sheetRows{blob: b, sheet: name, skip: l.body, columns: l.width}}
	if alone {
		t.Name, t.Source = tableName(b.name), b.source
	}
	t.Reading = evidence.Reading{Format: "xlsx", Preamble: int64(l.header), Header: l.lines > 0}
	t.Columns, t.Notes = uniqueNames(names, l.lines > 0)
	t.Notes = append(t.Notes, csvNotes(encoding{}, dialect{}, l, l.body >= len(rows))...)
	if visible, err := book.GetSheetVisible(name); err == nil && !visible {
		t.Notes = append(t.Notes, evidence.Note{Kind: "hidden", Text: "The sheet is hidden in the workbook."})
	}
	f.set.Tables = append(f.set.Tables, t)
	return nil
}

// eachRow calls f for each row of a sheet, with blank ones, until it says false.
// Numbers come as they are kept, not rounded for show; dates as they are shown,
// because nothing else tells them from numbers.
func eachRow(book *excelize.File, sheet string, f func(cells []string) (bool, error)) error {
	shown, err := book.Rows(sheet)
	if err != nil {
		return err
	}
	defer shown.Close()
	kept, err := book.Rows(sheet)
	if err != nil {
		return err
	}
	defer kept.Close()
	for shown.Next() && kept.Next() {
		cells, err := shown.Columns()
		if err != nil {
			return err
		}
		raw, err := kept.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return err
		}
		for i := range min(len(cells), len(raw)) {
			cells[i] = cellText(cells[i], raw[i])
		}
		if more, err := f(cells); err != nil || !more {
			return err
		}
	}
	return errors.Join(shown.Error(), kept.Error())
}

// cellText chooses between what a cell shows and what it keeps.
func cellText(shown, kept string) string {
	if shown == kept {
		return shown
	}
	n, err := strconv.ParseFloat(kept, 64)
	if err != nil || shown == "TRUE" || shown == "FALSE" {
		return shown
	}
	if lookOf([]byte(shown)) == lookDate || strings.ContainsAny(shown, "/:") {
		return shown
	}
	if len(kept) > 15 { // Excel keeps 15 digits; more are noise of its floats
		return strconv.FormatFloat(n, 'g', 15, 64)
	}
	return kept
}

// sheetRows reads the rows of a sheet.
type sheetRows struct {
	blob    *blob
	sheet   string
	skip    int // rows before the data
	columns int
	extra   bool
}

// scan reads in one goroutine, which the format leaves no choice but, and hands
// batches to the others.
func (r *sheetRows) scan(ctx context.Context, workers int, t *tally, emit emitFunc) error {
	if err := r.blob.unchanged(); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	batches := make(chan *Batch, workers)
	g.Go(func() error {
		defer close(batches)
		return withBook(r.blob, func(book *excelize.File) error { return r.read(ctx, book, t, batches) })
	})
	for worker := range workers {
		g.Go(func() error {
			for b := range batches {
				if err := emit(worker, b); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	r.extra = r.extra || t.summary().Widened
	return r.blob.unchanged()
}

// read makes batches of the rows.
func (r *sheetRows) read(ctx context.Context, book *excelize.File, t *tally, batches chan<- *Batch) error {
	const rowsAtOnce = 1024
	var (
		at, first int64
		s         Summary
		b         = &Batch{columns: r.width()}
	)
	send := func() error {
		s.Rows = int64(b.Rows)
		b.First = first
		first += s.Rows
		b.mend(&s)
		t.add(s)
		s = Summary{}
		if b.Rows == 0 {
			return nil
		}
		select {
		case batches <- b:
		case <-ctx.Done():
			return ctx.Err()
		}
		b = &Batch{columns: r.width()}
		return nil
	}
	err := eachRow(book, r.sheet, func(cells []string) (bool, error) {
		if at++; at <= int64(r.skip) {
			return true, nil
		}
		r.add(b, &s, cells, first)
		if b.Rows >= rowsAtOnce || len(b.spans) >= batchCells {
			return true, send()
		}
		return true, nil
	})
	return errors.Join(err, send())
}

func (r *sheetRows) width() int {
	if r.extra {
		return r.columns + 1
	}
	return r.columns
}

// add adds a row to a batch. Rows that are short are so because nothing is in their
// last cells: they are not ragged.
func (r *sheetRows) add(b *Batch, s *Summary, cells []string, first int64) {
	if !slices.ContainsFunc(cells, func(c string) bool { return strings.TrimSpace(c) != "" }) {
		s.Blank++
		return
	}
	put := func(text string) {
		from := len(b.text)
		b.text = append(b.text, text...)
		b.spans = append(b.spans, newSpan(from, len(b.text), false))
	}
	for i := range r.columns {
		if i < len(cells) {
			put(cells[i])
		} else {
			b.spans = append(b.spans, none())
		}
	}
	beyond := ""
	if len(cells) > r.columns {
		beyond = strings.Trim(strings.Join(cells[r.columns:], ","), ",")
		s.Ragged++
		if len(s.First) < firstRagged {
			s.First = append(s.First, RaggedRow{Row: first + int64(b.Rows), Cells: len(cells)})
		}
		s.Widened = s.Widened || beyond != "" && !r.extra
	}
	if r.extra {
		put(beyond)
	}
	b.Rows++
}
