package limit

import (
	"context"
	"time"

	"github.com/headgate/headgate/internal/adapt"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

// Pool is the limits of one pool. It is safe for concurrent use. All instants
// are read from Now, or later than one that was.
type Pool struct {
	ID llm.Pool

	memory     *Memory
	scope      *scope
	set        *adapt.Set // guarded by scope.mu
	provenance Provenance // likewise
	keeper     keeper
}

// Provenance is where the amounts of the pool's own limits come from.
func (p *Pool) Provenance() Provenance {
	p.scope.mu.Lock()
	defer p.scope.mu.Unlock()
	return p.provenance
}

// Now is the store's clock: wall time that never goes back.
func (p *Pool) Now() time.Time { return p.memory.clock.now() }

// Reserve charges the call to every limit of the pool, or to none.
func (p *Pool) Reserve(now time.Time, c quota.Charges) (quota.Hold, quota.Verdict) {
	p.scope.mu.Lock()
	defer p.scope.mu.Unlock()
	h, v := p.set.Reserve(now, c)
	if v.Granted {
		p.keeper.grantedLocked(c)
		p.scope.keeper.grantedLocked(c)
	}
	return h, v
}

// Persist makes sure that a grant just made would survive the process being
// killed now, or says once in the log that it cannot. It must be called before
// the call is sent, and without locks. It may take as long as the Journal does;
// it gives up when ctx ends, and then the call must not be sent.
func (p *Pool) Persist(ctx context.Context) {
	p.keeper.persist(ctx, &p.scope.mu)
	p.scope.keeper.persist(ctx, &p.scope.mu)
}

// Started says that the call of a hold reached the upstream no earlier than at.
func (p *Pool) Started(h quota.Hold, at time.Time) {
	p.scope.mu.Lock()
	defer p.scope.mu.Unlock()
	p.set.Started(h, at)
	p.keeper.dirty = true
}

// Settle ends a hold whose call was charged.
func (p *Pool) Settle(now time.Time, h quota.Hold, used quota.Settled) {
	p.scope.mu.Lock()
	defer p.scope.mu.Unlock()
	p.set.Settle(now, h, used)
	p.keeper.dirty, p.scope.keeper.dirty = true, true
}

// Release ends a hold whose call was not charged.
func (p *Pool) Release(now time.Time, h quota.Hold) {
	p.scope.mu.Lock()
	defer p.scope.mu.Unlock()
	p.set.Release(now, h)
	p.keeper.dirty, p.scope.keeper.dirty = true, true
}

// Throttled takes in a refusal by the upstream, and releases the hold. It
// returns when the limit may be tried again; zero when the pool has no limit of
// that kind.
func (p *Pool) Throttled(now time.Time, kind quota.Kind, h quota.Hold) time.Time {
	p.scope.mu.Lock()
	defer p.scope.mu.Unlock()
	p.keeper.dirty, p.scope.keeper.dirty = true, true
	return p.set.Throttled(now, kind, h)
}

// Forecast estimates when a call would start behind the work ahead, and which
// limit decides.
func (p *Pool) Forecast(now time.Time, ahead quota.Work, c quota.Charges) (time.Time, quota.Kind) {
	p.scope.mu.Lock()
	defer p.scope.mu.Unlock()
	return p.set.Forecast(now, ahead, c)
}

// Never returns a limit that can never hold the call.
func (p *Pool) Never(c quota.Charges) (quota.Limit, bool) {
	p.scope.mu.Lock()
	defer p.scope.mu.Unlock()
	if m := p.set.Never(c); m != nil {
		return m.Limit(), true
	}
	return quota.Limit{}, false
}

// Amount is how much the pool's limit of a kind, the account's included, allows in
// its window; 0 when there is none.
func (p *Pool) Amount(kind quota.Kind) int64 {
	p.scope.mu.Lock()
	defer p.scope.mu.Unlock()
	for _, m := range p.set.Meters() {
		if l := m.Limit(); l.Kind == kind {
			return l.Amount
		}
	}
	return 0
}

// Share is the part of the pool's tightest per-minute limit that a call uses.
func (p *Pool) Share(used quota.Settled) int64 {
	p.scope.mu.Lock()
	defer p.scope.mu.Unlock()
	return p.set.Share(used)
}

// Shares reports whether the pool's account has limits of its own, which it
// shares with the account's other pools in the Region.
func (p *Pool) Shares() bool { return len(p.scope.meters) > 0 }

// Beliefs says what has been learned of the pool's limits.
func (p *Pool) Beliefs() []adapt.Belief {
	p.scope.mu.Lock()
	defer p.scope.mu.Unlock()
	return p.set.Beliefs()
}

// Status describes the pool's limits, the account's included.
func (p *Pool) Status() []quota.Status {
	now := p.Now()
	p.scope.mu.Lock()
	defer p.scope.mu.Unlock()
	var out []quota.Status
	for _, m := range p.set.Meters() {
		out = append(out, m.Status(now))
	}
	return out
}
