package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/edit"
	"github.com/headgate/headgate/internal/schema/evidence"
)

// Bounds of what is split without anybody's word: a table must become much shorter,
// and by more than chance.
const (
	mostOfRows  = 0.34
	leastGroups = 10
)

// normalise splits off what a column that identifies something determines, and leaves
// a note of what else the data says of its form.
func (d *draft) normalise(s *schema.Schema) {
	for i := range d.ev.Tables {
		t := &d.ev.Tables[i]
		for j := range t.Dependencies {
			dep := &t.Dependencies[j]
			cut, err := edit.CutBy(s, d.ev, dep.ID)
			if err != nil || !d.worth(s, cut) {
				continue
			}
			name := edit.Free(s, strings.Join(d.columns[dep.Determinant[0]].base, "_"))
			_, _ = edit.Split(s, d.ev, dep.ID, name, schema.Mark{ // cannot be refused: it was asked above
				Provenance: schema.FromRule, Confidence: 0.8, Why: d.says(dep),
			})
		}
		s.Notes = append(s.Notes, d.form(s, t)...)
	}
}

// worth reports whether a split is safe and useful: the determinant names a thing, of
// which there are many and each many times, and the dependents belong to it.
func (d *draft) worth(s *schema.Schema, cut edit.Cut) bool {
	dep := cut.Dependency
	det := d.columns[dep.Determinant[0]]
	if len(dep.Determinant) != 1 || !identifies(det.words) || len(det.base) == 0 ||
		dep.Groups < leastGroups || float64(dep.Groups) > mostOfRows*float64(cut.Rows) {
		return false
	}
	t := s.Table(cut.Table)
	refers := func(f schema.ForeignKey) bool {
		return f.Table == t.Name && slices.ContainsFunc(f.Columns, func(c string) bool {
			return slices.Contains(cut.Dependents, c) || slices.Contains(cut.Determinant, c)
		})
	}
	if slices.ContainsFunc(t.ForeignKeys, refers) || slices.ContainsFunc(s.Suspected, refers) {
		return false
	}
	if len(cut.Dependents) >= 2 {
		return true
	}
	return startsWith(d.words.words(cut.Dependents[0]), det.base)
}

// mostNotes is how many dependencies of a table are noted.
const mostNotes = 8

// form notes what is not in normal form and was left as it is.
func (d *draft) form(s *schema.Schema, t *evidence.Table) []schema.Note {
	var out []schema.Note
	add := func(about, kind, text string) { out = append(out, schema.Note{About: about, Kind: kind, Text: text}) }
	for i := range t.Dependencies {
		dep := &t.Dependencies[i]
		if len(out) < mostNotes && !d.settled(s, t, dep) {
			add(dep.ID, "dependency", dep.ID+": "+d.says(dep))
		}
	}
	for i := range t.Groups {
		add(t.Groups[i].ID, "group", fmt.Sprintf("%s: %d columns repeat one thing, by %s", t.Groups[i].ID, len(t.Groups[i].Columns), t.Groups[i].Kind))
	}
	for i := range t.Columns {
		if l := t.Columns[i].List; l != nil {
			add(t.Columns[i].ID, "list", fmt.Sprintf("%s holds lists, parted by %q", schema.Identifier(t.Columns[i].Name), l.Separator))
		}
	}
	return out
}

// settled reports whether there is nothing to say of a dependency: it was split by, or
// its determinant refers to what determines the rest.
func (d *draft) settled(s *schema.Schema, t *evidence.Table, dep *evidence.Dependency) bool {
	base := edit.Base(s, t.ID)
	if base == nil {
		return true
	}
	names := make([]string, 0, len(dep.Determinant))
	for _, c := range base.Columns {
		if slices.Contains(dep.Determinant, c.From) {
			names = append(names, c.Name)
		}
	}
	return slices.ContainsFunc(base.ForeignKeys, func(f schema.ForeignKey) bool { return slices.Equal(f.Columns, names) })
}

// says is a dependency in words.
func (d *draft) says(dep *evidence.Dependency) string {
	list := func(ids []string) string {
		names := make([]string, 0, len(ids))
		for _, id := range ids {
			names = append(names, schema.Identifier(d.columns[id].Name))
		}
		if n := len(names); n > 6 {
			names = append(names[:5], fmt.Sprintf("%d more", n-5))
		}
		return strings.Join(names, ", ")
	}
	verb := "determines"
	if len(dep.Determinant) > 1 {
		verb = "determine"
	}
	rows := "all rows"
	if dep.Error > 0 {
		rows += fmt.Sprintf(" but %.2g %%", dep.Error*100)
	}
	return fmt.Sprintf("%s %s %s in %s", list(dep.Determinant), verb, list(dep.Dependents), rows)
}
