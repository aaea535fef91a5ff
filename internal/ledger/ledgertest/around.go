package ledgertest

import (
	"context"
	"time"

	"github.com/headgate/headgate/internal/explain"
	"github.com/headgate/headgate/internal/ledger"
)

// Around counts the other calls of e's pool that were there at the time.
func (m *Memory) Around(_ context.Context, e ledger.Entry, scale float64) (explain.Around, error) {
	minute := time.Duration(float64(time.Minute) / max(1, scale))
	went, ended := e.Time, e.Time
	switch {
	case e.Attempts > 0:
		went = e.Time.Add(e.Queued)
		ended = went
	case e.Outcome == ledger.Refused || e.Outcome == ledger.Cancelled:
		ended = e.Time.Add(e.Latency)
	}
	var a explain.Around
	for _, o := range m.Entries() {
		if o.ID == e.ID || o.Pool != e.Pool || o.Attempts == 0 || o.Time.Before(e.Time.Add(-time.Hour)) || !o.Time.Before(ended) {
			continue
		}
		started := o.Time.Add(o.Queued)
		add := func(g *explain.Group, holds bool, tokens int64) {
			if holds {
				g.Calls++
				g.Tokens += tokens
			}
		}
		first := !started.Before(e.Time) && started.Before(ended)
		add(&a.First, first, o.Settled)
		add(&a.Urgent, first && o.Class < e.Class, o.Settled)
		add(&a.Own, first && o.Tenant == e.Tenant, o.Settled)
		add(&a.Run, first && o.Tenant == e.Tenant && o.Run == e.Run && e.Run != "", o.Settled)
		add(&a.Running, started.Before(e.Time) && o.Time.Add(o.Latency).After(e.Time), o.Hold)
		add(&a.Minute, !started.Before(went.Add(-minute)) && started.Before(went), o.Settled)
	}
	return a, nil
}
