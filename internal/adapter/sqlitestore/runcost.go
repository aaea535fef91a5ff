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
	l := levelOf(false, string(q.Tenant))
	spans, err := s.costSpans(ctx, q, l)
	if err != nil {
		return out, err
	}
	lone, err := s.costSpans(ctx, q, levelLone)
	if err != nil {
		return out, err
	}
	// One transaction, so that rows and total are of the same instant.
	tx, err := s.read.BeginTx(ctx, nil)
	if err != nil {
		return out, err
	}
	defer tx.Rollback() //nolint:errcheck // it has only read
	parts := runParts(q, lone)
	if out.Rows, err = dearest(ctx, tx, parts, q.Limit); err != nil {
		return out, err
	}
	if len(out.Rows) == q.Limit {
		out.More = -q.Limit
		for _, p := range parts {
			n := 0
			if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM ("+p.query+")", p.args...).Scan(&n); err != nil {
				return out, err
			}
			out.More += n
		}
	}
	all := rolled{level: l, spans: spans, tenant: string(q.Tenant), model: q.Model, keys: costKeys(q.By), sums: costSums(), prices: true}
	query, args := all.query()
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return out, err
	}
	sums, err := collect(rows, scanCost)
	if err != nil || len(sums) == 0 {
		return out, err
	}
	out.Total = sums[0].Cost
	return out, nil
}

// part is some of the rows, no two of the same run, in the columns that scanCost reads.
type part struct {
	query string
	args  []any
}

// dearest are the rows that cost most.
func dearest(ctx context.Context, tx *sql.Tx, parts []part, limit int) ([]ledger.Cost, error) {
	order := " ORDER BY nano DESC, unpriced DESC, tenant, run LIMIT " + strconv.Itoa(limit)
	var (
		queries []string
		args    []any
	)
	for _, p := range parts {
		queries = append(queries, "SELECT * FROM ("+p.query+order+")")
		args = append(args, p.args...)
	}
	//nolint:gosec // only our own words are joined; values are parameters
	rows, err := tx.QueryContext(ctx, "SELECT * FROM ("+strings.Join(queries, " UNION ALL ")+")"+order, args...)
	if err != nil {
		return nil, err
	}
	found, err := collect(rows, scanCost)
	if err != nil {
		return nil, err
	}
	var out []ledger.Cost
	for _, r := range found {
		out = append(out, r.Cost)
	}
	return out, nil
}

// runParts are the runs of which all is asked for, those of which a part is, and each
// tenant's calls of no run.
func runParts(q ledger.CostQuery, lone []span) []part {
	table, dear := "runs", "runs_dear"
	var whole, cut where
	if q.Model != "" { // a run's own sum is over all of its models
		table, dear = "run_models", "run_models_dear"
		whole.add("r.name = ?", q.Model)
		cut.add("r.name = ?", q.Model)
		cut.add("(c.model_id = ? OR c.model = ?)", q.Model, q.Model)
	}
	whole.equal("r.tenant", string(q.Tenant))
	cut.equal("r.tenant", string(q.Tenant))
	var split where // runs of which a part is asked for
	if !q.Since.IsZero() {
		at := q.Since.UnixNano()
		whole.add("r.first >= ?", at)
		split.add("r.first < ? AND r.latest_arrived >= ?", at, at)
		cut.add("c.arrived >= ?", at)
	}
	if !q.Until.IsZero() {
		at := q.Until.UnixNano()
		whole.add("r.latest_arrived < ?", at)
		split.add("r.first < ? AND r.latest_arrived >= ?", at, at)
		cut.add("c.arrived < ?", at)
	}
	alone := rolled{
		level: levelLone, spans: lone, tenant: string(q.Tenant), model: q.Model,
		keys: []string{"0", "''", "tenant", "''"}, sums: costSums(), prices: true,
	}
	query, args := alone.query()
	parts := []part{
		{"SELECT 0, '', r.tenant AS tenant, r.run AS run, r.calls, r.free, r.unpriced AS unpriced, r.input_tokens, r.output_tokens, r.cache_read_tokens, r.cache_write_tokens, r.nano AS nano, r.prices_from, r.prices_to FROM " +
			table + " r INDEXED BY " + dear + whole.String(), whole.args},
		{"SELECT k1, k2, k3 AS tenant, k4 AS run, " + strings.Join(costSums(), ", ") + ", prices_from, prices_to FROM (" + query + ")", args},
	}
	if len(split.conditions) == 0 {
		return parts
	}
	cut.add("("+strings.Join(split.conditions, " OR ")+")", split.args...)
	sums := []string{}
	for _, s := range costSums() {
		sums = append(sums, "sum(c."+s+") AS "+s)
	}
	return append(parts, part{"SELECT 0, '', c.tenant AS tenant, c.run AS run, " + strings.Join(sums, ", ") +
		", coalesce(min(nullif(c.prices_from, '')), ''), max(c.prices_to) FROM " + table + " r CROSS JOIN call_sums c ON c.run = r.run AND c.tenant = r.tenant" +
		cut.String() + " GROUP BY r.run, r.tenant", cut.args})
}
