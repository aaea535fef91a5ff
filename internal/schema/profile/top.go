package profile

import (
	"context"
	"slices"
	"sync"

	"github.com/headgate/headgate/internal/schema/evidence"
)

// topShare is the share of the rows that a value must have to be listed as
// frequent, in columns of more values than their texts are kept of.
const topShare = 0.001

// frequent gives the hashes that may be frequent in a column whose texts are
// not kept. The sample gives them where the values were not counted one by one.
func (c *column) frequent(rows int64, s *sample) []uint64 {
	least := float64(rows) * topShare
	var hashes []uint64
	if c.dict != nil {
		for _, it := range c.dict.items {
			if float64(it.count) >= least {
				hashes = append(hashes, it.hash)
			}
		}
		return hashes
	}
	if c.many.values != nil {
		return nil // nothing comes twice
	}
	enough := max(2, int(float64(len(s.rows))*topShare/4))
	counts := map[uint64]int{}
	for _, h := range s.column(c.index) {
		if h > blank && !c.isNull(h) {
			if counts[h]++; counts[h] == enough {
				hashes = append(hashes, h)
			}
		}
	}
	return hashes
}

// counting counts some values of a column and finds their texts.
type counting struct {
	column int
	mu     sync.Mutex // guards found
	found  map[uint64]*evidence.Value
}

func (j *counting) take(v *view) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for r, h := range v.hash(j.column) {
		if e, ok := j.found[h]; ok {
			if e.Count == 0 {
				e.Text = string(clip(normal(v.batch.Cell(r, j.column).Text)))
			}
			e.Count++
		}
	}
}

// tops fills in the frequent values of columns whose texts were not kept.
func (m *measure) tops(ctx context.Context) error {
	var jobs []job
	for i, c := range m.columns {
		if len(c.wanted) == 0 {
			continue
		}
		j := &counting{column: i, found: map[uint64]*evidence.Value{}}
		for _, h := range c.wanted {
			j.found[h] = &evidence.Value{}
		}
		jobs = append(jobs, j)
		c.wanted = nil
	}
	if err := m.rescan(ctx, "read", jobs); err != nil {
		return err
	}
	for _, j := range jobs {
		counted, _ := j.(*counting)
		e := &m.evidence.Columns[counted.column]
		for _, v := range counted.found {
			if float64(v.Count) >= float64(m.evidence.Rows)*topShare {
				e.Top = append(e.Top, *v)
			}
		}
		sortValues(e.Top)
		e.Top = slices.Clip(e.Top[:min(len(e.Top), maxTop)])
	}
	return nil
}
