package profile

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/headgate/headgate/internal/schema/evidence"
	"github.com/headgate/headgate/internal/schema/tabular"
)

// measure is the work on one table.
type measure struct {
	table    *tabular.Table
	options  Options
	columns  []*column
	sample   *sample
	evidence evidence.Table
	telling  sync.Mutex // so that Progress is called by one at a time
}

func (m *measure) progress(step string, rows int64) {
	if m.options.Progress == nil {
		return
	}
	m.telling.Lock()
	defer m.telling.Unlock()
	m.options.Progress(Progress{Table: m.table.Name, Step: step, Rows: rows})
}

func newMeasure(t *tabular.Table, id string, o Options) *measure {
	m := &measure{table: t, options: o}
	m.evidence = evidence.Table{
		ID: id, Name: t.Name, Source: t.Source, Read: t.Reading, Columns: []evidence.Column{}, Keys: []evidence.Key{},
		Dependencies: []evidence.Dependency{}, Groups: []evidence.Group{}, Notes: []evidence.Note{},
	}
	return m
}

// read takes in all rows. Rows that are longer than was known add a column: then
// all is read again.
func (m *measure) read(ctx context.Context) error {
	for {
		m.begin()
		sum, err := m.scan(ctx, "read", func(worker int, b *tabular.Batch) error {
			n := len(m.columns)
			for i := range n { // workers begin at different columns, so as not to wait for each other
				m.columns[(i+worker*n/m.options.Workers)%n].take(b)
			}
			m.sample.take(b)
			return nil
		})
		if err != nil {
			return err
		}
		if len(m.table.Columns) == len(m.columns) {
			m.note(sum)
			return nil
		}
	}
}

func (m *measure) begin() {
	m.sample = newSample(len(m.table.Columns), m.options.Memory/4)
	m.columns = m.columns[:0]
	for i := range m.table.Columns {
		m.columns = append(m.columns, newColumn(i))
	}
}

// scan hands all batches to fn.
func (m *measure) scan(ctx context.Context, step string, fn func(worker int, b *tabular.Batch) error) (tabular.Summary, error) {
	var rows atomic.Int64
	return m.table.Scan(ctx, m.options.Workers, func(worker int, b *tabular.Batch) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := fn(worker, b); err != nil {
			return err
		}
		m.progress(step, rows.Add(int64(b.Rows)))
		return nil
	})
}

// note takes over what reading met.
func (m *measure) note(sum tabular.Summary) {
	e := &m.evidence
	e.Rows, e.Read.Ragged = sum.Rows, sum.Ragged
	for _, n := range m.table.Notes {
		about := e.ID
		if i := slices.Index(m.table.Columns, n.About); i >= 0 {
			about = m.columnID(i)
		}
		e.Notes = append(e.Notes, evidence.Note{About: about, Kind: n.Kind, Text: n.Text})
	}
	add := func(kind, format string, args ...any) {
		e.Notes = append(e.Notes, evidence.Note{About: e.ID, Kind: kind, Text: fmt.Sprintf(format, args...)})
	}
	if sum.Ragged > 0 {
		add("ragged", "%d rows have more or fewer cells than there are columns; the first begins at byte %d.", sum.Ragged, sum.First[0].Offset)
	}
	if sum.Recoded > 0 {
		add("recoded", "%d cells are not UTF-8 and were read as Windows-1252.", sum.Recoded)
	}
	if sum.NULs > 0 {
		add("zero_bytes", "%d zero bytes were left out.", sum.NULs)
	}
	if sum.Blank > 0 {
		add("blank_rows", "%d rows without any value were left out.", sum.Blank)
	}
}

func (m *measure) columnID(i int) string { return fmt.Sprintf("%s.%d", m.evidence.ID, i+1) }

// finish makes the evidence of the columns.
func (m *measure) finish() {
	m.sample.sort()
	for i, c := range m.columns {
		e := c.finish(m.table.Columns[i])
		e.ID = m.columnID(i)
		m.evidence.Columns = append(m.evidence.Columns, e)
	}
}

// giveIDs numbers what has none yet.
func giveIDs(ev *evidence.Evidence) {
	keys, dependencies, groups := 0, 0, 0
	next := func(letter string, n *int) string {
		*n++
		return letter + strconv.Itoa(*n)
	}
	for i := range ev.Tables {
		t := &ev.Tables[i]
		for j := range t.Keys {
			t.Keys[j].ID = next("K", &keys)
		}
		for j := range t.Dependencies {
			t.Dependencies[j].ID = next("D", &dependencies)
		}
		for j := range t.Groups {
			t.Groups[j].ID = next("G", &groups)
		}
	}
	for i := range ev.Inclusions {
		ev.Inclusions[i].ID = "F" + strconv.Itoa(i+1)
	}
}

func trimFloat(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }
