package live

import (
	"sync"
	"time"

	"github.com/headgate/headgate/internal/limit"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

const (
	// samples is how many levels of a limit are remembered.
	samples = 60
	// mostOften is the shortest time between two of them: under a time scale they
	// are further apart than a nominal second.
	mostOften = 50 * time.Millisecond
	// mostLimits bounds how many limits are sampled; the others have no history.
	mostLimits = 10_000
)

// levels remembers how much of each limit was used at the last instants.
type levels struct {
	step time.Duration

	mu    sync.Mutex // guards what follows
	rings map[of]*ring
	round uint64
}

// of is a limit: an account's own has no model and no path.
type of struct {
	pool llm.Pool
	kind quota.Kind
}

type ring struct {
	used  [samples]int64
	n     int    // samples ever
	round uint64 // of the last one
}

// sample notes what is used now.
func (l *levels) sample(pools []*limit.Pool) {
	for _, p := range pools {
		status := p.Status() // which takes the pool's lock, so ours is not held
		l.mu.Lock()
		if l.rings == nil {
			l.rings = map[of]*ring{}
		}
		for _, s := range status {
			l.noteLocked(limitOf(p.ID, s.Kind), s.Used)
		}
		l.mu.Unlock()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for key, r := range l.rings {
		if r.round != l.round {
			delete(l.rings, key) // the limit has gone
		}
	}
	l.round++
}

func (l *levels) noteLocked(key of, used int64) {
	r := l.rings[key]
	if r == nil {
		if len(l.rings) >= mostLimits {
			return
		}
		r = &ring{}
		l.rings[key] = r
	} else if r.round == l.round {
		return // an account's own, which each of its pools has
	}
	r.used[r.n%samples] = used
	r.n++
	r.round = l.round
}

func limitOf(p llm.Pool, kind quota.Kind) of {
	if kind == quota.AccountTokensPerDay {
		p.Model, p.Path = "", ""
	}
	return of{p, kind}
}

// Used is how much of a pool's limit was used at the last instants, oldest first
// and at most 60, and how far they are apart in real time. An account's own limit is
// that of any of its pools.
func (w *Watch) Used(p llm.Pool, kind quota.Kind) (used []int64, apart time.Duration) {
	l := &w.levels
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.rings[limitOf(p, kind)]
	if r == nil {
		return nil, l.step
	}
	for i := max(0, r.n-samples); i < r.n; i++ {
		used = append(used, r.used[i%samples])
	}
	return used, l.step
}
