package dispatch

import (
	"slices"
	"sync"

	"github.com/headgate/headgate/internal/limit"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/sched"
)

// account is the lanes whose pools share an account's limits in one Region. Each
// lane wakes its own calls; what one gives back of the account's, the others
// would not hear of until the limit's window moves on, which for a day's may
// take the whole day.
type account struct {
	mu    sync.RWMutex // guards lanes
	lanes []*lane
}

// accountKey is what the limits of an account belong to.
type accountKey struct {
	account llm.AccountID
	region  llm.Region
}

// accountLocked finds the account of a pool, or nil when the account has no
// limits of its own.
func (d *Dispatcher) accountLocked(p *limit.Pool) *account {
	if !p.Shares() {
		return nil
	}
	key := accountKey{p.ID.Account, p.ID.Region}
	a := d.accounts[key]
	if a == nil {
		a = &account{}
		d.accounts[key] = a
	}
	return a
}

// add takes in a lane that is not yet in use.
func (a *account) add(l *lane) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.lanes = append(a.lanes, l)
}

// freed lets the other lanes ask again, if it is the account that they wait for:
// a hold in from has been ended. No lane's lock may be held.
func (a *account) freed(from *lane) {
	if a == nil {
		return
	}
	a.mu.RLock()
	lanes := slices.Clip(a.lanes) // only ever appended to
	a.mu.RUnlock()
	for _, l := range lanes {
		if l != from && l.short.Load() {
			l.step(sched.Event{Kind: sched.Freed})
		}
	}
}
