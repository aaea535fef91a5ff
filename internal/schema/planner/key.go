package planner

import (
	"cmp"
	"math"
	"slices"

	"github.com/headgate/headgate/internal/schema/evidence"
)

// keys chooses each table's primary key: of those that the data allows, the one
// that most looks like one.
func (d *draft) keys() {
	for _, t := range d.tables {
		t.primary, t.sure, t.why = nil, 0, ""
		if t.evidence.Rows == 0 {
			d.keyByName(t)
			continue
		}
		best := math.Inf(-1)
		for _, columns := range d.possible(t) {
			if s := d.keyScore(t, columns); s > best {
				best, t.primary = s, columns
			}
		}
		d.joins(t, &best)
		if t.primary == nil {
			continue
		}
		if best < leastKey {
			t.primary = nil // unique by chance, and nothing that identifies
			continue
		}
		t.sure = squash(best)
	}
}

// possible are the minimal keys, and those with the table's own id, where rows have
// one that is not unique by itself: it is part of the key then.
func (d *draft) possible(t *table) [][]*column {
	var out [][]*column
	own := t.ownID()
	for _, k := range t.evidence.Keys {
		columns := make([]*column, len(k.Columns))
		for i, id := range k.Columns {
			columns[i] = d.columns[id]
		}
		out = append(out, columns)
		if own != nil && !own.single() && own.Nulls == 0 && !slices.Contains(columns, own) && len(columns) < 3 {
			wider := append([]*column{own}, columns...)
			slices.SortFunc(wider, func(a, b *column) int { return cmp.Compare(a.at, b.at) })
			out = append(out, wider)
		}
	}
	return out
}

// ownID is the column that is called after its table and says that it identifies;
// nil when there is none.
func (t *table) ownID() *column {
	for _, c := range t.columns {
		if identifies(c.words) && t.called(c.base) {
			return c
		}
	}
	return nil
}

// leastKey is the score below which a unique column is no key: values that happen
// to be all different, such as prices.
const leastKey = -1.5

// keyScore says how much columns look like a primary key.
func (d *draft) keyScore(t *table, columns []*column) float64 {
	score := 0.0
	for _, c := range columns {
		score += c.keyLooks(t, len(columns) > 1)
	}
	score /= float64(len(columns))
	if own := t.ownID(); own != nil && !slices.Contains(columns, own) {
		score -= 1.5
	}
	if len(columns) > 1 {
		score -= 1.1 * float64(len(columns)-1)
		if columns[0].at == 0 {
			score += 0.4
		}
		together := true
		for i, c := range columns {
			together = together && c.at == columns[0].at+i
		}
		if together {
			score += 0.4
		}
	}
	return score
}

// keyLooks says how much one column looks like one that identifies.
// Beside others a time is usual: what happened when.
func (c *column) keyLooks(t *table, beside bool) float64 {
	score := 0.0
	switch {
	case len(c.base) == 0 && identifies(c.words): // id, code, key
		score += 2.4
	case identifies(c.words) && t.called(c.base):
		score += 2.4
	case identifies(c.words) && (endsWith(t.words, c.base) || startsWith(t.words, c.base)):
		score += 1.7
	case identifies(c.words):
		score += 1.0
	case t.called(c.words): // the country of countries
		score += 0.8
	case endsWith(t.words, c.words):
		score += 0.5
	case len(c.words) == 1 && c.words[0] == "name":
		score -= 0.2
	}
	switch c.at {
	case 0:
		score += 1.3
	case 1:
		score += 0.2
	}
	switch c.Type {
	case evidence.TypeInteger:
		score += 0.4
		if c.Increasing {
			score += 0.5
		}
	case evidence.TypeUUID:
		score += 0.8
	case evidence.TypeText, evidence.TypeUnknown:
		if c.Length > 40 {
			score -= 1
		}
	case evidence.TypeDecimal, evidence.TypeFloat, evidence.TypeBoolean, evidence.TypeJSON, evidence.TypeBinary:
		score -= 2.2
	case evidence.TypeDate, evidence.TypeTimestamp, evidence.TypeTimestampTZ, evidence.TypeTime:
		switch {
		case beside && slices.ContainsFunc(t.words, func(w string) bool { return slices.Contains(historyWords(), w) }):
			score += 0.6
		case beside:
			score -= 0.3
		default:
			score -= 1.4
		}
	}
	if measures(c.words) && (!beside || !calendar(c.words)) {
		score -= 1.2
	}
	return score
}

// joins looks whether the table joins others: its name is made of theirs, or it has
// little but what refers to them. Then its key is what refers, together, even where
// the few rows would make do with less.
func (d *draft) joins(t *table, best *float64) {
	var refs []*column
	var to []*table
	for _, c := range t.columns {
		if c.refers != nil && len(c.refers.from) == 1 && c.Nulls == 0 && c.refers.to[0].table != t {
			refs = append(refs, c)
			to = append(to, c.refers.to[0].table)
		}
	}
	if len(refs) < 2 {
		return
	}
	pair, named := namedPair(t, refs, to)
	own := slices.ContainsFunc(t.columns, func(c *column) bool { // it has an id of its own
		return c.refers == nil && c.single() && identifies(c.words) && (len(c.base) == 0 || t.called(c.base))
	})
	bare := len(t.columns) <= len(refs)+2 && refs[len(refs)-1].at == len(refs)-1
	if own || !named && !bare {
		return
	}
	if !named {
		pair = refs
	}
	if !unique(d, t, pair) {
		return
	}
	score := d.keyScore(t, pair) + 2.5
	if score > *best {
		*best, t.primary = score, pair
	}
}

// namedPair finds the two references whose tables' names make the table's.
func namedPair(t *table, refs []*column, to []*table) (pair []*column, ok bool) {
	name := joined(t.words)
	for i, a := range refs {
		for j, b := range refs {
			if i == j || to[i] == to[j] {
				continue
			}
			if x, y := joined(to[i].words), joined(to[j].words); name == x+y || joined(a.base)+joined(b.base) == name {
				pair = []*column{a, b}
				slices.SortFunc(pair, func(a, b *column) int { return cmp.Compare(a.at, b.at) })
				return pair, true
			}
		}
	}
	return nil, false
}

// unique reports whether no two rows are equal in the columns: whether they have a
// key among them.
func unique(d *draft, t *table, columns []*column) bool {
	if t.evidence.Rows == 0 {
		return true
	}
	return slices.ContainsFunc(t.evidence.Keys, func(k evidence.Key) bool {
		for _, id := range k.Columns {
			if !slices.Contains(columns, d.columns[id]) {
				return false
			}
		}
		return true
	})
}

// keyByName finds the key of a table without rows by the names alone.
func (d *draft) keyByName(t *table) {
	for _, c := range t.columns {
		if identifies(c.words) && (len(c.base) == 0 && c.at == 0 || t.called(c.base)) {
			t.primary, t.sure = []*column{c}, 0.7
			return
		}
	}
	var refs []*column
	for _, c := range t.columns {
		if identifies(c.words) && c.at == len(refs) {
			refs = append(refs, c)
		}
	}
	if len(refs) >= 1 && (len(refs) >= 2 || len(t.columns) > 1) {
		t.primary, t.sure = refs, 0.6
	}
}

// historyWords are those of tables whose rows are told apart by their time.
func historyWords() []string {
	return []string{"history", "log", "audit", "journal", "archive", "reading", "measurement", "snapshot"}
}

// calendar reports whether a name's last word is that of a part of a date.
func calendar(words []string) bool {
	return len(words) > 0 && slices.Contains([]string{"year", "month", "day", "week", "quarter", "season", "term"}, words[len(words)-1])
}

// measureWords are those of amounts, which do not identify.
func measureWords() []string {
	return []string{
		"amount", "price", "cost", "total", "sum", "quantity", "qty", "count", "rate", "score", "point", "percent", "percentage", "ratio", "age", "height",
		"weight", "length", "width", "size", "year", "month", "day", "hour", "minute", "duration", "salary", "balance", "budget", "revenue", "rank", "position",
		"latitude", "longitude", "lat", "lon", "lng", "average", "avg", "max", "min", "level", "capacity", "distance", "speed", "temperature", "value", "discount",
		"tax", "fee", "time", "stock", "attendance", "population", "area", "share", "won", "lost", "goal",
	}
}

// measures reports whether a name's last word is that of an amount.
func measures(words []string) bool {
	return len(words) > 0 && slices.Contains(measureWords(), words[len(words)-1])
}

// squash makes a score a share between 0 and 1.
func squash(score float64) float64 { return 1 / (1 + math.Exp(-score)) }
