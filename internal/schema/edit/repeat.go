package edit

import (
	"slices"
	"strconv"

	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/evidence"
)

// Spread is what becomes of one row of several.
type Spread struct {
	Table string // the name of the new table
	// Label and Cell name the columns that say which of a group a value is of, and
	// that have it. Of a list Label is not used.
	Label string
	Cell  string
}

// Unpivot makes rows of a group of columns, in a table of their own: the key of the
// table that they leave, what tells them apart, and the value. Cells without a value
// make no row. It returns the new table's id. Nothing is changed where it is refused.
func Unpivot(s *schema.Schema, ev *evidence.Evidence, group string, to Spread, m schema.Mark) (string, error) {
	table, g := groupOf(ev, group)
	if g == nil {
		return "", refuse("there is no group %s", group)
	}
	t := Base(s, table.ID)
	if t == nil {
		return "", refuse("no table has the columns of %s", group)
	}
	cell, names := schema.Type{}, []string{}
	for i, id := range g.Columns {
		c := from(t, id)
		if c == nil {
			return "", refuse("%s is no column of %s any more", id, t.Name)
		}
		if why := fixed(s, t, c.Name); why != "" {
			return "", refuse("%s is part of %s", c.Name, why)
		}
		names = append(names, c.Name)
		if i == 0 {
			cell = c.Type
		}
		cell = Wider(cell, c.Type)
	}
	m.Evidence = []string{group}
	part, err := child(s, t, to.Table, m)
	if err != nil {
		return "", err
	}
	part.From = schema.From{Table: table.ID, Group: group}
	label := schema.Column{Name: freeColumn(&part, to.Label), Type: labelType(g), Value: schema.ValueLabel, Mark: m}
	add(&part, label)
	add(&part, schema.Column{Name: freeColumn(&part, to.Cell), Type: cell, Value: schema.ValueCell, Mark: m})
	part.PrimaryKey.Columns = append(part.PrimaryKey.Columns, label.Name)
	leave(s, t, names)
	s.Tables = append(s.Tables, part)
	return part.ID, nil
}

func groupOf(ev *evidence.Evidence, id string) (*evidence.Table, *evidence.Group) {
	for i := range ev.Tables {
		for j := range ev.Tables[i].Groups {
			if ev.Tables[i].Groups[j].ID == id {
				return &ev.Tables[i], &ev.Tables[i].Groups[j]
			}
		}
	}
	return nil, nil
}

// labelType is a number for years, else a text.
func labelType(g *evidence.Group) schema.Type {
	if g.Kind == "year" {
		return schema.Type{Kind: string(evidence.TypeInteger), Bytes: 4}
	}
	out := schema.Type{Kind: string(evidence.TypeText)}
	for _, l := range g.Labels {
		out.Length = max(out.Length, len(l))
	}
	return out
}

// List makes rows of the parts of a column's cells, in a table of their own: the key
// of the table that the column leaves, and the part. Their order is lost, and a part
// that a cell has twice comes once. Where another table's key has all the parts, they
// refer to it. It returns the new table's id. Nothing is changed where it is refused.
func List(s *schema.Schema, ev *evidence.Evidence, column string, to Spread, m schema.Mark) (string, error) {
	table, c := columnOf(ev, column)
	if c == nil || c.List == nil {
		return "", refuse("%s has no lists", column)
	}
	t := Base(s, table.ID)
	if t == nil || from(t, column) == nil {
		return "", refuse("%s is no column of its table any more", column)
	}
	name := from(t, column).Name
	if why := fixed(s, t, name); why != "" {
		return "", refuse("%s is part of %s", name, why)
	}
	m.Evidence = []string{column}
	part, err := child(s, t, to.Table, m)
	if err != nil {
		return "", err
	}
	part.From = schema.From{Table: table.ID, List: column}
	value := schema.Column{Name: freeColumn(&part, to.Cell), Type: schema.Type{Kind: string(evidence.TypeText), Length: c.Length}, Value: schema.ValuePart, Mark: m}
	if ref, refColumn := keyWith(s, ev, c.List.In); ref != nil {
		value.Type = refColumn.Type
		part.Role = schema.RoleJunction
		part.ForeignKeys = append(part.ForeignKeys, schema.ForeignKey{
			ID: "X" + strconv.Itoa(numbered(part.ForeignKeys[0].ID, "X")+1), Table: part.Name, Columns: []string{value.Name}, RefTable: ref.Name, RefColumns: []string{refColumn.Name}, Mark: m,
		})
	}
	add(&part, value)
	part.PrimaryKey.Columns = append(part.PrimaryKey.Columns, value.Name)
	leave(s, t, []string{name})
	s.Tables = append(s.Tables, part)
	return part.ID, nil
}

func columnOf(ev *evidence.Evidence, id string) (*evidence.Table, *evidence.Column) {
	for i := range ev.Tables {
		j := slices.IndexFunc(ev.Tables[i].Columns, func(c evidence.Column) bool { return c.ID == id })
		if j >= 0 {
			return &ev.Tables[i], &ev.Tables[i].Columns[j]
		}
	}
	return nil, nil
}

// keyWith is the table whose key a column of the evidence is by itself, where its
// texts are its values as they stand; nil when there is none.
func keyWith(s *schema.Schema, ev *evidence.Evidence, id string) (*schema.Table, *schema.Column) {
	table, c := columnOf(ev, id)
	if c == nil || c.Format != "" || c.Type != evidence.TypeInteger && c.Type != evidence.TypeText {
		return nil, nil
	}
	t := Base(s, table.ID)
	if t == nil || from(t, id) == nil {
		return nil, nil
	}
	out := from(t, id)
	if out.Type.Kind != string(c.Type) || !t.HasKey([]string{out.Name}) {
		return nil, nil
	}
	return t, out
}
