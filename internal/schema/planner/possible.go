package planner

import (
	"cmp"
	"slices"

	"github.com/headgate/headgate/internal/schema/evidence"
)

// mostPossible is how many references of one column are possible, at most.
const mostPossible = 4

// Possible are the ids of inclusions that may be references though no name says so:
// those of columns that refer to nothing and could, to a table's key that has all
// their values. Columns whose names identify something come first, of one column
// the likeliest first; at most four each.
func Possible(ev *evidence.Evidence) []string {
	d := newDraft(ev)
	d.keys()
	d.references()
	d.keys()
	d.references()
	byColumn := map[*column][]*candidate{}
	var columns []*column
	for _, c := range d.candidates() {
		if len(c.from) != 1 || !c.from[0].open() || c.Coverage < 1 || !slices.Equal(c.to, c.to[0].table.primary) || c.to[0].table.evidence.Rows < 2 {
			continue
		}
		if byColumn[c.from[0]] == nil {
			columns = append(columns, c.from[0])
		}
		byColumn[c.from[0]] = append(byColumn[c.from[0]], c)
	}
	slices.SortStableFunc(columns, func(a, b *column) int { return cmp.Compare(rank(a), rank(b)) })
	var out []string
	for _, c := range columns {
		all := byColumn[c]
		slices.SortStableFunc(all, func(a, b *candidate) int { return cmp.Compare(b.score, a.score) })
		for _, o := range all[:min(len(all), mostPossible)] {
			out = append(out, o.ID)
		}
	}
	return out
}

// open reports whether a column refers to nothing and could.
func (c *column) open() bool {
	if c.refers != nil || c.Distinct < 2 || measures(c.words) || slices.Contains(c.table.primary, c) && len(c.table.primary) == 1 {
		return false
	}
	switch c.Type {
	case evidence.TypeInteger, evidence.TypeText, evidence.TypeUUID:
		return true
	default:
		return false
	}
}

// rank is 0 for columns whose names say that they identify something, else 1.
func rank(c *column) int {
	if identifies(c.words) {
		return 0
	}
	return 1
}
