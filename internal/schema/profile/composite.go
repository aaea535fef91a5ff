package profile

import (
	"context"
	"slices"
	"strings"

	"github.com/headgate/headgate/internal/schema/evidence"
)

// maxChoices is how many ways one table may have to refer to one key before the
// others are left out.
const maxChoices = 32

// composed is an inclusion of several columns that may hold.
type composed struct {
	m       *measure
	columns []int
	target  *measure
	key     []int
	values  *set
}

// composites finds inclusions in keys of several columns, each part of which is
// included by itself.
func composites(ctx context.Context, all []*measure, parts map[*measure][]couple) ([]evidence.Inclusion, error) {
	var wanted []*composed
	for _, target := range all {
		for _, k := range target.composite() {
			key := target.indexes(k.Columns)
			for _, m := range all {
				wanted = append(wanted, choices(m, target, key, parts[target])...)
			}
		}
	}
	if len(wanted) == 0 {
		return nil, nil
	}
	keys := map[string]*set{}
	jobs := map[*measure][]job{}
	for _, w := range wanted {
		w.values = newSet(w.m.spill, true)
		jobs[w.m] = append(jobs[w.m], &tuples{columns: w.columns, set: w.values})
		if name := w.name(); keys[name] == nil {
			keys[name] = newSet(w.m.spill, true)
			jobs[w.target] = append(jobs[w.target], &tuples{columns: w.key, set: keys[name]})
		}
	}
	for _, m := range all {
		if err := m.rescan(ctx, "inclusions", jobs[m]); err != nil {
			return nil, err
		}
		for _, j := range jobs[m] {
			t, _ := j.(*tuples)
			t.set.seal()
			t.set.rest()
		}
	}
	var found []evidence.Inclusion
	for _, w := range wanted {
		inc, err := include(w.values, keys[w.name()])
		if err != nil {
			return nil, err
		}
		if inc.Coverage < minCoverage {
			continue
		}
		for i := range w.columns {
			inc.From = append(inc.From, w.m.columnID(w.columns[i]))
			inc.To = append(inc.To, w.target.columnID(w.key[i]))
		}
		inc.Unique = true
		found = append(found, inc)
	}
	return found, nil
}

// name tells the key.
func (w *composed) name() string {
	ids := make([]string, 0, len(w.key))
	for _, i := range w.key {
		ids = append(ids, w.target.columnID(i))
	}
	return strings.Join(ids, " ")
}

func (m *measure) indexes(ids []string) []int {
	var list []int
	for _, id := range ids {
		list = append(list, slices.IndexFunc(m.evidence.Columns, func(c evidence.Column) bool { return c.ID == id }))
	}
	return list
}

// choices are the ways in which columns of m could refer to a key of target: for
// each part of the key a column that is included in it, none twice.
func choices(m, target *measure, key []int, parts []couple) []*composed {
	if m == target {
		return nil
	}
	var list []*composed
	chosen := make([]int, 0, len(key))
	var choose func()
	choose = func() {
		if len(list) == maxChoices {
			return
		}
		if len(chosen) == len(key) {
			list = append(list, &composed{m: m, columns: slices.Clone(chosen), target: target, key: key})
			return
		}
		for _, c := range parts {
			if c.from.m != m || c.to.index != key[len(chosen)] || slices.Contains(chosen, c.from.index) {
				continue
			}
			chosen = append(chosen, c.from.index)
			choose()
			chosen = chosen[:len(chosen)-1]
		}
	}
	choose()
	return list
}
