package ledger

import (
	"sync"
	"time"
)

// buffer collects entries between two writes. Taking them exchanges the slice
// for an empty one, so that the lock is never held while anything is written,
// and no entry is ever sent alone.
type buffer struct {
	limit, batch int
	// first says that there is something; full, that there is a batch.
	first, full chan struct{}

	// mu guards what follows.
	mu       sync.Mutex
	entries  []Entry
	since    time.Time // when the first of them came
	recorded uint64
	dropped  uint64
	stopped  bool
}

// put adds e, or drops it when there is no room or nobody to write it.
func (b *buffer) put(e Entry) {
	b.mu.Lock()
	b.recorded++
	if b.stopped || len(b.entries) >= b.limit {
		b.dropped++
		b.mu.Unlock()
		return
	}
	b.entries = append(b.entries, e)
	n := len(b.entries)
	if n == 1 {
		b.since = time.Now()
	}
	b.mu.Unlock()
	if n == 1 {
		wake(b.first)
	}
	if n == b.batch {
		wake(b.full)
	}
}

// wake leaves a note for the writer; one note is as good as many.
func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// take returns the entries and goes on with the room of spare, which must not
// be used any more.
func (b *buffer) take(spare []Entry) []Entry {
	b.mu.Lock()
	defer b.mu.Unlock()
	entries := b.entries
	b.entries = spare[:0]
	return entries
}

// waited is how long the first of the entries has been there; 0 without any.
func (b *buffer) waited() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.entries) == 0 {
		return 0
	}
	return time.Since(b.since)
}

// stop refuses all further entries. What was taken before stays.
func (b *buffer) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stopped = true
}

func (b *buffer) counts() (recorded, dropped uint64, pending int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.recorded, b.dropped, len(b.entries)
}
