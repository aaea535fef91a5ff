package profile

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/headgate/headgate/internal/schema/evidence"
)

// minGroup is how few columns make no group.
const minGroup = 3

// label is what tells a column from others of its group.
type label struct {
	column int
	text   string
	order  int
}

// family of columns that could be a group.
type stem struct{ kind, text, template string }

// groups finds columns that repeat one thing: months, quarters, years or numbers in
// their names around the same stem, and of one type.
func (m *measure) groups() []evidence.Group {
	found := map[stem][]label{}
	for i, c := range m.evidence.Columns {
		if s, l, ok := labelOf(c.Name); ok {
			l.column = i
			found[s] = append(found[s], l)
		}
	}
	var groups []evidence.Group
	for s, labels := range found {
		slices.SortFunc(labels, func(a, b label) int { return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.column, b.column)) })
		if len(labels) < minGroup || !m.alike(labels) || !consecutive(s.kind, labels) {
			continue
		}
		g := evidence.Group{Stem: s.text, Kind: s.kind}
		for _, l := range labels {
			g.Columns = append(g.Columns, m.columnID(l.column))
			g.Labels = append(g.Labels, l.text)
		}
		groups = append(groups, g)
	}
	slices.SortFunc(groups, func(a, b evidence.Group) int {
		return cmp.Compare(m.indexes(a.Columns[:1])[0], m.indexes(b.Columns[:1])[0])
	})
	return groups
}

// labelOf takes a name apart: jan_sales is "month", "sales" and jan.
func labelOf(name string) (stem, label, bool) {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == '_' || r == ' ' || r == '-' || r == '.' })
	for i, w := range words {
		if n, _ := monthOf(w); n > 0 && (len(words) == 1 || w != "may" && w != "mar" && w != "dec" || len(words) == 2) {
			return stem{"month", without(words, i), place(i, len(words))}, label{text: w, order: n}, true
		}
		if len(w) == 2 && w[0] == 'q' && w[1] >= '1' && w[1] <= '4' {
			return stem{"quarter", without(words, i), place(i, len(words))}, label{text: w, order: int(w[1] - '0')}, true
		}
		if n, err := strconv.Atoi(w); err == nil && len(w) == 4 && n >= 1900 && n <= 2100 {
			return stem{"year", without(words, i), place(i, len(words))}, label{text: w, order: n}, true
		}
	}
	low := strings.ToLower(name)
	at := strings.TrimRight(low, "0123456789")
	n, err := strconv.Atoi(low[len(at):])
	if err != nil || n > 9999 {
		return stem{}, label{}, false
	}
	text := strings.TrimRight(at, "_ -.")
	if text == "" || text == "col" { // col_7 is a name that was made
		return stem{}, label{}, false
	}
	return stem{"number", text, ""}, label{text: low[len(at):], order: n}, true
}

func place(i, n int) string { return strconv.Itoa(i) + "/" + strconv.Itoa(n) }

func without(words []string, i int) string {
	return strings.Join(slices.Delete(slices.Clone(words), i, i+1), "_")
}

func monthOf(word string) (n int, whole bool) {
	names := [...]string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}
	for i, name := range names {
		if word == name || word == name[:3] {
			return i + 1, word == name
		}
	}
	return 0, false
}

// alike says whether the columns hold the same kind of thing.
func (m *measure) alike(labels []label) bool {
	kind := ""
	for _, l := range labels {
		var k string
		switch c := m.evidence.Columns[l.column]; c.Type {
		case evidence.TypeUnknown:
			continue
		case evidence.TypeInteger, evidence.TypeDecimal, evidence.TypeFloat:
			k = "number"
		default:
			k = string(c.Type)
		}
		if kind == "" {
			kind = k
		}
		if k != kind {
			return false
		}
	}
	return true
}

// consecutive says whether numbers and years follow each other, none twice.
func consecutive(kind string, labels []label) bool {
	for i := 1; i < len(labels); i++ {
		step := labels[i].order - labels[i-1].order
		if step == 0 || step != 1 && kind == "number" {
			return false
		}
	}
	return true
}
