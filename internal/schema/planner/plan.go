package planner

import (
	"fmt"
	"slices"

	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/edit"
	"github.com/headgate/headgate/internal/schema/evidence"
)

// Plan is what evidence alone makes of the inputs.
type Plan struct {
	Schema *schema.Schema
	// Doubtful are references that a judge may accept, the likeliest first: their
	// names and those of their columns are the schema's.
	Doubtful []schema.ForeignKey
}

// Make makes a plan. The name is the schema's, as the user or the folder says it.
func Make(ev *evidence.Evidence, name string) *Plan {
	d := newDraft(ev)
	// Keys say what can be referred to; references say which tables join others, and
	// so which keys they have.
	d.keys()
	d.references()
	d.keys()
	accepted, doubtful := d.references()

	b := builder{draft: d, names: map[*column]string{}, tables: map[*table]*schema.Table{}}
	s := b.schema(name, accepted)
	p := &Plan{Schema: s}
	for _, c := range doubtful {
		p.Doubtful = append(p.Doubtful, b.reference(c))
	}
	s.Suspected = append(s.Suspected, p.Doubtful...)
	d.normalise(s)
	p.Doubtful = slices.Clone(s.Suspected) // what was split off has its references with it
	s.Order()
	return p
}

// builder writes down what a draft has decided.
type builder struct {
	*draft

	names  map[*column]string
	tables map[*table]*schema.Table
}

func (b *builder) schema(name string, accepted []*candidate) *schema.Schema {
	s := &schema.Schema{
		Name: schema.Identifier(name), Judged: schema.JudgedNobody, Tables: make([]schema.Table, 0, len(b.draft.tables)),
		Suspected: []schema.ForeignKey{}, Notes: []schema.Note{}, Questions: []string{},
	}
	if s.Name == "" {
		s.Name = "database"
	}
	var names schema.Names
	for i, t := range b.draft.tables {
		s.Tables = append(s.Tables, b.table(t, names.Take(t.evidence.Name, fmt.Sprintf("table_%d", i+1))))
	}
	for i, t := range b.draft.tables {
		b.tables[t] = &s.Tables[i]
	}
	for _, c := range accepted {
		b.demand(c)
		t := b.tables[c.from[0].table]
		t.ForeignKeys = append(t.ForeignKeys, b.reference(c))
	}
	for _, t := range b.draft.tables {
		b.tables[t].Role = b.role(t)
	}
	edit.Harmonise(s)
	return s
}

func (b *builder) table(t *table, name string) schema.Table {
	out := schema.Table{
		ID: t.evidence.ID, Name: name, From: schema.From{Table: t.evidence.ID}, Unique: []schema.Key{}, ForeignKeys: []schema.ForeignKey{},
		Mark: schema.Mark{Provenance: schema.FromData, Confidence: 1},
	}
	var names schema.Names
	for _, c := range t.columns {
		b.names[c] = names.Take(c.Name, fmt.Sprintf("col_%d", c.at+1))
		out.Columns = append(out.Columns, schema.Column{
			ID: c.ID, Name: b.names[c], Type: typeOf(c), From: c.ID,
			Nullable: !slices.Contains(t.primary, c) && (c.Nulls > 0 || t.evidence.Rows == 0 || c.Blanks > 0 && c.Type != evidence.TypeText),
			Mark:     b.columnMark(c),
		})
	}
	if t.primary != nil {
		out.PrimaryKey = &schema.Key{Columns: b.columnNames(t.primary), Mark: schema.Mark{Provenance: schema.FromData, Confidence: round(t.sure), Evidence: b.keyIDs(t)}}
		if t.evidence.Rows == 0 {
			out.PrimaryKey.Mark = schema.Mark{Provenance: schema.FromRule, Confidence: t.sure, Why: "there are no rows: its name says so"}
		}
	}
	return out
}

// columnMark is sure of a type that all values have.
func (b *builder) columnMark(c *column) schema.Mark {
	m := schema.Mark{Provenance: schema.FromData, Confidence: 1, Evidence: []string{c.ID}}
	switch {
	case c.Type == evidence.TypeInteger && dialled(c.words):
		m.Provenance, m.Confidence, m.Why = schema.FromRule, 0.9, "digits under this name are no number"
	case spelled(c.Column):
		m.Provenance, m.Confidence, m.Why = schema.FromRule, 0.6, "every value is a date in words, which are kept"
	case c.Type == evidence.TypeUnknown:
		m.Provenance, m.Confidence, m.Why = schema.FromRule, 0.3, "there is no value: it is a text"
	case c.Ambiguous:
		m.Confidence, m.Why = 0.6, "no value tells day from month"
	}
	return m
}

// keyIDs are the evidence for a table's primary key: the keys that it consists of or
// has among its columns.
func (b *builder) keyIDs(t *table) []string {
	var out []string
	for _, k := range t.evidence.Keys {
		all := true
		for _, id := range k.Columns {
			all = all && slices.Contains(t.primary, b.columns[id])
		}
		if all {
			out = append(out, k.ID)
		}
	}
	return out
}

func (b *builder) columnNames(columns []*column) []string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = b.names[c]
	}
	return out
}

// demand makes what a reference refers to a key: a primary key, or a unique one.
func (b *builder) demand(c *candidate) {
	to := b.tables[c.to[0].table]
	columns := b.columnNames(c.to)
	if !to.HasKey(columns) {
		to.Unique = append(to.Unique, schema.Key{Columns: columns, Mark: schema.Mark{Provenance: schema.FromData, Confidence: round(c.score), Evidence: []string{c.ID}}})
	}
}

func (b *builder) reference(c *candidate) schema.ForeignKey {
	f := schema.ForeignKey{
		ID: c.ID, Table: b.tables[c.from[0].table].Name, Columns: b.columnNames(c.from),
		RefTable: b.tables[c.to[0].table].Name, RefColumns: b.columnNames(c.to),
		Mark: schema.Mark{Provenance: schema.FromData, Confidence: round(c.score), Evidence: []string{c.ID}},
	}
	if c.Coverage < 1 {
		f.Mark.Why = fmt.Sprintf("%d values in %d rows have no partner", c.Missing, c.Orphans)
	}
	return f
}

func (b *builder) role(t *table) schema.Role {
	st := b.tables[t]
	referring := map[string]bool{}
	for _, f := range st.ForeignKeys {
		for _, c := range f.Columns {
			referring[c] = true
		}
	}
	inKey := 0
	if st.PrimaryKey != nil {
		for _, c := range st.PrimaryKey.Columns {
			if referring[c] {
				inKey++
			}
		}
	}
	switch {
	case t.evidence.Parent != "":
		return schema.RoleChild
	case st.PrimaryKey != nil && inKey == len(st.PrimaryKey.Columns) && inKey >= 2:
		return schema.RoleJunction
	case st.PrimaryKey != nil && inKey == 1 && len(st.PrimaryKey.Columns) == 1:
		return schema.RoleSatellite
	case len(st.ForeignKeys) == 0 && len(st.Columns) <= 3 && b.referredTo(t):
		return schema.RoleLookup
	}
	return schema.RoleEntity
}

func (b *builder) referredTo(t *table) bool {
	for _, o := range b.draft.tables {
		for _, c := range o.columns {
			if c.refers != nil && c.refers.to[0].table == t && o != t {
				return true
			}
		}
	}
	return false
}

// round keeps what is written short, and equal on all machines.
func round(v float64) float64 { return float64(int(v*100+0.5)) / 100 }
