package quota

import "sort"

// upstream is a model of how a service might enforce one limit. The models
// share nothing with the code under test: they keep every entry, and count in
// exact integers.
type upstream interface {
	// arrive takes or refuses a call that brings a hold at an instant.
	arrive(at int64, id int, hold int64) bool
	// settle ends a call that was taken. What is refunded goes back to where it
	// was charged, if that still counts; debt is charged at once.
	settle(at int64, id int, settled int64)
}

// bucket drains amount per window and holds most: E1 with most = amount, E2
// with less. Its level is counted in units × window ns.
type bucket struct {
	window, amount, most int64
	level, at            int64
	holds                map[int]int64
}

func newBucket(window, amount, most int64) *bucket {
	return &bucket{window: window, amount: amount, most: most, holds: map[int]int64{}}
}

func (b *bucket) drain(at int64) {
	passed := min(at-b.at, 1+b.level/b.amount)
	b.level, b.at = max(0, b.level-passed*b.amount), at
}

func (b *bucket) arrive(at int64, id int, hold int64) bool {
	b.drain(at)
	if b.level+hold*b.window > b.most*b.window {
		return false
	}
	b.level += hold * b.window
	b.holds[id] = hold
	return true
}

func (b *bucket) settle(at int64, id int, settled int64) {
	b.drain(at)
	b.level = max(0, b.level+(settled-b.holds[id])*b.window)
	delete(b.holds, id)
}

// fixed counts from nothing again in every window, the first of which began at
// phase: E3.
type fixed struct {
	window, amount, phase int64
	number, used          int64
	holds                 map[int]fixedHold
}

type fixedHold struct{ number, hold int64 }

func newFixed(window, amount, phase int64) *fixed {
	return &fixed{window: window, amount: amount, phase: phase, holds: map[int]fixedHold{}}
}

func (f *fixed) turn(at int64) {
	if n := (at - f.phase) / f.window; n != f.number {
		f.number, f.used = n, 0
	}
}

func (f *fixed) arrive(at int64, id int, hold int64) bool {
	f.turn(at)
	if f.used+hold > f.amount {
		return false
	}
	f.used += hold
	f.holds[id] = fixedHold{f.number, hold}
	return true
}

func (f *fixed) settle(at int64, id int, settled int64) {
	f.turn(at)
	h := f.holds[id]
	if settled > h.hold || h.number == f.number {
		f.used += settled - h.hold
	}
	delete(f.holds, id)
}

// sliding counts what was charged in the last window, exactly: E5.
type sliding struct {
	window, amount int64
	entries        []entry // in order of time
	sum            int64
	holds          map[int]entry
}

type entry struct{ at, id, amount int64 }

func newSliding(window, amount int64) *sliding {
	return &sliding{window: window, amount: amount, holds: map[int]entry{}}
}

func (s *sliding) expire(at int64) {
	for len(s.entries) > 0 && s.entries[0].at <= at-s.window {
		s.sum -= s.entries[0].amount
		s.entries = s.entries[1:]
	}
}

func (s *sliding) arrive(at int64, id int, hold int64) bool {
	s.expire(at)
	if s.sum+hold > s.amount {
		return false
	}
	s.entries = append(s.entries, entry{at, int64(id), hold})
	s.holds[id] = entry{at: at, amount: hold}
	s.sum += hold
	return true
}

func (s *sliding) settle(at int64, id int, settled int64) {
	s.expire(at)
	h := s.holds[id]
	delete(s.holds, id)
	delta := settled - h.amount
	if delta > 0 {
		s.entries = append(s.entries, entry{at, -1, delta})
		s.sum += delta
		return
	}
	i := sort.Search(len(s.entries), func(i int) bool { return s.entries[i].at >= h.at })
	for ; i < len(s.entries); i++ {
		if s.entries[i].id == int64(id) {
			s.entries[i].amount += delta
			s.sum += delta
			return
		}
	}
}
