// Package edit changes the structure of a schema and keeps it whole: what is renamed
// is renamed wherever it is named, what is split off is referred to, and what cannot
// be done without a loss is refused before anything is changed.
package edit

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/schema"
)

// refuse says why something is not done.
func refuse(format string, args ...any) error { return fault.New(fault.Invalid, format, args...) }

// Base is the table that has a row for each of an evidence's table; nil when there is
// none. It points into s.
func Base(s *schema.Schema, table string) *schema.Table {
	i := slices.IndexFunc(s.Tables, func(t schema.Table) bool {
		return table != "" && t.From == schema.From{Table: table}
	})
	if i < 0 {
		return nil
	}
	return &s.Tables[i]
}

// Free is an identifier that no table of s has, as near to what is wanted as can be.
func Free(s *schema.Schema, want string) string {
	var names schema.Names
	for i := range s.Tables {
		names.Take(s.Tables[i].Name, "")
	}
	return names.Take(want, "part")
}

// freeColumn is the same for a column of t.
func freeColumn(t *schema.Table, want string) string {
	var names schema.Names
	for i := range t.Columns {
		names.Take(t.Columns[i].Name, "")
	}
	return names.Take(want, "value")
}

// named refuses a name that is no identifier or is a table's already.
func named(s *schema.Schema, name string) error {
	switch {
	case name == "" || schema.Identifier(name) != name:
		return refuse("the name of the table is no identifier")
	case s.Table(name) != nil:
		return refuse("there is a table %s already", name)
	}
	return nil
}

// NextTable is the id of the next new table, such as N1.
func NextTable(s *schema.Schema) string {
	last := 0
	for i := range s.Tables {
		last = max(last, numbered(s.Tables[i].ID, "N"))
	}
	return "N" + strconv.Itoa(last+1)
}

// NextReference is the id of the next reference that is added, such as X1.
func NextReference(s *schema.Schema) string {
	last := 0
	for i := range s.Tables {
		for _, f := range s.Tables[i].ForeignKeys {
			last = max(last, numbered(f.ID, "X"))
		}
	}
	for _, f := range s.Suspected {
		last = max(last, numbered(f.ID, "X"))
	}
	return "X" + strconv.Itoa(last+1)
}

func numbered(id, prefix string) int {
	rest, ok := strings.CutPrefix(id, prefix)
	if n, err := strconv.Atoi(rest); ok && err == nil {
		return n
	}
	return 0
}

// from finds the column of t that has the values of an evidence's column; nil when
// there is none.
func from(t *schema.Table, id string) *schema.Column {
	i := slices.IndexFunc(t.Columns, func(c schema.Column) bool { return c.From == id && c.Value == "" })
	if i < 0 {
		return nil
	}
	return &t.Columns[i]
}

// fixed says why a column must stay where it is: what it is part of. Empty: nothing.
func fixed(s *schema.Schema, t *schema.Table, column string) string {
	keys := t.Unique
	if t.PrimaryKey != nil {
		keys = append([]schema.Key{*t.PrimaryKey}, keys...)
	}
	if slices.ContainsFunc(keys, func(k schema.Key) bool { return slices.Contains(k.Columns, column) }) {
		return "a key"
	}
	if slices.ContainsFunc(s.Suspected, func(f schema.ForeignKey) bool {
		return f.RefTable == t.Name && slices.Contains(f.RefColumns, column)
	}) {
		return "what others may refer to"
	}
	if slices.ContainsFunc(t.ForeignKeys, func(f schema.ForeignKey) bool { return slices.Contains(f.Columns, column) }) {
		return "a reference"
	}
	return ""
}

// leave takes columns out of a table, and suspicions of them out of the schema.
func leave(s *schema.Schema, t *schema.Table, names []string) []schema.Column {
	var gone []schema.Column
	t.Columns = slices.DeleteFunc(t.Columns, func(c schema.Column) bool {
		out := slices.Contains(names, c.Name)
		if out {
			gone = append(gone, c)
		}
		return out
	})
	s.Suspected = slices.DeleteFunc(s.Suspected, func(f schema.ForeignKey) bool {
		return f.Table == t.Name && slices.ContainsFunc(f.Columns, func(c string) bool { return slices.Contains(names, c) })
	})
	return gone
}

// child begins a table whose rows are parts of those of t: it has t's key and refers
// to it.
func child(s *schema.Schema, t *schema.Table, name string, m schema.Mark) (schema.Table, error) {
	if t.PrimaryKey == nil {
		return schema.Table{}, refuse("%s has no key to refer to", t.Name)
	}
	if err := named(s, name); err != nil {
		return schema.Table{}, err
	}
	out := schema.Table{
		ID: NextTable(s), Name: name, Role: schema.RoleChild, Unique: []schema.Key{}, Mark: m,
		PrimaryKey: &schema.Key{Columns: slices.Clone(t.PrimaryKey.Columns), Mark: m},
		ForeignKeys: []schema.ForeignKey{{
			ID: NextReference(s), Table: name, Columns: slices.Clone(t.PrimaryKey.Columns),
			RefTable: t.Name, RefColumns: slices.Clone(t.PrimaryKey.Columns), Mark: m,
		}},
	}
	for _, key := range t.PrimaryKey.Columns {
		add(&out, *t.Column(key))
	}
	return out, nil
}

// add gives a new table a column, with an id of its own.
func add(t *schema.Table, c schema.Column) {
	c.ID = fmt.Sprintf("%s.%d", t.ID, len(t.Columns)+1)
	c.Nullable = false
	t.Columns = append(t.Columns, c)
}
