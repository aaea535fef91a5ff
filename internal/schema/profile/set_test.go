package profile

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

// TestSets compares sets that spill with maps and sorted lists.
func TestSets(t *testing.T) {
	t.Parallel()
	for _, limit := range []int64{0, 1 << 20, 1 << 40} {
		for _, counts := range []bool{true, false} {
			t.Run(fmt.Sprint(limit, counts), func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				s := newSpill(dir, limit)
				random := rand.New(rand.NewPCG(1, uint64(limit)))
				made := newSet(s, counts)
				var want []record
				for range 100_000 {
					r := record{mix(random.Uint64N(30_000)), 1}
					if !counts {
						r = pair(r.key, random.Uint64N(3)<<30)
					}
					made.add([]record{r})
					want = append(want, r)
				}
				slices.SortFunc(want, compareRecords)
				want = sumUp(want, counts)
				made.seal()
				for _, again := range []string{"first", "second"} {
					var got []record
					c := made.read()
					for r, ok := c.next(); ok; r, ok = c.next() {
						got = append(got, r)
					}
					if !counts {
						got = sumUp(got, false) // pairs of different runs are joined by whoever reads
					}
					if c.err != nil || !slices.Equal(got, want) {
						t.Errorf("the %s reading gives %d records, %v; want %d", again, len(got), c.err, len(want))
					}
				}
				if counts {
					if once, err := made.once(); once || err != nil {
						t.Errorf("once = %v, %v, want that keys came twice", once, err)
					}
				}
				made.release()
				if s.used != 0 {
					t.Errorf("%d bytes are not given back", s.used)
				}
				s.close()
				if left, _ := os.ReadDir(dir); len(left) > 0 {
					t.Errorf("%d files stay behind", len(left))
				}
			})
		}
	}
}

func sumUp(list []record, counts bool) []record {
	var sums []record
	for _, r := range list {
		if n := len(sums); n > 0 && sums[n-1].key == r.key && (counts || sums[n-1].rest|pairCount == r.rest|pairCount) {
			if !counts {
				r.rest &= pairCount
			}
			sums[n-1].rest += r.rest
			continue
		}
		sums = append(sums, r)
	}
	return sums
}

// TestOnce finds one value in a million that comes twice, wherever it is.
func TestOnce(t *testing.T) {
	t.Parallel()
	for _, twice := range []bool{false, true} {
		s := newSpill(t.TempDir(), 1<<20)
		m := newMany(s)
		for i := range uint64(1_000_000) {
			m.add(mix(i))
		}
		if twice {
			m.add(mix(7))
		}
		if err := m.settle(); err != nil || (m.values == nil) != twice {
			t.Errorf("unique = %v, %v, want %v", m.values != nil, err, !twice)
		}
		if got := m.hll.estimate(); got < 980_000 || got > 1_020_000 {
			t.Errorf("estimate = %d of 1,000,000, want it within 2 %%", got)
		}
		if len(m.sketch.hashes) != sketchSize || !slices.IsSorted(m.sketch.hashes) {
			t.Errorf("the sketch has %d hashes, sorted %v", len(m.sketch.hashes), slices.IsSorted(m.sketch.hashes))
		}
		s.close()
	}
}

// TestNoPlaceToWrite: an error of the disk ends the run, nothing is taken for unique.
func TestNoPlaceToWrite(t *testing.T) {
	t.Parallel()
	s := newSpill(t.TempDir()+"/none", 0)
	made := newSet(s, true)
	for i := range uint64(10_000) {
		made.add([]record{{mix(i), 1}})
	}
	if s.failed() == nil {
		t.Error("writing to a folder that is not there met no error")
	}
}

func TestShare(t *testing.T) {
	t.Parallel()
	fill := func(from, to uint64) *sketch {
		s := &sketch{}
		for i := from; i < to; i++ {
			s.add(mix(i))
		}
		s.tidy()
		return s
	}
	for _, c := range []struct {
		a, b        *sketch
		least, most float64
	}{
		{fill(0, 100), fill(0, 1000), 1, 1},
		{fill(0, 50_000), fill(0, 100_000), 1, 1},
		{fill(0, 50_000), fill(25_000, 100_000), 0.4, 0.6},
		{fill(0, 100_000), fill(200_000, 300_000), 0, 0.1},
	} {
		if part, known := share(c.a, c.b); part < c.least || part > c.most || known == 0 {
			t.Errorf("share = %.2f of %d, want %.2f to %.2f", part, known, c.least, c.most)
		}
	}
}
