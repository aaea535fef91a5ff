package sqlitestore

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/headgate/headgate/internal/ledger"
)

// quarter is how finely days are grouped before they are: every zone's midnight is
// a whole number of quarters of an hour from UTC's, in this century.
const quarter = 15 * time.Minute

// free is ledger.Entry.Free, unpriced a call without a price that is not.
const free = `c.cost < 0 AND c.input_tokens = 0 AND c.output_tokens = 0 AND c.cache_read_tokens = 0 AND c.cache_write_tokens = 0
	AND (c.attempts = 0 OR c.operation = 'count-tokens'
		OR c.outcome IN ('refused', 'throttled', 'invalid', 'denied') AND c.status BETWEEN 400 AND 499)`

const unpriced = `c.cost < 0 AND NOT (` + free + `)`

// costSums are the fields of a ledger.Cost over the calls c, but what they have
// in common; of what scanCost reads.
const costSums = `count(*), sum(` + free + `), sum(` + unpriced + `) unpriced,
	sum(c.input_tokens), sum(c.output_tokens), sum(c.cache_read_tokens), sum(c.cache_write_tokens), sum(max(c.cost, 0)) nano,
	coalesce(min(CASE WHEN c.cost >= 0 AND c.price_as_of <> '' THEN c.price_as_of END), ''),
	coalesce(max(CASE WHEN c.cost >= 0 THEN c.price_as_of END), '')`

// costKeys are what the calls of a row have in common: quarter, model, tenant, run.
func costKeys(by ledger.CostBy) string {
	switch by {
	case ledger.CostByDay:
		return fmt.Sprintf("c.arrived / %d, '', '', ''", int64(quarter))
	case ledger.CostByModel:
		return "0, CASE c.model WHEN '' THEN c.model_id ELSE c.model END, '', ''"
	case ledger.CostByTenant:
		return "0, '', c.tenant, ''"
	case ledger.CostByRun:
		return "0, '', c.tenant, c.run"
	}
	return "0, '', '', ''"
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
	return r, err
}

// Costs sums up calls. All of the rows pass by, so that the total is of the same
// instant; no more than the limit are kept.
func (s *Store) Costs(ctx context.Context, q ledger.CostQuery) (out ledger.Costs, err error) {
	q, err = q.Checked()
	if err != nil {
		return ledger.Costs{}, err
	}
	var w where
	w.calls(ledger.Query{Since: q.Since, Until: q.Until, Tenant: q.Tenant, Model: q.Model}, "c")
	// Days come newest first, so that those beyond the limit come last as well.
	order := "1 DESC"
	if q.By != ledger.CostByDay {
		order = "nano DESC, unpriced DESC, 2, 3, 4"
	}
	//nolint:gosec // only our own words are joined; values are parameters
	query := "SELECT " + costKeys(q.By) + ", " + costSums + " FROM calls c" + w.String() + " GROUP BY 1, 2, 3, 4 ORDER BY " + order
	rows, err := s.read.QueryContext(ctx, query, w.args...)
	if err != nil {
		return ledger.Costs{}, fmt.Errorf("sum up costs: %w", err)
	}
	if out, err = foldCosts(rows, q); err != nil {
		return ledger.Costs{}, fmt.Errorf("sum up costs: %w", err)
	}
	return out, nil
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
			r.Day = time.Unix(r.quarters*int64(quarter/time.Second), 0).In(q.Zone).Format(time.DateOnly)
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
