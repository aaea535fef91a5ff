package profile

import (
	"cmp"
	"context"
	"slices"

	"github.com/headgate/headgate/internal/schema/evidence"
	"github.com/headgate/headgate/internal/schema/value"
)

// minCoverage is the least share of values that an inclusion must find, and
// nearlyUnique the least share of different values in the column that they are
// found in.
const (
	minCoverage  = 0.95
	nearlyUnique = 0.95
)

// side is a column that may be on either side of an inclusion.
type side struct {
	m      *measure
	index  int
	column *evidence.Column
	family string
	target bool // unique, or nearly
	part   bool // of a key of several columns
}

func (s *side) values() *set { return s.m.columns[s.index].values }

// family groups the types that can refer to each other; empty for those that do not.
func family(c evidence.Column) string {
	switch c.Type {
	case evidence.TypeInteger:
		if c.Format == value.FormatZero {
			return string(c.Type)
		}
		return string(c.Type) + c.Format
	case evidence.TypeText, evidence.TypeUUID, evidence.TypeDate, evidence.TypeTimestamp, evidence.TypeTimestampTZ, evidence.TypeTime:
		return string(c.Type) + c.Format
	default:
		return ""
	}
}

// couple is an inclusion that may hold.
type couple struct{ from, to *side }

// inclusions finds the columns whose values are those of another that is unique, or
// nearly, and those of several columns in a key of as many.
func inclusions(ctx context.Context, all []*measure) ([]evidence.Inclusion, error) {
	couples := candidates(sides(all))
	if err := collect(ctx, all, couples); err != nil {
		return nil, err
	}
	var found []evidence.Inclusion
	parts := map[*measure][]couple{} // that hold in parts of keys, by the table of the key
	for _, c := range couples {
		inc, err := include(c.from.values(), c.to.values())
		if err != nil {
			return nil, err
		}
		if inc.Coverage < minCoverage {
			continue
		}
		if c.to.part {
			parts[c.to.m] = append(parts[c.to.m], c)
		}
		if c.to.target {
			inc.From, inc.To = []string{c.from.column.ID}, []string{c.to.column.ID}
			inc.Unique = c.to.column.Unique && !hasNulls(*c.to.column)
			found = append(found, inc)
		}
	}
	more, err := composites(ctx, all, parts)
	if err != nil {
		return nil, err
	}
	return inOrder(all, append(found, more...)), nil
}

// sides are the columns that could refer or be referred to.
func sides(all []*measure) []*side {
	var list []*side
	for _, m := range all {
		parts := map[string]bool{}
		for _, k := range m.composite() {
			for _, id := range k.Columns {
				parts[id] = true
			}
		}
		for i := range m.evidence.Columns {
			c := &m.evidence.Columns[i]
			f := family(*c)
			if f == "" || c.Distinct == 0 {
				continue
			}
			values := m.evidence.Rows - c.Nulls
			list = append(list, &side{
				m: m, index: i, column: c, family: f, part: parts[c.ID],
				target: c.Unique || float64(c.Distinct) >= nearlyUnique*float64(values),
			})
		}
	}
	return list
}

// composite are the keys of several columns that others may refer to: those of a
// table that has no key of one, or only such as titles are, which happen to differ.
func (m *measure) composite() []evidence.Key {
	for i, k := range m.evidence.Keys {
		if len(k.Columns) > 1 {
			return m.evidence.Keys[i:]
		}
		c := &m.evidence.Columns[m.indexes(k.Columns)[0]]
		if c.Type != evidence.TypeText && c.Type != evidence.TypeDecimal && c.Type != evidence.TypeFloat || c.Type == evidence.TypeText && c.Length <= longestCode {
			return nil
		}
	}
	return nil
}

// longestCode is the length of a text up to which it may be a code that others refer
// to; what is longer is a title.
const longestCode = 16

// candidates are the couples that neither counts nor sketches rule out. A sketch of
// 64 values or more that finds less than four fifths leaves no hope for minCoverage.
func candidates(list []*side) []couple {
	var couples []couple
	for _, to := range list {
		if !to.target && !to.part {
			continue
		}
		for _, from := range list {
			if from == to || from.family != to.family || !to.target && from.m == to.m ||
				float64(from.column.Distinct)*minCoverage > 1.05*float64(to.column.Distinct) {
				continue
			}
			part, known := share(from.m.columns[from.index].sketch, to.m.columns[to.index].sketch)
			if known >= 64 && part < 0.8 {
				continue
			}
			couples = append(couples, couple{from, to})
		}
	}
	return couples
}

// collect gathers the values of columns that have too many to be counted at once.
func collect(ctx context.Context, all []*measure, couples []couple) error {
	missing := map[*measure][]int{}
	for _, c := range couples {
		for _, s := range []*side{c.from, c.to} {
			if s.values() == nil && !slices.Contains(missing[s.m], s.index) {
				missing[s.m] = append(missing[s.m], s.index)
			}
		}
	}
	for _, m := range all {
		var jobs []job
		for _, i := range missing[m] {
			m.columns[i].values = newSet(m.spill, true)
			jobs = append(jobs, &tuples{columns: []int{i}, set: m.columns[i].values})
		}
		if err := m.rescan(ctx, "inclusions", jobs); err != nil {
			return err
		}
		for _, i := range missing[m] {
			m.columns[i].values.seal()
			m.columns[i].values.rest()
		}
	}
	return nil
}

// include measures how much of one set of values is in another. It stops where too
// much is missing.
func include(from, to *set) (evidence.Inclusion, error) {
	var inc evidence.Inclusion
	a, b := from.read(), to.read()
	other, more := b.next()
	total := int64(0)
	limit := int64(float64(from.total)*(1-minCoverage)) + 1
	for {
		r, ok := a.next()
		if !ok {
			break
		}
		total++
		for more && other.key < r.key {
			other, more = b.next()
		}
		if !more || other.key != r.key {
			inc.Missing++
			inc.Orphans += int64(r.rest) //nolint:gosec // a number of rows
			if inc.Missing > limit {
				return inc, nil
			}
		}
	}
	if total > 0 {
		inc.Coverage = float64(total-inc.Missing) / float64(total)
	}
	if a.err != nil {
		return inc, a.err
	}
	return inc, b.err
}

// inOrder sorts by the columns of the first side, then of the second.
func inOrder(all []*measure, found []evidence.Inclusion) []evidence.Inclusion {
	place := map[string]int{}
	for _, m := range all {
		for _, c := range m.evidence.Columns {
			place[c.ID] = len(place)
		}
	}
	compare := func(a, b []string) int {
		return slices.CompareFunc(a, b, func(x, y string) int { return cmp.Compare(place[x], place[y]) })
	}
	slices.SortFunc(found, func(a, b evidence.Inclusion) int { return cmp.Or(compare(a.From, b.From), compare(a.To, b.To)) })
	return found
}
