package profile

import (
	"cmp"
	"context"
	"slices"

	"github.com/headgate/headgate/internal/schema/evidence"
)

// maxError is how large a part of the rows may contradict a dependency; maxPairError
// that of one with two determinants, which come about by chance more easily.
const (
	maxError     = 0.05
	maxPairError = 0.01
)

// maxDeterminant and maxPair are the largest shares of different values, among the
// rows that have one, that a determinant of one or two columns may have: beyond it
// there is next to nothing to learn from repeats, and two columns are the sooner
// unlike by chance. minDetermined is the least share of rows that have a value.
const (
	maxDeterminant = 0.5
	maxPair        = 0.25
	minDetermined  = 0.5
)

// maxPairing is how many columns are looked at as halves of a determinant.
const maxPairing = 24

// dependency is one determinant with one dependent.
type dependency struct {
	determinant []int
	dependent   int
	err         float64
	groups      int64
}

// dependencies finds what columns determine others, on the sample, and verifies it
// on all rows.
func (m *measure) dependencies(ctx context.Context) error {
	t := &m.evidence
	rows := len(m.sample.rows)
	if rows < 4 || len(t.Columns) < 2 {
		return nil
	}
	s := &search{m: m, rows: rows, codes: make([][]int32, len(t.Columns)), values: make([]int, len(t.Columns))}
	for i := range t.Columns {
		s.codes[i] = m.code(i)
		s.values[i] = distinctCodes(s.codes[i])
	}
	s.run()
	found := s.found
	if !m.sample.whole() {
		var err error
		if found, err = m.verify(ctx, found); err != nil {
			return err
		}
	}
	t.Dependencies = append(t.Dependencies, m.gather(found)...)
	return nil
}

// search looks for dependencies in the sample.
type search struct {
	m      *measure
	rows   int
	codes  [][]int32 // 0 for null
	values []int     // different codes, without null
	found  []dependency
}

func (s *search) run() {
	columns := s.m.evidence.Columns
	var dependents, halves []int
	for i := range columns {
		if trivial := 1 - s.mostFrequent(i); trivial > maxError {
			dependents = append(dependents, i)
		}
	}
	determines := map[[2]int]float64{}
	for i, c := range columns {
		if !determinant(c) || s.values[i] < 2 {
			continue
		}
		halves = append(halves, i)
		p := partition(s.codes[i])
		if !repeats(1, int64(s.values[i]), int64(p.covered), int64(s.rows)) {
			continue
		}
		for _, a := range dependents {
			if a == i {
				continue
			}
			err := p.error(s.codes[a])
			determines[[2]int{i, a}] = err
			if err <= maxError && err <= (1-s.mostFrequent(a))/2 {
				s.found = append(s.found, dependency{[]int{i}, a, err, int64(p.groups())})
			}
		}
	}
	s.pairs(halves, dependents, determines)
}

// pairs looks for determinants of two columns that say much more than each of them.
func (s *search) pairs(halves, dependents []int, single map[[2]int]float64) {
	slices.SortStableFunc(halves, func(a, b int) int { return cmp.Compare(s.values[a], s.values[b]) })
	halves = slices.DeleteFunc(halves, func(i int) bool { return float64(s.values[i]) > maxDeterminant*float64(s.rows) })
	halves = halves[:min(len(halves), maxPairing)]
	slices.Sort(halves)
	alone := func(x, a int) float64 {
		if err, ok := single[[2]int{x, a}]; ok {
			return err
		}
		return 1
	}
	for i, x := range halves {
		for _, y := range halves[i+1:] {
			if alone(x, y) <= maxError || alone(y, x) <= maxError {
				continue // one says what the other is
			}
			both := join(s.codes[x], s.codes[y])
			groups := distinctCodes(both)
			p := partition(both)
			if !repeats(2, int64(groups), int64(p.covered), int64(s.rows)) {
				continue
			}
			for _, a := range dependents {
				least := min(alone(x, a), alone(y, a))
				if a == x || a == y || least <= maxError {
					continue
				}
				if err := p.error(s.codes[a]); err <= maxPairError && err <= least/2 {
					s.found = append(s.found, dependency{[]int{x, y}, a, err, int64(groups)})
				}
			}
		}
	}
}

// determinant says whether the values of a column could name something.
func determinant(c evidence.Column) bool {
	switch c.Type {
	case evidence.TypeFloat, evidence.TypeJSON, evidence.TypeUnknown, evidence.TypeBinary:
		return false
	case evidence.TypeDecimal:
		return false // a measure
	default:
		return c.Distinct >= 2
	}
}

// mostFrequent is the share of the rows that have the most frequent value.
func (s *search) mostFrequent(column int) float64 {
	counts := make([]int, s.values[column]+1)
	for _, c := range s.codes[column] {
		counts[c]++
	}
	return float64(slices.Max(counts)) / float64(s.rows)
}

// code gives the codes of a column in the sample.
func (m *measure) code(column int) []int32 {
	hashes := m.sample.column(column)
	for i, h := range hashes {
		hashes[i] = m.settled(column, h)
	}
	return encode(hashes)
}

func distinctCodes(codes []int32) int {
	most := int32(0)
	for _, c := range codes {
		most = max(most, c)
	}
	return int(most)
}

// join makes codes of pairs; a null in one makes a null.
func join(a, b []int32) []int32 {
	codes := make([]int32, len(a))
	known := make(map[uint64]int32, 256)
	for i := range a {
		if a[i] == 0 || b[i] == 0 {
			continue
		}
		key := uint64(a[i])<<32 | uint64(b[i]) //nolint:gosec // positive
		n, ok := known[key]
		if !ok {
			n = int32(len(known)) + 1 //nolint:gosec // at most maxSample
			known[key] = n
		}
		codes[i] = n
	}
	return codes
}

// parts are the rows with equal codes, one group after the other; groups of one row
// say nothing and are left out, as in the stripped partitions of TANE (Huhtala and
// others 1999). Rows with a null are in none.
type parts struct {
	rows   []int32
	ends   []int // of the groups in rows
	single int   // groups of one row
	// covered is how many rows have a value.
	covered int
}

// repeats says whether a determinant of so many columns has few enough groups, and
// enough rows in them, to determine something.
func repeats(columns int, groups, covered, rows int64) bool {
	most := maxDeterminant
	if columns > 1 {
		most = maxPair
	}
	return float64(groups) <= most*float64(covered) && float64(covered) >= minDetermined*float64(rows)
}

func partition(codes []int32) parts {
	starts := make([]int, distinctCodes(codes)+2)
	for _, c := range codes {
		starts[c+1]++
	}
	starts[1] = 0 // nulls are in no group
	for i := 1; i < len(starts); i++ {
		starts[i] += starts[i-1]
	}
	ordered := make([]int32, starts[len(starts)-1])
	next := slices.Clone(starts)
	for r, c := range codes {
		if c > 0 {
			ordered[next[c]] = int32(r)
			next[c]++
		}
	}
	p := parts{covered: len(ordered)}
	for g := 1; g < len(starts)-1; g++ {
		group := ordered[starts[g]:starts[g+1]]
		if len(group) == 1 {
			p.single++
			continue
		}
		p.rows = append(p.rows, group...)
		p.ends = append(p.ends, len(p.rows))
	}
	return p
}

func (p parts) groups() int { return len(p.ends) + p.single }

// error is g3: the least share of rows, of those that have a value, to leave out so
// that each group has one code. It stops where more than twice maxError is sure.
func (p parts) error(codes []int32) float64 {
	counts := make([]int32, distinctCodes(codes)+1)
	from, wrong := 0, 0
	limit := int(2 * maxError * float64(p.covered))
	for _, end := range p.ends {
		most := int32(0)
		for _, r := range p.rows[from:end] {
			c := codes[r]
			counts[c]++
			most = max(most, counts[c])
		}
		wrong += end - from - int(most)
		for _, r := range p.rows[from:end] {
			counts[codes[r]] = 0
		}
		if wrong > limit {
			return 1
		}
		from = end
	}
	return float64(wrong) / float64(p.covered)
}
