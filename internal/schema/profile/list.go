package profile

import (
	"bytes"
	"context"
	"slices"
	"sync"

	"github.com/headgate/headgate/internal/schema/evidence"
	"github.com/headgate/headgate/internal/schema/value"
)

// What makes a list: so many cells have several parts, which are short, mostly not
// empty, and come again, or are the values of another column.
const (
	minListShare  = 0.2
	maxPartLength = 32
	maxPartWords  = 3
	maxEmptyParts = 0.02
	maxNewParts   = 0.5
)

// separators are what lists are written with.
func separators() []byte { return []byte{';', '|', ',', '/', '\n'} }

// specimenSize is how many texts of a column are kept to look at.
const specimenSize = 256

// specimen keeps the texts with the least hashes: a sample of the different values
// that does not depend on the order in which they come.
type specimen struct {
	list  []kept
	below uint64 // 0: all are welcome
}

type kept struct {
	hash uint64
	text []byte
}

func (s *specimen) add(h uint64, text []byte) {
	if s.below != 0 && h >= s.below {
		return
	}
	at, found := slices.BinarySearchFunc(s.list, h, func(k kept, h uint64) int {
		switch {
		case k.hash < h:
			return -1
		case k.hash > h:
			return 1
		}
		return 0
	})
	if found {
		return
	}
	s.list = slices.Insert(s.list, at, kept{h, clip(text)})
	if len(s.list) > specimenSize {
		s.list = s.list[:specimenSize]
		s.below = s.list[specimenSize-1].hash
	}
}

// parted is what splitting at a separator gives.
type parted struct {
	cells, several int64 // cells, and those with several parts
	parts, empty   int64
	length, words  int64 // of all parts
	fewest, most   int   // parts of a cell that has several
}

func (p *parted) add(text []byte, sep byte, each func(part []byte)) {
	p.cells++
	n := 0
	for rest, more := text, true; more; {
		var part []byte
		part, rest, more = bytes.Cut(rest, []byte{sep})
		part = value.Trim(part)
		n++
		if len(part) == 0 {
			p.empty++
			continue
		}
		p.length += int64(len(part))
		p.words += int64(bytes.Count(part, []byte{' '})) + 1
		each(part)
	}
	p.parts += int64(n)
	if n > 1 {
		p.several++
		if p.fewest == 0 || n < p.fewest {
			p.fewest = n
		}
		p.most = max(p.most, n)
	}
}

// looks says whether these could be lists.
func (p *parted) looks() bool {
	parts := float64(p.parts)
	return p.cells > 1 && float64(p.several) >= minListShare*float64(p.cells) && float64(p.empty) <= maxEmptyParts*parts &&
		float64(p.length) <= maxPartLength*parts && float64(p.words) <= maxPartWords*parts
}

// separator finds what the texts of a specimen could be lists by; 0 for none. Of
// several it is the one that most cells have.
func (s *specimen) separator() byte {
	best, most := byte(0), int64(0)
	for _, sep := range separators() {
		var p parted
		for _, k := range s.list {
			p.add(k.text, sep, func([]byte) {})
		}
		if p.looks() && p.several > most {
			best, most = sep, p.several
		}
	}
	return best
}

// listing splits all cells of a column.
type listing struct {
	column int
	sep    byte
	parts  *set
	mu     sync.Mutex // guards found
	found  parted
}

func (j *listing) take(v *view) {
	hashes := v.hash(j.column)
	var p parted
	records := v.scratch[:0]
	for r, h := range hashes {
		if h <= blank {
			continue
		}
		p.add(v.batch.Cell(r, j.column).Text, j.sep, func(part []byte) {
			records = append(records, record{hashOf(part), 1})
		})
	}
	v.scratch = records
	j.parts.add(records)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.found.join(p)
}

func (p *parted) join(o parted) {
	p.cells += o.cells
	p.several += o.several
	p.parts += o.parts
	p.empty += o.empty
	p.length += o.length
	p.words += o.words
	if p.fewest == 0 || o.fewest != 0 && o.fewest < p.fewest {
		p.fewest = o.fewest
	}
	p.most = max(p.most, o.most)
}

// lists splits the columns that look like lists, and keeps what they turn out to be
// until all tables are known.
func (m *measure) lists(ctx context.Context) error {
	var jobs []job
	for i, c := range m.columns {
		if m.evidence.Columns[i].Type != evidence.TypeText || m.evidence.Columns[i].Unique && len(m.columns) == 1 {
			continue
		}
		if sep := c.specimen.separator(); sep != 0 {
			j := &listing{column: i, sep: sep, parts: newSet(m.spill, true)}
			jobs = append(jobs, j)
			c.list = j
		}
	}
	if err := m.rescan(ctx, "lists", jobs); err != nil {
		return err
	}
	for _, c := range m.columns {
		if c.list == nil {
			continue
		}
		c.list.parts.seal()
		c.list.parts.rest()
		if !c.list.found.looks() {
			c.list = nil
		}
	}
	return nil
}

// settleLists decides what is a list: what has all its parts in another column that
// is unique, or lists of different lengths whose parts come again and again.
func settleLists(all []*measure) error {
	candidates := sides(all)
	for _, m := range all {
		for i, c := range m.columns {
			if c.list == nil {
				continue
			}
			n, err := c.list.parts.count()
			if err != nil {
				return err
			}
			f := c.list.found
			l := &evidence.List{Separator: string(c.list.sep), Share: float64(f.several) / float64(f.cells), Parts: n}
			if l.In, err = m.home(i, n, candidates); err != nil {
				return err
			}
			if l.In != "" || f.fewest != f.most && float64(n) <= maxNewParts*float64(f.parts) {
				m.evidence.Columns[i].List = l
			}
		}
	}
	return nil
}

// home is the id of the unique column with the fewest values that has all the parts.
func (m *measure) home(column int, parts int64, candidates []*side) (string, error) {
	best, least := "", int64(0)
	for _, s := range candidates {
		if !s.column.Unique || s.values() == nil || s.column.Distinct < parts || s.m == m && s.index == column || best != "" && s.column.Distinct >= least {
			continue
		}
		inc, err := include(m.columns[column].list.parts, s.values())
		if err != nil {
			return "", err
		}
		if inc.Missing == 0 {
			best, least = s.column.ID, s.column.Distinct
		}
	}
	return best, nil
}

// count is how many different keys a sealed set of counts has.
func (s *set) count() (int64, error) {
	if len(s.runs) == 0 {
		return int64(len(s.tail)), nil
	}
	c := s.read()
	for n := int64(0); ; n++ {
		if _, ok := c.next(); !ok {
			return n, c.err
		}
	}
}
