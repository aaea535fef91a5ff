package flight

import (
	"context"
	"net/http"
	"time"
)

// Phase is how far a call has come. It decides what becomes of a call whose
// last client leaves.
type Phase uint8

// The phases of a call, in the order in which it passes them. A call that backs
// off after a failed attempt is Waiting again.
const (
	// Waiting is queued, or between two attempts: nothing is spent yet.
	Waiting Phase = iota
	// Running has an upstream attempt under way, of which no client has seen any
	// content. The quota is spent, so it runs to its end and the answer is kept.
	Running
	// Streaming is passing content on to a client.
	Streaming
)

// Flight is one call under way, or its kept answer.
//
//	         Join, nothing found        Done(keep)             KeepFor, KeepBytes
//	   ────────────▶ attended ───────────────────────▶ kept ─────────────────▶ gone
//	                  │    ▲                            ▲ │ ▲
//	the last client   │    │ Join                Done   │ └─┘ Join, Close
//	closes            ▼    │                     (keep) │
//	                 left ─┴────────────────────────────┘
//	                  │ after Grace when Waiting; at once when Streaming
//	                  ▼
//	               orphaned ── Done ──▶ gone
//
// Done without keep leads to gone from everywhere. Who finds a flight:
//
//   - One with an invocation id is found by it from the first Join until it is
//     orphaned or gone, whether or not a client is still there: an SDK sends an
//     invocation again only after it gave up on the earlier attempt, even if
//     that connection does not look closed yet. Its kept answer may be given
//     out again and again.
//   - One without is found by its content, and only while it has no client at
//     all and nobody has read its whole answer: two live clients never meet in
//     it, and its kept answer is given out once.
//   - One that is shared is also found by its Share, from the first Join until it
//     is done or orphaned: by those who make the same call meanwhile.
//
// The producer (the leader of Join) writes the Answer, tells the Phase, and
// calls Done exactly once, also when the flight was orphaned. The state is
// guarded by the table's lock; the answer has a lock of its own.
type Flight struct {
	table  *Table
	answer Answer
	key    call
	like   content
	share  Share

	// Guarded by table.mu.
	phase    Phase
	clients  int
	served   bool // a client has read the whole answer
	done     bool
	keep     bool // Done said that the answer is worth keeping
	orphaned bool
	onOrphan func()
	leftAt   time.Time   // when the last client closed
	grace    *time.Timer // runs while Waiting without a client; nil before
	kept     *kept       // nil unless the answer is being kept
}

// Digest tells the body of the call from others of the same table, under a key
// that is the table's own.
func (f *Flight) Digest() uint64 { return f.like.digest }

// Answer is where the producer writes the answer of the call.
func (f *Flight) Answer() *Answer { return &f.answer }

// SetPhase tells how far the call has come. When it returns to Waiting and its
// last client left longer than Grace ago, it is orphaned at once.
func (f *Flight) SetPhase(p Phase) {
	t := f.table
	t.mu.Lock()
	f.phase = p
	var orphan func()
	if f.clients == 0 && p == Waiting && !f.done {
		orphan = t.leaveLocked(f)
	}
	t.mu.Unlock()
	if orphan != nil {
		orphan()
	}
}

// Phase is how far the call has come.
func (f *Flight) Phase() Phase {
	f.table.mu.Lock()
	defer f.table.mu.Unlock()
	return f.phase
}

// OnOrphaned sets what to do when nobody needs the call any more: its last
// client left and did not return within Grace while the call was Waiting, or
// left while it was Streaming. fn is called once, without a lock, on the
// goroutine of the client that left or of a timer, and at once if the flight is
// orphaned already; it must not block. Cancelling the context of the attempt is
// what it is for. A call of fn that Done crosses may still come after it.
func (f *Flight) OnOrphaned(fn func()) {
	t := f.table
	t.mu.Lock()
	orphaned := f.orphaned && !f.done
	if !f.done {
		f.onOrphan = fn
	}
	t.mu.Unlock()
	if orphaned {
		fn()
	}
}

// Done ends the answer with err, as Answer.End does. With keep a complete
// answer is kept for clients that come back; without, as for a refusal, the
// next retry starts anew. An answer that failed or has outgrown what is kept of
// one is never kept. Only the first call counts.
func (f *Flight) Done(err error, keep bool) {
	t := f.table
	t.mu.Lock()
	if !f.done {
		f.done = true
		f.onOrphan = nil // what it holds on to must not be kept with the answer
		f.keep = keep && !t.opts.keepsNone && err == nil && !f.orphaned && f.answer.Replayable()
		f.stopGraceLocked()
		t.unshareLocked(f)
		t.doneLocked(f)
	}
	t.mu.Unlock()
	f.answer.End(err)
}

// stopGraceLocked forgets a running grace timer.
func (f *Flight) stopGraceLocked() {
	if f.grace != nil {
		f.grace.Stop()
	}
}

// Client is one client's hold on a flight, and its reader of the answer. It
// must be closed; until then the flight counts as attended.
type Client struct {
	flight *Flight
	reader Reader
	shares bool
}

// Shares reports whether the flight is another caller's, which this one was let into
// by its Share. It is not a return of the same call then.
func (c *Client) Shares() bool { return c.shares }

// Flight is the call that the client waits for.
func (c *Client) Flight() *Flight { return c.flight }

// Wait is Answer.Wait of the client's flight. The header is shared: clone it
// before changing it.
func (c *Client) Wait(ctx context.Context) (int, http.Header, error) {
	return c.flight.answer.Wait(ctx)
}

// Read is Reader.Read of the client's flight. It does not know of a context:
// close the client to end it.
func (c *Client) Read(p []byte) (int, error) { return c.reader.Read(p) }

// Close says that the client has left, or is served if it has read the answer
// to its end. It may be called more than once and from any goroutine, and
// returns nil.
func (c *Client) Close() error {
	if first, whole := c.reader.close(); first {
		c.flight.table.leave(c.flight, whole)
	}
	return nil
}
