package judge

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/edit"
	"github.com/headgate/headgate/internal/schema/evidence"
)

// Bounds of what is asked about normal forms.
const (
	mostSplits = 10
	mostGroups = 5
	mostLists  = 5
)

// normalization asks which dependencies, repeated columns and lists are to be tables
// of their own.
type normalization struct {
	st     *State
	cuts   []edit.Cut
	groups []*evidence.Group
	lists  []*evidence.Column
}

func newNormalization(st *State) *normalization {
	n := &normalization{st: st}
	for i := range st.Evidence.Tables {
		t := &st.Evidence.Tables[i]
		for j := range t.Dependencies {
			d := &t.Dependencies[j]
			c, err := edit.CutBy(st.Schema, st.Evidence, d.ID)
			if err == nil && d.Groups >= 2 && d.Groups*2 <= c.Rows {
				n.cuts = append(n.cuts, c)
			}
		}
		for j := range t.Groups {
			g := &t.Groups[j]
			if st.possible(func(s *schema.Schema) error {
				_, err := edit.Unpivot(s, st.Evidence, g.ID, edit.Spread{Table: edit.Free(s, "part")}, schema.Mark{})
				return err
			}) {
				n.groups = append(n.groups, g)
			}
		}
		for j := range t.Columns {
			c := &t.Columns[j]
			if c.List != nil && st.possible(func(s *schema.Schema) error {
				_, err := edit.List(s, st.Evidence, c.ID, edit.Spread{Table: edit.Free(s, "part")}, schema.Mark{})
				return err
			}) {
				n.lists = append(n.lists, c)
			}
		}
	}
	slices.SortStableFunc(n.cuts, func(a, b edit.Cut) int {
		return cmp.Or(len(a.Determinant)-len(b.Determinant), len(b.Dependents)-len(a.Dependents))
	})
	n.cuts = n.cuts[:min(len(n.cuts), mostSplits)]
	n.groups = n.groups[:min(len(n.groups), mostGroups)]
	n.lists = n.lists[:min(len(n.lists), mostLists)]
	return n
}

// possible tries a change on a copy of the schema.
func (st *State) possible(change func(*schema.Schema) error) bool {
	data, err := json.Marshal(st.Schema)
	if err != nil {
		return false
	}
	var s schema.Schema
	return json.Unmarshal(data, &s) == nil && change(&s) == nil
}

func (n *normalization) ask() (Request, bool) {
	if len(n.cuts)+len(n.groups)+len(n.lists) == 0 {
		return Request{}, false
	}
	p := prompt{step: Normalize, tool: "Choose what becomes a table.", output: 40 + 12*len(n.cuts) + 30*len(n.groups) + 22*len(n.lists)}
	var cuts, groups, lists []string
	for _, c := range n.cuts {
		cuts = append(cuts, c.Dependency.ID)
		p.lines = append(p.lines, fmt.Sprintf("%s %s: %s>%s %d/%d", c.Dependency.ID, name(c.Table), names(c.Determinant, 2), names(c.Dependents, 6), c.Dependency.Groups, c.Rows))
	}
	for _, g := range n.groups {
		groups = append(groups, g.ID)
		t, _ := n.st.column(g.Columns[0])
		p.lines = append(p.lines, fmt.Sprintf("%s %s: %s %s..%s (%d by %s)", g.ID, name(t.Name), name(g.Stem), bare(g.Labels[0], 12), bare(g.Labels[len(g.Labels)-1], 12), len(g.Labels), g.Kind))
	}
	for _, c := range n.lists {
		lists = append(lists, c.ID)
		t, sc := n.st.column(c.ID)
		p.lines = append(p.lines, fmt.Sprintf("%s %s.%s parted by %s, %.0f%% with several, %d parts", c.ID, name(t.Name), name(sc.Name), quoted(bare(c.List.Separator, 4)), 100*c.List.Share, c.List.Parts))
	}
	p.task = "Choose what to make a table of its own; leave the rest out. Names: snake_case, not taken."
	if len(cuts) > 0 {
		p.task += " split: a>b says that a determines b, with how many different a in how many rows; only where a identifies a thing and b are its properties, not by chance and not what was true at the time, such as an address of a delivery."
	}
	if len(groups) > 0 {
		p.task += " unpivot: repeated columns that are a series; label and value name the new columns."
	}
	if len(lists) > 0 {
		p.task += " lists: cells that hold several things; value names one."
	}
	p.props = []property{
		{"split", where(len(cuts) > 0, list(object(property{"id", oneOf(cuts...)}, property{"table", text})))},
		{"unpivot", where(len(groups) > 0, list(object(property{"id", oneOf(groups...)}, property{"table", text}, property{"label", text}, property{"value", text})))},
		{"lists", where(len(lists) > 0, list(object(property{"id", oneOf(lists...)}, property{"table", text}, property{"value", text})))},
	}
	return p.request(), true
}

// normalized is the answer.
type normalized struct {
	Split   []newPart `json:"split"`
	Unpivot []newPart `json:"unpivot"`
	Lists   []newPart `json:"lists"`
}

type newPart struct {
	ID    string `json:"id"`
	Table string `json:"table"`
	Label string `json:"label"`
	Value string `json:"value"`
}

func (n *normalization) merge(answer json.RawMessage, m *merger) error {
	var got normalized
	if err := decode(answer, &got); err != nil {
		return err
	}
	s, ev := n.st.Schema, n.st.Evidence
	seen := once{}
	apply := func(p newPart, what string, asked bool, named []string, do func(mark schema.Mark) (string, error)) {
		switch {
		case !asked || !seen.first(p.ID):
			m.refused(p.ID, what, p.Table, "there is no such id, or it came before")
			return
		case slices.ContainsFunc(named, func(s string) bool { return !validName(s) }):
			m.refused(p.ID, what, p.Table, "a name is none in snake_case of at most 48 characters")
			return
		}
		id, err := do(m.mark(0.85, "the data allows it and a model says so"))
		if err != nil {
			m.refused(p.ID, what, p.Table, err.Error())
			return
		}
		m.did(p.ID, what, "", id+" "+p.Table)
	}
	for _, p := range got.Split {
		asked := slices.ContainsFunc(n.cuts, func(c edit.Cut) bool { return c.Dependency.ID == p.ID })
		apply(p, "split", asked, []string{p.Table}, func(mark schema.Mark) (string, error) { return edit.Split(s, ev, p.ID, p.Table, mark) })
	}
	for _, p := range got.Unpivot {
		asked := slices.ContainsFunc(n.groups, func(g *evidence.Group) bool { return g.ID == p.ID })
		apply(p, "unpivot", asked, []string{p.Table, p.Label, p.Value}, func(mark schema.Mark) (string, error) {
			return edit.Unpivot(s, ev, p.ID, edit.Spread{Table: p.Table, Label: p.Label, Cell: p.Value}, mark)
		})
	}
	for _, p := range got.Lists {
		asked := slices.ContainsFunc(n.lists, func(c *evidence.Column) bool { return c.ID == p.ID })
		apply(p, "list", asked, []string{p.Table, p.Value}, func(mark schema.Mark) (string, error) {
			return edit.List(s, ev, p.ID, edit.Spread{Table: p.Table, Cell: p.Value}, mark)
		})
	}
	return nil
}
