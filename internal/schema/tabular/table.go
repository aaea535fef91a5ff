package tabular

import (
	"context"
	"slices"
	"sync"

	"github.com/headgate/headgate/internal/schema/evidence"
)

// extraColumn holds what rows have beyond the columns of their table.
const extraColumn = "_extra"

// Table is one relation: a file, a member of an archive, a sheet, an array.
type Table struct {
	Name   string // of the file, sheet or array, without folder and endings
	Source string // what was given and what is inside it, such as "shop.zip: orders.csv"
	// Parent is the name of the table that these rows are nested in; empty for
	// none. The first column then is the number of the parent's row, from 1, which
	// the parent has in a column of the same name.
	Parent  string
	Reading evidence.Reading // Ragged is not known before a scan: see Summary
	// Columns are the names as read, made unique: the second x is x_2, the seventh
	// without a name is col_7. It grows by "_extra" when a scan says Widened.
	Columns []string
	// Notes are on what was changed or doubted. About is the name of a column, or
	// empty for the table.
	Notes []evidence.Note

	rows   rows
	parent *Table
}

// rows is the source of a table's rows.
type rows interface {
	// scan hands all batches to emit, from up to workers goroutines at once, and
	// adds what it counted to t.
	scan(ctx context.Context, workers int, t *tally, emit emitFunc) error
}

// emitFunc takes a batch, which is its own until it returns.
type emitFunc func(worker int, b *Batch) error

// Summary is what a scan met.
type Summary struct {
	Rows int64 // those handed out
	// Blank are rows without any cell that is not empty. They are not handed out,
	// and not counted in Rows.
	Blank int64
	// Ragged are rows with fewer or more cells than the file has columns; First are
	// the first 20 of them.
	Ragged int64
	First  []RaggedRow
	// Recoded are cells that were not UTF-8 and were read as Windows-1252.
	Recoded int64
	// NULs are zero bytes that were left out of texts.
	NULs int64
	// Widened says that rows were longer than was known: Columns has "_extra" now,
	// which the batches of this scan did not have. Scan again to read it.
	Widened bool
}

// RaggedRow is a row with another number of cells than its table has columns.
type RaggedRow struct {
	Row    int64 // counted from 0, as Batch.First
	Offset int64 // of its first byte, in the unpacked text without byte order mark
	Cells  int
}

// Scan reads all rows, in batches, which it hands to fn from up to workers
// goroutines at once; worker, below workers, tells which, and no two calls with the
// same worker overlap. Batches come in any order and carry the number of their
// first row. A batch, and all texts of its cells, is fn's until it returns. The
// first error of fn ends the scan and is returned. Scans of one table must not
// overlap; those of different tables may. Errors: Invalid when the file changed
// since Open, or is not what its beginning promised.
func (t *Table) Scan(ctx context.Context, workers int, fn func(worker int, b *Batch) error) (Summary, error) {
	c := &tally{}
	err := t.rows.scan(ctx, max(workers, 1), c, fn)
	if c.sum.Widened && !slices.Contains(t.Columns, extraColumn) {
		t.widen()
	}
	return c.summary(), err
}

// widen adds the column that takes what is beyond the others.
func (t *Table) widen() {
	t.Columns = append(slices.Clip(t.Columns), extraColumn)
	t.Notes = append(t.Notes, evidence.Note{
		About: extraColumn, Kind: "ragged",
		Text: "Some rows have more cells than there are columns: what is beyond them stands in the column " + extraColumn + ".",
	})
}

// tally collects what the workers of one scan count.
type tally struct {
	mu  sync.Mutex
	sum Summary
}

// firstRagged is how many ragged rows are listed.
const firstRagged = 20

func (c *tally) add(s Summary) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sum.Rows += s.Rows
	c.sum.Blank += s.Blank
	c.sum.Ragged += s.Ragged
	c.sum.Recoded += s.Recoded
	c.sum.NULs += s.NULs
	c.sum.Widened = c.sum.Widened || s.Widened
	if len(s.First) == 0 {
		return
	}
	// Batches come in any order, so that the first ones may come last.
	c.sum.First = append(c.sum.First, s.First...)
	slices.SortFunc(c.sum.First, func(a, b RaggedRow) int { return int(a.Row - b.Row) })
	c.sum.First = c.sum.First[:min(len(c.sum.First), firstRagged)]
}

func (c *tally) summary() Summary {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sum
}
