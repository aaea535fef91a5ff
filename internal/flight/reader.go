package flight

import (
	"io"
	"slices"
)

// Reader reads one Answer from its first byte and then follows it as it is
// written. Read may be called from one goroutine at a time; Close may be called
// from any, also while a Read waits.
type Reader struct {
	answer *Answer

	// Guarded by answer.mu.
	at     int64 // the position of the next byte
	chunk  int   // the number of the chunk that holds it, counted from the answer's first
	in     int   // where it is in that chunk
	lost   bool  // the byte was dropped before it was read
	whole  bool  // io.EOF was returned
	closed bool
}

// Read waits for bytes and copies them to p. It returns io.EOF after the last
// byte of a complete answer, the error of End after the last byte of a failed
// one, ErrNotKept when bytes it has yet to read were dropped, and
// io.ErrClosedPipe once closed.
func (r *Reader) Read(p []byte) (int, error) {
	a := r.answer
	a.mu.Lock()
	defer a.mu.Unlock()
	for {
		switch {
		case r.closed:
			return 0, io.ErrClosedPipe
		case r.lost:
			return 0, ErrNotKept
		case r.at < a.size:
			return r.copyLocked(p), nil
		case a.ended && a.err != nil:
			return 0, a.err
		case a.ended:
			r.whole = true
			return 0, io.EOF
		}
		a.wake.Wait()
	}
}

// Close detaches the reader. It may be called more than once and returns nil.
func (r *Reader) Close() error {
	r.close()
	return nil
}

// close detaches the reader and reports whether this call did it, and whether
// the reader had seen the whole answer.
func (r *Reader) close() (first, whole bool) {
	a := r.answer
	a.mu.Lock()
	defer a.mu.Unlock()
	if r.closed {
		return false, r.whole
	}
	r.closed = true
	if i := slices.Index(a.readers, r); i >= 0 {
		a.readers = slices.Delete(a.readers, i, i+1)
	}
	if a.size > a.keep {
		a.trimLocked()
	}
	a.wake.Broadcast()
	return true, r.whole
}

// copyLocked copies as many bytes as are there and fit in p, lets go of what
// nobody has still to read, and wakes a producer that waits for this reader.
func (r *Reader) copyLocked(p []byte) int {
	a := r.answer
	if r.chunk < a.first { // the chunks read so far were dropped
		r.chunk, r.in = a.first, int(r.at-a.base)
	}
	var n int
	for n < len(p) && r.at < a.size {
		held := a.chunks[r.chunk-a.first]
		if r.in == len(held) {
			r.chunk, r.in = r.chunk+1, 0
			continue
		}
		c := copy(p[n:], held[r.in:])
		n += c
		r.in += c
		r.at += int64(c)
	}
	if a.size > a.keep {
		a.trimLocked()
	}
	if a.waiting {
		a.wake.Broadcast()
	}
	return n
}
