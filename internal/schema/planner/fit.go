package planner

import (
	"slices"
	"strings"
)

// partsFit is the fit of the part that fits least. A part that only says that it
// numbers, as no and line do, fits where it is called the same beside one that fits.
func (d *draft) partsFit(c *candidate) float64 {
	best, least := 0.0, 1.0
	for i := range c.from {
		best = max(best, d.nameFit(c.from[i], c.to[i]))
	}
	for i := range c.from {
		fit := d.nameFit(c.from[i], c.to[i])
		if best >= 0.9 && identifies(c.from[i].words) && slices.Equal(c.from[i].words, c.to[i].words) {
			fit = max(fit, 0.9)
		}
		least = min(least, fit)
	}
	return least
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
		if slices.ContainsFunc(from.words, role) && plainKey {
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

// role reports whether a word is one of roleWords, or short for one: mgr.
func role(word string) bool {
	return slices.ContainsFunc(roleWords(), func(r string) bool {
		return word == r || abbreviates(word, r) && (len(word) > 3 || !strings.HasPrefix(r, word))
	})
}

// person reports whether a table's name is that of people.
func person(words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool {
		return slices.Contains([]string{"employee", "person", "staff", "user", "member", "worker", "people", "agent", "contact", "personnel", "emp"}, w)
	})
}
