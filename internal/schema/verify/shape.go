package verify

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/ddl"
)

// Shape is what a database has, told in sentences that can be compared: one for each
// column, key and reference. The zero value has nothing.
type Shape struct {
	tables map[string]string // of each sentence
}

// Column adds a column: its place in the table from 1, its type as the database
// writes it.
func (s *Shape) Column(table string, place int, name, kind string, nullable bool) {
	null := "not null"
	if nullable {
		null = "null"
	}
	s.add(table, "column %d is %s %s %s", place, name, kind, null)
}

// Key adds a primary or unique key. The order of a unique key's columns is told, as
// a reference needs it.
func (s *Shape) Key(table string, kind Constraint, columns []string) {
	s.add(table, "%s (%s)", strings.ReplaceAll(string(kind), "_", " "), strings.Join(columns, ", "))
}

// Reference adds a foreign key.
func (s *Shape) Reference(table string, columns []string, refTable string, refColumns []string) {
	s.add(table, "(%s) refers to %s (%s)", strings.Join(columns, ", "), refTable, strings.Join(refColumns, ", "))
}

func (s *Shape) add(table, format string, args ...any) {
	if s.tables == nil {
		s.tables = map[string]string{}
	}
	s.tables[table+": "+fmt.Sprintf(format, args...)] = table
}

// Expected is the shape that a schema's statements should make. Native says how the
// database itself writes a type of the dialect; nil: as it was written.
func Expected(s *schema.Schema, d ddl.Dialect, native func(string) string) *Shape {
	var out Shape
	for i := range s.Tables {
		t := &s.Tables[i]
		types := ddl.Types(t, d)
		for j, c := range t.Columns {
			kind := types[j]
			if native != nil {
				kind = native(kind)
			}
			key := t.PrimaryKey != nil && slices.Contains(t.PrimaryKey.Columns, c.Name)
			out.Column(t.Name, j+1, c.Name, kind, c.Nullable && !key)
		}
		if t.PrimaryKey != nil {
			out.Key(t.Name, PrimaryKey, t.PrimaryKey.Columns)
		}
		for _, k := range t.Unique {
			out.Key(t.Name, Unique, k.Columns)
		}
		for _, f := range t.ForeignKeys {
			out.Reference(t.Name, f.Columns, f.RefTable, f.RefColumns)
		}
	}
	return &out
}

// Against is what the shape of a database has beyond what is wanted, and lacks of
// it: nothing when the schema came back as it was sent.
func (s *Shape) Against(want *Shape) []Finding {
	out := []Finding{}
	for _, fact := range slices.Sorted(maps.Keys(want.tables)) {
		if _, ok := s.tables[fact]; !ok {
			out = append(out, Finding{Constraint: Catalog, Table: want.tables[fact], Message: "the database does not have what it was told: " + fact})
		}
	}
	for _, fact := range slices.Sorted(maps.Keys(s.tables)) {
		if _, ok := want.tables[fact]; !ok {
			out = append(out, Finding{Constraint: Catalog, Table: s.tables[fact], Message: "the database has what it was not told: " + fact})
		}
	}
	return out
}
