package edit

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/headgate/headgate/internal/schema"
)

// Rejoin undoes the splits of the table that has all rows of an evidence's table:
// what moved comes back, and the parts are gone, with what else referred to them.
// False when there are none.
func Rejoin(s *schema.Schema, table string) bool {
	t := Base(s, table)
	if t == nil {
		return false
	}
	parts := map[string]bool{}
	for i := range s.Tables {
		if p := &s.Tables[i]; p.From.Table == table && p.From.Dependency != "" {
			parts[p.Name] = true
			back(s, p, t)
		}
	}
	if len(parts) == 0 {
		return false
	}
	gone := func(f schema.ForeignKey) bool { return parts[f.Table] || parts[f.RefTable] }
	s.Suspected = slices.DeleteFunc(s.Suspected, gone)
	for i := range s.Tables {
		if !parts[s.Tables[i].Name] {
			s.Tables[i].ForeignKeys = slices.DeleteFunc(s.Tables[i].ForeignKeys, gone)
		}
	}
	slices.SortStableFunc(t.Columns, func(a, b schema.Column) int { return cmp.Compare(place(a.From), place(b.From)) })
	s.Tables = slices.DeleteFunc(s.Tables, func(t schema.Table) bool { return parts[t.Name] })
	return true
}

// back moves to t what was moved to a part, with the references that are of it alone.
func back(s *schema.Schema, part, t *schema.Table) {
	names := map[string]string{} // of what comes back: before and after
	for _, c := range part.Columns {
		if c.From == "" || strings.HasPrefix(c.ID, part.ID+".") {
			continue // the key, which stayed where it was
		}
		names[c.Name] = freeColumn(t, c.Name)
		c.Name = names[c.Name]
		t.Columns = append(t.Columns, c)
	}
	returns := func(f *schema.ForeignKey) bool {
		own(f)
		for i, c := range f.Columns {
			if names[c] == "" {
				return false
			}
			f.Columns[i] = names[c]
		}
		f.Table = t.Name
		return true
	}
	for _, f := range part.ForeignKeys {
		if returns(&f) {
			t.ForeignKeys = append(t.ForeignKeys, f)
		}
	}
	for i := range s.Suspected {
		if f := s.Suspected[i]; f.Table == part.Name && returns(&f) {
			s.Suspected[i] = f
		}
	}
}

// place is that of an evidence's column in its table, as its id says.
func place(id string) int {
	_, after, _ := strings.Cut(id, ".")
	n, err := strconv.Atoi(after)
	if err != nil {
		return 0 // values of no column come first
	}
	return n
}
