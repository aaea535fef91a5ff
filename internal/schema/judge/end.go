package judge

import (
	"slices"

	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/evidence"
)

// end is one side of a reference, by names.
type end struct {
	table   string
	columns []string
}

// ends are where the two sides of an inclusion are in the schema now.
func (st *State) ends(in *evidence.Inclusion) (from, to end, err error) {
	if in == nil {
		return end{}, end{}, gone()
	}
	if from, err = st.end(in.From); err == nil {
		to, err = st.end(in.To)
	}
	return from, to, err
}

func (st *State) end(ids []string) (end, error) {
	var out end
	for _, id := range ids {
		t, c := st.column(id)
		if t == nil || out.table != "" && out.table != t.Name {
			return end{}, gone()
		}
		out.table, out.columns = t.Name, append(out.columns, c.Name)
	}
	return out, nil
}

// refersFrom reports whether one of the columns refers already.
func (st *State) refersFrom(e end) bool {
	t := st.Schema.Table(e.table)
	return slices.ContainsFunc(t.ForeignKeys, func(f schema.ForeignKey) bool {
		return slices.Equal(f.Columns, e.columns) || len(e.columns) == 1 && len(f.Columns) == 1 && f.Columns[0] == e.columns[0]
	})
}

// circle reports whether what would be referred to refers to this, of columns that
// are keys both.
func (st *State) circle(from, to end) bool {
	t, ref := st.Schema.Table(from.table), st.Schema.Table(to.table)
	return t.HasKey(from.columns) && slices.ContainsFunc(ref.ForeignKeys, func(f schema.ForeignKey) bool {
		return f.RefTable == t.Name && slices.Equal(f.Columns, to.columns) && slices.Equal(f.RefColumns, from.columns)
	})
}
