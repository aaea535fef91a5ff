package describe

import (
	"slices"
	"strings"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/schema"
)

// Bounds of what is read, so that no text takes long.
const (
	maxText   = 64 << 10
	maxTables = 200
)

// Make makes a schema of a description; name is the schema's. What is said in no
// form that rules read is refused with a fault of kind Invalid, which says how to go
// on. Every element has low confidence; equal text gives an equal schema.
func Make(text, name string) (*schema.Schema, error) {
	if len(text) > maxText {
		return nil, fault.New(fault.Invalid, "the description is longer than %d bytes", maxText)
	}
	all := sentences(text)
	g := newGrammar()
	var said []statement
	for i, s := range all {
		st, ok := g.read(s)
		if !ok {
			return nil, refuse(i+1, len(all))
		}
		said = append(said, st...)
	}
	if !slices.ContainsFunc(said, func(s statement) bool { return len(s.items) > 0 }) {
		return nil, refuse(0, len(all))
	}
	d := &design{}
	for _, s := range said {
		d.note(s)
	}
	if len(d.things) > maxTables {
		return nil, fault.New(fault.Invalid, "the description has more than %d things", maxTables)
	}
	return d.schema(name), nil
}

// refuse says what rules cannot read, and how to go on.
func refuse(at, of int) error {
	what := "the description lists nothing that a thing has"
	if at > 0 {
		what = "sentence " + ordinal(at, of) + " of the description is not a list that rules read"
	}
	return fault.New(fault.Invalid, "%s: it needs a language model. "+
		"Without one, say it as lists, such as \"Customer: name, email; an order belongs to a customer; a student takes many courses\", or give sample files", what)
}

// design is what was said, thing by thing.
type design struct {
	things []*thing
	ones   []link
	manys  []link
}

// thing becomes a table.
type thing struct {
	name  string
	items []item
}

// link says that each from has one to, or many.
type link struct {
	from, to         string
	shared, optional bool
}

func (d *design) thing(name string) *thing {
	for _, t := range d.things {
		if t.name == name {
			return t
		}
	}
	t := &thing{name: name}
	d.things = append(d.things, t)
	return t
}

func (d *design) known(name string) bool {
	return slices.ContainsFunc(d.things, func(t *thing) bool { return t.name == name })
}

// note takes down one statement.
func (d *design) note(s statement) {
	t := d.thing(s.subject)
	for _, it := range s.items {
		if !slices.ContainsFunc(t.items, func(o item) bool { return slices.Equal(o.words, it.words) }) {
			t.items = append(t.items, it)
		}
	}
	for _, to := range s.one {
		d.thing(to)
		d.ones = append(d.ones, link{from: s.subject, to: to, optional: s.optional})
	}
	for _, to := range s.many {
		d.thing(to)
		d.manys = append(d.manys, link{from: s.subject, to: to, shared: s.shared})
	}
}

// settle turns columns that are called as things are into links, and links of one to
// many into links of the many to the one. What is left in joins needs a table.
func (d *design) settle() (joins []link) {
	for _, t := range d.things {
		t.items = slices.DeleteFunc(t.items, func(it item) bool {
			to := strings.Join(it.words, "_")
			if to == t.name || !d.known(to) || it.key {
				return false
			}
			d.ones = append(d.ones, link{from: t.name, to: to, optional: it.optional})
			return true
		})
	}
	for _, m := range d.manys {
		back := slices.ContainsFunc(d.manys, func(o link) bool { return o.from == m.to && o.to == m.from })
		switch {
		case d.one(m.to, m.from): // a track belongs to an album
		case !back && (!m.shared || strings.HasPrefix(m.to, m.from+"_")): // an order has many order lines
			d.ones = append(d.ones, link{from: m.to, to: m.from})
		case d.joined(m.from, m.to):
		case !slices.ContainsFunc(joins, func(j link) bool { return j.from == m.to && j.to == m.from || j == m }):
			joins = append(joins, m)
		}
	}
	return joins
}

// one reports whether each from has one to.
func (d *design) one(from, to string) bool {
	return slices.ContainsFunc(d.ones, func(l link) bool { return l.from == from && l.to == to })
}

// joined reports whether a thing that was named joins two others already.
func (d *design) joined(a, b string) bool {
	return a != b && slices.ContainsFunc(d.things, func(t *thing) bool { return d.one(t.name, a) && d.one(t.name, b) })
}
