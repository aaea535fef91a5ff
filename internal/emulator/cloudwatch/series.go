package cloudwatch

import (
	"cmp"
	"slices"
)

// series is the data of one metric, minute by minute. It is guarded by its
// scope's lock.
type series struct {
	metric metric
	unit   string
	slots  []slot // with data, in order of time
	gone   bool   // the store has dropped it
}

// slot is the data of one minute: at counts minutes since 1970.
type slot struct {
	at                   int64
	count, sum, min, max float64
	spread               *digest // nil while all values are the same
}

// add puts a value into a minute, weight times. It returns how many slots that
// added.
func (s *series) add(at int64, value, weight float64) int {
	if n := len(s.slots); n > 0 && s.slots[n-1].at == at { // nearly always
		s.slots[n-1].add(value, weight)
		return 0
	}
	i, found := slices.BinarySearchFunc(s.slots, at, func(x slot, at int64) int { return cmp.Compare(x.at, at) })
	if found {
		s.slots[i].add(value, weight)
		return 0
	}
	if n := len(s.slots); i == n && n >= recently && s.slots[n-recently].spread != nil {
		s.slots[n-recently].spread.age()
	}
	s.slots = slices.Insert(s.slots, i, slot{at: at, count: weight, sum: value * weight, min: value, max: value})
	return 1
}

func (s *slot) add(value, weight float64) {
	if s.spread == nil && (value != s.min || value != s.max) {
		s.spread = &digest{}
		s.spread.add(s.min, s.count)
	}
	if s.spread != nil {
		s.spread.add(value, weight)
	}
	s.count += weight
	s.sum += value * weight
	s.min, s.max = min(s.min, value), max(s.max, value)
}

// addSet puts the summary of many values into a minute. How they were spread
// between their least and greatest is not known.
func (s *series) addSet(at int64, count, sum, least, most float64) int {
	added := s.add(at, least, count)
	i, _ := slices.BinarySearchFunc(s.slots, at, func(x slot, at int64) int { return cmp.Compare(x.at, at) })
	x := &s.slots[i]
	x.sum += sum - least*count
	x.max = max(x.max, most)
	return added
}

// forget drops what is older than a minute, and returns how many slots that
// were.
func (s *series) forget(before int64) int {
	i, _ := slices.BinarySearchFunc(s.slots, before, func(x slot, at int64) int { return cmp.Compare(x.at, at) })
	s.slots = slices.Delete(s.slots, 0, i)
	return i
}

// point is a statistic of one period, which begins at a minute.
type point struct {
	at    int64
	value float64
}

// points are a statistic of each period with data from a minute to before
// another, oldest first. Periods begin at from.
func (s *series) points(st statistic, from, to, period int64) []point {
	i, _ := slices.BinarySearchFunc(s.slots, from, func(x slot, at int64) int { return cmp.Compare(x.at, at) })
	var out []point
	for i < len(s.slots) && s.slots[i].at < to {
		begin := from + (s.slots[i].at-from)/period*period
		end := min(begin+period, to)
		j := i
		for j < len(s.slots) && s.slots[j].at < end {
			j++
		}
		out = append(out, point{begin, st.of(s.slots[i:j])})
		i = j
	}
	return out
}
