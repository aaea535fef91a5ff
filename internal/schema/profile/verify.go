package profile

import (
	"cmp"
	"context"
	"slices"

	"github.com/headgate/headgate/internal/schema/evidence"
)

// maxVerified is how many dependencies are verified in one reading of the table.
const maxVerified = 32

// verify measures dependencies that hold in a sample on all rows, and drops those
// that do not.
func (m *measure) verify(ctx context.Context, found []dependency) ([]dependency, error) {
	var kept []dependency
	for part := range slices.Chunk(found, maxVerified) {
		jobs := make([]job, 0, len(part))
		sets := make([]*set, 0, len(part))
		for _, d := range part {
			s := newSet(m.spill, false)
			sets = append(sets, s)
			jobs = append(jobs, &besides{determinant: d.determinant, dependent: d.dependent, set: s})
		}
		if err := m.rescan(ctx, "dependencies", jobs); err != nil {
			return nil, err
		}
		for i, d := range part {
			wrong, groups, covered, err := sets[i].wrong()
			if err != nil {
				return nil, err
			}
			d.groups, d.err = groups, float64(wrong)/float64(max(covered, 1))
			if d.err <= allowed(d) && repeats(len(d.determinant), groups, covered, m.evidence.Rows) {
				kept = append(kept, d)
			}
		}
	}
	return kept, nil
}

// allowed is how wrong a dependency may be.
func allowed(d dependency) float64 {
	if len(d.determinant) > 1 {
		return maxPairError
	}
	return maxError
}

// wrong is how many of the pairs in a set are to be left out so that no key has two
// others beside it; and how many keys and pairs there are.
func (s *set) wrong() (wrong, groups, covered int64, err error) {
	s.seal()
	defer s.release()
	c := s.read()
	var size, most, equal int64
	last, ok := c.next()
	for ok {
		groups++
		size, most, equal = 0, 0, 0
		key, rest := last.key, last.rest
		for ok && last.key == key {
			if last.rest|pairCount != rest|pairCount {
				rest, equal = last.rest, 0
			}
			equal += int64(last.rest & pairCount)
			size += int64(last.rest & pairCount)
			most = max(most, equal)
			last, ok = c.next()
		}
		wrong += size - most
		covered += size
	}
	return wrong, groups, covered, c.err
}

// gather joins dependencies of the same determinant.
func (m *measure) gather(found []dependency) []evidence.Dependency {
	slices.SortFunc(found, func(a, b dependency) int {
		return cmp.Or(cmp.Compare(len(a.determinant), len(b.determinant)), slices.Compare(a.determinant, b.determinant), cmp.Compare(a.dependent, b.dependent))
	})
	var list []evidence.Dependency
	for i, d := range found {
		if i == 0 || !slices.Equal(found[i-1].determinant, d.determinant) {
			e := evidence.Dependency{Groups: d.groups}
			for _, c := range d.determinant {
				e.Determinant = append(e.Determinant, m.columnID(c))
			}
			list = append(list, e)
		}
		last := &list[len(list)-1]
		last.Dependents = append(last.Dependents, m.columnID(d.dependent))
		last.Error = max(last.Error, d.err)
	}
	return list
}
