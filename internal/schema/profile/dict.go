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
	items []item
	slots []uint32 // 1 + index of an item; a power of two, at most three quarters full
	texts [][]byte // of the items; nil once there are too many
}

func newDict() *dict { return &dict{slots: make([]uint32, 64), texts: [][]byte{}} }

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

// add puts in a hash that is not in yet.
func (d *dict) add(h uint64, f value.Form, text []byte) {
	d.items = append(d.items, item{hash: h, count: 1, form: f})
	if d.texts != nil {
		d.texts = append(d.texts, clip(text))
		if len(d.texts) > maxTexts {
			d.texts = nil
		}
	}
	if len(d.items)*4 > len(d.slots)*3 {
		d.slots = make([]uint32, 2*len(d.slots))
		for n := range d.items {
			d.place(n)
		}
		return
	}
	d.place(len(d.items) - 1)
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
