package judge

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/edit"
	"github.com/headgate/headgate/internal/schema/evidence"
	"github.com/headgate/headgate/internal/schema/planner"
)

// sure is the confidence of references that nobody needs to be asked about.
const sure = 0.75

// Where a reference that is asked about stands.
const (
	standsSuspected = "suspected"
	standsTaken     = "taken"
	standsPossible  = "possible"
)

// referenceReview asks which of the references are meant that are doubtful, or that
// the data allows though no name says so.
type referenceReview struct {
	st     *State
	ids    []string // of inclusions
	stands map[string]string
	// open are ids of columns that look as if they refer and have no inclusion in
	// ids, keys those of what could be referred to.
	open, keys []string
}

func newReferenceReview(st *State) *referenceReview {
	r := &referenceReview{st: st, stands: map[string]string{}}
	for _, f := range st.Schema.Suspected {
		r.add(f.ID, standsSuspected)
	}
	for i := range st.Schema.Tables {
		for _, f := range st.Schema.Tables[i].ForeignKeys {
			if f.Mark.Provenance == schema.FromData && f.Mark.Confidence < sure {
				r.add(f.ID, standsTaken)
			}
		}
	}
	for _, id := range planner.Possible(st.Evidence) {
		if from, _, err := st.ends(st.inclusion(id)); err == nil && !st.refersFrom(from) {
			r.add(id, standsPossible)
		}
	}
	r.ids = r.ids[:min(len(r.ids), 12+st.columns()/10, 40)]
	r.unlinked()
	return r
}

// add asks about a reference, if it is of an inclusion and was not asked about.
func (r *referenceReview) add(id, stands string) {
	if r.stands[id] == "" && r.st.inclusion(id) != nil {
		r.ids, r.stands[id] = append(r.ids, id), stands
	}
}

// Bounds of what is open.
const (
	mostOpen = 6
	mostKeys = 16
)

func (r *referenceReview) unlinked() {
	asked := map[string]bool{}
	for _, id := range r.ids {
		for _, c := range r.st.inclusion(id).From {
			asked[c] = true
		}
	}
	for i := range r.st.Schema.Tables {
		t := &r.st.Schema.Tables[i]
		if t.PrimaryKey != nil && len(t.PrimaryKey.Columns) == 1 && t.From == (schema.From{Table: t.ID}) {
			r.keys = append(r.keys, t.Column(t.PrimaryKey.Columns[0]).ID)
		}
		for _, c := range t.Columns {
			words := schema.Words(c.Name)
			if len(words) > 1 && words[len(words)-1] == "id" && !keyed(t, c.Name) && !r.st.refers(t.Name, c.Name) && !asked[c.ID] && c.From == c.ID {
				r.open = append(r.open, c.ID)
			}
		}
	}
	slices.SortFunc(r.open, byID)
	slices.SortFunc(r.keys, byID)
	r.open, r.keys = r.open[:min(len(r.open), mostOpen)], r.keys[:min(len(r.keys), mostKeys)]
	if len(r.keys) == 0 {
		r.open = nil
	}
}

func (r *referenceReview) ask() (Request, bool) {
	if len(r.ids)+len(r.open) == 0 {
		return Request{}, false
	}
	p := prompt{step: Relationships, tool: "Judge references.", output: 40 + 8*len(r.ids) + 20*len(r.open)}
	p.task = "Each F is a column whose values are in another table's key, with how many of that key's values it has. accept: those that a designer would declare as a foreign key by meaning, at most one for a column. Small whole numbers are in many keys by chance."
	var proposed []string
	for _, id := range r.ids {
		p.lines = append(p.lines, r.line(id))
		if r.stands[id] != standsPossible {
			proposed = append(proposed, id)
		}
	}
	if len(proposed) > 0 {
		p.task += " reject: those that are chance."
	}
	if len(r.open) > 0 {
		p.task += " add: what a column under open refers to, if any."
		p.lines = append(p.lines, "open "+r.spell(r.open), "keys "+r.spell(r.keys))
	}
	p.props = []property{
		{"accept", where(len(r.ids) > 0, list(oneOf(r.ids...)))},
		{"reject", where(len(proposed) > 0, list(oneOf(proposed...)))},
		{"add", where(len(r.open) > 0, list(object(property{"from", text}, property{"to", text})))},
	}
	return p.request(), true
}

// spell names columns by id.
func (r *referenceReview) spell(ids []string) string {
	out := make([]string, 0, len(ids))
	for _, id := range ids {
		t, c := r.st.column(id)
		out = append(out, id+" "+name(t.Name)+"."+name(c.Name))
	}
	return strings.Join(out, " ")
}

// line is a reference in a line.
func (r *referenceReview) line(id string) string {
	in := r.st.inclusion(id)
	from, to, err := r.st.ends(in)
	if err != nil {
		return id + " gone"
	}
	a := r.st.measured(in.From[0])
	b := r.st.measured(in.To[0])
	line := fmt.Sprintf("%s %s.%s>%s.%s %d/%d", id, name(from.table), names(from.columns, 3), name(to.table), names(to.columns, 3), a.Distinct, b.Distinct)
	if in.Coverage < 1 {
		line += fmt.Sprintf(" missing=%d", in.Missing)
	}
	return line
}

// related is the answer.
type related struct {
	Accept []string `json:"accept"`
	Reject []string `json:"reject"`
	Add    []struct {
		From string `json:"from"`
		To   string `json:"to"`
	} `json:"add"`
}

func (r *referenceReview) merge(answer json.RawMessage, m *merger) error {
	var got related
	if err := decode(answer, &got); err != nil {
		return err
	}
	seen := once{}
	for _, id := range got.Accept {
		if !known(r.ids, id) || !seen.first(id) {
			m.refused(id, "reference", "", "there is no such id, or it came before")
			continue
		}
		r.accept(id, m)
	}
	for _, id := range got.Reject {
		if !known(r.ids, id) || !seen.first(id) {
			m.refused(id, "reference", "", "there is no such id, or it came before")
			continue
		}
		r.reject(id, m)
	}
	for _, a := range got.Add[:min(len(got.Add), mostOpen)] {
		if !known(r.open, a.From) || !known(r.keys, a.To) || !seen.first(a.From) {
			m.refused(a.From, "reference", a.To, "there is no such id, or it came before")
			continue
		}
		i := slices.IndexFunc(r.st.Evidence.Inclusions, func(in evidence.Inclusion) bool {
			return slices.Equal(in.From, []string{a.From}) && slices.Equal(in.To, []string{a.To})
		})
		if i < 0 {
			m.refused(a.From, "reference", a.To, "the data does not show it")
			continue
		}
		r.accept(r.st.Evidence.Inclusions[i].ID, m)
	}
	return nil
}

// accept makes a reference of an inclusion, where all values are those of a key.
func (r *referenceReview) accept(id string, m *merger) {
	in := r.st.inclusion(id)
	from, to, err := r.st.ends(in)
	if err != nil {
		m.refused(id, "reference", "", err.Error())
		return
	}
	s, t := r.st.Schema, r.st.Schema.Table(from.table)
	if i := slices.IndexFunc(t.ForeignKeys, func(f schema.ForeignKey) bool { return f.ID == id }); i >= 0 {
		t.ForeignKeys[i].Mark = m.mark(0.95, "the data and a model say so", id)
		m.did(id, "reference", standsTaken, "confirmed")
		return
	}
	switch {
	case in.Coverage < 1 || in.Missing > 0 || in.Orphans > 0:
		r.doubt(id, from, to, m.mark(0.7, fmt.Sprintf("a model says so, but %d values in %d rows have no partner", in.Missing, in.Orphans), id))
		m.refused(id, "reference", to.table, "not all values have a partner: it stays suspected")
		return
	case !in.Unique:
		m.refused(id, "reference", to.table, "what it refers to is not unique")
		return
	case r.st.refersFrom(from):
		m.refused(id, "reference", to.table, "the column refers to something already")
		return
	case from.table == to.table && slices.Equal(from.columns, to.columns) || r.st.circle(from, to):
		m.refused(id, "reference", to.table, "two keys would refer to each other")
		return
	}
	mark := m.mark(0.9, "the data allows it and a model says so", id)
	if ref := s.Table(to.table); !ref.HasKey(to.columns) {
		ref.Unique = append(ref.Unique, schema.Key{Columns: slices.Clone(to.columns), Mark: schema.Mark{Provenance: schema.FromData, Confidence: 1, Evidence: []string{id}}})
	}
	t.ForeignKeys = append(t.ForeignKeys, schema.ForeignKey{ID: id, Table: t.Name, Columns: from.columns, RefTable: to.table, RefColumns: to.columns, Mark: mark})
	r.settle(id, from)
	edit.Harmonise(s)
	m.did(id, "reference", r.stands[id], from.table+" to "+to.table)
}

// settle takes a reference out of the suspected ones, and with it others of the same
// columns, which refer to one thing alone.
func (r *referenceReview) settle(id string, from end) {
	s := r.st.Schema
	s.Suspected = slices.DeleteFunc(slices.Clone(s.Suspected), func(f schema.ForeignKey) bool {
		return f.ID == id || f.Table == from.table && slices.Equal(f.Columns, from.columns)
	})
}

// doubt makes a reference a suspected one.
func (r *referenceReview) doubt(id string, from, to end, mark schema.Mark) {
	s := r.st.Schema
	s.Suspected = slices.DeleteFunc(slices.Clone(s.Suspected), func(f schema.ForeignKey) bool { return f.ID == id })
	s.Suspected = append(s.Suspected, schema.ForeignKey{ID: id, Table: from.table, Columns: from.columns, RefTable: to.table, RefColumns: to.columns, Mark: mark})
}

// reject takes a suspicion out, and makes one of a reference that was taken.
func (r *referenceReview) reject(id string, m *merger) {
	from, to, err := r.st.ends(r.st.inclusion(id))
	switch {
	case err != nil:
		m.refused(id, "reference", "", err.Error())
	case r.stands[id] == standsPossible:
		m.refused(id, "reference", "", "nobody had proposed it")
	case r.stands[id] == standsSuspected:
		s := r.st.Schema
		s.Suspected = slices.DeleteFunc(slices.Clone(s.Suspected), func(f schema.ForeignKey) bool { return f.ID == id })
		m.did(id, "reference", standsSuspected, "rejected")
	default:
		t := r.st.Schema.Table(from.table)
		t.ForeignKeys = slices.DeleteFunc(slices.Clone(t.ForeignKeys), func(f schema.ForeignKey) bool { return f.ID == id })
		r.doubt(id, from, to, m.mark(0.3, "the data speaks for it, a model does not", id))
		m.did(id, "reference", standsTaken, standsSuspected)
	}
}
