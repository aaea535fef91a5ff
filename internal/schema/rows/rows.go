// Package rows makes the rows of a schema's tables from the files that it was made
// of, in the canonical form that engines load.
package rows

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/evidence"
	"github.com/headgate/headgate/internal/schema/tabular"
	"github.com/headgate/headgate/internal/schema/value"
	"github.com/headgate/headgate/internal/schema/verify"
)

// Source reads rows. Two scans of one table must not overlap.
type Source struct {
	tables   map[string]*tabular.Table // by the evidence's id
	evidence map[string]*evidence.Table
	columns  map[string]place
}

// place is where a column of the evidence is.
type place struct {
	column *evidence.Column
	at     int
	tokens map[string]bool // texts that stand for null
}

var _ verify.Rows = (*Source)(nil)

// New joins tables with the evidence of them.
func New(tables []*tabular.Table, ev *evidence.Evidence) (*Source, error) {
	s := &Source{tables: map[string]*tabular.Table{}, evidence: map[string]*evidence.Table{}, columns: map[string]place{}}
	byName := map[string]*tabular.Table{}
	for _, t := range tables {
		byName[t.Name] = t
	}
	for i := range ev.Tables {
		t := &ev.Tables[i]
		if byName[t.Name] == nil {
			return nil, fault.New(fault.Invalid, "the evidence has a table %s that the inputs do not have", t.Name)
		}
		s.tables[t.ID], s.evidence[t.ID] = byName[t.Name], t
		for j := range t.Columns {
			c := &t.Columns[j]
			p := place{column: c, at: j, tokens: map[string]bool{}}
			for _, token := range c.NullTokens {
				p.tokens[token.Text] = true
			}
			s.columns[c.ID] = p
		}
	}
	return s, nil
}

// Scan hands fn each row of a table, in the order of the file. See verify.Rows.
func (s *Source) Scan(ctx context.Context, t *schema.Table, fn func(row []*string) error) error {
	if t.From.Table == "" {
		return nil
	}
	r := reader{source: s, columns: t.Columns, out: make([]*string, len(t.Columns)), fn: fn}
	switch {
	case t.From.Distinct:
		r.once(t)
	case t.From.Group != "":
		r.group = s.group(t.From.Table, t.From.Group)
	case t.From.List != "":
		r.list, r.separator = s.columns[t.From.List], s.columns[t.From.List].column.List.Separator
	}
	return r.read(ctx, t.From.Table)
}

// Original hands fn each row of a table of the evidence. See verify.Rows.
func (s *Source) Original(ctx context.Context, table string, columns []schema.Column, fn func(row []*string) error) error {
	r := reader{source: s, columns: columns, out: make([]*string, len(columns)), fn: fn}
	return r.read(ctx, table)
}

func (s *Source) group(table, id string) *evidence.Group {
	for i, g := range s.evidence[table].Groups {
		if g.ID == id {
			return &s.evidence[table].Groups[i]
		}
	}
	return nil
}

// canonical is a cell as a column takes it; false for null.
func (p place) canonical(c tabular.Cell, to *schema.Column) (string, bool) {
	if c.Null() {
		return "", false
	}
	text := string(c.Text)
	isText := to.Type.Kind == string(evidence.TypeText)
	trimmed := strings.TrimSpace(text)
	switch {
	case p.tokens[text] || p.tokens[trimmed] || slices.Contains(to.Nulls, trimmed):
		return "", false
	case trimmed == "" && !isText:
		return "", false
	case isText:
		return text, true
	}
	kind := p.column.Type
	if kind == evidence.TypeText { // a text that was said to be more
		kind = evidence.Type(to.Type.Kind)
	}
	if converted, ok := value.Convert(text, kind, cmp.Or(to.Format, p.column.Format)); ok {
		return converted, true
	}
	return text, true // the engine says what is wrong with it
}
