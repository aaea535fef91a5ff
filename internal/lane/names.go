package lane

import (
	"cmp"
	"slices"
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
	// since is when it began, and queued what its calls have waited since.
	since  time.Time
	queued time.Duration
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

// Begin says that a call of the run has started, after it had waited; 0 for one
// that starts again.
func (n *Names) Begin(t llm.Tenant, run llm.RunID, now time.Time, waited time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	r := n.runs[runName{t, run}]
	if r == nil {
		return
	}
	if !r.begun {
		r.since = now
	}
	r.begun, r.seen = true, now
	r.queued += waited
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

// Run is one that is under way.
type Run struct {
	Tenant llm.Tenant
	ID     llm.RunID
	Calls  int // that came
	Begun  time.Time
	Queued time.Duration // of its calls together
}

// Latest is UnderWay, and of these runs those that began last, the newest first
// and not more than most.
func (n *Names) Latest(now time.Time, most int) (count int, runs []Run) {
	newer := func(a, b Run) int {
		return cmp.Or(b.Begun.Compare(a.Begun), cmp.Compare(a.Tenant, b.Tenant), cmp.Compare(a.ID, b.ID))
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for key, r := range n.runs {
		if !r.begun || now.Sub(r.seen) > n.idle {
			continue
		}
		count++
		run := Run{Tenant: key.tenant, ID: key.run, Calls: r.calls, Begun: r.since, Queued: r.queued}
		at, _ := slices.BinarySearchFunc(runs, run, newer)
		if at < most {
			runs = slices.Insert(runs[:min(len(runs), most-1)], at, run)
		}
	}
	return count, runs
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
