package planner

import (
	"cmp"
	"slices"

	"github.com/headgate/headgate/internal/schema/evidence"
)

// candidate is an inclusion that may be a reference.
type candidate struct {
	*evidence.Inclusion

	from, to []*column
	name     float64 // how well the names fit, from 0 to 1
	score    float64 // how likely it is a reference, from 0 to 1
}

// candidates are the inclusions that can be references at all, scored.
func (d *draft) candidates() []*candidate {
	var out []*candidate
	for i := range d.ev.Inclusions {
		in := &d.ev.Inclusions[i]
		if !in.Unique {
			continue
		}
		c := &candidate{Inclusion: in}
		for j := range in.From {
			c.from, c.to = append(c.from, d.columns[in.From[j]]), append(c.to, d.columns[in.To[j]])
		}
		if slices.Equal(c.from, c.to) {
			continue
		}
		d.score(c)
		out = append(out, c)
	}
	d.onlyOnes(out)
	return out
}

// namesOther reports whether a column's name is that of a table, which is not to, or
// that of a row of its own table.
func (d *draft) namesOther(c *column, to *table) bool {
	if slices.ContainsFunc(c.words, role) {
		return true
	}
	return slices.ContainsFunc(d.tables, func(t *table) bool {
		return t != to && (t.called(c.base) || endsWith(c.base, t.words) || endsWith(t.words, c.base))
	})
}

// onlyOnes raises the score of what can refer to one table's key alone, and says by
// its name that it refers to something.
func (d *draft) onlyOnes(all []*candidate) {
	count := map[*column]map[*table]bool{}
	for _, c := range all {
		from, to := c.from[0], c.to[0].table
		if len(c.from) == 1 && slices.Equal(c.to, to.primary) && to != from.table {
			if count[from] == nil {
				count[from] = map[*table]bool{}
			}
			count[from][to] = true
		}
	}
	for _, c := range all {
		from, to := c.from[0], c.to[0].table
		if len(c.from) == 1 && len(count[from]) == 1 && count[from][to] && identifies(from.words) && from.Distinct >= 3 && !slices.Equal(from.table.primary, c.from) && to.evidence.Rows >= 5 && !d.namesOther(from, to) {
			c.score = max(c.score, onlyOne)
		}
	}
}

// onlyOne is the score of the only thing that a column can refer to.
const onlyOne = 0.55

// score fills in how likely a candidate is a reference.
func (d *draft) score(c *candidate) {
	if len(c.from) > 1 {
		c.name = d.partsFit(c)
		c.score = squash(-3.2 + 5.2*c.name + primaryBonus(c) - 12*(1-c.Coverage))
		return
	}
	from, to := c.from[0], c.to[0]
	c.name = d.nameFit(from, to)
	s := -3.4 + 5.4*c.name + primaryBonus(c) - 14*(1-c.Coverage)
	rows := to.table.evidence.Rows
	part := float64(from.Distinct) / float64(max(1, to.Distinct))
	s += 0.8 * min(part, 1)
	switch family(from.Type) {
	case "number":
		if from.Type != evidence.TypeInteger {
			s -= 2
		}
		if measures(from.words) {
			s -= 2.5
		}
		// Small whole numbers are in every numbered table.
		if from.Distinct < 5 {
			s -= 0.4
		}
	case "text", "uuid":
		switch {
		case !slices.Equal(c.to, to.table.primary) && !identifies(to.words):
		case from.Distinct >= 8 && from.Length >= 2 && from.Type == evidence.TypeUUID:
			s += 3
		case from.Distinct >= 8 && from.Length >= 2:
			s += 1.6 // texts are not included by chance
		case from.Distinct >= 3:
			s += 0.7
		}
	default:
		s -= 4 // days and truths are shared without a reference
	}
	if identifies(from.words) {
		s += 0.5
	}
	switch {
	case c.name >= 0.9:
	case slices.Equal(from.table.primary, c.from):
		s -= 3 // it is the number of its own table
	case from.single() && from.at == 0:
		s -= 1.8 // two numberings
	}
	if from.table == to.table {
		s -= 0.6
	}
	if rows <= 1 {
		s -= 1
	}
	c.score = squash(s)
}

// primaryBonus speaks for a reference to the chosen key.
func primaryBonus(c *candidate) float64 {
	if slices.Equal(c.to, c.to[0].table.primary) {
		return 1
	}
	if len(c.to) == 1 && identifies(c.to[0].words) {
		return -0.7
	}
	return -3 // texts of a kind, such as two addresses, are not references
}

// Bounds of the score: what is above taken is a reference, what is between is for a
// judge, and what is below doubted is dropped.
const (
	taken   = 0.5
	doubted = 0.12
)

// references chooses at most one reference for each column.
func (d *draft) references() (accepted, doubtful []*candidate) {
	all := d.candidates()
	for _, t := range d.tables {
		for _, c := range t.columns {
			c.refers = nil
		}
	}
	slices.SortStableFunc(all, func(a, b *candidate) int {
		if r := cmp.Compare(b.score, a.score); r != 0 {
			return r
		}
		return d.rootFirst(a, b)
	})
	for _, c := range all {
		switch {
		case c.score < doubted:
			continue
		case d.occupied(c) || d.circular(c):
			continue
		case c.score < taken:
			doubtful = append(doubtful, c)
			continue
		}
		accepted = append(accepted, c)
		for _, from := range c.from {
			if len(c.from) == 1 {
				from.refers = c
			}
		}
	}
	accepted = withoutDetours(accepted)
	d.toRoots(accepted, all)
	doubtful = slices.DeleteFunc(doubtful, func(c *candidate) bool { return len(c.from) == 1 && c.from[0].refers != nil })
	return accepted, doubtful
}

// withoutDetours leaves out references that one of several columns implies: the
// building of a section is that of its room. Where each of the columns refers by
// itself, the other table joins what they refer to, and they need not go by it.
func withoutDetours(accepted []*candidate) []*candidate {
	same := func(o *candidate, i int) bool {
		return o.from[i].refers != nil && o.to[i].refers != nil && o.from[i].refers.to[0] == o.to[i].refers.to[0]
	}
	implied := func(c *candidate) bool {
		return len(c.from) == 1 && slices.ContainsFunc(accepted, func(o *candidate) bool {
			at, all := slices.Index(o.from, c.from[0]), true
			for i := range o.from {
				all = all && same(o, i)
			}
			return len(o.from) > 1 && at >= 0 && same(o, at) && !all
		})
	}
	out := make([]*candidate, 0, len(accepted))
	for _, c := range accepted {
		if !implied(c) {
			out = append(out, c)
		}
	}
	return out
}

// toRoots sends a reference to what its target refers to itself, where its values
// are there too and the names fit: a chain through a satellite says less.
func (d *draft) toRoots(accepted, all []*candidate) {
	for i, c := range accepted {
		if len(c.from) > 1 || c.to[0].refers == nil {
			continue
		}
		root := c.to[0].refers.to[0]
		for _, o := range all {
			if len(o.from) == 1 && o.from[0] == c.from[0] && o.to[0] == root && o.from[0] != root && o.score >= taken && o.name >= 0.7 {
				accepted[i], c.from[0].refers = o, o
			}
		}
	}
}

// rootFirst prefers, of equal targets, the table that does not refer to the other:
// a satellite has the same keys.
func (d *draft) rootFirst(a, b *candidate) int {
	if len(a.to) != len(b.to) {
		return cmp.Compare(len(b.to), len(a.to))
	}
	if r := cmp.Compare(len(a.to[0].table.words), len(b.to[0].table.words)); r != 0 {
		return r
	}
	if r := describes(b.to[0].table) - describes(a.to[0].table); r != 0 {
		return r
	}
	if r := cmp.Compare(b.to[0].table.evidence.Rows, a.to[0].table.evidence.Rows); r != 0 {
		return r
	}
	return cmp.Compare(a.ID, b.ID)
}

// describes is 1 for a table that says what its rows are called: others hang on it.
func describes(t *table) int {
	for _, c := range t.columns {
		if n := len(c.words); n > 0 && slices.Contains([]string{"name", "title", "description", "label"}, c.words[n-1]) {
			return 1
		}
	}
	return 0
}

// occupied reports whether the column refers already.
func (d *draft) occupied(c *candidate) bool {
	return len(c.from) == 1 && c.from[0].refers != nil
}

// circular reports whether two unique columns would refer to each other.
func (d *draft) circular(c *candidate) bool {
	return len(c.from) == 1 && c.from[0].single() && c.to[0].refers != nil && c.to[0].refers.to[0] == c.from[0]
}
