package profile

import (
	"cmp"
	"context"
	"slices"

	"github.com/headgate/headgate/internal/schema/evidence"
)

// maxPairColumns and maxTripleColumns bound the search for keys of several columns
// to those with the most values; maxProved is how many of what the sample lets
// through are proved on all rows of a table that is more than its sample.
const (
	maxPairColumns   = 64
	maxTripleColumns = 24
	maxProved        = 8
)

// keys finds the minimal keys of up to three columns.
func (m *measure) keys(ctx context.Context) error {
	t := &m.evidence
	if t.Rows == 0 {
		return nil
	}
	var rest []int // columns without nulls that are no keys alone
	for i, c := range t.Columns {
		switch {
		case hasNulls(c):
		case c.Unique:
			m.addKey(i)
		case c.Distinct > 1 && c.Type != evidence.TypeJSON && c.Type != evidence.TypeFloat:
			rest = append(rest, i)
		}
	}
	slices.SortStableFunc(rest, func(a, b int) int { return cmp.Compare(t.Columns[b].Distinct, t.Columns[a].Distinct) })
	rest = rest[:min(len(rest), maxPairColumns)]
	codes := map[int][]int32{}
	for _, i := range rest {
		codes[i] = m.code(i)
	}
	pairs, err := m.prove(ctx, m.pairs(rest, codes))
	if err != nil {
		return err
	}
	var triples [][]int
	if m.sample.whole() || len(pairs)+len(t.Keys) == 0 {
		if triples, err = m.prove(ctx, m.triples(rest[:min(len(rest), maxTripleColumns)], codes, pairs)); err != nil {
			return err
		}
	}
	for _, set := range [][][]int{pairs, triples} {
		slices.SortFunc(set, slices.Compare[[]int])
		for _, k := range set {
			m.addKey(k...)
		}
	}
	return nil
}

// pairs are those that tell all rows of the sample apart.
func (m *measure) pairs(columns []int, codes map[int][]int32) [][]int {
	var found [][]int
	for i, x := range columns {
		for _, y := range columns[i+1:] {
			if m.fits(x, y) && unique(codes[x], codes[y]) {
				found = append(found, sorted(x, y))
			}
		}
	}
	return found
}

// triples are those without a pair of them.
func (m *measure) triples(columns []int, codes map[int][]int32, pairs [][]int) [][]int {
	var found [][]int
	for i, x := range columns {
		for j, y := range columns[i+1:] {
			for _, z := range columns[i+j+2:] {
				if m.fits(x, y, z) && !holds(pairs, x, y, z) && unique(codes[x], codes[y], codes[z]) {
					found = append(found, sorted(x, y, z))
				}
			}
		}
	}
	return found
}

func sorted(columns ...int) []int {
	slices.Sort(columns)
	return columns
}

// prove keeps the sets of columns that tell all rows apart. Of those that a sample
// lets through it tries the ones with the fewest combinations: they have the least
// room to be unique by chance.
func (m *measure) prove(ctx context.Context, found [][]int) ([][]int, error) {
	if m.sample.whole() || len(found) == 0 {
		return found, nil
	}
	slices.SortStableFunc(found, func(a, b []int) int { return cmp.Compare(m.combinations(a...), m.combinations(b...)) })
	found = found[:min(len(found), maxProved)]
	jobs := make([]job, 0, len(found))
	sets := make([]*set, 0, len(found))
	for _, columns := range found {
		s := newSet(m.spill, true)
		sets = append(sets, s)
		jobs = append(jobs, &tuples{columns: columns, set: s, once: true})
	}
	if err := m.rescan(ctx, "keys", jobs); err != nil {
		return nil, err
	}
	var proved [][]int
	for i, s := range sets {
		s.seal()
		once, err := s.once()
		s.release()
		if err != nil {
			return nil, err
		}
		if once {
			proved = append(proved, found[i])
		}
	}
	return proved, nil
}

func (m *measure) addKey(columns ...int) {
	k := evidence.Key{}
	for _, i := range columns {
		k.Columns = append(k.Columns, m.evidence.Columns[i].ID)
	}
	m.evidence.Keys = append(m.evidence.Keys, k)
}

// hasNulls says whether rows have no value in a column.
func hasNulls(c evidence.Column) bool {
	return c.Nulls > 0 || c.Blanks > 0 && c.Type != evidence.TypeText
}

// fits says whether there are enough values to tell all rows apart, with room for
// the error of an estimate.
func (m *measure) fits(columns ...int) bool {
	return m.combinations(columns...)*1.05 >= float64(m.evidence.Rows)
}

// combinations is how many different rows the values of some columns could make.
func (m *measure) combinations(columns ...int) float64 {
	product := 1.0
	for _, i := range columns {
		product *= float64(m.evidence.Columns[i].Distinct)
	}
	return product
}

// holds says whether one of the pairs lies within three columns.
func holds(pairs [][]int, x ...int) bool {
	return slices.ContainsFunc(pairs, func(p []int) bool { return slices.Contains(x, p[0]) && slices.Contains(x, p[1]) })
}

// encode numbers the hashes of a column from 1, in the order of the rows; 0 stays
// for a cell without a value.
func encode(hashes []uint64) []int32 {
	codes := make([]int32, len(hashes))
	known := map[uint64]int32{}
	for i, h := range hashes {
		if h == nothing {
			continue
		}
		n, ok := known[h]
		if !ok {
			n = int32(len(known)) + 1 //nolint:gosec // at most maxSample
			known[h] = n
		}
		codes[i] = n
	}
	return codes
}

// unique says whether no two rows have the same codes in all columns.
func unique(columns ...[]int32) bool {
	seen := make(map[uint64]struct{}, 1024)
	for r := range columns[0] {
		key := uint64(0)
		for _, c := range columns {
			key = key<<21 | uint64(c[r]) //nolint:gosec // at most maxSample, three columns
		}
		if _, twice := seen[key]; twice {
			return false
		}
		seen[key] = struct{}{}
	}
	return true
}
