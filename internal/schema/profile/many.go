package profile

import "slices"

// many stands for the values of a column that has more than are counted one by one.
type many struct {
	hll    hll
	unique bool     // nothing came twice, as far as is known
	hashes []uint64 // while unique
}

func newMany() *many { return &many{unique: true} }

func (m *many) add(h uint64) {
	m.hll.add(h)
	if m.unique {
		m.hashes = append(m.hashes, h)
	}
}

// settle finds out whether the column is unique.
func (m *many) settle() {
	if !m.unique {
		m.hashes = nil
		return
	}
	slices.Sort(m.hashes)
	for i := 1; i < len(m.hashes); i++ {
		if m.hashes[i] == m.hashes[i-1] {
			m.unique, m.hashes = false, nil
			return
		}
	}
}
