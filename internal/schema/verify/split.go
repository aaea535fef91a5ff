package verify

import (
	"slices"

	"github.com/headgate/headgate/internal/schema"
)

// Split is a table that others were split off from, with how they are joined again.
type Split struct {
	Base *schema.Table
	// Columns are the original's, of the base or of a part.
	Columns []schema.Column
	// Joins are in an order in which each finds its columns.
	Joins []Join
}

// Join is one part that was split off.
type Join struct {
	Part *schema.Table
	// From is the name of the table that refers to the part: the base, or a part
	// before this one.
	From string
	Key  schema.ForeignKey
}

// Splits are the tables of a schema from which others were split off by a
// dependency.
func Splits(s *schema.Schema) []Split {
	var out []Split
	for i := range s.Tables {
		base := &s.Tables[i]
		if base.From.Table == "" || base.From.Distinct {
			continue
		}
		sp := Split{Base: base}
		seen := map[string]bool{base.Name: true}
		sp.follow(s, base, seen)
		if len(sp.Joins) > 0 {
			out = append(out, sp)
		}
	}
	return out
}

// follow adds the columns of t, and the parts that were split off from it.
func (sp *Split) follow(s *schema.Schema, t *schema.Table, seen map[string]bool) {
	for _, c := range t.Columns {
		has := slices.ContainsFunc(sp.Columns, func(o schema.Column) bool { return o.From == c.From })
		if c.From != "" && !has {
			sp.Columns = append(sp.Columns, c)
		}
	}
	for _, f := range t.ForeignKeys {
		part := s.Table(f.RefTable)
		if part == nil || seen[part.Name] || part.From.Dependency == "" || part.From.Table != sp.Base.From.Table {
			continue
		}
		seen[part.Name] = true
		sp.Joins = append(sp.Joins, Join{Part: part, From: t.Name, Key: f})
		sp.follow(s, part, seen)
	}
}

// Owner is the name of the table that has a column of the original: the first of
// the base and the parts.
func (sp *Split) Owner(from string) (table, column string) {
	for _, t := range append([]*schema.Table{sp.Base}, sp.parts()...) {
		for _, c := range t.Columns {
			if c.From == from {
				return t.Name, c.Name
			}
		}
	}
	return "", ""
}

func (sp *Split) parts() []*schema.Table {
	out := make([]*schema.Table, len(sp.Joins))
	for i, j := range sp.Joins {
		out[i] = j.Part
	}
	return out
}
