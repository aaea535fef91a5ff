package profile

import (
	"slices"
	"sync"
)

// record is one entry of a set: the hash of a value with how many rows have it, or
// with what stands beside it: see pair.
type record struct{ key, rest uint64 }

// pairCount are the lower bits of rest in which a pair counts its rows; the upper
// ones are those of the hash beside the key. That two of n values beside one key
// share their 40 bits has the odds n²/2⁴¹, and then an error is measured too small by
// one row in so many.
const pairCount = 1<<24 - 1

// pair is a value with what stands beside it, in one row.
func pair(h, beside uint64) record { return record{h, beside&^pairCount | 1} }

const recordSize = 16

// minRun and maxRun bound how many records are sorted in memory at once.
const (
	minRun = 4 << 10
	maxRun = 256 << 10
	// minKept is how many stay in memory while they wait to be read.
	minKept = 1 << 10
)

// set is a sorted multiset of records, in memory while there is room and in a file
// else. Once sealed it is read any number of times.
type set struct {
	spill *spill
	// counts says that rest is a number of rows: equal keys become one record. Else
	// records are pairs, and equal ones become one.
	counts bool

	mu    sync.Mutex // guards what follows until seal
	tail  []record   // not sorted yet; sorted once sealed
	runs  []stretch
	twice bool // some key came twice; only for counts
	total int64
	held  int64 // bytes taken from the spill
}

// stretch is a sorted run of records in the file.
type stretch struct {
	at int64
	n  int
}

func newSet(s *spill, counts bool) *set { return &set{spill: s, counts: counts} }

// setOf makes a sealed set of counts of records in any order.
func setOf(s *spill, records []record) *set {
	made := newSet(s, true)
	made.tail = records
	made.compact()
	made.total = int64(len(made.tail))
	made.rest()
	return made
}

// sketch is that of a sealed set.
func (s *set) sketch() *sketch {
	k := &sketch{}
	c := s.read()
	for len(k.hashes) < sketchSize {
		r, ok := c.next()
		if !ok {
			break
		}
		k.hashes = append(k.hashes, r.key)
	}
	return k
}

// add puts in records, from any goroutine.
func (s *set) add(list []record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range list {
		s.put(r)
	}
}

// put adds one record; the caller holds the lock, or is alone.
func (s *set) put(r record) {
	if len(s.tail) == cap(s.tail) {
		s.room()
	}
	s.tail = append(s.tail, r)
}

// room makes room for a record: it grows, or writes down what there is.
func (s *set) room() {
	n := max(2*cap(s.tail), 64)
	if n <= minRun || n <= maxRun && s.spill.take(int64(n)*recordSize) {
		if n > minRun {
			s.spill.give(s.held)
			s.held = int64(n) * recordSize
		}
		grown := make([]record, len(s.tail), n)
		copy(grown, s.tail)
		s.tail = grown
		return
	}
	s.compact()
	if len(s.tail) > cap(s.tail)/2 {
		s.flush()
	}
}

// compact sorts the tail and joins equal keys.
func (s *set) compact() {
	s.spill.sort(s.tail)
	if len(s.tail) == 0 {
		return
	}
	kept := s.tail[:1]
	for _, r := range s.tail[1:] {
		last := &kept[len(kept)-1]
		switch {
		case last.key != r.key:
		case s.counts:
			last.rest += r.rest
			s.twice = true
			continue
		case last.rest|pairCount == r.rest|pairCount && last.rest&pairCount+r.rest&pairCount <= pairCount:
			last.rest += r.rest & pairCount
			continue
		}
		kept = append(kept, r)
	}
	s.tail = kept
}

// flush writes the sorted tail to the file.
func (s *set) flush() {
	if len(s.tail) > 0 {
		s.runs = append(s.runs, stretch{s.spill.write(s.tail), len(s.tail)})
		s.tail = s.tail[:0]
	}
}

// seal ends the adding. What is small stays in memory.
func (s *set) seal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.compact()
	s.total = int64(len(s.tail))
	if len(s.runs) == 0 && len(s.tail) <= minRun {
		s.tail = slices.Clip(slices.Clone(s.tail))
		s.spill.give(s.held)
		s.held = 0
		return
	}
	if len(s.runs) > 0 {
		s.flush()
		s.release()
	}
	for _, r := range s.runs {
		s.total += int64(r.n)
	}
}

// release gives up the memory; what is in the file stays.
func (s *set) release() {
	s.tail = nil
	s.spill.give(s.held)
	s.held = 0
}

// rest moves what is in memory to the file, if it is more than a little.
func (s *set) rest() {
	if len(s.tail) > minKept {
		s.flush()
		s.release()
	}
}
