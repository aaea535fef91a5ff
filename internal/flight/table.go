package flight

import (
	"hash/maphash"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Options bounds a Table. Zero fields take the defaults.
type Options struct {
	// KeepBytes bounds all kept answers together. Default 64 MiB; below zero
	// none is kept.
	KeepBytes int64
	// AnswerBytes bounds one answer that may be read again, kept or under way,
	// and is at most KeepBytes. Default 8 MiB, far above the longest text that a
	// model writes: a larger answer passes through, but is not kept.
	AnswerBytes int64
	// WindowBytes is how far the upstream may run ahead of the readers of an
	// answer larger than AnswerBytes. Default 4 MiB.
	WindowBytes int64
	// KeepFor is how long an answer is kept. Default 60 s: what boto3 waits for
	// a first byte, so longer than any pause between its attempts. Below zero
	// none is kept.
	KeepFor time.Duration
	// Grace is how long a waiting call keeps its place after its last client
	// left. Default 30 s: above the longest pause between two attempts of the
	// AWS SDKs, which is 20 s.
	Grace time.Duration

	keepsNone bool
}

// withDefaults fills the fields that are zero.
func (o Options) withDefaults() Options {
	o.keepsNone = o.KeepBytes < 0 || o.KeepFor < 0
	if o.KeepBytes <= 0 {
		o.KeepBytes = 64 << 20
	}
	if o.AnswerBytes <= 0 {
		o.AnswerBytes = 8 << 20
	}
	o.AnswerBytes = min(o.AnswerBytes, o.KeepBytes)
	if o.WindowBytes <= 0 {
		o.WindowBytes = 4 << 20
	}
	if o.KeepFor <= 0 {
		o.KeepFor = 60 * time.Second
	}
	if o.Grace <= 0 {
		o.Grace = 30 * time.Second
	}
	return o
}

// Table holds the flights that can be found. It is safe for concurrent use and
// starts no goroutine: kept answers share one timer, and a waiting call without
// a client has one.
type Table struct {
	opts Options
	seed maphash.Seed

	mu     sync.Mutex // guards what follows and the state of every flight; never held across a callback
	calls  map[call]*Flight
	left   map[content][]*Flight // without an invocation id and without a client, oldest first
	shared map[Share]*Flight     // under way
	keeper keeper
}

// New makes an empty table.
func New(opts Options) *Table {
	t := &Table{
		opts:  opts.withDefaults(),
		seed:  maphash.MakeSeed(),
		calls: make(map[call]*Flight),
		left:  make(map[content][]*Flight),

		shared: make(map[Share]*Flight),
	}
	t.keeper.expired = t.expire
	return t
}

// Join finds the flight that key returns to, or begins one, and makes the
// caller a client of it. leader says that the flight is new: the caller then
// has to produce its answer and call Done, whatever becomes of the client.
func (t *Table) Join(key Key) (c *Client, leader bool) {
	like := key.content(t.seed)
	id := call{key.Principal, key.Invocation}
	t.mu.Lock()
	defer t.mu.Unlock()
	f := t.findLocked(id, like)
	shares := false
	if f == nil && key.Share != (Share{}) {
		f = t.shared[key.Share]
		shares = f != nil && f.answer.Replayable()
		if !shares {
			f = nil
		}
	}
	if f == nil {
		f = t.newLocked(id, like)
		t.shareLocked(f, key.Share)
		leader = true
	}
	f.clients++
	f.stopGraceLocked()
	c = &Client{flight: f, shares: shares}
	f.answer.attach(&c.reader)
	return c, leader
}

// Status counts what the table holds.
type Status struct {
	Calls     int   // flights that an invocation id finds, kept ones included
	Left      int   // flights that only their content finds, kept ones included
	Kept      int   // answers kept
	KeptBytes int64 // their size, with what it costs to keep them
}

// Status is a snapshot of the table.
func (t *Table) Status() Status {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := Status{Calls: len(t.calls), Kept: t.keeper.count, KeptBytes: t.keeper.bytes}
	for _, flights := range t.left {
		s.Left += len(flights)
	}
	return s
}

// findLocked returns the flight to join, or nil. A flight found by its content
// is taken out, as it has a client again.
func (t *Table) findLocked(id call, like content) *Flight {
	if id.invocation == "" {
		if len(t.left) == 0 {
			return nil
		}
		for _, f := range t.left[like] {
			if f.answer.Replayable() {
				t.unlistLocked(f)
				t.keeper.drop(f)
				return f
			}
		}
		return nil
	}
	f := t.calls[id]
	// The same invocation with another body is not a retry, whatever its client
	// says; and an answer that has lost its beginning can serve nobody new.
	if f == nil || f.like != like || !f.answer.Replayable() {
		return nil
	}
	return f
}

// newLocked begins a flight. One with an invocation id takes the place of an
// earlier flight of that id which could not be joined.
func (t *Table) newLocked(id call, like content) *Flight {
	f := &Flight{table: t, key: id, like: like}
	f.answer.init(t.opts.AnswerBytes, t.opts.WindowBytes)
	if id.invocation != "" {
		if old := t.calls[id]; old != nil {
			t.keeper.drop(old)
		}
		t.calls[id] = f
	}
	return f
}

// shareLocked lets others into f by its share.
func (t *Table) shareLocked(f *Flight, s Share) {
	if s == (Share{}) {
		return
	}
	f.share = s
	t.shared[s] = f
}

// unshareLocked is the opposite of shareLocked.
func (t *Table) unshareLocked(f *Flight) {
	if t.shared[f.share] == f {
		delete(t.shared, f.share)
	}
}

// leave is a client's end. whole says that it has read all of the answer.
func (t *Table) leave(f *Flight, whole bool) {
	t.mu.Lock()
	f.clients--
	f.served = f.served || whole
	var orphan func()
	if f.clients == 0 {
		f.leftAt = time.Now()
		orphan = t.leaveLocked(f)
	}
	t.mu.Unlock()
	if orphan != nil {
		orphan()
	}
}

// leaveLocked decides what becomes of a flight without a client. It returns
// what the caller must run once the lock is free.
func (t *Table) leaveLocked(f *Flight) (orphan func()) {
	if f.orphaned || f.served {
		return nil
	}
	if f.done {
		if f.key.invocation == "" && f.keep {
			t.listLocked(f)
			t.keepLocked(f)
		}
		return nil
	}
	switch f.phase {
	case Streaming:
		return t.orphanLocked(f)
	case Waiting:
		rest := t.opts.Grace - time.Since(f.leftAt)
		if rest <= 0 {
			return t.orphanLocked(f)
		}
		if f.grace == nil {
			f.grace = time.AfterFunc(rest, func() { t.graceOver(f) })
		} else {
			f.grace.Reset(rest)
		}
	case Running: // what is spent is worth its answer
	}
	t.listLocked(f)
	return nil
}

// graceOver orphans f if it has waited without a client all the while.
func (t *Table) graceOver(f *Flight) {
	t.mu.Lock()
	var orphan func()
	// A client may have come and gone since the timer was set.
	if f.clients == 0 && f.phase == Waiting && !f.done && time.Since(f.leftAt) >= t.opts.Grace {
		orphan = t.orphanLocked(f)
	}
	t.mu.Unlock()
	if orphan != nil {
		orphan()
	}
}

// orphanLocked gives f up: nobody can join it any more. It returns what tells
// the producer.
func (t *Table) orphanLocked(f *Flight) func() {
	if f.orphaned {
		return nil
	}
	f.orphaned = true
	t.unshareLocked(f)
	t.forgetLocked(f)
	return f.onOrphan
}

// doneLocked keeps the answer of f or forgets f.
func (t *Table) doneLocked(f *Flight) {
	switch {
	case f.key.invocation != "" && f.keep && t.calls[f.key] == f:
		t.keepLocked(f)
	case f.key.invocation == "" && f.keep && f.clients == 0 && !f.served && !f.orphaned:
		t.keepLocked(f)
	case f.key.invocation == "" && f.clients > 0: // its client may still leave before the end
	default:
		t.forgetLocked(f)
	}
}

// listLocked makes f findable by its content, unless its invocation id is what
// finds it.
func (t *Table) listLocked(f *Flight) {
	if f.key.invocation != "" || slices.Contains(t.left[f.like], f) {
		return
	}
	t.left[f.like] = append(t.left[f.like], f)
}

// unlistLocked is the opposite of listLocked.
func (t *Table) unlistLocked(f *Flight) {
	rest := slices.DeleteFunc(t.left[f.like], func(other *Flight) bool { return other == f })
	if len(rest) == 0 {
		delete(t.left, f.like)
		return
	}
	t.left[f.like] = rest
}

// forgetLocked makes f impossible to find.
func (t *Table) forgetLocked(f *Flight) {
	t.keeper.drop(f)
	if f.key.invocation == "" {
		t.unlistLocked(f)
	} else if t.calls[f.key] == f {
		delete(t.calls, f.key)
	}
}

// keepLocked keeps the answer of f, and gives up the oldest ones if it must.
func (t *Table) keepLocked(f *Flight) {
	t.keeper.add(f, f.answer.Size()+headerBytes(f.answer.header), t.opts.KeepFor)
	for t.keeper.bytes > t.opts.KeepBytes {
		t.forgetLocked(t.keeper.oldest.flight)
	}
}

// expire forgets the answers that were kept long enough.
func (t *Table) expire() {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	for e := t.keeper.oldest; e != nil && !now.Before(e.until); e = t.keeper.oldest {
		t.forgetLocked(e.flight)
	}
	t.keeper.arm(now)
}

// headerBytes is about what a header occupies.
func headerBytes(h http.Header) int64 {
	const perField = 64 // the map's slot, the slice and two string headers
	var n int64
	for name, values := range h {
		n += perField + int64(len(name))
		for _, v := range values {
			n += int64(len(v))
		}
	}
	return n
}
