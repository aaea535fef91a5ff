package quota

// starts remembers when the calls of a request limit started: exactly, because
// at two requests a minute a slot's rounding would be felt. Entries are in
// order of time.
type starts struct {
	ring []start // capacity is a power of two
	head int     // index of the oldest
	n    int
}

type start struct {
	at   int64
	id   uint64
	sent bool // at is when it was sent, no longer when it was granted
}

func (s *starts) at(i int) *start { return &s.ring[(s.head+i)&(len(s.ring)-1)] }

func (s *starts) push(e start) {
	if s.n == len(s.ring) {
		grown := make([]start, max(8, 2*len(s.ring)))
		for i := range s.n {
			grown[i] = *s.at(i)
		}
		s.ring, s.head = grown, 0
	}
	s.n++
	*s.at(s.n - 1) = e
	s.settle(s.n - 1)
}

// expire drops what started at or before the instant.
func (s *starts) expire(before int64) {
	for s.n > 0 && s.at(0).at <= before {
		s.head = (s.head + 1) & (len(s.ring) - 1)
		s.n--
	}
}

// searchDepth bounds how far back an entry is looked for. Corrections matter
// where limits are low, and come soon after the start; a start that is not
// found keeps its first instant.
const searchDepth = 1024

func (s *starts) find(id uint64) int {
	for i := s.n - 1; i >= 0 && i >= s.n-searchDepth; i-- {
		if s.at(i).id == id {
			return i
		}
	}
	return -1
}

// move puts the start of id later, never earlier: it was sent.
func (s *starts) move(id uint64, at int64) {
	i := s.find(id)
	if i < 0 {
		return
	}
	s.at(i).sent = true
	if s.at(i).at < at {
		s.at(i).at = at
		for ; i+1 < s.n && s.at(i).at > s.at(i+1).at; i++ {
			*s.at(i), *s.at(i + 1) = *s.at(i + 1), *s.at(i)
		}
	}
}

func (s *starts) remove(id uint64) {
	i := s.find(id)
	if i < 0 {
		return
	}
	for ; i+1 < s.n; i++ {
		*s.at(i) = *s.at(i + 1)
	}
	s.n--
}

// settle restores the order after an entry was put at position i.
func (s *starts) settle(i int) {
	for ; i > 0 && s.at(i-1).at > s.at(i).at; i-- {
		*s.at(i), *s.at(i - 1) = *s.at(i - 1), *s.at(i)
	}
}

// grouped counts the starts in steps of a width, each at the latest instant in
// it: thousands of starts a minute need no more precision than that to outlive a
// restart.
func (s *starts) grouped(width int64) []Spent {
	var out []Spent
	for i := range s.n {
		at := s.at(i).at
		if n := len(out); n > 0 && out[n-1].At/width == at/width {
			out[n-1].At = at
			out[n-1].Amount++
			continue
		}
		out = append(out, Spent{At: at, Amount: 1})
	}
	return out
}
