package judge

import (
	"fmt"
	"slices"

	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/edit"
	"github.com/headgate/headgate/internal/schema/evidence"
)

// missing adds tables, and then what they refer to.
func (a *analysis) missing(all []newTable, m *merger) {
	s := a.st.Schema
	var made []newTable
	for _, t := range all {
		if why := a.faulty(&t); why != "" {
			m.refused("schema", "table", t.Name, why)
			continue
		}
		mark := m.mark(0.5, plain(t.Why, 100))
		out := schema.Table{
			ID: edit.NextTable(s), Name: t.Name, Role: schema.RoleEntity, Purpose: plain(t.Why, 100), Unique: []schema.Key{}, ForeignKeys: []schema.ForeignKey{},
			PrimaryKey: &schema.Key{Columns: []string{t.Columns[0].Name}, Mark: mark}, Mark: mark,
		}
		for i, c := range t.Columns {
			out.Columns = append(out.Columns, schema.Column{ID: fmt.Sprintf("%s.%d", out.ID, i+1), Name: c.Name, Type: emptyType(c.Type), Nullable: i > 0, Mark: mark})
		}
		s.Tables = append(s.Tables, out)
		made = append(made, t)
		m.did(out.ID, "table", "", t.Name)
	}
	for _, t := range made {
		for _, c := range t.Columns {
			if c.RefersTo != "" {
				a.refer(t.Name, c.Name, c.RefersTo, m)
			}
		}
	}
}

// faulty says why a table cannot be added; empty when it can.
func (a *analysis) faulty(t *newTable) string {
	switch {
	case a.st.Description == "":
		return "nothing was described"
	case !validName(t.Name) || a.st.Schema.Table(t.Name) != nil:
		return "it is no name in snake_case of at most 48 characters, or is taken"
	case len(t.Columns) == 0 || len(t.Columns) > mostNewColumns:
		return "it has no columns, or too many"
	}
	seen := once{}
	for _, c := range t.Columns {
		if !validName(c.Name) || !seen.first(c.Name) || !slices.Contains(newTypes(), c.Type) {
			return "a column has no valid name or type"
		}
	}
	return ""
}

// emptyType is a type of values that nobody has seen.
func emptyType(kind string) schema.Type {
	t := schema.Type{Kind: kind}
	switch evidence.Type(kind) {
	case evidence.TypeInteger:
		t.Bytes = 8
	case evidence.TypeDecimal:
		t.Precision, t.Scale = 12, 2
	case evidence.TypeText:
		t.Length = 200
	default:
	}
	return t
}

// refer makes a column of a table without rows refer to another's key.
func (a *analysis) refer(table, column, to string, m *merger) {
	s := a.st.Schema
	t, ref := s.Table(table), s.Table(to)
	if ref == nil || ref.PrimaryKey == nil || len(ref.PrimaryKey.Columns) != 1 || ref.Name == table && ref.PrimaryKey.Columns[0] == column {
		m.refused(t.ID, "reference", to, "it is no table with a key of one column")
		return
	}
	key := ref.PrimaryKey.Columns[0]
	t.Column(column).Type = ref.Column(key).Type
	f := schema.ForeignKey{ID: edit.NextReference(s), Table: table, Columns: []string{column}, RefTable: to, RefColumns: []string{key}, Mark: m.mark(0.5, "the description says so")}
	t.ForeignKeys = append(t.ForeignKeys, f)
	m.did(f.ID, "reference", "", table+"."+column+" to "+to)
}
