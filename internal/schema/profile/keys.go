package profile

import (
	"slices"

	"github.com/headgate/headgate/internal/schema/evidence"
)

// maxPairColumns and maxTripleColumns bound the search for keys of several columns
// to those with the most values.
const (
	maxPairColumns   = 64
	maxTripleColumns = 24
)

// keys finds the minimal keys of up to three columns.
func (m *measure) keys() {
	t := &m.evidence
	if t.Rows == 0 {
		return
	}
	var rest []int // columns without nulls that are no keys alone
	for i, c := range t.Columns {
		switch {
		case hasNulls(c):
		case c.Unique:
			m.addKey(i)
		case c.Distinct > 1:
			rest = append(rest, i)
		}
	}
	if !m.sample.whole() {
		return
	}
	slices.SortStableFunc(rest, func(a, b int) int { return int(t.Columns[b].Distinct - t.Columns[a].Distinct) })
	rest = rest[:min(len(rest), maxPairColumns)]
	codes := map[int][]int32{}
	for _, i := range rest {
		codes[i] = encode(m.sample.column(i))
	}
	var pairs, triples [][]int
	for a := range rest {
		for b := a + 1; b < len(rest); b++ {
			if m.fits(rest[a], rest[b]) && unique(codes[rest[a]], codes[rest[b]]) {
				pairs = append(pairs, []int{rest[a], rest[b]})
			}
		}
	}
	rest = rest[:min(len(rest), maxTripleColumns)]
	for a := range rest {
		for b := a + 1; b < len(rest); b++ {
			for c := b + 1; c < len(rest); c++ {
				x, y, z := rest[a], rest[b], rest[c]
				if m.fits(x, y, z) && !holds(pairs, x, y, z) && unique(codes[x], codes[y], codes[z]) {
					triples = append(triples, []int{x, y, z})
				}
			}
		}
	}
	for _, set := range [][][]int{pairs, triples} {
		for _, k := range set {
			slices.Sort(k)
		}
		slices.SortFunc(set, slices.Compare[[]int])
		for _, k := range set {
			m.addKey(k...)
		}
	}
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

// fits says whether there are enough values to tell all rows apart.
func (m *measure) fits(columns ...int) bool {
	product := 1.0
	for _, i := range columns {
		product *= float64(m.evidence.Columns[i].Distinct)
	}
	return product >= float64(m.evidence.Rows)
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
