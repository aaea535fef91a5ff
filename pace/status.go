package pace

import (
	"cmp"
	"slices"
	"time"
)

// PoolStatus is one model on one path, in one Region: what owns quotas.
type PoolStatus struct {
	Region string
	Model  string // without the geography
	Path   string // on-demand, geo or global
	// Provenance is where the limits come from: "configured" or "aws default".
	Provenance string
	Waiting    int // calls that wait for their turn
	Running    int // calls that hold quota
	Limits     []LimitStatus
}

// LimitStatus is one limit and what counts against it now.
type LimitStatus struct {
	Limit  string // such as "tokens_per_minute"
	Amount int64
	Window time.Duration
	// Used is starts, or tokens that are held or were charged.
	Used int64
	// Blocked is until when a throttle of the upstream's holds the limit; zero when
	// none does.
	Blocked time.Time
}

// Status describes every pool that has been called, in the order of their names.
func (p *Pacer) Status() []PoolStatus {
	p.mu.RLock()
	lanes := make([]*poolLane, 0, len(p.lanes))
	for _, l := range p.lanes {
		if l != nil {
			lanes = append(lanes, l)
		}
	}
	p.mu.RUnlock()
	slices.SortFunc(lanes, func(a, b *poolLane) int { return cmp.Compare(a.pool.ID.String(), b.pool.ID.String()) })
	out := make([]PoolStatus, 0, len(lanes))
	for _, l := range lanes {
		out = append(out, l.status())
	}
	return out
}

func (l *poolLane) status() PoolStatus {
	waiting, _ := l.Depth(0)
	id := l.pool.ID
	s := PoolStatus{
		Region: string(id.Region), Model: string(id.Model), Path: string(id.Path),
		Provenance: string(l.pool.Provenance()), Waiting: waiting, Running: int(l.running.Load()),
	}
	for _, q := range l.pool.Status() {
		s.Limits = append(s.Limits, LimitStatus{Limit: q.Limit, Amount: q.Amount, Window: q.Window, Used: q.Used, Blocked: q.Blocked})
	}
	return s
}
