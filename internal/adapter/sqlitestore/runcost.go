package sqlitestore

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
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
	whole, others := runParts(q, lone)
	if out.Rows, out.More, err = dearest(ctx, tx, whole, others, q.Limit); err != nil {
		return out, err
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

// dearest are the rows that cost most, and how many there are besides. There are many
// whole runs, and few others.
func dearest(ctx context.Context, tx *sql.Tx, whole part, others []part, limit int) (out []ledger.Cost, more int, err error) {
	read := func(p part, order string) error {
		rows, err := tx.QueryContext(ctx, p.query+order, p.args...)
		if err != nil {
			return err
		}
		found, err := collect(rows, scanCost)
		for _, r := range found {
			out = append(out, r.Cost)
		}
		return err
	}
	if err := read(whole, " ORDER BY r.nano DESC, r.unpriced DESC, r.tenant, r.run LIMIT "+strconv.Itoa(limit)); err != nil {
		return nil, 0, err
	}
	if len(out) == limit {
		if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM ("+whole.query+")", whole.args...).Scan(&more); err != nil {
			return nil, 0, err
		}
		more -= limit
	}
	for _, p := range others {
		if err := read(p, ""); err != nil {
			return nil, 0, err
		}
	}
	slices.SortFunc(out, func(a, b ledger.Cost) int {
		return cmp.Or(cmp.Compare(b.NanoUSD, a.NanoUSD), cmp.Compare(b.Unpriced, a.Unpriced), cmp.Compare(a.Tenant, b.Tenant), cmp.Compare(a.Run, b.Run))
	})
	if over := len(out) - limit; over > 0 {
		out, more = out[:limit:limit], more+over
	}
	return out, more, nil
}

// runParts are the runs of which all is asked for, those of which a part is, and each
// tenant's calls of no run.
func runParts(q ledger.CostQuery, lone []span) (all part, others []part) {
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
	all = part{
		"SELECT 0, '', r.tenant AS tenant, r.run AS run, r.calls, r.free, r.unpriced AS unpriced, r.input_tokens, r.output_tokens, r.cache_read_tokens, r.cache_write_tokens, r.nano AS nano, r.prices_from, r.prices_to FROM " +
			table + " r INDEXED BY " + dear + whole.String(), whole.args,
	}
	others = []part{{
		"SELECT k1, k2, k3 AS tenant, k4 AS run, " + strings.Join(costSums(), ", ") + ", prices_from, prices_to FROM (" + query + ")", args,
	}}
	if len(split.conditions) == 0 {
		return all, others
	}
	cut.add("("+strings.Join(split.conditions, " OR ")+")", split.args...)
	sums := []string{}
	for _, s := range costSums() {
		sums = append(sums, "sum(c."+s+") AS "+s)
	}
	return all, append(others, part{"SELECT 0, '', c.tenant AS tenant, c.run AS run, " + strings.Join(sums, ", ") +
		", coalesce(min(nullif(c.prices_from, '')), ''), max(c.prices_to) FROM " + table + " r CROSS JOIN call_sums c ON c.run = r.run AND c.tenant = r.tenant" +
		cut.String() + " GROUP BY r.run, r.tenant", cut.args})
}
