package profile

// many stands for the values of a column that has more than are counted one by one.
type many struct {
	hll    hll
	sketch sketch
	// values has all hashes as long as none is known to have come twice.
	values *set
}

func newMany(s *spill) *many { return &many{values: newSet(s, true)} }

func (m *many) add(h uint64) {
	m.hll.add(h)
	m.sketch.add(h)
	if m.values == nil {
		return
	}
	if m.values.put(record{h, 1}); m.values.twice {
		m.doubled()
	}
}

// doubled ends the search for a value that comes twice: there is one.
func (m *many) doubled() {
	if m.values != nil {
		m.values.release()
		m.values = nil
	}
}

// settle finds out whether the column is unique; values stays if it is.
func (m *many) settle() error {
	m.sketch.tidy()
	if m.values == nil {
		return nil
	}
	m.values.seal()
	once, err := m.values.once()
	if !once || err != nil {
		m.doubled()
	}
	return err
}
