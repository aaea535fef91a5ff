package profile

import (
	"slices"
	"sync"

	"github.com/headgate/headgate/internal/schema/tabular"
)

// maxSample is how many rows a sample has at most.
const maxSample = 50_000

// sample keeps the hashes of some rows: of all, as long as there are few enough,
// else of those whose number has a small hash. Which ones does not depend on the
// order in which rows come.
type sample struct {
	columns int
	limit   int // rows

	mu    sync.Mutex // guards what follows
	level uint       // a row is in when the first level bits of its number's hash are zero
	rows  []sampled
	cells []uint64 // columns for each row
}

type sampled struct {
	number int64
	at     int // index of its cells
}

func newSample(columns int, memory int64) *sample {
	rows := maxSample
	if columns > 0 {
		rows = int(min(maxSample, max(1000, memory/int64(8*columns))))
	}
	return &sample{columns: columns, limit: rows}
}

func in(number int64, level uint) bool { return mix(uint64(number))>>(64-level) == 0 } //nolint:gosec // not negative

// take adds what it wants of n rows.
func (s *sample) take(b *tabular.Batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for r := range b.Rows {
		number := b.First + int64(r)
		if s.level > 0 && !in(number, s.level) {
			continue
		}
		s.rows = append(s.rows, sampled{number, len(s.cells)})
		for c := range s.columns {
			s.cells = append(s.cells, cellHash(b.Cell(r, c)))
		}
		if len(s.rows) > s.limit {
			s.thin()
		}
	}
}

// thin leaves out rows until the others fit.
func (s *sample) thin() {
	for len(s.rows) > s.limit {
		s.level++
		kept := s.rows[:0]
		cells := s.cells[:0]
		for _, r := range s.rows {
			if in(r.number, s.level) {
				at := len(cells)
				cells = append(cells, s.cells[r.at:r.at+s.columns]...)
				kept = append(kept, sampled{r.number, at})
			}
		}
		s.rows, s.cells = kept, cells
	}
}

// whole says that the sample is all rows.
func (s *sample) whole() bool { return s.level == 0 }

// column is the hashes of one column, by the rows' numbers.
func (s *sample) column(c int) []uint64 {
	list := make([]uint64, len(s.rows))
	for i, r := range s.rows {
		list[i] = s.cells[r.at+c]
	}
	return list
}

// sort puts the rows in order.
func (s *sample) sort() {
	slices.SortFunc(s.rows, func(a, b sampled) int { return int(a.number - b.number) })
}
