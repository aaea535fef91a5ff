package profile

import (
	"bytes"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/headgate/headgate/internal/schema/evidence"
	"github.com/headgate/headgate/internal/schema/tabular"
	"github.com/headgate/headgate/internal/schema/value"
)

// column measures one column. Batches may come in any order and from several
// goroutines; nothing that it finds depends on that.
type column struct {
	index int
	spill *spill
	// greedy columns take the memory that they need; others give up when there is
	// none, to be measured in another reading.
	greedy bool

	mu     sync.Mutex // guards what follows
	late   bool       // given up: another reading is needed
	counts value.Counts
	nulls  int64
	blanks int64
	tokens map[string]int64

	// dict counts the values while they are few; many estimates and sets of
	// different ones take its place.
	dict *dict
	many *many

	length     int // of the longest, in characters
	least      []byte
	most       []byte
	seen       bool // least and most hold a value
	extremes   [value.Forms]*extreme
	tails      tails
	increasing bool
	pieces     []piece
	specimen   specimen

	// What follows is known once the column is finished.
	values      *set // different values with their counts; nil when there are too many, and where nothing refers
	sketch      *sketch
	nullHashes  []uint64
	blankIsNull bool
	pointZero   bool     // values are integers with .0 after them, and compared without
	wanted      []uint64 // hashes of frequent values whose texts are not known
	list        *listing // nil unless it looks like lists
}

// extreme is the least and the greatest cell of a form. The alternatives are of
// dates whose day and month change places.
type extreme struct {
	min, max, altMin, altMax     int64
	least, most, altLeast, altMo []byte
}

// piece is a stretch of rows in which numbers grow.
type piece struct{ row, first, last int64 }

func newColumn(index int, s *spill) *column {
	return &column{index: index, spill: s, dict: newDict(s), tokens: map[string]int64{}, increasing: true}
}

// take measures the cells of a batch.
func (c *column) take(b *tabular.Batch) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.late {
		return
	}
	p := piece{row: -1}
	for r := range b.Rows {
		cell := b.Cell(r, c.index)
		if cell.Text == nil && !cell.Quoted {
			c.nulls++
			continue
		}
		text := normal(cell.Text)
		if len(text) == 0 {
			c.blanks++
			continue
		}
		if value.IsToken(text) {
			c.tokens[string(text)]++
			continue
		}
		h := hashOf(text)
		if c.dict != nil {
			if it := c.dict.find(h); it != nil {
				it.count++
				c.increasing = false
				continue
			}
		}
		if c.fresh(text, h, b.First+int64(r), &p); c.late {
			return
		}
	}
	if p.row >= 0 && c.increasing {
		c.pieces = append(c.pieces, p)
	}
}

// fresh measures a value that was not met yet, or of which that is not known.
func (c *column) fresh(text []byte, h uint64, row int64, p *piece) {
	cell := value.Classify(text)
	c.shape(text, cell)
	if c.increasing {
		c.grow(cell, row, p)
	}
	if cell.Form <= value.Digits || cell.Form == value.DecComma || cell.Form == value.Comma3 {
		c.specimen.add(h, text)
	}
	if c.dict == nil {
		c.counts.Add(cell, 1)
		c.many.add(h)
		return
	}
	c.counts.Add(cell, 0) // how many comes from the dict
	switch fits := c.dict.add(h, cell.Form, text, c.greedy); {
	case !fits:
		c.late = true
		c.dict.release()
		c.dict = nil
	case len(c.dict.items) > maxExact:
		c.overflow()
	}
}

// overflow ends the counting of single values.
func (c *column) overflow() {
	c.many = newMany(c.spill)
	c.countTails()
	items := c.dict.items
	c.dict.release()
	c.dict = nil
	for _, it := range items {
		c.counts.Forms[it.form] += int64(it.count)
		if it.count > 1 {
			c.many.doubled()
		}
		c.many.add(it.hash)
	}
}

// grow follows whether integers increase.
func (c *column) grow(cell value.Cell, row int64, p *piece) {
	switch {
	case cell.Form != value.Int:
		c.increasing, c.pieces = false, nil
	case p.row < 0:
		*p = piece{row, cell.Key, cell.Key}
	case cell.Key <= p.last:
		c.increasing, c.pieces = false, nil
	default:
		p.last = cell.Key
	}
}

// shape keeps the length and the extremes.
func (c *column) shape(text []byte, cell value.Cell) {
	if len(text) > c.length {
		c.length = max(c.length, utf8.RuneCount(text))
	}
	switch {
	case !c.seen:
		c.least, c.most, c.seen = clip(text), clip(text), true
	case bytes.Compare(text, c.least) < 0:
		c.least = clip(text)
	case bytes.Compare(text, c.most) > 0:
		c.most = clip(text)
	}
	if cell.Form <= value.LetterF {
		return
	}
	if cell.Form >= value.Int && cell.Form <= value.MoneyAny {
		c.tails.add(number(cell), text)
	}
	e := c.extremes[cell.Form]
	if e == nil {
		c.extremes[cell.Form] = &extreme{cell.Key, cell.Key, cell.Alt, cell.Alt, clip(text), clip(text), clip(text), clip(text)}
		return
	}
	e.add(text, cell)
}

// add moves the ends; of equal keys the lesser text stays.
func (e *extreme) add(text []byte, cell value.Cell) {
	if before(cell.Key, text, e.min, e.least) {
		e.min, e.least = cell.Key, clip(text)
	}
	if before(e.max, e.most, cell.Key, text) {
		e.max, e.most = cell.Key, clip(text)
	}
	if cell.Alt == 0 {
		return
	}
	if before(cell.Alt, text, e.altMin, e.altLeast) {
		e.altMin, e.altLeast = cell.Alt, clip(text)
	}
	if before(e.altMax, e.altMo, cell.Alt, text) {
		e.altMax, e.altMo = cell.Alt, clip(text)
	}
}

func before(a int64, text []byte, b int64, other []byte) bool {
	return a < b || a == b && bytes.Compare(text, other) < 0
}

// grows says whether all pieces together increase.
func (c *column) grows() bool {
	if !c.increasing || len(c.pieces) == 0 {
		return false
	}
	slices.SortFunc(c.pieces, func(a, b piece) int { return int(a.row - b.row) })
	for i := 1; i < len(c.pieces); i++ {
		if c.pieces[i].first <= c.pieces[i-1].last {
			return false
		}
	}
	return true
}

// sortValues puts the most frequent first, of equals the lesser text.
func sortValues(list []evidence.Value) {
	slices.SortFunc(list, func(a, b evidence.Value) int {
		if a.Count != b.Count {
			return int(b.Count - a.Count)
		}
		return strings.Compare(a.Text, b.Text)
	})
}
