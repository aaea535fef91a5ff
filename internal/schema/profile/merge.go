package profile

// cursor reads the records of a sealed set in order.
type cursor struct {
	set     *set
	sources []*source // a heap by their next record
	err     error
}

// source is one sorted run.
type source struct {
	records []record // read and not taken yet
	at      int64
	left    int // in the file
	buf     []record
	bytes   []byte
}

const readAhead = 2048

// read begins at the least record.
func (s *set) read() *cursor {
	c := &cursor{set: s}
	if len(s.tail) > 0 {
		c.sources = append(c.sources, &source{records: s.tail})
	}
	for _, r := range s.runs {
		src := &source{at: r.at, left: r.n, buf: make([]record, readAhead), bytes: make([]byte, readAhead*recordSize)}
		if c.fill(src) {
			c.sources = append(c.sources, src)
		}
	}
	for i := len(c.sources)/2 - 1; i >= 0; i-- {
		c.sink(i)
	}
	return c
}

// fill reads ahead and says whether there is a record.
func (c *cursor) fill(s *source) bool {
	if len(s.records) > 0 {
		return true
	}
	if s.left == 0 || c.err != nil {
		return false
	}
	n := min(s.left, readAhead)
	if c.err = c.set.spill.read(s.buf[:n], s.at, s.bytes); c.err != nil {
		return false
	}
	s.records = s.buf[:n]
	s.left -= n
	s.at += int64(n) * recordSize
	return true
}

func (c *cursor) less(i, j int) bool {
	a, b := c.sources[i].records[0], c.sources[j].records[0]
	return a.key < b.key || a.key == b.key && a.rest < b.rest
}

func (c *cursor) sink(i int) {
	for {
		least := i
		for _, child := range [2]int{2*i + 1, 2*i + 2} {
			if child < len(c.sources) && c.less(child, least) {
				least = child
			}
		}
		if least == i {
			return
		}
		c.sources[i], c.sources[least] = c.sources[least], c.sources[i]
		i = least
	}
}

// pop takes the least record of all runs as it is.
func (c *cursor) pop() (record, bool) {
	if len(c.sources) == 0 {
		return record{}, false
	}
	s := c.sources[0]
	r := s.records[0]
	s.records = s.records[1:]
	if !c.fill(s) {
		last := len(c.sources) - 1
		c.sources[0] = c.sources[last]
		c.sources = c.sources[:last]
	}
	c.sink(0)
	return r, true
}

// next takes the least record; of a set of counts equal keys are joined.
func (c *cursor) next() (record, bool) {
	r, ok := c.pop()
	if !ok || !c.set.counts {
		return r, ok
	}
	for len(c.sources) > 0 && c.sources[0].records[0].key == r.key {
		more, _ := c.pop()
		r.rest += more.rest
	}
	return r, true
}

// once says whether each key of a set of counts was added one time.
func (s *set) once() (bool, error) {
	if s.twice || len(s.runs) == 0 {
		return !s.twice, nil
	}
	c := s.read()
	for {
		r, ok := c.next()
		if !ok {
			return true, c.err
		}
		if r.rest > 1 {
			return false, nil
		}
	}
}
