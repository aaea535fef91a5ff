package describe

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/headgate/headgate/internal/schema"
)

// How sure a draft is: what was said is meant, but nobody has seen a row.
const (
	saidSure    = 0.5 // a column or reference in so many words
	guessedSure = 0.3 // a type by a name, a key that was not said
)

func ordinal(at, of int) string { return strconv.Itoa(at) + " (of " + strconv.Itoa(of) + ")" }

func said() schema.Mark {
	return schema.Mark{Provenance: schema.FromDescription, Confidence: saidSure}
}

func guessed(why string) schema.Mark {
	return schema.Mark{Provenance: schema.FromRule, Confidence: guessedSure, Why: why}
}

// schema writes the design down.
func (d *design) schema(name string) *schema.Schema {
	joins := d.settle()
	s := &schema.Schema{
		Name: schema.Identifier(name), Judged: schema.JudgedNobody,
		Suspected: []schema.ForeignKey{}, Questions: []string{},
		Notes: []schema.Note{{About: "schema", Kind: "description", Text: "The schema was read from a description by rule. There are no rows: nothing was measured, and types are guessed by names."}},
	}
	if s.Name == "" {
		s.Name = "database"
	}
	for i, t := range d.things {
		s.Tables = append(s.Tables, table(t, fmt.Sprintf("N%d", i+1)))
	}
	for _, l := range d.ones {
		refer(s, l.from, l.to, l.optional)
	}
	d.byColumns(s)
	var names schema.Names
	for _, t := range d.things {
		names.Take(t.name, "")
	}
	for _, j := range joins {
		junction(s, names.Take(j.from+"_"+j.to, ""), j)
	}
	for i := range s.Tables {
		for j := range s.Tables[i].Columns {
			s.Tables[i].Columns[j].ID = fmt.Sprintf("%s.%d", s.Tables[i].ID, j+1)
		}
	}
	s.Order()
	number := 0
	for i := range s.Tables {
		for j := range s.Tables[i].ForeignKeys {
			number++
			s.Tables[i].ForeignKeys[j].ID = fmt.Sprintf("X%d", number)
		}
	}
	return s
}

// table is a thing with its key: the one that was said, or a number.
func table(t *thing, id string) schema.Table {
	out := schema.Table{ID: id, Name: t.name, Role: schema.RoleEntity, Unique: []schema.Key{}, ForeignKeys: []schema.ForeignKey{}, Mark: said()}
	var names schema.Names
	for _, it := range t.items {
		c := schema.Column{Name: names.Take(strings.Join(it.words, "_"), "col"), Type: typeOf(it.words), Nullable: true, Mark: said()}
		c.Mark.Why = "its type is guessed by its name"
		if it.said != nil {
			c.Type, c.Mark.Why = *it.said, ""
		}
		own := c.Name == "id" || c.Name == t.name+"_id"
		switch {
		case out.PrimaryKey == nil && (it.key || own && !slices.ContainsFunc(t.items, func(o item) bool { return o.key })):
			c.Nullable = false
			out.PrimaryKey = &schema.Key{Columns: []string{c.Name}, Mark: said()}
		case it.unique:
			out.Unique = append(out.Unique, schema.Key{Columns: []string{c.Name}, Mark: said()})
		}
		out.Columns = append(out.Columns, c)
	}
	if out.PrimaryKey == nil {
		key := schema.Column{Name: names.Take(t.name+"_id", "id"), Type: number(), Mark: guessed("no key was said")}
		out.Columns = slices.Insert(out.Columns, 0, key)
		out.PrimaryKey = &schema.Key{Columns: []string{key.Name}, Mark: guessed("no key was said")}
	}
	return out
}

// refer lets a table refer to another, by a column of its own or by a new one.
func refer(s *schema.Schema, from, to string, optional bool) {
	t, ref := s.Table(from), s.Table(to)
	key := ref.PrimaryKey.Columns[0]
	name := key
	if !strings.HasPrefix(key, to) {
		name = schema.Shorten(to + "_" + key)
	}
	if from == to {
		name = schema.Shorten("parent_" + name)
	}
	if slices.ContainsFunc(t.ForeignKeys, func(f schema.ForeignKey) bool { return f.Columns[0] == name }) {
		return
	}
	c := t.Column(name)
	if c == nil {
		t.Columns = append(t.Columns, schema.Column{Name: name, Nullable: optional || from == to, Mark: said()})
		c = &t.Columns[len(t.Columns)-1]
	}
	c.Type = ref.Column(key).Type
	t.ForeignKeys = append(t.ForeignKeys, schema.ForeignKey{Table: from, Columns: []string{name}, RefTable: to, RefColumns: []string{key}, Mark: said()})
}

// byColumns lets columns refer that are called after a thing's key, and such as
// manager_id to their own table.
func (d *design) byColumns(s *schema.Schema) {
	for i := range s.Tables {
		t := &s.Tables[i]
		for j := range t.Columns {
			c := &t.Columns[j]
			stem, ok := strings.CutSuffix(c.Name, "_id")
			if !ok || slices.Contains(t.PrimaryKey.Columns, c.Name) || slices.ContainsFunc(t.ForeignKeys, func(f schema.ForeignKey) bool { return f.Columns[0] == c.Name }) {
				continue
			}
			to := stem
			if !d.known(to) && slices.Contains([]string{"parent", "manager", "supervisor", "boss", "predecessor", "reports_to"}, stem) {
				to = t.Name
			}
			if ref := s.Table(to); ref != nil && (to != t.Name || stem != t.Name) {
				c.Type = ref.Column(ref.PrimaryKey.Columns[0]).Type
				t.ForeignKeys = append(t.ForeignKeys, schema.ForeignKey{Table: t.Name, Columns: []string{c.Name}, RefTable: to, RefColumns: slices.Clone(ref.PrimaryKey.Columns), Mark: guessed("the column is called so")})
			}
		}
	}
}

// junction adds the table that joins many to many.
func junction(s *schema.Schema, name string, j link) {
	s.Tables = append(s.Tables, schema.Table{
		ID: fmt.Sprintf("N%d", len(s.Tables)+1), Name: name, Role: schema.RoleJunction, Unique: []schema.Key{}, ForeignKeys: []schema.ForeignKey{}, Mark: said(),
	})
	refer(s, name, j.from, false)
	if j.to != j.from {
		refer(s, name, j.to, false)
	} else {
		again(s, name, j.to)
	}
	t := s.Table(name)
	key := schema.Key{Mark: guessed("each pair once")}
	for i := range t.Columns {
		key.Columns = append(key.Columns, t.Columns[i].Name)
		t.Columns[i].Nullable = false
	}
	t.PrimaryKey = &key
}

// again refers a second time to the same table, as an employee who mentors many
// employees needs.
func again(s *schema.Schema, name, to string) {
	t, ref := s.Table(name), s.Table(to)
	key := ref.PrimaryKey.Columns[0]
	c := schema.Column{Name: schema.Shorten("other_" + t.Columns[0].Name), Type: ref.Column(key).Type, Mark: said()}
	t.Columns = append(t.Columns, c)
	t.ForeignKeys = append(t.ForeignKeys, schema.ForeignKey{Table: name, Columns: []string{c.Name}, RefTable: to, RefColumns: []string{key}, Mark: said()})
}
