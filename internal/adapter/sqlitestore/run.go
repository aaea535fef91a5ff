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

// runColumns are what scanRun reads.
const runColumns = `r.run, r.tenant, r.run_inferred, r.calls, r.failed, r.first, r.last, r.queued,
	r.input_tokens, r.output_tokens, r.cache_read_tokens, r.cache_write_tokens, r.settled, r.nano, r.unpriced, r.outcome, r.latest`

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
	var w where
	w.equal("r.tenant", string(q.Tenant))
	w.equal("r.run", string(q.Run))
	if q.Outcome != "" && q.Outcome != ledger.OK {
		w.add("r.outcome <> 'ok'")
	}
	w.equal("r.outcome", string(q.Outcome))
	w.runs(q)
	from, err := s.runsOf(ctx, &w, q.Model)
	if err != nil {
		return nil, "", err
	}
	if err := s.cursor(ctx, &w, q, "r.latest_arrived", "r.latest_seq"); err != nil {
		return nil, "", err
	}
	//nolint:gosec // only our own words are joined; values are parameters
	query := "SELECT " + runColumns + " FROM " + from + w.String() + strings.NewReplacer("c.arrived", "r.latest_arrived", "c.seq", "r.latest_seq").Replace(order(q))
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

// runs adds what q asks of the calls of a run. Its ends tell whether there is one
// before or after an instant; what lies between two, or to which model it was, only
// the calls tell.
func (w *where) runs(q ledger.Query) {
	if !q.Since.IsZero() {
		w.add("r.latest_arrived >= ?", q.Since.UnixNano())
	}
	if !q.Until.IsZero() {
		w.add("r.first < ?", q.Until.UnixNano())
	}
	if q.Since.IsZero() && q.Until.IsZero() || q.Model == "" && (q.Since.IsZero() || q.Until.IsZero()) {
		return
	}
	var member where
	member.calls(ledger.Query{Since: q.Since, Until: q.Until, Model: q.Model}, "m")
	w.add("EXISTS (SELECT 1 FROM calls m WHERE m.run = r.run AND m.tenant = r.tenant AND "+strings.Join(member.conditions, " AND ")+")", member.args...)
}

// fewRuns is how many runs are sorted rather than walked past.
const fewRuns = 20_000

// runsOf is where runs come from that called a model, any when it is empty: those of
// a rare one from its list, of a common one as they are met.
func (s *Store) runsOf(ctx context.Context, w *where, model string) (string, error) {
	if model == "" {
		return "runs r", nil
	}
	var n int
	err := s.read.QueryRowContext(ctx, "SELECT count(*) FROM (SELECT 1 FROM run_models WHERE name = ? LIMIT "+strconv.Itoa(fewRuns+1)+")", model).Scan(&n)
	if err != nil {
		return "", fmt.Errorf("list runs of %s: %w", model, err)
	}
	if n <= fewRuns {
		w.add("x.name = ?", model)
		return "run_models x CROSS JOIN runs r ON r.run = x.run AND r.tenant = x.tenant", nil
	}
	w.add("EXISTS (SELECT 1 FROM run_models x WHERE x.name = ? AND x.run = r.run AND x.tenant = r.tenant)", model)
	return "runs r", nil
}

// Run finds one run with its calls.
func (s *Store) Run(ctx context.Context, tenant llm.Tenant, id llm.RunID) (ledger.Run, []ledger.Entry, error) {
	var w where
	w.add("r.run = ?", string(id))
	w.equal("r.tenant", string(tenant))
	run, err := scanRun(s.read.QueryRowContext(ctx, "SELECT "+runColumns+" FROM runs r"+w.String()+" ORDER BY r.latest_arrived DESC, r.latest_seq DESC LIMIT 1", w.args...))
	if errors.Is(err, sql.ErrNoRows) {
		return ledger.Run{}, nil, fault.New(fault.NotFound, "no run %s in the ledger", id)
	}
	if err != nil {
		return ledger.Run{}, nil, fmt.Errorf("read run %s: %w", id, err)
	}
	//nolint:gosec // only our own words are joined
	query := "SELECT " + callColumns +
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
