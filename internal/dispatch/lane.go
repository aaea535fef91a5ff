package dispatch

import (
	"github.com/headgate/headgate/internal/lane"
	"github.com/headgate/headgate/internal/limit"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
	"github.com/headgate/headgate/internal/sched"
)

// poolLane is the lane of a pool, with the pool.
type poolLane struct {
	*lane.Lane

	pool *limit.Pool
	name string // the pool's, in headers
}

// accountKey is what the limits of an account belong to.
type accountKey struct {
	account llm.AccountID
	region  llm.Region
}

func (d *Dispatcher) newLaneLocked(p *limit.Pool) *poolLane {
	opts := sched.Options{Order: d.opts.Policy.Order, RunIdle: d.opts.Policy.RunIdle}
	return &poolLane{Lane: lane.New(p, d.accountLocked(p), opts), pool: p, name: p.ID.String()}
}

// accountLocked finds the account of a pool, or nil when the account has no
// limits of its own.
func (d *Dispatcher) accountLocked(p *limit.Pool) *lane.Account {
	if !p.Shares() {
		return nil
	}
	key := accountKey{p.ID.Account, p.ID.Region}
	a := d.accounts[key]
	if a == nil {
		a = &lane.Account{}
		d.accounts[key] = a
	}
	return a
}

// Waiting is how many calls of a pool wait for one of its limits, and for which.
func (d *Dispatcher) Waiting(p *limit.Pool) (by quota.Kind, calls int) {
	d.mu.RLock()
	l := d.lanes[p]
	d.mu.RUnlock()
	if l == nil {
		return 0, 0
	}
	return l.Waiting()
}

// Refreshed lets the calls that wait for pools whose limits have changed ask
// again at once. No limit's lock may be held.
func (d *Dispatcher) Refreshed(changed []limit.Adoption) {
	d.mu.RLock()
	var lanes []*poolLane
	for p, l := range d.lanes {
		for _, a := range changed {
			account := llm.Pool{Account: p.ID.Account, Region: p.ID.Region}
			if a.Pool == p.ID || a.Pool == account {
				lanes = append(lanes, l)
				break
			}
		}
	}
	d.mu.RUnlock()
	for _, l := range lanes {
		l.Freed()
	}
}
