package tabular

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"

	"github.com/parquet-go/parquet-go"
	"golang.org/x/sync/errgroup"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/schema/evidence"
)

// parquet adds the table of a Parquet file.
func (f *finder) parquet(ctx context.Context, b *blob) error {
	b, err := f.unpacked(ctx, b)
	if err != nil {
		return err
	}
	r := &parquetRows{blob: b}
	t := &Table{Name: tableName(b.name), Source: b.source, Reading: evidence.Reading{Format: "parquet", Header: true}, rows: r}
	return r.with(func(p *parquet.File) error {
		var names []string
		for _, c := range leaves(p.Root(), nil) {
			leaf := newLeaf(c)
			r.leaves = append(r.leaves, leaf)
			name := cleanName([]byte(leaf.name))
			names = append(names, name)
			if leaf.list {
				t.Notes = append(t.Notes, evidence.Note{About: name, Kind: "list", Text: fmt.Sprintf("%s holds lists: they are written as JSON arrays.", name)})
			}
		}
		if len(names) == 0 || len(names) > f.o.MaxColumns {
			return fault.New(fault.Invalid, "it has %d columns, and may have 1 to %d", len(names), f.o.MaxColumns)
		}
		var notes []evidence.Note
		t.Columns, notes = uniqueNames(names, true)
		t.Notes = append(t.Notes, notes...)
		f.set.Tables = append(f.set.Tables, t)
		return nil
	})
}

// leaves are the columns that hold values.
func leaves(c *parquet.Column, found []*parquet.Column) []*parquet.Column {
	if c.Leaf() {
		return append(found, c)
	}
	for _, kid := range c.Columns() {
		found = leaves(kid, found)
	}
	return found
}

// parquetRows reads the rows of a Parquet file, a group of rows a worker.
type parquetRows struct {
	blob   *blob
	leaves []leaf // by column index
}

// with opens the file for f. The decoder trusts what it decodes: where a broken file
// makes it panic, that is an error like others.
func (r *parquetRows) with(f func(p *parquet.File) error) (err error) {
	file, err := os.Open(r.blob.path)
	if err != nil {
		return fault.Wrap(fault.Invalid, "open "+r.blob.source, err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return r.guarded(func() error {
		p, err := parquet.OpenFile(file, r.blob.size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
		if err != nil {
			return r.damaged(err)
		}
		return f(p)
	})
}

func (r *parquetRows) guarded(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = r.damaged(fmt.Errorf("%v", p))
		}
	}()
	return f()
}

func (r *parquetRows) damaged(err error) error {
	return fault.Wrap(fault.Invalid, "read the Parquet file "+r.blob.source+", which is damaged or in a form that is not read here: write it anew, or as CSV", err)
}

func (r *parquetRows) scan(ctx context.Context, workers int, t *tally, emit emitFunc) error {
	if err := r.blob.unchanged(); err != nil {
		return err
	}
	err := r.with(func(p *parquet.File) error {
		groups := p.RowGroups()
		first := make([]int64, len(groups))
		for i := 1; i < len(groups); i++ {
			first[i] = first[i-1] + groups[i-1].NumRows()
		}
		g, ctx := errgroup.WithContext(ctx)
		var next atomic.Int64
		for worker := range workers {
			g.Go(func() error {
				return r.guarded(func() error {
					for {
						i := int(next.Add(1)) - 1
						if i >= len(groups) {
							return nil
						}
						if err := r.group(ctx, groups[i], first[i], worker, t, emit); err != nil {
							return err
						}
					}
				})
			})
		}
		return g.Wait()
	})
	if err != nil {
		return err
	}
	return r.blob.unchanged()
}

// group reads one group of rows.
func (r *parquetRows) group(ctx context.Context, g parquet.RowGroup, first int64, worker int, t *tally, emit emitFunc) (err error) {
	rows := g.Rows()
	defer func() { err = errors.Join(err, rows.Close()) }()
	buf := make([]parquet.Row, max(1, min(1024, batchCells/max(1, len(r.leaves)))))
	b := &Batch{}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := rows.ReadRows(buf)
		if n > 0 {
			if err := r.emit(buf[:n], first, worker, b, t, emit); err != nil {
				return err
			}
			first += int64(n)
		}
		if errors.Is(err, io.EOF) || err == nil && n == 0 {
			return nil
		}
		if err != nil {
			return r.damaged(err)
		}
	}
}

// emit hands rows out as a batch.
func (r *parquetRows) emit(rows []parquet.Row, first int64, worker int, b *Batch, t *tally, emit emitFunc) error {
	b.reset(b.text[:0])
	b.First, b.Rows, b.columns = first, len(rows), len(r.leaves)
	for _, row := range rows {
		base := len(b.spans)
		for range r.leaves {
			b.spans = append(b.spans, none())
		}
		for at := 0; at < len(row); {
			col, end := row[at].Column(), at+1
			for end < len(row) && row[end].Column() == col {
				end++
			}
			if col >= 0 && col < len(r.leaves) {
				b.spans[base+col] = r.leaves[col].write(b, row[at:end])
			}
			at = end
		}
	}
	s := Summary{Rows: int64(len(rows))}
	b.mend(&s)
	t.add(s)
	return emit(worker, b)
}

// leafName is the path of a column without the layers that Parquet puts around the
// elements of a list.
func leafName(path []string) string {
	var parts []string
	for i, p := range path {
		if i > 0 && (p == "list" || p == "element" || p == "array" || p == "bag" || p == "item" || p == "key_value") && i >= len(path)-2 {
			continue
		}
		parts = append(parts, p)
	}
	return strings.Join(parts, "_")
}
