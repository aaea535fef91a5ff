package judge

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/evidence"
)

// How a column may be read, in an answer.
const (
	readKeep       = "keep"
	readDate       = "date"
	readDayFirst   = "day_first"
	readMonthFirst = "month_first"
)

// columnReview asks what cryptic columns mean, in what unit amounts are, which of
// two readings of a date is meant, and whether odd numbers stand for null.
type columnReview struct {
	st    *State
	items []unclear
}

func newColumnReview(st *State) *columnReview {
	r := &columnReview{st: st}
	for i := range st.Schema.Tables {
		t := &st.Schema.Tables[i]
		for _, c := range t.Columns {
			e := st.measured(c.ID) // columns that were made have none
			if e == nil || c.Value != "" {
				continue
			}
			if u := st.unclear(t, &c, e); u.why != "" {
				r.items = append(r.items, u)
			}
		}
	}
	slices.SortFunc(r.items, func(a, b unclear) int {
		if a.rank != b.rank {
			return a.rank - b.rank
		}
		return byID(a.id, b.id)
	})
	r.items = r.items[:min(len(r.items), 6+st.columns()/20, 24)]
	return r
}

func (r *columnReview) ids() []string {
	out := make([]string, len(r.items))
	for i, u := range r.items {
		out[i] = u.id
	}
	return out
}

func (r *columnReview) ask() (Request, bool) {
	if len(r.items) == 0 {
		return Request{}, false
	}
	p := prompt{step: Columns, tool: "Say what unclear columns are.", output: 40 + 36*len(r.items)}
	read := []string{readKeep}
	nulls := false
	for _, u := range r.items {
		for _, k := range u.read {
			if !slices.Contains(read, k) {
				read = append(read, k)
			}
		}
		nulls = nulls || len(u.nulls) > 0
		p.lines = append(p.lines, r.line(u))
	}
	p.task = "For each column, what is unclear stands behind the ?. name: keep it, or a spoken one in snake_case. meaning: at most 6 words. unit: a symbol, or empty."
	if len(read) > 1 {
		p.task += " read: how its dates are meant; keep when you cannot tell."
	}
	if nulls {
		p.task += " nulls: those of the numbers shown that stand for a missing value."
	}
	p.props = []property{{"columns", list(object(
		property{"id", oneOf(r.ids()...)}, property{"name", text}, property{"meaning", text}, property{"unit", text},
		property{"read", where(len(read) > 1, oneOf(read...))}, property{"nulls", where(nulls, list(text))},
	))}}
	return p.request(), true
}

// line is a column in a line.
func (r *columnReview) line(u unclear) string {
	t, c := r.st.column(u.id)
	e := r.st.measured(u.id)
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s.%s %s", u.id, name(t.Name), name(c.Name), e.Type)
	if schema.Identifier(e.Name) != c.Name {
		b.WriteString(" " + quoted(bare(e.Name, shownLength)))
	}
	fmt.Fprintf(&b, " d=%d", e.Distinct)
	if e.Nulls > 0 {
		fmt.Fprintf(&b, " null=%d", e.Nulls)
	}
	least, most := figure(e.Min), figure(e.Max)
	if measured(e.Type) && least != "" && most != "" {
		fmt.Fprintf(&b, " %s..%s", least, most)
	}
	switch {
	case len(u.nulls) > 0:
		b.WriteString(" " + marshal(u.nulls))
	case len(u.read) > 0 && least != "" && most != "":
		b.WriteString(" " + marshal([]string{least, most}))
	default:
		if v := values(e); v != "" {
			b.WriteString(" " + v)
		}
	}
	b.WriteString(" ?" + strings.TrimSuffix(u.why, "?"))
	return b.String()
}

// reviewed is the answer.
type reviewed struct {
	Columns []reviewedColumn `json:"columns"`
}

type reviewedColumn struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Meaning string   `json:"meaning"`
	Unit    string   `json:"unit"`
	Read    string   `json:"read"`
	Nulls   []string `json:"nulls"`
}

func (r *columnReview) merge(answer json.RawMessage, m *merger) error {
	var got reviewed
	if err := decode(answer, &got); err != nil {
		return err
	}
	seen := once{}
	for _, a := range got.Columns {
		i := slices.IndexFunc(r.items, func(u unclear) bool { return u.id == a.ID })
		if i < 0 || !seen.first(a.ID) {
			m.refused(a.ID, "column", a.Name, "there is no such id, or it came before")
			continue
		}
		r.take(r.items[i], a, m)
	}
	return nil
}

// take merges what is said of one column.
func (r *columnReview) take(u unclear, a reviewedColumn, m *merger) {
	r.st.rename(m, u.id, a.Name)
	_, c := r.st.column(u.id)
	if s := plain(a.Meaning, 80); s != "" {
		c.Meaning = s
		m.did(u.id, "meaning", "", s)
	}
	e := r.st.measured(u.id)
	if s := plain(a.Unit, 12); s != "" {
		if measured(e.Type) {
			c.Unit = s
			m.did(u.id, "unit", "", s)
		} else {
			m.refused(u.id, "unit", s, "it is no number")
		}
	}
	r.read(u, a.Read, c, e, m)
	for _, n := range a.Nulls {
		if !slices.Contains(u.nulls, n) {
			m.refused(u.id, "null", n, "it is none of the numbers that may stand for null")
			continue
		}
		if !slices.Contains(c.Nulls, n) {
			c.Nulls, c.Nullable = append(slices.Clone(c.Nulls), n), true
			m.did(u.id, "null", "", n)
		}
	}
}

// read merges how a column's dates are meant, where that was open.
func (r *columnReview) read(u unclear, how string, c *schema.Column, e *evidence.Column, m *merger) {
	switch {
	case how == "" || how == readKeep:
		return
	case !slices.Contains(u.read, how):
		m.refused(u.id, "type", how, "what was measured leaves no choice")
		return
	}
	mark := m.mark(0.8, "a model says how it is meant", u.id)
	switch how {
	case readDate:
		c.Type, c.Format, c.Mark = schema.Type{Kind: string(evidence.TypeDate)}, r.st.inWords(e), mark
		c.Nullable = c.Nullable || e.Blanks > 0
		m.did(u.id, "type", string(evidence.TypeText), string(evidence.TypeDate))
	case dayOrMonth(e.Format):
		c.Mark = mark
		m.did(u.id, "format", "", e.Format)
	default:
		c.Format, c.Mark = otherOrder(e.Format), mark
		m.did(u.id, "format", e.Format, c.Format)
	}
}
