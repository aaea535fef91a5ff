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
	spill    *spill
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

func newMeasure(t *tabular.Table, id string, o Options, s *spill) *measure {
	m := &measure{table: t, options: o, spill: s}
	m.evidence = evidence.Table{
		ID: id, Name: t.Name, Source: t.Source, Read: t.Reading, Columns: []evidence.Column{}, Keys: []evidence.Key{},
		Dependencies: []evidence.Dependency{}, Groups: []evidence.Group{}, Notes: []evidence.Note{},
	}
	return m
}

// run measures the table alone. What it keeps afterwards is what references are
// looked for in.
func (m *measure) run(ctx context.Context) error {
	for _, step := range []func(context.Context) error{m.read, m.tops, m.keys, m.dependencies, m.lists} {
		if err := step(ctx); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	m.evidence.Groups = append(m.evidence.Groups, m.groups()...)
	m.sample = nil
	return nil
}

// read takes in all rows: once, if there is memory for the values of all columns,
// else again for the others. Rows that are longer than was known add a column: then
// all is read again.
func (m *measure) read(ctx context.Context) error {
	pending := m.begin()
	for first := true; len(pending) > 0 || first; {
		sum, err := m.scan(ctx, "read", func(worker int, b *tabular.Batch) error {
			n := len(pending)
			for i := range n { // workers begin at different columns, so as not to wait for each other
				pending[(i+worker*n/m.options.Workers)%n].take(b)
			}
			if first {
				m.sample.take(b)
			}
			return m.spill.failed()
		})
		if err != nil {
			return err
		}
		if len(m.table.Columns) != len(m.columns) {
			for _, c := range pending {
				c.drop()
			}
			pending, first = m.begin(), true
			continue
		}
		if first {
			m.sample.sort()
			m.note(sum)
			first = false
		}
		if pending, err = m.finish(pending); err != nil {
			return err
		}
	}
	return nil
}

func (m *measure) begin() []*column {
	m.sample = newSample(len(m.table.Columns), m.options.Memory/4)
	m.columns = make([]*column, len(m.table.Columns))
	m.evidence.Columns = make([]evidence.Column, len(m.columns))
	for i := range m.columns {
		m.columns[i] = newColumn(i, m.spill)
		m.columns[i].greedy = i == 0
	}
	return slices.Clone(m.columns)
}

// finish makes the evidence of columns. Those that had to give up come back anew.
func (m *measure) finish(columns []*column) (again []*column, err error) {
	for _, c := range columns {
		if c.late {
			fresh := newColumn(c.index, m.spill)
			fresh.greedy = len(again) == 0
			m.columns[c.index] = fresh
			again = append(again, fresh)
			continue
		}
		e, err := c.finish(m.table.Columns[c.index], m.evidence.Rows, m.sample)
		if err != nil {
			return nil, err
		}
		e.ID = m.columnID(c.index)
		m.evidence.Columns[c.index] = e
	}
	return again, nil
}

// drop lets go of what a column holds.
func (c *column) drop() {
	if c.dict != nil {
		c.dict.release()
	}
	if c.many != nil {
		c.many.doubled()
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
