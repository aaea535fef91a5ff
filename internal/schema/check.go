package schema

import (
	"fmt"
	"slices"
)

// Check says what is wrong with a schema as a structure: names that are no
// identifiers or are given twice, and keys over columns that are not there. A
// schema without faults can be written in every dialect. Nil: nothing.
func (s *Schema) Check() []Note {
	var c checker
	tables := map[string]*Table{}
	for i := range s.Tables {
		t := &s.Tables[i]
		c.name(t.ID, "table", t.Name)
		if tables[t.Name] != nil {
			c.add(t.ID, "two tables are called %s", t.Name)
		}
		tables[t.Name] = t
		c.columns(t)
	}
	for i := range s.Tables {
		for _, f := range s.Tables[i].ForeignKeys {
			c.reference(&s.Tables[i], f, tables[f.RefTable])
		}
	}
	return c.notes
}

type checker struct{ notes []Note }

func (c *checker) add(about, format string, args ...any) {
	c.notes = append(c.notes, Note{About: about, Kind: "fault", Text: fmt.Sprintf(format, args...)})
}

func (c *checker) name(about, what, name string) {
	if name == "" || Identifier(name) != name {
		c.add(about, "%q is no identifier for a %s", name, what)
	}
}

func (c *checker) columns(t *Table) {
	seen := map[string]bool{}
	for _, col := range t.Columns {
		c.name(col.ID, "column", col.Name)
		if seen[col.Name] {
			c.add(col.ID, "two columns of %s are called %s", t.Name, col.Name)
		}
		seen[col.Name] = true
	}
	if len(t.Columns) == 0 {
		c.add(t.ID, "%s has no columns", t.Name)
	}
	keys := slices.Clone(t.Unique)
	if t.PrimaryKey != nil {
		keys = append(keys, *t.PrimaryKey)
	}
	for _, k := range keys {
		c.present(t, "a key", k.Columns)
	}
}

// present faults columns that a table does not have, or that stand twice.
func (c *checker) present(t *Table, what string, columns []string) {
	if len(columns) == 0 {
		c.add(t.ID, "%s of %s has no columns", what, t.Name)
	}
	for i, name := range columns {
		if t.Column(name) == nil {
			c.add(t.ID, "%s of %s is over %s, which is no column of it", what, t.Name, name)
		}
		if slices.Contains(columns[:i], name) {
			c.add(t.ID, "%s of %s has %s twice", what, t.Name, name)
		}
	}
}

func (c *checker) reference(t *Table, f ForeignKey, to *Table) {
	c.present(t, "a reference", f.Columns)
	switch {
	case f.Table != t.Name:
		c.add(f.ID, "a reference of %s stands with %s", f.Table, t.Name)
	case to == nil:
		c.add(f.ID, "%s refers to %s, which is no table", t.Name, f.RefTable)
	case len(f.Columns) != len(f.RefColumns) || !to.HasKey(f.RefColumns):
		c.add(f.ID, "%s refers to columns of %s that are no key", t.Name, to.Name)
	}
}

// Column finds a column by its name; nil when there is none. It points into t.
func (t *Table) Column(name string) *Column {
	i := slices.IndexFunc(t.Columns, func(c Column) bool { return c.Name == name })
	if i < 0 {
		return nil
	}
	return &t.Columns[i]
}

// HasKey reports whether the columns are the primary or a unique key, in the key's
// order.
func (t *Table) HasKey(columns []string) bool {
	if t.PrimaryKey != nil && slices.Equal(t.PrimaryKey.Columns, columns) {
		return true
	}
	return slices.ContainsFunc(t.Unique, func(k Key) bool { return slices.Equal(k.Columns, columns) })
}

// Table finds a table by its name; nil when there is none. It points into s.
func (s *Schema) Table(name string) *Table {
	i := slices.IndexFunc(s.Tables, func(t Table) bool { return t.Name == name })
	if i < 0 {
		return nil
	}
	return &s.Tables[i]
}

// Order puts tables in an order in which they can be made: those that are referred
// to first, of equals by name. In a circle the name decides where it begins.
func (s *Schema) Order() {
	slices.SortFunc(s.Tables, func(a, b Table) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	placed := map[string]bool{}
	out := make([]Table, 0, len(s.Tables))
	for len(out) < len(s.Tables) {
		next := -1
		for i := range s.Tables {
			t := &s.Tables[i]
			if placed[t.Name] {
				continue
			}
			if next < 0 {
				next = i // where a circle begins, if nothing is free
			}
			if t.free(placed, s) {
				next = i
				break
			}
		}
		placed[s.Tables[next].Name] = true
		out = append(out, s.Tables[next])
	}
	s.Tables = out
}

// free reports whether all that a table refers to is placed.
func (t *Table) free(placed map[string]bool, s *Schema) bool {
	for _, f := range t.ForeignKeys {
		if f.RefTable != t.Name && !placed[f.RefTable] && s.Table(f.RefTable) != nil {
			return false
		}
	}
	return true
}
