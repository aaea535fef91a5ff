package lane

import (
	"slices"
	"sync"
)

// Account is the lanes whose pools share an account's limits in one Region. Each
// lane wakes its own calls; what one gives back of the account's, the others
// would not hear of until the limit's window moves on, which for a day's may
// take the whole day. The zero value works. It is safe for concurrent use.
type Account struct {
	mu    sync.RWMutex // guards lanes
	lanes []*Lane
}

// add takes in a lane that is not yet in use.
func (a *Account) add(l *Lane) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.lanes = append(a.lanes, l)
}

// freed lets the other lanes ask again, if it is the account that they wait for:
// a hold in from has been ended. No lane's lock may be held.
func (a *Account) freed(from *Lane) {
	if a == nil {
		return
	}
	a.mu.RLock()
	lanes := slices.Clip(a.lanes) // only ever appended to
	a.mu.RUnlock()
	for _, l := range lanes {
		if l != from && l.short.Load() {
			l.Freed()
		}
	}
}
