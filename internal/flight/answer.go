package flight

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"sync"
)

// The errors of an Answer.
var (
	// ErrEnded is returned by Write after End.
	ErrEnded = errors.New("answer has ended")
	// ErrNotKept is returned by a reader that came too late, or reads too
	// slowly, for an answer that is larger than what is kept of it.
	ErrNotKept = errors.New("answer is no longer kept from its beginning")
)

// chunkBytes is the largest piece that an answer grows by. Small answers take
// one piece of exactly their size; a stream of many small writes grows by
// doubling up to this.
const chunkBytes = 64 << 10

// Answer is the answer to one call, produced once and read by any number of
// readers, each from its first byte.
//
// The producer calls Begin once, Write as bytes arrive, and End once. Up to
// keep bytes the whole answer stays in memory and can be read again. Beyond
// that only what an attached reader has still to read is held: Write then waits
// while even the fastest reader has window bytes unread, a slower reader more
// than keep bytes behind is cut off with ErrNotKept, and with no reader attached
// the bytes are counted and dropped. So no more than keep, window and one piece
// are ever held.
//
// There is one producer; everything else is safe for concurrent use. An Answer
// starts no goroutine.
type Answer struct {
	keep, window int64

	begun  chan struct{} // closed by Begin, or by an End that comes first
	status int           // written before begun is closed, then read-only
	header http.Header   // likewise

	mu   sync.Mutex // guards what follows
	wake sync.Cond  // more bytes, an end, a reader that came on or closed

	opened  bool // begun is closed
	ended   bool
	waiting bool  // the producer waits for a reader
	err     error // of End

	// chunks holds the bytes from base to size. Bytes once written to a chunk
	// never move, and only the last chunk grows.
	chunks  [][]byte
	first   int       // the number of chunks dropped before chunks[0]
	base    int64     // the position of the first byte that is still held
	size    int64     // how many bytes were written in all
	readers []*Reader // those that can still read on
}

// NewAnswer makes an empty answer that keeps up to keep bytes for reading
// again and lets its producer run window bytes ahead of the readers of a larger
// one. Both must be positive.
func NewAnswer(keep, window int64) *Answer {
	a := new(Answer)
	a.init(keep, window)
	return a
}

// init makes a zero Answer ready.
func (a *Answer) init(keep, window int64) {
	a.keep, a.window = keep, min(window, keep)
	a.begun = make(chan struct{})
	a.wake.L = &a.mu
}

// Begin gives the status and the headers and lets Wait return. The header
// belongs to the answer from then on: nobody may change it. Only the first call
// counts, and none after End.
func (a *Answer) Begin(status int, header http.Header) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.opened {
		return
	}
	a.opened = true
	a.status, a.header = status, header
	close(a.begun)
}

// Write appends a copy of p. It returns ErrEnded after End, also when it was
// waiting for a reader at that time; p is then not part of the answer.
func (a *Answer) Write(p []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for !a.ended && a.aheadLocked(len(p)) {
		a.waiting = true
		a.wake.Wait()
	}
	a.waiting = false
	if a.ended {
		return 0, ErrEnded
	}
	if len(p) == 0 {
		return 0, nil
	}
	a.appendLocked(p)
	if a.size > a.keep {
		a.trimLocked()
	}
	a.wake.Broadcast()
	return len(p), nil
}

// End completes the answer: readers see io.EOF after the last byte, or err if
// it is not nil. An End before Begin is what Wait returns; a nil err then
// counts as io.ErrUnexpectedEOF. Only the first call counts.
func (a *Answer) End(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ended {
		return
	}
	a.ended = true
	if !a.opened {
		if err == nil {
			err = io.ErrUnexpectedEOF
		}
		a.opened = true
		defer close(a.begun)
	}
	a.err = err
	a.wake.Broadcast()
}

// Wait returns the status and the headers once they are known, the error of an
// answer that ended without any, or ctx's error. The header is shared by all
// readers: clone it before changing it.
func (a *Answer) Wait(ctx context.Context) (int, http.Header, error) {
	select {
	case <-a.begun: // also when ctx is over: what is known is told
	default:
		select {
		case <-a.begun:
		case <-ctx.Done():
			return 0, nil, ctx.Err()
		}
	}
	if a.status == 0 { // End came before Begin
		a.mu.Lock()
		defer a.mu.Unlock()
		return 0, nil, a.err
	}
	return a.status, a.header, nil
}

// Size is how many bytes were written so far.
func (a *Answer) Size() int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.size
}

// Bytes is a copy of what was written so far. It reports false when that is more than
// limit, or has outgrown what is kept.
func (a *Answer) Bytes(limit int64) ([]byte, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.size > a.keep || a.size > limit {
		return nil, false
	}
	out := make([]byte, 0, a.size)
	for _, chunk := range a.chunks {
		out = append(out, chunk...)
	}
	return out, true
}

// Replayable reports whether a new reader would still see the answer from its
// first byte: it has not outgrown what is kept.
func (a *Answer) Replayable() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.size <= a.keep
}

// NewReader attaches a reader that begins at the first byte, whether or not the
// answer has begun. Its reads fail with ErrNotKept if the answer is no longer
// Replayable. The reader must be closed.
func (a *Answer) NewReader() *Reader {
	r := &Reader{}
	a.attach(r)
	return r
}

// attach makes r a reader of a from the first byte.
func (a *Answer) attach(r *Reader) {
	a.mu.Lock()
	defer a.mu.Unlock()
	r.answer = a
	if r.lost = a.size > a.keep; !r.lost {
		a.readers = append(a.readers, r)
	}
}

// aheadLocked reports whether n more bytes must wait for the readers: the
// answer outgrows what is kept, and even the fastest reader has a window of it
// unread.
func (a *Answer) aheadLocked(n int) bool {
	if a.size+int64(n) <= a.keep || len(a.readers) == 0 {
		return false
	}
	return a.size-a.fastestLocked() >= a.window
}

// fastestLocked is how far the fastest reader has come.
func (a *Answer) fastestLocked() int64 {
	var at int64
	for _, r := range a.readers {
		at = max(at, r.at)
	}
	return at
}

// appendLocked copies p behind the last byte.
func (a *Answer) appendLocked(p []byte) {
	a.size += int64(len(p))
	if n := len(a.chunks); n > 0 {
		last := a.chunks[n-1]
		fits := min(cap(last)-len(last), len(p))
		a.chunks[n-1] = append(last, p[:fits]...)
		p = p[fits:]
	}
	if len(p) == 0 {
		return
	}
	room := max(len(p), int(min(a.size, chunkBytes)))
	if len(a.chunks) == 0 {
		room = len(p)
	}
	a.chunks = append(a.chunks, append(make([]byte, 0, room), p...))
}

// trimLocked drops the chunks that no reader within reach has still to read.
// Called only for an answer that has outgrown keep.
func (a *Answer) trimLocked() {
	// The fastest reader is never cut off: the producer waits for it.
	reach := min(a.fastestLocked(), a.size-a.keep)
	need := a.size
	for _, r := range a.readers {
		need = min(need, max(r.at, reach))
	}
	var n int
	for n < len(a.chunks) && a.base+int64(len(a.chunks[n])) <= need {
		a.base += int64(len(a.chunks[n]))
		n++
	}
	a.chunks = slices.Delete(a.chunks, 0, n)
	a.first += n
	a.readers = slices.DeleteFunc(a.readers, func(r *Reader) bool {
		r.lost = r.at < a.base
		return r.lost
	})
}
