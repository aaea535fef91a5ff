package sqlitestore

import (
	"context"
	"database/sql"
	"strconv"
	"strings"

	"github.com/headgate/headgate/internal/ledger"
)

// runCosts sums up the calls of each run. A run of which all calls are asked for has
// its sum; the calls of the others are read.
func (s *Store) runCosts(ctx context.Context, q ledger.CostQuery) (out ledger.Costs, err error) {
	spans, err := s.spans(ctx, q.Since, q.Until, costSteps(q)...)
	if err != nil {
		return out, err
	}
	// One transaction, so that rows and total are of the same instant.
	tx, err := s.read.BeginTx(ctx, nil)
	if err != nil {
		return out, err
	}
	defer tx.Rollback() //nolint:errcheck // it has only read
	rows, args := runRows(spans, q)
	listed, err := tx.QueryContext(ctx, rows+" ORDER BY nano DESC, unpriced DESC, 3, 4 LIMIT "+strconv.Itoa(q.Limit), args...)
	if err != nil {
		return out, err
	}
	found, err := collect(listed, scanCost)
	if err != nil {
		return out, err
	}
	for _, r := range found {
		out.Rows = append(out.Rows, r.Cost)
	}
	if len(out.Rows) == q.Limit {
		var all int
		if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM ("+rows+")", args...).Scan(&all); err != nil {
			return out, err
		}
		out.More = all - len(out.Rows)
	}
	out.Total, err = totalCost(ctx, tx, spans, q)
	return out, err
}

// totalCost is the sum over all calls.
func totalCost(ctx context.Context, tx *sql.Tx, spans []span, q ledger.CostQuery) (ledger.Cost, error) {
	var w where
	w.summed(string(q.Tenant), q.Model)
	table, args := source(spans, &w)
	//nolint:gosec // only our own words are joined; values are parameters
	rows, err := tx.QueryContext(ctx, "SELECT 0, '', '', '', "+costSums+" FROM "+table+" c GROUP BY 1", args...)
	if err != nil {
		return ledger.Cost{}, err
	}
	sums, err := collect(rows, scanCost)
	if err != nil || len(sums) == 0 {
		return ledger.Cost{}, err
	}
	return sums[0].Cost, nil
}

// runRows selects the rows of runs, in the columns that scanCost reads.
func runRows(spans []span, q ledger.CostQuery) (string, []any) {
	const grouped = "SELECT 0, '', c.tenant AS tenant, c.run AS run, " + costSums + " FROM "
	if q.Model != "" { // a run's sum is over all of its models
		var w where
		w.calls(ledger.Query{Since: q.Since, Until: q.Until, Tenant: q.Tenant, Model: q.Model}, "c")
		return "SELECT * FROM (" + grouped + "call_sums c" + w.String() + " GROUP BY c.tenant, c.run)", w.args
	}
	var whole, part, lone where
	whole.equal("tenant", string(q.Tenant))
	part.equal("r.tenant", string(q.Tenant))
	lone.add("lone")
	lone.equal("tenant", string(q.Tenant))
	var split where // runs of which a part is asked for
	if !q.Since.IsZero() {
		at := q.Since.UnixNano()
		whole.add("first >= ?", at)
		split.add("r.first < ? AND r.latest_arrived >= ?", at, at)
		part.add("c.arrived >= ?", at)
	}
	if !q.Until.IsZero() {
		at := q.Until.UnixNano()
		whole.add("latest_arrived < ?", at)
		split.add("r.first < ? AND r.latest_arrived >= ?", at, at)
		part.add("c.arrived < ?", at)
	}
	query := "SELECT 0, '', tenant, run, calls, free, unpriced, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, nano, prices_from, prices_to FROM runs" + whole.String()
	args := whole.args
	if len(split.conditions) > 0 {
		part.add("("+strings.Join(split.conditions, " OR ")+")", split.args...)
		query += " UNION ALL SELECT * FROM (" + grouped + "runs r CROSS JOIN call_sums c ON c.run = r.run AND c.tenant = r.tenant" + part.String() + " GROUP BY r.seq)"
		args = append(args, part.args...)
	}
	table, of := source(spans, &lone)
	query += " UNION ALL SELECT * FROM (SELECT 0, '', c.tenant AS tenant, '' AS run, " + costSums + " FROM " + table + " c GROUP BY c.tenant)"
	return "SELECT * FROM (" + query + ")", append(args, of...)
}
