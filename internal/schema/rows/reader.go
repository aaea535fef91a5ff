package rows

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/evidence"
	"github.com/headgate/headgate/internal/schema/tabular"
)

// reader makes the rows of one table.
type reader struct {
	source  *Source
	columns []schema.Column
	out     []*string
	fn      func([]*string) error

	key   []int // columns that tell rows apart, where equal ones come once
	seen  map[string]bool
	group *evidence.Group // whose columns become rows; nil for none

	list      place // whose parts become rows
	separator string
}

// once makes equal keys come once: the first row of each. A row without a value in
// the key does not come.
func (r *reader) once(t *schema.Table) {
	r.seen = map[string]bool{}
	for i, c := range t.Columns {
		if t.PrimaryKey != nil && slices.Contains(t.PrimaryKey.Columns, c.Name) {
			r.key = append(r.key, i)
		}
	}
}

func (r *reader) read(ctx context.Context, table string) error {
	_, err := r.source.tables[table].Scan(ctx, 1, func(_ int, b *tabular.Batch) error {
		for i := range b.Rows {
			if err := r.row(b, i); err != nil {
				return err
			}
		}
		return ctx.Err()
	})
	return err
}

// row makes what becomes of one row of the file.
func (r *reader) row(b *tabular.Batch, i int) error {
	for j, c := range r.columns {
		r.out[j] = nil
		switch {
		case c.Value == schema.ValueNumber:
			n := strconv.FormatInt(b.First+int64(i)+1, 10)
			r.out[j] = &n
		case c.From != "" && c.Value == "":
			p := r.source.columns[c.From]
			if text, ok := p.canonical(b.Cell(i, p.at), &c); ok {
				r.out[j] = &text
			}
		}
	}
	switch {
	case r.seen != nil:
		return r.first()
	case r.group != nil:
		return r.each(b, i)
	case r.list.column != nil:
		return r.parts(b.Cell(i, r.list.at))
	}
	return r.fn(r.out)
}

// first hands a row on when its key is new.
func (r *reader) first() error {
	var key strings.Builder
	for _, j := range r.key {
		if r.out[j] == nil {
			return nil
		}
		key.WriteString(strconv.Itoa(len(*r.out[j])) + ":" + *r.out[j]) // no two keys read the same
	}
	if r.seen[key.String()] {
		return nil
	}
	r.seen[key.String()] = true
	return r.fn(r.out)
}

// each hands on a row for each column of the group that has a value.
func (r *reader) each(b *tabular.Batch, i int) error {
	for n, id := range r.group.Columns {
		p := r.source.columns[id]
		has := false
		for j, c := range r.columns {
			switch c.Value {
			case schema.ValueLabel:
				r.out[j] = &r.group.Labels[n]
			case schema.ValueCell:
				text, ok := p.canonical(b.Cell(i, p.at), &c)
				has, r.out[j] = ok, &text
			case schema.ValueNumber, schema.ValuePart:
			}
		}
		if !has {
			continue
		}
		if err := r.fn(r.out); err != nil {
			return err
		}
	}
	return nil
}

// parts hands on a row for each different part of a list.
func (r *reader) parts(cell tabular.Cell) error {
	text, ok := r.list.canonical(cell, &schema.Column{Type: schema.Type{Kind: string(evidence.TypeText)}})
	if !ok {
		return nil
	}
	seen := map[string]bool{}
	for part := range strings.SplitSeq(text, r.separator) {
		part = strings.TrimSpace(part)
		if part == "" || seen[part] {
			continue
		}
		seen[part] = true
		for j, c := range r.columns {
			if c.Value == schema.ValuePart {
				r.out[j] = &part
			}
		}
		if err := r.fn(r.out); err != nil {
			return err
		}
	}
	return nil
}
