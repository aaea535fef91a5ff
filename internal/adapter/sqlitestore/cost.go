package sqlitestore

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/ledger"
)

// costSums are the columns that a ledger.Cost sums up, in the order of scanCost.
func costSums() []string {
	return []string{"calls", "free", "unpriced", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "nano"}
}

// modelName is the pool's model, or what a call that reached no pool asked for.
const modelName = "CASE model WHEN '' THEN model_id ELSE model END"

// costKeys are what the calls of a row have in common: quarter, model, tenant, run.
func costKeys(by ledger.CostBy) []string {
	switch by {
	case ledger.CostByDay:
		return []string{fmt.Sprintf("AT / %d", stepQuarter), "''", "''", "''"}
	case ledger.CostByModel:
		return []string{"0", modelName, "''", "''"}
	case ledger.CostByTenant:
		return []string{"0", "''", "tenant", "''"}
	case ledger.CostByRun:
	}
	return []string{"0", "''", "''", "''"}
}

// costRow is a row as it is grouped.
type costRow struct {
	quarters int64 // since 1970
	ledger.Cost
}

func scanCost(row interface{ Scan(dest ...any) error }) (costRow, error) {
	var r costRow
	err := row.Scan(&r.quarters, &r.Model, &r.Tenant, &r.Run,
		&r.Calls, &r.Free, &r.Unpriced,
		&r.Usage.Input, &r.Usage.Output, &r.Usage.CacheRead, &r.Usage.CacheWrite, &r.NanoUSD,
		&r.PricesFrom, &r.PricesTo)
	if err == nil {
		err = told(r.NanoUSD, r.Usage.Input, r.Usage.Output, r.Usage.CacheRead, r.Usage.CacheWrite)
	}
	return r, err
}

// told refuses sums that have stopped at the most that is kept.
func told(sums ...int64) error {
	if slices.Contains(sums, math.MaxInt64) {
		return fault.New(fault.Invalid, "the sum of these calls is too large to be told: ask for a shorter time")
	}
	return nil
}

// costSpans are where costs are read from. Days begin at any zone's midnight, which is
// a whole number of quarters of an hour from UTC's in this century.
func (s *Store) costSpans(ctx context.Context, q ledger.CostQuery, l level) ([]span, error) {
	steps := l.steps()
	if q.By == ledger.CostByDay && q.Zone != time.UTC {
		steps = steps[1:]
	}
	return s.spans(ctx, q.Since, q.Until, steps...)
}

// Costs sums up calls.
func (s *Store) Costs(ctx context.Context, q ledger.CostQuery) (out ledger.Costs, err error) {
	q, err = q.Checked()
	if err != nil {
		return ledger.Costs{}, err
	}
	if q.By == ledger.CostByRun {
		out, err = s.runCosts(ctx, q)
	} else {
		out, err = s.rolledCosts(ctx, q)
	}
	if err != nil {
		return ledger.Costs{}, fmt.Errorf("sum up costs: %w", err)
	}
	return out, nil
}

// rolledCosts sums up roll-ups. All of the rows pass by, so that the total is of the
// same instant; no more than the limit are kept.
func (s *Store) rolledCosts(ctx context.Context, q ledger.CostQuery) (ledger.Costs, error) {
	r := rolled{
		level: levelOf(q.By == ledger.CostByTenant, string(q.Tenant)), tenant: string(q.Tenant), model: q.Model,
		keys: costKeys(q.By), sums: costSums(), prices: true,
	}
	var err error
	if r.spans, err = s.costSpans(ctx, q, r.level); err != nil {
		return ledger.Costs{}, err
	}
	// Days come newest first, so that those beyond the limit come last as well.
	order := " ORDER BY k1 DESC"
	if q.By != ledger.CostByDay {
		order = " ORDER BY nano DESC, unpriced DESC, k2, k3, k4"
	}
	query, args := r.query()
	rows, err := s.read.QueryContext(ctx, query+order, args...)
	if err != nil {
		return ledger.Costs{}, err
	}
	return foldCosts(rows, q)
}

// foldCosts reads all rows, joins those of a day, and closes them.
func foldCosts(rows *sql.Rows, q ledger.CostQuery) (out ledger.Costs, err error) {
	defer closeRows(rows, &err)
	day := "" // the last one seen
	for rows.Next() {
		r, err := scanCost(rows)
		if err != nil {
			return out, err
		}
		if err := out.Total.Add(r.Cost); err != nil {
			return out, err
		}
		same := false
		if q.By == ledger.CostByDay {
			r.Day = time.Unix(r.quarters*stepQuarter, 0).In(q.Zone).Format(time.DateOnly)
			same, day = r.Day == day, r.Day
		}
		switch {
		case same && out.More == 0:
			if err := out.Rows[len(out.Rows)-1].Add(r.Cost); err != nil {
				return out, err
			}
		case same:
		case len(out.Rows) < q.Limit:
			out.Rows = append(out.Rows, r.Cost)
		default:
			out.More++
		}
	}
	if q.By == ledger.CostByDay {
		slices.Reverse(out.Rows)
	}
	return out, rows.Err()
}
