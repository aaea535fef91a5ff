package sched

// heap is a 4-ary min-heap of ids with external positions, so that an item can
// be moved or removed by id. An id is in at most one heap that shares a pos.
type heap []item

type item struct {
	key int64
	tie uint64
	id  int32
}

func (a item) before(b item) bool {
	return a.key < b.key || a.key == b.key && a.tie < b.tie
}

const absent = int32(-1)

// index is a position in a slice of nodes.
func index(i int) int32 {
	return int32(i) //nolint:gosec // 2^31 nodes do not fit into memory
}

func (h *heap) push(pos []int32, it item) {
	*h = append(*h, it)
	h.up(pos, len(*h)-1)
}

func (h *heap) remove(pos []int32, id int32) {
	i := int(pos[id])
	last := len(*h) - 1
	moved := (*h)[last]
	*h = (*h)[:last]
	pos[id] = absent
	if i == last {
		return
	}
	(*h)[i] = moved
	pos[moved.id] = index(i)
	h.down(pos, i)
	h.up(pos, int(pos[moved.id]))
}

func (h *heap) rekey(pos []int32, id int32, key int64) {
	i := int(pos[id])
	(*h)[i].key = key
	h.down(pos, i)
	h.up(pos, int(pos[id]))
}

func (h *heap) up(pos []int32, i int) {
	s := *h
	it := s[i]
	for i > 0 {
		parent := (i - 1) / 4
		if !it.before(s[parent]) {
			break
		}
		s[i] = s[parent]
		pos[s[i].id] = index(i)
		i = parent
	}
	s[i] = it
	pos[it.id] = index(i)
}

func (h *heap) down(pos []int32, i int) {
	s := *h
	it := s[i]
	for {
		child := 4*i + 1
		if child >= len(s) {
			break
		}
		least := child
		for c := child + 1; c < min(child+4, len(s)); c++ {
			if s[c].before(s[least]) {
				least = c
			}
		}
		if !s[least].before(it) {
			break
		}
		s[i] = s[least]
		pos[s[i].id] = index(i)
		i = least
	}
	s[i] = it
	pos[it.id] = index(i)
}
