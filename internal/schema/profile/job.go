package profile

import (
	"bytes"
	"context"
	"slices"

	"github.com/headgate/headgate/internal/schema/evidence"
	"github.com/headgate/headgate/internal/schema/tabular"
	"github.com/headgate/headgate/internal/schema/value"
)

// job is something that needs all rows of a table once more.
type job interface {
	// take gets a batch; it is called from several goroutines.
	take(v *view)
}

// view is a batch with the hashes of its cells, made once for all jobs.
type view struct {
	batch   *tabular.Batch
	m       *measure
	hashes  [][]uint64 // by column; empty until asked for
	scratch []record
}

// hash gives the hashes of a column, nothing for what stands for null.
func (v *view) hash(column int) []uint64 {
	list := v.hashes[column]
	if len(list) > 0 || v.batch.Rows == 0 {
		return list
	}
	for r := range v.batch.Rows {
		cell := v.batch.Cell(r, column)
		if v.m.columns[column].pointZero {
			cell.Text = bytes.TrimSuffix(value.Trim(cell.Text), []byte(".0"))
		}
		list = append(list, v.m.settled(column, cellHash(cell)))
	}
	v.hashes[column] = list
	return list
}

// rescan reads all rows again for some jobs.
func (m *measure) rescan(ctx context.Context, step string, jobs []job) error {
	if len(jobs) == 0 {
		return nil
	}
	views := make([]view, m.options.Workers)
	for i := range views {
		views[i] = view{m: m, hashes: make([][]uint64, len(m.columns))}
	}
	_, err := m.scan(ctx, step, func(worker int, b *tabular.Batch) error {
		v := &views[worker]
		v.batch = b
		for i := range v.hashes {
			v.hashes[i] = v.hashes[i][:0]
		}
		for i := range jobs { // workers begin at different jobs, so as not to wait for each other
			jobs[(i+worker*len(jobs)/m.options.Workers)%len(jobs)].take(v)
		}
		return m.spill.failed()
	})
	return err
}

// settled is the hash by which a cell is compared once the types are known: nothing
// where it stands for null.
func (m *measure) settled(column int, h uint64) uint64 {
	if h == nothing || m.columns[column].isNull(h) {
		return nothing
	}
	return h
}

// isNull says whether a hash is that of a token or a blank that stands for null.
func (c *column) isNull(h uint64) bool {
	if h == blank {
		return c.blankIsNull
	}
	return slices.Contains(c.nullHashes, h)
}

// remember keeps what isNull needs.
func (c *column) remember(e *evidence.Column) {
	c.blankIsNull = e.Type != evidence.TypeText
	for _, v := range e.NullTokens {
		c.nullHashes = append(c.nullHashes, hashOf([]byte(v.Text)))
	}
}

// tuples collects the hashes of the values of one or several columns; rows with a
// null in one of them are left out.
type tuples struct {
	columns []int
	set     *set
	// once says that a tuple that comes twice ends the matter.
	once bool
}

func (j *tuples) take(v *view) {
	if j.once && j.failed() {
		return
	}
	records := v.scratch[:0]
	for r := range v.batch.Rows {
		if h, ok := v.tuple(r, j.columns); ok {
			records = append(records, record{h, 1})
		}
	}
	v.scratch = records
	j.set.add(records)
}

// failed says whether a tuple came twice; then nothing more is kept.
func (j *tuples) failed() bool {
	j.set.mu.Lock()
	defer j.set.mu.Unlock()
	if j.set.twice && j.set.tail != nil {
		j.set.release()
	}
	return j.set.twice
}

// tuple is the hash of a row's values in some columns; false with a null in them.
func (v *view) tuple(row int, columns []int) (uint64, bool) {
	h := v.hash(columns[0])[row]
	if h == nothing {
		return 0, false
	}
	for _, c := range columns[1:] {
		next := v.hash(c)[row]
		if next == nothing {
			return 0, false
		}
		h = combine(h, next)
	}
	return h, true
}

// besides collects what stands in one column beside the values of others.
type besides struct {
	determinant []int
	dependent   int
	set         *set
}

func (j *besides) take(v *view) {
	records := v.scratch[:0]
	beside := v.hash(j.dependent)
	for r := range v.batch.Rows {
		if h, ok := v.tuple(r, j.determinant); ok {
			records = append(records, pair(h, beside[r]))
		}
	}
	v.scratch = records
	j.set.add(records)
}
