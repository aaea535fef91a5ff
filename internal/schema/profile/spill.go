package profile

import (
	"encoding/binary"
	"os"
	"sync"

	"github.com/headgate/headgate/internal/fault"
)

// spill is what one run keeps beyond its memory: a file that grows, and a count of
// the bytes that sets and dicts hold.
type spill struct {
	dir     string
	limit   int64
	scratch sync.Pool // of *[]record

	mu   sync.Mutex // guards what follows
	used int64
	file *os.File // nil until it is needed
	size int64
	err  error // the first of writing; sets are of no use after it
}

func newSpill(dir string, limit int64) *spill { return &spill{dir: dir, limit: limit} }

// take asks for n bytes of memory and says whether they are free.
func (s *spill) take(n int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used+n > s.limit {
		return false
	}
	s.used += n
	return true
}

// give hands back bytes.
func (s *spill) give(n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used -= n
}

// write puts records at the end of the file and returns where they begin.
func (s *spill) write(records []record) int64 {
	buf := make([]byte, 0, 64<<10)
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.size
	if s.err == nil && s.file == nil {
		s.open()
	}
	for len(records) > 0 && s.err == nil {
		n := min(len(records), cap(buf)/recordSize)
		buf = buf[:0]
		for _, r := range records[:n] {
			buf = binary.LittleEndian.AppendUint64(buf, r.key)
			buf = binary.LittleEndian.AppendUint64(buf, r.rest)
		}
		records = records[n:]
		_, err := s.file.WriteAt(buf, s.size)
		s.size += int64(len(buf))
		s.fail(err)
	}
	return at
}

// open makes the file. It has no name any more where the system allows that, so
// that nothing stays behind whatever happens.
func (s *spill) open() {
	f, err := os.CreateTemp(s.dir, "headgate-profile-*")
	if err != nil {
		s.fail(err)
		return
	}
	s.file = f
	_ = os.Remove(f.Name())
}

func (s *spill) fail(err error) {
	if err != nil && s.err == nil {
		s.err = fault.Wrap(fault.Internal, "keep values in a temporary file", err)
	}
}

// read fills records from the file.
func (s *spill) read(records []record, at int64, buf []byte) error {
	buf = buf[:len(records)*recordSize]
	if _, err := s.file.ReadAt(buf, at); err != nil {
		return fault.Wrap(fault.Internal, "read values from a temporary file", err)
	}
	for i := range records {
		records[i] = record{binary.LittleEndian.Uint64(buf[i*recordSize:]), binary.LittleEndian.Uint64(buf[i*recordSize+8:])}
	}
	return nil
}

// sort sorts records with the memory that others have sorted in.
func (s *spill) sort(list []record) {
	if len(list) == 0 {
		return
	}
	scratch, _ := s.scratch.Get().(*[]record)
	if scratch == nil {
		scratch = new([]record)
	}
	*scratch = sortRecords(list, *scratch)
	s.scratch.Put(scratch)
}

// failed is the error that writing met.
func (s *spill) failed() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// close removes the file.
func (s *spill) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return
	}
	_ = s.file.Close()
	_ = os.Remove(s.file.Name())
	s.file = nil
}
