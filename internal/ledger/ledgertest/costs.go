package ledgertest

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
)

// costKey is what the calls of one row have in common.
type costKey struct {
	day, model string
	tenant     llm.Tenant
	run        llm.RunID
}

// Costs sums up entries.
func (m *Memory) Costs(_ context.Context, q ledger.CostQuery) (ledger.Costs, error) {
	q, err := q.Checked()
	if err != nil {
		return ledger.Costs{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var out ledger.Costs
	rows := map[costKey]ledger.Cost{}
	for _, e := range m.entries {
		if !matches(ledger.Query{Since: q.Since, Until: q.Until, Tenant: q.Tenant, Model: q.Model}, e) {
			continue
		}
		k := costKeyOf(q, e)
		row := rows[k]
		row.Day, row.Model, row.Tenant, row.Run = k.day, k.model, k.tenant, k.run
		if err := cmp.Or(row.Add(ledger.CostOf(e)), out.Total.Add(ledger.CostOf(e))); err != nil {
			return ledger.Costs{}, err
		}
		rows[k] = row
	}
	for _, row := range rows {
		out.Rows = append(out.Rows, row)
	}
	slices.SortFunc(out.Rows, func(a, b ledger.Cost) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(b.NanoUSD, a.NanoUSD), cmp.Compare(b.Unpriced, a.Unpriced),
			cmp.Compare(a.Model, b.Model), cmp.Compare(a.Tenant, b.Tenant), cmp.Compare(a.Run, b.Run))
	})
	out.More = max(0, len(out.Rows)-q.Limit)
	if q.By == ledger.CostByDay {
		out.Rows = out.Rows[out.More:]
	}
	out.Rows = out.Rows[:min(len(out.Rows), q.Limit)]
	return out, nil
}

func costKeyOf(q ledger.CostQuery, e ledger.Entry) costKey {
	switch q.By {
	case ledger.CostByDay:
		return costKey{day: e.Time.In(q.Zone).Format(time.DateOnly)}
	case ledger.CostByModel:
		return costKey{model: cmp.Or(string(e.Pool.Model), e.ModelID)}
	case ledger.CostByTenant:
		return costKey{tenant: e.Tenant}
	case ledger.CostByRun:
		return costKey{tenant: e.Tenant, run: e.Run}
	}
	return costKey{}
}
