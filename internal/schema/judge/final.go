package judge

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/headgate/headgate/internal/schema"
)

// Bounds of the last step.
const (
	mostDoubts    = 14
	mostQuestions = 3
	mostRemarks   = 8
)

// conclusion asks for the names of what was made, and what is worth a note or a
// question of what is left open.
type conclusion struct {
	st    *State
	ids   []string
	lines []string
	made  []string // of ids, those that were named by rule or a model
}

func newConclusion(st *State) *conclusion {
	c := &conclusion{st: st}
	tables := slices.Clone(st.Schema.Tables)
	slices.SortFunc(tables, func(a, b schema.Table) int { return byID(a.ID, b.ID) })
	for i := range tables {
		t := &tables[i]
		if strings.HasPrefix(t.ID, "N") {
			c.made = append(c.made, t.ID)
			columns := make([]string, len(t.Columns))
			for j, col := range t.Columns {
				columns[j] = col.Name
			}
			c.add(t.ID, fmt.Sprintf("%s %s: %s", t.ID, name(t.Name), names(columns, 8)))
		}
		if t.PrimaryKey == nil && st.rows(t) > 0 {
			c.add(t.ID, fmt.Sprintf("%s %s has no key", t.ID, name(t.Name)))
		}
	}
	for _, f := range st.Schema.Suspected {
		line := fmt.Sprintf("%s %s.%s may refer to %s", f.ID, name(f.Table), names(f.Columns, 3), name(f.RefTable))
		if in := st.inclusion(f.ID); in != nil && in.Missing > 0 {
			line += fmt.Sprintf(", %d values have no partner", in.Missing)
		}
		c.add(f.ID, line)
	}
	for i := range tables {
		for j := range tables[i].Columns {
			col := &tables[i].Columns[j]
			if e := st.measured(col.ID); e != nil && e.Ambiguous && col.Mark.Provenance == schema.FromData {
				c.add(col.ID, fmt.Sprintf("%s %s.%s day or month first", col.ID, name(tables[i].Name), name(col.Name)))
			}
		}
	}
	return c
}

func (c *conclusion) add(id, line string) {
	if len(c.lines) < mostDoubts {
		c.lines = append(c.lines, line)
		if !slices.Contains(c.ids, id) {
			c.ids = append(c.ids, id)
		}
	}
}

func (c *conclusion) ask() (Request, bool) {
	if len(c.ids) == 0 {
		return Request{}, false
	}
	made := c.made[:min(len(c.made), len(c.ids))]
	p := prompt{step: Final, tool: "Conclude the review.", lines: c.lines, output: 100 + 26*min(mostRemarks, len(c.ids)) + 12*len(made)}
	p.task = fmt.Sprintf("notes: at most %d, of at most 12 words each, only where they help. questions: at most %d for who knows the domain, whose answers would change the schema.", mostRemarks, mostQuestions)
	if len(made) > 0 {
		p.task += " names: better ones in snake_case for tables N, where there are."
	}
	p.props = []property{
		{"names", where(len(made) > 0, list(object(property{"id", oneOf(made...)}, property{"name", text})))},
		{"notes", list(object(property{"id", oneOf(c.ids...)}, property{"text", text}))},
		{"questions", list(text)},
	}
	return p.request(), true
}

// concluded is the answer.
type concluded struct {
	Names []struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"names"`
	Notes []struct {
		ID   string `json:"id"`
		Text string `json:"text"`
	} `json:"notes"`
	Questions []string `json:"questions"`
}

func (c *conclusion) merge(answer json.RawMessage, m *merger) error {
	var got concluded
	if err := decode(answer, &got); err != nil {
		return err
	}
	s := c.st.Schema
	seen := once{}
	for _, n := range got.Names {
		if !known(c.made, n.ID) || !seen.first(n.ID) {
			m.refused(n.ID, "name", n.Name, "there is no such id, or it came before")
			continue
		}
		c.st.rename(m, n.ID, n.Name)
	}
	for _, n := range got.Notes[:min(len(got.Notes), mostRemarks)] {
		said := plain(n.Text, 120)
		switch {
		case !known(c.ids, n.ID):
			m.refused(n.ID, "note", n.Text, "there is no such id")
		case said != "":
			s.Notes = append(s.Notes, schema.Note{About: n.ID, Kind: "model", Text: said})
			m.did(n.ID, "note", "", said)
		}
	}
	for _, q := range got.Questions {
		if said := plain(q, 160); said != "" && len(s.Questions) < mostQuestions {
			s.Questions = append(s.Questions, said)
			m.did("schema", "question", "", said)
		}
	}
	return nil
}
