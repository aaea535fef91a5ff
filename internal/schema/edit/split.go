package edit

import (
	"slices"

	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/evidence"
)

// Cut is a split that can be made without a loss.
type Cut struct {
	Dependency *evidence.Dependency
	// Table is the name of the table that is split, Determinant are its columns that
	// the new table is referred to by, Dependents those that move to it.
	Table       string
	Determinant []string
	Dependents  []string
	Rows        int64 // of the table
}

// longestKey is the most characters that a text has by which a table is split: keys
// of longer ones are refused by engines.
const longestKey = 255

// CutBy says how a table can be split by the dependency of an id. It is refused where
// the dependency does not hold in all rows, where rows have no determinant, where it
// is a key or refers already, and where nothing can move.
func CutBy(s *schema.Schema, ev *evidence.Evidence, id string) (Cut, error) {
	table, d := dependency(ev, id)
	switch {
	case d == nil:
		return Cut{}, refuse("there is no dependency %s", id)
	case d.Error > 0:
		return Cut{}, refuse("%s does not hold in all rows", id)
	}
	best, why := Cut{}, refuse("no table has the columns of %s", id)
	for i := range s.Tables {
		t := &s.Tables[i]
		if t.From.Table != table.ID || t.From.Group != "" || t.From.List != "" {
			continue
		}
		c, err := cut(s, t, d)
		if err != nil {
			if best.Table == "" && t.From == (schema.From{Table: table.ID}) {
				why = err
			}
			continue
		}
		if len(c.Dependents) > len(best.Dependents) {
			best = c
			best.Rows = rowsOf(table, t)
		}
	}
	if best.Table == "" {
		return Cut{}, why
	}
	return best, nil
}

// rowsOf is how many rows a table has that was made of the evidence's.
func rowsOf(table *evidence.Table, t *schema.Table) int64 {
	for _, d := range table.Dependencies {
		if d.ID == t.From.Dependency {
			return d.Groups
		}
	}
	return table.Rows
}

func dependency(ev *evidence.Evidence, id string) (*evidence.Table, *evidence.Dependency) {
	for i := range ev.Tables {
		for j := range ev.Tables[i].Dependencies {
			if ev.Tables[i].Dependencies[j].ID == id {
				return &ev.Tables[i], &ev.Tables[i].Dependencies[j]
			}
		}
	}
	return nil, nil
}

func cut(s *schema.Schema, t *schema.Table, d *evidence.Dependency) (Cut, error) {
	out := Cut{Dependency: d, Table: t.Name}
	for _, id := range d.Determinant {
		c := from(t, id)
		switch {
		case c == nil:
			return Cut{}, refuse("%s is no column of %s any more", id, t.Name)
		case c.Nullable:
			return Cut{}, refuse("rows of %s without %s would lose what it determines", t.Name, c.Name)
		case !slices.Contains([]evidence.Type{evidence.TypeInteger, evidence.TypeText, evidence.TypeUUID, evidence.TypeDate}, evidence.Type(c.Type.Kind)) || c.Type.Length > longestKey:
			return Cut{}, refuse("values such as those of %s are no key", c.Name)
		}
		out.Determinant = append(out.Determinant, c.Name)
	}
	keys := t.Unique
	if t.PrimaryKey != nil {
		keys = append([]schema.Key{*t.PrimaryKey}, keys...)
	}
	if slices.ContainsFunc(keys, func(k schema.Key) bool { return within(k.Columns, out.Determinant) }) {
		return Cut{}, refuse("%s has it as a key: there is nothing to split", t.Name)
	}
	if slices.ContainsFunc(t.ForeignKeys, func(f schema.ForeignKey) bool { return slices.Equal(f.Columns, out.Determinant) }) {
		return Cut{}, refuse("it refers to another table already")
	}
	out.Dependents = movable(s, t, d, out.Determinant)
	if len(out.Dependents) == 0 {
		return Cut{}, refuse("what it determines is part of keys or references")
	}
	return out, nil
}

// within reports whether all names are among others.
func within(names, others []string) bool {
	return !slices.ContainsFunc(names, func(n string) bool { return !slices.Contains(others, n) })
}

// movable are the dependents that a table can do without: those of no key and of no
// reference, but for what refers to parts that were split off, which moves with all of
// its columns or not at all, as suspicions do.
func movable(s *schema.Schema, t *schema.Table, d *evidence.Dependency, determinant []string) []string {
	var out []string
	for _, id := range d.Dependents {
		c := from(t, id)
		if c == nil || slices.Contains(determinant, c.Name) {
			continue
		}
		if why := fixed(s, t, c.Name); why == "" || why == "a reference" && ofParts(s, t, c.Name) {
			out = append(out, c.Name)
		}
	}
	for changed := true; changed; {
		changed = false
		for _, f := range references(s, t) {
			if within(f.Columns, out) {
				continue
			}
			n := len(out)
			out = slices.DeleteFunc(out, func(name string) bool { return slices.Contains(f.Columns, name) })
			changed = changed || len(out) < n
		}
	}
	return out
}

// ofParts reports whether all references of a column are to parts that were split off.
func ofParts(s *schema.Schema, t *schema.Table, column string) bool {
	return !slices.ContainsFunc(t.ForeignKeys, func(f schema.ForeignKey) bool {
		to := s.Table(f.RefTable)
		return slices.Contains(f.Columns, column) && (to == nil || to.From.Dependency == "")
	})
}

// references are those of a table, the suspected ones as well.
func references(s *schema.Schema, t *schema.Table) []schema.ForeignKey {
	out := slices.Clone(t.ForeignKeys)
	for _, f := range s.Suspected {
		if f.Table == t.Name {
			out = append(out, f)
		}
	}
	return out
}

// Split makes a table of what a dependency determines: the determinant is its key,
// and stays behind as a reference to it. What refers to another table stays too. It
// returns the new table's id. Nothing is changed where it is refused.
func Split(s *schema.Schema, ev *evidence.Evidence, dependency, name string, m schema.Mark) (string, error) {
	c, err := CutBy(s, ev, dependency)
	if err != nil {
		return "", err
	}
	if err := named(s, name); err != nil {
		return "", err
	}
	t := s.Table(c.Table)
	m.Evidence = []string{dependency}
	part := schema.Table{
		ID: NextTable(s), Name: name, Role: schema.RoleEntity, Unique: []schema.Key{}, ForeignKeys: []schema.ForeignKey{}, Mark: m,
		From:       schema.From{Table: t.From.Table, Distinct: true, Dependency: dependency},
		PrimaryKey: &schema.Key{Columns: slices.Clone(c.Determinant), Mark: m},
	}
	for _, key := range c.Determinant {
		add(&part, *t.Column(key))
	}
	moves := func(f schema.ForeignKey) bool { return f.Table == t.Name && within(f.Columns, c.Dependents) }
	for i := range s.Suspected {
		if moves(s.Suspected[i]) {
			s.Suspected[i].Table = name
		}
	}
	t.ForeignKeys = slices.DeleteFunc(slices.Clone(t.ForeignKeys), func(f schema.ForeignKey) bool {
		if !moves(f) {
			return false
		}
		f.Table = name
		part.ForeignKeys = append(part.ForeignKeys, f)
		return true
	})
	t.ForeignKeys = append(t.ForeignKeys, schema.ForeignKey{
		ID: NextReference(s), Table: t.Name, Columns: slices.Clone(c.Determinant), RefTable: name, RefColumns: slices.Clone(c.Determinant), Mark: m,
	})
	part.Columns = append(part.Columns, leave(s, t, c.Dependents)...)
	if len(part.Columns) <= 3 && len(part.ForeignKeys) == 0 {
		part.Role = schema.RoleLookup
	}
	s.Tables = append(s.Tables, part)
	return part.ID, nil
}
