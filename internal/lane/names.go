package lane

import (
	"sync"
	"time"

	"github.com/headgate/headgate/internal/llm"
)

const (
	// maxTenants bounds the names that a caller can make us remember. What
	// comes after shares one tenant.
	maxTenants = 1 << 16
	// maxRuns bounds the runs that are remembered at once, for as long. A call of
	// one more counts as its own run.
	maxRuns = 1 << 17
)

// Names numbers tenants and runs for the schedulers, and remembers which runs
// have begun, over all lanes. It is safe for concurrent use. Make it with
// NewNames.
type Names struct {
	idle time.Duration

	mu      sync.Mutex // guards what follows
	tenants map[llm.Tenant]uint32
	runs    map[runName]*runState
	lastRun uint64
	swept   time.Time
}

type runName struct {
	tenant llm.Tenant
	run    llm.RunID
}

// runState is one run. Its fields are guarded by Names.mu.
type runState struct {
	id    uint64
	calls int
	begun bool
	seen  time.Time
}

// NewNames remembers a run for twice idle after it was last heard of.
func NewNames(idle time.Duration) *Names {
	return &Names{idle: idle, tenants: map[llm.Tenant]uint32{}, runs: map[runName]*runState{}}
}

// Tenant is a tenant's number; 0 is shared by those that are too many.
func (n *Names) Tenant(t llm.Tenant) uint32 {
	n.mu.Lock()
	defer n.mu.Unlock()
	id, ok := n.tenants[t]
	if !ok && len(n.tenants) < maxTenants {
		id = uint32(len(n.tenants) + 1) //nolint:gosec // bounded by maxTenants
		n.tenants[t] = id
	}
	return id
}

// Arrive counts a call of a run and returns its number, whether the run has
// begun, and how many calls it has had. The number is 0 for a run that is one
// too many to be remembered.
func (n *Names) Arrive(t llm.Tenant, run llm.RunID, now time.Time) (id uint64, begun bool, calls int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.sweepLocked(now)
	key := runName{t, run}
	r := n.runs[key]
	if r == nil && len(n.runs) >= maxRuns {
		return 0, false, 0
	}
	if r == nil {
		n.lastRun++
		r = &runState{id: n.lastRun}
		n.runs[key] = r
	}
	r.calls++
	r.seen = now
	return r.id, r.begun, r.calls
}

// Begin says that a call of the run has started.
func (n *Names) Begin(t llm.Tenant, run llm.RunID, now time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if r := n.runs[runName{t, run}]; r != nil {
		r.begun, r.seen = true, now
	}
}

// UnderWay is how many runs have begun and were heard of not longer than idle ago.
func (n *Names) UnderWay(now time.Time) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	count := 0
	for _, r := range n.runs {
		if r.begun && now.Sub(r.seen) <= n.idle {
			count++
		}
	}
	return count
}

// TurnedAway takes back that a call of a run was counted: it was refused, and the
// run is expected again at an instant.
func (n *Names) TurnedAway(t llm.Tenant, run llm.RunID, until time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if r := n.runs[runName{t, run}]; r != nil {
		r.calls--
		r.seen = until
	}
}

func (n *Names) sweepLocked(now time.Time) {
	if now.Sub(n.swept) < n.idle {
		return
	}
	n.swept = now
	for key, r := range n.runs {
		if now.Sub(r.seen) > 2*n.idle {
			delete(n.runs, key)
		}
	}
}
