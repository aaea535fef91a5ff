package top

import (
	"sync"
	"time"

	"github.com/headgate/headgate/internal/console"
)

// mailbox gathers what is heard until it is shown. It is safe for concurrent use,
// and bounded: of calls it keeps the last mostCalls.
type mailbox struct {
	mu   sync.Mutex
	news news // guarded by mu
	full bool // something is in it; guarded by mu
}

// put lets change lay something into the box.
func (b *mailbox) put(change func(*news)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change(&b.news)
	b.full = true
}

// event lays in what was told live.
func (b *mailbox) event(e Event) {
	if e.Overview != nil {
		b.overview(e.Overview, live)
	}
	b.put(func(n *news) {
		n.skipped += e.Skipped
		if e.Call != nil {
			n.add([]console.Call{*e.Call})
		}
	})
}

// add appends calls and drops the oldest that are too many.
func (n *news) add(calls []console.Call) {
	n.calls = append(n.calls, calls...)
	n.calls = n.calls[max(0, len(n.calls)-mostCalls):]
}

// overview lays in the latest, and how it came.
func (b *mailbox) overview(o *console.Overview, how contact) {
	b.put(func(n *news) {
		n.overview, n.heard = o, time.Now()
		n.link = &link{contact: how}
	})
}

// calls lays in an answer, newest first, which it takes over.
func (b *mailbox) calls(newest []console.Call) {
	b.put(func(n *news) { n.add(oldestFirst(newest)) })
}

// link lays in the state of the connection.
func (b *mailbox) link(l link) {
	b.put(func(n *news) { n.link = &l })
}

// take empties the box; false when nothing was in it.
func (b *mailbox) take() (news, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n, full := b.news, b.full
	b.news, b.full = news{}, false
	return n, full
}
