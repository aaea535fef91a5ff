package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
)

// latestOfRun selects the newest call of each run. Walked from the newest
// call, the runs come in order and a page ends the walk; grouping would read
// the whole ledger first.
const latestOfRun = `c.run <> '' AND NOT EXISTS (SELECT 1 FROM calls n
	WHERE n.run = c.run AND n.tenant = c.tenant AND (n.arrived, n.seq) > (c.arrived, c.seq))`

// sums are the fields of a run over its calls c, the newest of which is l; of
// what scanRun reads.
const sums = `l.run, l.tenant, min(c.run_inferred), count(*), sum(c.outcome <> 'ok'), min(c.arrived), max(c.arrived + c.latency), sum(c.queued),
	sum(c.input_tokens), sum(c.output_tokens), sum(c.cache_read_tokens), sum(c.cache_write_tokens), sum(c.settled),
	sum(max(c.cost, 0)), sum(` + unpriced + `), l.outcome, l.id`

func scanRun(row interface{ Scan(dest ...any) error }) (ledger.Run, error) {
	var (
		r           ledger.Run
		first, last int64
	)
	err := row.Scan(&r.ID, &r.Tenant, &r.Inferred, &r.Calls, &r.Failed, &first, &last, &r.Queued,
		&r.Usage.Input, &r.Usage.Output, &r.Usage.CacheRead, &r.Usage.CacheWrite, &r.Settled,
		&r.Cost, &r.Unpriced, &r.Outcome, &r.Latest)
	r.First, r.Last = time.Unix(0, first).UTC(), time.Unix(0, last).UTC()
	return r, err
}

// Runs lists runs, the one with the newest call first.
func (s *Store) Runs(ctx context.Context, q ledger.Query) (runs []ledger.Run, next llm.CallID, err error) {
	q, err = q.Checked()
	if err != nil {
		return nil, "", err
	}
	w := where{conditions: []string{latestOfRun}}
	w.equal("c.tenant", string(q.Tenant))
	w.equal("c.run", string(q.Run))
	w.equal("c.outcome", string(q.Outcome))
	if ofCall := (ledger.Query{Since: q.Since, Until: q.Until, Model: q.Model}); ofCall != (ledger.Query{}) {
		var member where
		member.calls(ofCall, "m")
		w.add("EXISTS (SELECT 1 FROM calls m WHERE m.run = c.run AND m.tenant = c.tenant AND "+
			strings.Join(member.conditions, " AND ")+")", member.args...)
	}
	if err := s.cursor(ctx, &w, q); err != nil {
		return nil, "", err
	}
	//nolint:gosec // only our own words are joined; values are parameters
	query := "SELECT " + sums +
		" FROM (SELECT c.seq, c.arrived, c.run, c.tenant, c.outcome, c.id FROM calls c" + w.String() + order(q) + ") l" +
		" JOIN calls c ON c.run = l.run AND c.tenant = l.tenant GROUP BY l.seq" + strings.ReplaceAll(order(q), "c.", "l.")
	rows, err := s.read.QueryContext(ctx, query, w.args...)
	if err != nil {
		return nil, "", fmt.Errorf("list runs: %w", err)
	}
	runs, err = collect(rows, scanRun)
	if err != nil {
		return nil, "", fmt.Errorf("list runs: %w", err)
	}
	runs, next = page(q, runs, func(r ledger.Run) llm.CallID { return r.Latest })
	return runs, next, nil
}

// Run finds one run and its calls, oldest first.
func (s *Store) Run(ctx context.Context, tenant llm.Tenant, id llm.RunID) (ledger.Run, []ledger.Entry, error) {
	var w where
	w.add("c.run = ? AND c.run <> ''", string(id))
	w.equal("c.tenant", string(tenant))
	//nolint:gosec // only our own words are joined; values are parameters
	query := "SELECT " + sums +
		" FROM (SELECT c.seq, c.run, c.tenant, c.outcome, c.id FROM calls c" + w.String() + " ORDER BY c.arrived DESC, c.seq DESC LIMIT 1) l" +
		" JOIN calls c ON c.run = l.run AND c.tenant = l.tenant GROUP BY l.seq"
	run, err := scanRun(s.read.QueryRowContext(ctx, query, w.args...))
	if errors.Is(err, sql.ErrNoRows) {
		return ledger.Run{}, nil, fault.New(fault.NotFound, "no run %s in the ledger", id)
	}
	if err != nil {
		return ledger.Run{}, nil, fmt.Errorf("read run %s: %w", id, err)
	}
	query = "SELECT " + callColumns +
		" FROM calls c WHERE c.run = ? AND c.tenant = ? ORDER BY c.arrived, c.seq LIMIT " + strconv.Itoa(ledger.MaxLimit)
	rows, err := s.read.QueryContext(ctx, query, string(run.ID), string(run.Tenant))
	if err != nil {
		return ledger.Run{}, nil, fmt.Errorf("read the calls of run %s: %w", id, err)
	}
	calls, err := collect(rows, scan)
	if err != nil {
		return ledger.Run{}, nil, fmt.Errorf("read the calls of run %s: %w", id, err)
	}
	return run, calls, nil
}
