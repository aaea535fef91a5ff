package profile

import "github.com/headgate/headgate/internal/schema/value"

// maxExact is how many different values of a column are counted one by one.
const maxExact = 100_000

// maxTexts is up to how many different values their texts are kept, and maxText how
// much of each.
const (
	maxTexts = 4096
	maxText  = 256
)

// item is a value that occurred.
type item struct {
	hash  uint64
	count uint32
	form  value.Form
}

// dict counts the values of a column. Its items are in the order in which they were
// met first.
type dict struct {
	spill *spill
	held  int64 // bytes taken from the spill
	items []item
	slots []uint32 // 1 + index of an item; a power of two, at most three quarters full
	texts [][]byte // of the items; nil once there are too many
}

func newDict(s *spill) *dict { return &dict{spill: s, slots: make([]uint32, 64), texts: [][]byte{}} }

// find returns the item of a hash, or nil.
func (d *dict) find(h uint64) *item {
	mask := uint64(len(d.slots) - 1) //nolint:gosec // a length
	for i := h & mask; ; i = (i + 1) & mask {
		s := d.slots[i]
		if s == 0 {
			return nil
		}
		if it := &d.items[s-1]; it.hash == h {
			return it
		}
	}
}

// small is how many slots need no asking.
const small = 1 << 10

// add puts in a hash that is not in yet. It says false, and does nothing, when there
// is no memory to grow, unless it is to grow all the same.
func (d *dict) add(h uint64, f value.Form, text []byte, greedy bool) bool {
	if (len(d.items)+1)*4 > len(d.slots)*3 && !d.grow(greedy) {
		return false
	}
	d.items = append(d.items, item{hash: h, count: 1, form: f})
	if d.texts != nil {
		d.texts = append(d.texts, clip(text))
		if len(d.texts) > maxTexts {
			d.texts = nil
		}
	}
	d.place(len(d.items) - 1)
	return true
}

// grow doubles the slots.
func (d *dict) grow(greedy bool) bool {
	n := 2 * len(d.slots)
	if n > small {
		// Of each slot: itself, three quarters of an item, and a little for texts.
		more := int64(n)*(4+12+4) - d.held
		if !d.spill.take(more) {
			if !greedy {
				return false
			}
			more = 0
		}
		d.held += more
	}
	d.items = append(make([]item, 0, n*3/4+1), d.items...)
	d.slots = make([]uint32, n)
	for i := range d.items {
		d.place(i)
	}
	return true
}

// release gives the memory back.
func (d *dict) release() {
	d.spill.give(d.held)
	d.held = 0
}

func (d *dict) place(n int) {
	mask := uint64(len(d.slots) - 1) //nolint:gosec // a length
	i := d.items[n].hash & mask
	for d.slots[i] != 0 {
		i = (i + 1) & mask
	}
	d.slots[i] = uint32(n) + 1 //nolint:gosec // at most maxExact
}

// clip copies the beginning of a text, whole characters.
func clip(text []byte) []byte {
	if len(text) > maxText {
		n := maxText
		for n > 0 && text[n]&0xC0 == 0x80 {
			n--
		}
		text = text[:n]
	}
	return append([]byte(nil), text...)
}
