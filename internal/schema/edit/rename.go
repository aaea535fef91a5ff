package edit

import (
	"slices"

	"github.com/headgate/headgate/internal/schema"
)

// RenameTable gives a table another name, wherever it is named. It is refused, with
// nothing changed, for a name that is no identifier or is taken.
func RenameTable(s *schema.Schema, name, to string) error {
	t := s.Table(name)
	switch {
	case t == nil:
		return refuse("there is no table %s", name)
	case name == to:
		return nil
	}
	if err := named(s, to); err != nil {
		return err
	}
	t.Name = to
	eachReference(s, func(f *schema.ForeignKey) {
		if f.Table == name {
			f.Table = to
		}
		if f.RefTable == name {
			f.RefTable = to
		}
	})
	return nil
}

// RenameColumn gives a column another name, wherever it is named. It is refused,
// with nothing changed, for a name that is no identifier or is taken.
func RenameColumn(s *schema.Schema, table, name, to string) error {
	t := s.Table(table)
	switch {
	case t == nil || t.Column(name) == nil:
		return refuse("%s has no column %s", table, name)
	case name == to:
		return nil
	case to == "" || schema.Identifier(to) != to:
		return refuse("the name of the column is no identifier")
	case t.Column(to) != nil:
		return refuse("%s has a column %s already", table, to)
	}
	t.Column(name).Name = to
	if t.PrimaryKey != nil {
		t.PrimaryKey.Columns = slices.Clone(t.PrimaryKey.Columns)
		replace(t.PrimaryKey.Columns, name, to)
	}
	for i := range t.Unique {
		t.Unique[i].Columns = slices.Clone(t.Unique[i].Columns)
		replace(t.Unique[i].Columns, name, to)
	}
	eachReference(s, func(f *schema.ForeignKey) {
		if f.Table == table {
			replace(f.Columns, name, to)
		}
		if f.RefTable == table {
			replace(f.RefColumns, name, to)
		}
	})
	return nil
}

// eachReference hands on every reference, those that are suspected as well. Lists of
// columns may be shared with a copy of the schema or with each other, so each is made
// the reference's own first.
func eachReference(s *schema.Schema, change func(*schema.ForeignKey)) {
	for i := range s.Tables {
		for j := range s.Tables[i].ForeignKeys {
			change(own(&s.Tables[i].ForeignKeys[j]))
		}
	}
	for i := range s.Suspected {
		change(own(&s.Suspected[i]))
	}
}

func own(f *schema.ForeignKey) *schema.ForeignKey {
	f.Columns, f.RefColumns = slices.Clone(f.Columns), slices.Clone(f.RefColumns)
	return f
}

func replace(names []string, name, to string) {
	for i := range names {
		if names[i] == name {
			names[i] = to
		}
	}
}
