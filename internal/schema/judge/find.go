package judge

import (
	"slices"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/evidence"
)

// table finds a table of the schema by its id; nil when there is none.
func (st *State) table(id string) *schema.Table {
	i := slices.IndexFunc(st.Schema.Tables, func(t schema.Table) bool { return t.ID == id })
	if i < 0 {
		return nil
	}
	return &st.Schema.Tables[i]
}

// column finds a column of the schema by its id, with its table; nil when there is
// none.
func (st *State) column(id string) (*schema.Table, *schema.Column) {
	for i := range st.Schema.Tables {
		t := &st.Schema.Tables[i]
		if j := slices.IndexFunc(t.Columns, func(c schema.Column) bool { return c.ID == id }); j >= 0 {
			return t, &t.Columns[j]
		}
	}
	return nil, nil
}

// measured finds a column of the evidence; nil when there is none.
func (st *State) measured(id string) *evidence.Column {
	for i := range st.Evidence.Tables {
		t := &st.Evidence.Tables[i]
		if j := slices.IndexFunc(t.Columns, func(c evidence.Column) bool { return c.ID == id }); j >= 0 {
			return &t.Columns[j]
		}
	}
	return nil
}

// rows is how many rows a table has, as far as that was measured; 0 else.
func (st *State) rows(t *schema.Table) int64 {
	for i := range st.Evidence.Tables {
		e := &st.Evidence.Tables[i]
		if e.ID != t.From.Table || t.From.Group != "" || t.From.List != "" {
			continue
		}
		for _, d := range e.Dependencies {
			if d.ID == t.From.Dependency {
				return d.Groups
			}
		}
		return e.Rows
	}
	return 0
}

// columns is how many there are in all.
func (st *State) columns() int {
	n := 0
	for i := range st.Schema.Tables {
		n += len(st.Schema.Tables[i].Columns)
	}
	return n
}

// refers reports whether a column is one of a reference, on either side.
func (st *State) refers(table, column string) bool {
	for i := range st.Schema.Tables {
		for _, f := range st.Schema.Tables[i].ForeignKeys {
			if f.Table == table && slices.Contains(f.Columns, column) || f.RefTable == table && slices.Contains(f.RefColumns, column) {
				return true
			}
		}
	}
	return false
}

// keyed reports whether a column is in a key of its table.
func keyed(t *schema.Table, column string) bool {
	if t.PrimaryKey != nil && slices.Contains(t.PrimaryKey.Columns, column) {
		return true
	}
	return slices.ContainsFunc(t.Unique, func(k schema.Key) bool { return slices.Contains(k.Columns, column) })
}

// inclusion finds one by its id; nil when there is none.
func (st *State) inclusion(id string) *evidence.Inclusion {
	i := slices.IndexFunc(st.Evidence.Inclusions, func(in evidence.Inclusion) bool { return in.ID == id })
	if i < 0 {
		return nil
	}
	return &st.Evidence.Inclusions[i]
}

// gone says that columns are no longer together where they were measured.
func gone() error { return fault.New(fault.Invalid, "its columns are not in one table any more") }
