package ledgertest

import (
	"cmp"
	"context"
	"slices"

	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
)

// Usage sums up calls over time.
func (m *Memory) Usage(_ context.Context, q ledger.UsageQuery) (ledger.Usage, error) {
	q, err := q.Checked()
	if err != nil {
		return ledger.Usage{}, err
	}
	step := q.Step.Length()
	if !q.Since.IsZero() {
		q.Since = q.Since.UTC().Truncate(step)
	}
	if end := q.Until.UTC().Truncate(step); !q.Until.IsZero() && end.Before(q.Until) {
		q.Until = end.Add(step)
	}
	var points []ledger.UsagePoint
	for _, e := range m.Entries() {
		if !matches(ledger.Query{Since: q.Since, Until: q.Until, Tenant: q.Tenant, Model: q.Model}, e) {
			continue
		}
		p := ledger.UsagePoint{Time: e.Time.Truncate(step)}
		switch q.By {
		case ledger.UsageByPool:
			p.Pool = e.Pool
		case ledger.UsageByTenant:
			p.Tenant = e.Tenant
		case ledger.UsageByModel:
			p.Model = cmp.Or(string(e.Pool.Model), e.ModelID)
		case ledger.UsageByNone:
		}
		i := slices.IndexFunc(points, func(o ledger.UsagePoint) bool { return samePoint(o, p) == 0 })
		if i < 0 {
			i = len(points)
			points = append(points, p)
		}
		points[i].Add(e)
	}
	slices.SortFunc(points, samePoint)
	more := max(0, len(points)-q.Limit)
	return ledger.Usage{Points: points[more:], More: more}, nil
}

// samePoint compares points by their time and their names.
func samePoint(a, b ledger.UsagePoint) int {
	return cmp.Or(a.Time.Compare(b.Time), llm.ComparePools(a.Pool, b.Pool), cmp.Compare(a.Tenant, b.Tenant), cmp.Compare(a.Model, b.Model))
}

// Sums sums up all calls that q selects.
func (m *Memory) Sums(_ context.Context, q ledger.SumQuery) (ledger.Sums, error) {
	var out ledger.Sums
	for _, e := range m.Entries() {
		if matches(ledger.Query{Since: q.Since, Until: q.Until, Tenant: q.Tenant, Model: q.Model}, e) {
			out.Add(e)
		}
	}
	return out, nil
}
