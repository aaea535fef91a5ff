package live

import (
	"sync"

	"github.com/headgate/headgate/internal/ledger"
)

// kept is how many of the last calls there are to follow.
const kept = 512

// feed is the last calls in the order in which they ended. Who follows it reads
// from where it was; who is too slow misses some, and nobody waits.
type feed struct {
	mu        sync.Mutex // guards what follows
	ring      [kept]ledger.Entry
	next      uint64
	adoptions uint64
}

// Place is how far a reader has read.
type Place struct{ calls, adoptions uint64 }

// News is what has happened since a place.
type News struct {
	// Calls are in the order in which they ended, and Skipped is how many others
	// there were before or among them.
	Calls   []ledger.Entry
	Skipped uint64
	// Adopted says that limits have changed.
	Adopted bool
}

func (f *feed) put(e *ledger.Entry) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ring[f.next%kept] = *e
	f.next++
}

func (f *feed) adopted() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.adoptions++
}

// Here is the place of one who begins to follow now.
func (w *Watch) Here() Place {
	w.feed.mu.Lock()
	defer w.feed.mu.Unlock()
	return Place{w.feed.next, w.feed.adoptions}
}

// Since is what has happened since a place, with at most so many calls, the newest
// ones, and the place to go on from.
func (w *Watch) Since(p Place, most int) (News, Place) {
	f := &w.feed
	f.mu.Lock()
	defer f.mu.Unlock()
	missed := f.next - p.calls
	told := min(missed, kept, uint64(max(0, most)))
	news := News{Skipped: missed - told, Adopted: f.adoptions != p.adoptions}
	for n := f.next - told; n < f.next; n++ {
		news.Calls = append(news.Calls, f.ring[n%kept])
	}
	return news, Place{f.next, f.adoptions}
}
