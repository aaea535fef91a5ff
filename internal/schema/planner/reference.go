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
	if slices.ContainsFunc(c.words, func(w string) bool { return slices.Contains(roleWords(), w) }) {
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
		c.name = 1
		for i := range c.from {
			c.name = min(c.name, d.nameFit(c.from[i], c.to[i]))
		}
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

// nameFit says how well a column's name fits that it refers to another, from 0 to 1.
func (d *draft) nameFit(from, to *column) float64 {
	tw := to.table.words
	plainKey := len(to.base) == 0 || to.table.called(to.base) // id, or customer_id of customer
	best := 0.0
	give := func(v float64) { best = max(best, v) }
	switch {
	case slices.Equal(from.words, to.words) && len(from.base) > 0 && !common(from.words):
		give(0.95)
	case joined(from.words) == joined(to.words) && len(from.base) > 0 && !common(from.words):
		give(0.93)
	}
	itself := from.table == to.table && len(from.base) <= len(tw) // a table's own id
	if !itself && (plainKey || to.table.primary != nil && slices.Contains(to.table.primary, to)) {
		give(fitToTable(from, to, tw))
	}
	// manager_staff_id to staff_id, origin_code to airport code.
	if len(to.base) > 0 && len(from.base) > len(to.base) && endsWith(from.base, to.base) && !common(to.words) {
		give(0.85)
	}
	if from.table == to.table || person(tw) {
		if slices.ContainsFunc(from.words, func(w string) bool { return slices.Contains(roleWords(), w) }) && plainKey {
			if from.table == to.table {
				give(0.8)
			} else {
				give(0.55)
			}
		}
	}
	return best
}

// fitToTable says how well a column's name fits a table's.
func fitToTable(from, to *column, tw []string) float64 {
	fb := from.base
	switch {
	case len(fb) == 0:
		return 0
	case to.table.called(fb):
		return 1
	case endsWith(fb, tw):
		return 0.88 // original_language_id to language
	case startsWith(fb, tw) && identifies(from.words):
		return 0.6
	case len(tw) > 1 && endsWith(tw, fb) && identifies(from.words):
		return 0.72 // order_id to customer_order
	case len(tw) > 1 && startsWith(tw, fb) && identifies(from.words):
		return 0.62
	case len(fb) == 1 && len(tw) == 1 && abbreviates(fb[0], tw[0]):
		return 0.75
	case len(fb) > 1 && len(tw) == 1 && abbreviates(fb[len(fb)-1], tw[0]):
		return 0.6
	case len(tw) > 1 && joined(fb) == initials(tw):
		return 0.75
	case len(to.base) > 0 && slices.Equal(fb, to.base) && !common(fb):
		return 0.8
	case len(to.base) > 0 && endsWith(fb, to.base) && !common(to.base):
		return 0.7
	case slices.Contains(fb, tw[0]) && len(tw) == 1:
		return 0.55
	}
	return 0
}

func initials(words []string) string {
	var b []byte
	for _, w := range words {
		b = append(b, w[0])
	}
	return string(b)
}

// common reports whether words say nothing about what they name.
func common(words []string) bool {
	if len(words) == 0 {
		return true
	}
	for _, w := range words {
		if !slices.Contains([]string{"name", "title", "type", "status", "description", "date", "time", "year", "value", "note", "comment", "update", "last", "id", "code", "key", "no", "number", "first"}, w) {
			return false
		}
	}
	return true
}

// roleWords are those of one who is over others, or before them: such a column
// refers to another row of a table of the same kind.
func roleWords() []string {
	return []string{
		"parent", "manager", "supervisor", "boss", "mentor", "report", "leader", "head", "predecessor", "successor", "previous", "prev", "next", "replaced",
		"superior", "chief", "sponsor", "referrer", "referred", "ancestor", "root",
	}
}

// person reports whether a table's name is that of people.
func person(words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool {
		return slices.Contains([]string{"employee", "person", "staff", "user", "member", "worker", "people", "agent", "contact", "personnel", "emp"}, w)
	})
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
	d.toRoots(accepted, all)
	doubtful = slices.DeleteFunc(doubtful, func(c *candidate) bool { return len(c.from) == 1 && c.from[0].refers != nil })
	return accepted, doubtful
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
