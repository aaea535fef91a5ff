package profile

import (
	"cmp"
	"slices"

	"github.com/headgate/headgate/internal/schema/evidence"
)

// minCoverage is the least share of values that an inclusion must find, and
// nearlyUnique the least share of different values in the column that they are
// found in.
const (
	minCoverage  = 0.95
	nearlyUnique = 0.95
)

// record is a hash with how many rows have it.
type record struct{ hash, count uint64 }

// side is a column that may be on either side of an inclusion.
type side struct {
	column  evidence.Column
	family  string
	target  bool
	records []record // by hash
}

// family groups the types that can refer to each other; empty for those that do not.
func family(c evidence.Column) string {
	switch c.Type {
	case evidence.TypeInteger, evidence.TypeText, evidence.TypeUUID, evidence.TypeDate, evidence.TypeTimestamp, evidence.TypeTimestampTZ, evidence.TypeTime:
		return string(c.Type) + c.Format
	default:
		return ""
	}
}

// inclusions finds the columns whose values are those of another that is unique, or
// nearly.
func inclusions(all []*measure) []evidence.Inclusion {
	var sides []side
	for _, m := range all {
		for i, c := range m.evidence.Columns {
			f := family(c)
			if f == "" || c.Distinct == 0 || m.columns[i].dict == nil {
				continue
			}
			values := m.evidence.Rows - c.Nulls
			sides = append(sides, side{
				column: c, family: f, records: m.columns[i].records(),
				target: c.Unique || float64(c.Distinct) >= nearlyUnique*float64(values),
			})
		}
	}
	var found []evidence.Inclusion
	for i, from := range sides {
		for j, to := range sides {
			if i == j || !to.target || from.family != to.family || float64(from.column.Distinct)*minCoverage > float64(to.column.Distinct) {
				continue
			}
			inc, ok := include(from, to)
			if ok {
				found = append(found, inc)
			}
		}
	}
	return found
}

// include measures one inclusion.
func include(from, to side) (evidence.Inclusion, bool) {
	inc := evidence.Inclusion{
		From: []string{from.column.ID}, To: []string{to.column.ID},
		Unique: to.column.Unique && !hasNulls(to.column),
	}
	total := int64(len(from.records))
	for i, j := 0, 0; i < len(from.records); i++ {
		r := from.records[i]
		for j < len(to.records) && to.records[j].hash < r.hash {
			j++
		}
		if j == len(to.records) || to.records[j].hash != r.hash {
			inc.Missing++
			inc.Orphans += int64(r.count) //nolint:gosec // a number of rows
		}
	}
	inc.Coverage = float64(total-inc.Missing) / float64(total)
	return inc, inc.Coverage >= minCoverage
}

// records are the values of a column with few.
func (c *column) records() []record {
	list := make([]record, 0, len(c.dict.items))
	for _, it := range c.dict.items {
		list = append(list, record{it.hash, uint64(it.count)})
	}
	slices.SortFunc(list, func(a, b record) int { return cmp.Compare(a.hash, b.hash) })
	return list
}
