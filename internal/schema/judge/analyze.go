package judge

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/edit"
)

// Bounds of the first step.
const (
	mostTables     = 60  // that are shown
	mostSaid       = 600 // characters of the user's words
	mostMissing    = 3   // tables that are added to those of files
	mostDesigned   = 15  // tables that are made of a description alone
	mostNewColumns = 15  // of one of them
)

// analysis asks what the tables are about, and which are missing.
type analysis struct {
	st  *State
	ids []string
}

func newAnalysis(st *State) *analysis {
	a := &analysis{st: st}
	for i := range st.Schema.Tables {
		a.ids = append(a.ids, st.Schema.Tables[i].ID)
	}
	slices.SortFunc(a.ids, byID)
	a.ids = a.ids[:min(len(a.ids), mostTables)]
	return a
}

// byID orders T2 before T10.
func byID(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}

func (a *analysis) ask() (Request, bool) {
	said := bare(a.st.Description, mostSaid)
	if len(a.ids) == 0 && said == "" {
		return Request{}, false
	}
	p := prompt{step: Analyze, tool: "Say what the tables hold.", user: said, output: 40 + 30*len(a.ids)}
	p.task = "domain: 2 to 6 words. tables: each one's purpose in at most 8 words; name: keep it, unless it is unclear: then a better one in snake_case."
	for _, id := range a.ids {
		p.lines = append(p.lines, a.line(a.st.table(id)))
	}
	missing := list(object(property{"name", text}, property{"why", text}, property{"columns", list(object(
		property{"name", text}, property{"type", oneOf(newTypes()...)}, property{"refers_to", text}))}))
	switch {
	case len(a.ids) == 0:
		p.task = fmt.Sprintf("domain: 2 to 6 words. missing: the tables, at most %d, of a database in third normal form for what the user says; first column: its key, named table_id; refers_to: the name of a table, or empty.", mostDesigned)
		p.output += 900
	case said != "":
		p.task += fmt.Sprintf(" missing: at most %d tables that the user speaks of and the data lacks; usually none. First column: its key; refers_to: the name of a table, or empty.", mostMissing)
		p.output += 60
	}
	p.props = []property{
		{"domain", text},
		{"tables", where(len(a.ids) > 0, list(object(property{"id", where(len(a.ids) > 0, oneOf(a.ids...))}, property{"name", text}, property{"purpose", text})))},
		{"missing", where(said != "", missing)},
	}
	return p.request(), true
}

// newTypes are those that a table without rows may have.
func newTypes() []string {
	return []string{"integer", "decimal", "text", "date", "timestamp", "boolean"}
}

// line is a table in a line: what refers and what is the key says most.
func (a *analysis) line(t *schema.Table) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s n=%d", t.ID, name(t.Name), a.st.rows(t))
	most := 12
	if a.st.columns() > 90 {
		most = 5
	}
	var refs, rest []string
	for _, f := range t.ForeignKeys {
		if !slices.Contains(refs, f.RefTable) {
			refs = append(refs, f.RefTable)
		}
	}
	for _, c := range t.Columns {
		if !slices.ContainsFunc(t.ForeignKeys, func(f schema.ForeignKey) bool { return slices.Contains(f.Columns, c.Name) }) {
			rest = append(rest, c.Name)
		}
	}
	if len(refs) > 0 {
		b.WriteString(" >" + names(refs, 6))
	}
	b.WriteString(": " + names(rest, most))
	return b.String()
}

// analyzed is the answer.
type analyzed struct {
	Domain string `json:"domain"`
	Tables []struct {
		ID      string `json:"id"`
		Name    string `json:"name"`
		Purpose string `json:"purpose"`
	} `json:"tables"`
	Missing []newTable `json:"missing"`
}

// newTable is a table that starts empty.
type newTable struct {
	Name    string `json:"name"`
	Why     string `json:"why"`
	Columns []struct {
		Name     string `json:"name"`
		Type     string `json:"type"`
		RefersTo string `json:"refers_to"`
	} `json:"columns"`
}

func (a *analysis) merge(answer json.RawMessage, m *merger) error {
	var got analyzed
	if err := decode(answer, &got); err != nil {
		return err
	}
	if d := plain(got.Domain, 80); d != "" {
		m.did("schema", "domain", a.st.Schema.Domain, d)
		a.st.Schema.Domain = d
	}
	seen := once{}
	for _, t := range got.Tables {
		if !known(a.ids, t.ID) || !seen.first(t.ID) {
			m.refused(t.ID, "table", t.Name, "there is no such id, or it came before")
			continue
		}
		a.st.rename(m, t.ID, t.Name)
		if p := plain(t.Purpose, 100); p != "" {
			a.st.table(t.ID).Purpose = p
			m.did(t.ID, "purpose", "", p)
		}
	}
	most := mostMissing
	if len(a.ids) == 0 {
		most = mostDesigned
	}
	a.missing(got.Missing[:min(len(got.Missing), most)], m)
	return nil
}

// rename gives a table or a column another name, where it is one that can be.
func (st *State) rename(m *merger, id, to string) {
	t, column := st.table(id), ""
	if t == nil {
		var c *schema.Column
		if t, c = st.column(id); t == nil {
			m.refused(id, "name", to, "there is no such id")
			return
		}
		column = c.Name
	}
	was := t.Name
	if column != "" {
		was = column
	}
	switch {
	case to == "" || to == was:
		return
	case !validName(to):
		m.refused(id, "name", to, "it is no name in snake_case of at most 48 characters")
		return
	}
	var err error
	if column != "" {
		err = edit.RenameColumn(st.Schema, t.Name, column, to)
	} else {
		err = edit.RenameTable(st.Schema, t.Name, to)
	}
	if err != nil {
		m.refused(id, "name", to, err.Error())
		return
	}
	m.did(id, "name", was, to)
}
