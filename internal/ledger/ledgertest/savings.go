package ledgertest

import (
	"context"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/ledger"
)

// Savings sums up what the cache has saved.
func (m *Memory) Savings(_ context.Context, q ledger.SavingQuery) (ledger.Savings, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out ledger.Savings
	for _, e := range m.entries {
		day := e.Time.UTC().Truncate(24 * time.Hour)
		if !q.Since.IsZero() && !day.Add(24*time.Hour).After(q.Since) || !q.Until.IsZero() && !day.Before(q.Until) ||
			q.Tenant != "" && q.Tenant != e.Tenant || q.Model != "" && q.Model != e.Pool.Model {
			continue
		}
		switch e.Cache {
		case "hit":
			out.Hits++
		case "joined":
			out.Joined++
		case "miss":
			out.Misses++
		default:
			continue
		}
		out.Tokens += e.Saved.Tokens
		out.Cost += e.Saved.Cost
	}
	return out, nil
}

// savings: what took part in the cache is counted, by day, tenant and model.
func (c check) savings() {
	var all []ledger.Entry
	for i, how := range []string{"hit", "hit", "joined", "miss", "", "hit"} {
		e := Sample(i)
		e.Cache = how
		e.Saved = ledger.Saved{Tokens: int64(i + 1), Cost: int64(10 * (i + 1))}
		if how == "miss" || how == "" {
			e.Saved = ledger.Saved{}
		}
		e.Time = time.Date(2026, 11, 20+i/2, 23, 59, 0, i, time.UTC)
		e.Tenant = "a"
		if i == 5 {
			e.Tenant = "b"
		}
		all = append(all, e)
	}
	mustAppend(c.t, c.store, all...)
	for _, tt := range []struct {
		q    ledger.SavingQuery
		want ledger.Savings
	}{
		{ledger.SavingQuery{}, ledger.Savings{Hits: 3, Joined: 1, Misses: 1, Tokens: 12, Cost: 120}},
		{ledger.SavingQuery{Tenant: "a"}, ledger.Savings{Hits: 2, Joined: 1, Misses: 1, Tokens: 6, Cost: 60}},
		{ledger.SavingQuery{Model: "none"}, ledger.Savings{}},
		{ledger.SavingQuery{Since: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}, ledger.Savings{Hits: 1, Joined: 1, Misses: 1, Tokens: 9, Cost: 90}},
		{ledger.SavingQuery{Until: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)}, ledger.Savings{Hits: 2, Tokens: 3, Cost: 30}},
	} {
		got, err := c.store.Savings(c.t.Context(), tt.q)
		if err != nil {
			c.t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			c.t.Errorf("Savings(%+v) (-want +got):\n%s", tt.q, diff)
		}
	}
}
