package pace

import (
	"sync"
	"time"
)

const (
	// statedCalls is how many calls a run keeps its precedence for, and the most
	// that others are told to wait behind: whoever labels a day's work as one
	// run must not shut out the rest of its tenant.
	statedCalls = 100
	// maxNames bounds how many tenants, and how many runs at a time, are told
	// apart. One more tenant shares the last number; one more run is none.
	maxNames = 1 << 16
	// runIdle is how long a run may think between two calls, in nominal time.
	runIdle = 5 * time.Minute
)

// names numbers tenants and runs for the schedulers, and remembers which runs
// have begun.
type names struct {
	idle time.Duration

	mu      sync.Mutex // guards what follows
	tenants map[string]uint32
	runs    map[runName]*runState
	lastRun uint64
	swept   time.Time
}

type runName struct{ tenant, run string }

type runState struct {
	id    uint64
	calls int
	begun bool
	seen  time.Time
}

func newNames(idle time.Duration) *names {
	return &names{idle: idle, tenants: map[string]uint32{}, runs: map[runName]*runState{}}
}

func (n *names) tenant(name string) uint32 {
	n.mu.Lock()
	defer n.mu.Unlock()
	id, ok := n.tenants[name]
	if !ok && len(n.tenants) < maxNames {
		id = uint32(len(n.tenants) + 1) //nolint:gosec // bounded by maxNames
		n.tenants[name] = id
	}
	return id
}

// arrive counts a call of a run. The number is 0 for a run that is one too many.
func (n *names) arrive(name runName, now time.Time) (id uint64, begun bool, calls int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.sweepLocked(now)
	r := n.runs[name]
	if r == nil && len(n.runs) >= maxNames {
		return 0, false, 0
	}
	if r == nil {
		n.lastRun++
		r = &runState{id: n.lastRun}
		n.runs[name] = r
	}
	r.calls++
	r.seen = now
	return r.id, r.begun, r.calls
}

// begin says that a call of the run has started.
func (n *names) begin(name runName, now time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if r := n.runs[name]; r != nil {
		r.begun, r.seen = true, now
	}
}

// turnedAway takes back that a call of a run was counted: it was refused, and the
// run is expected again at an instant.
func (n *names) turnedAway(name runName, until time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if r := n.runs[name]; r != nil {
		r.calls--
		r.seen = until
	}
}

func (n *names) sweepLocked(now time.Time) {
	if now.Sub(n.swept) < n.idle {
		return
	}
	n.swept = now
	for name, r := range n.runs {
		if now.Sub(r.seen) > 2*n.idle {
			delete(n.runs, name)
		}
	}
}
