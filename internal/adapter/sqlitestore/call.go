package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
)

// callColumns, bind and scan name the same fields in the same order.
const (
	callColumns = `id, arrived, class, tenant, principal, run, run_inferred, operation, model_id, account, region, model, path,
	input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, hold, forecast, settled, cost, price_as_of,
	queued, first_byte, latency, attempts, throttled_requests, throttled_tokens, throttled_day,
	status, outcome, error_kind, error_message, reason, limit_name, client, joined_retries, cache,
	max_tokens, client_attempts, body, route, ahead, expected, limit_amount, retry_after, saved_tokens, saved_cost`
	callFields = 48
)

// bind appends the fields of e.
func bind(args []any, e *ledger.Entry) []any {
	return append(
		args,
		string(e.ID), e.Time.UnixNano(), e.Class.String(), string(e.Tenant), e.Principal, string(e.Run), e.RunInferred,
		string(e.Operation), e.ModelID, string(e.Pool.Account), string(e.Pool.Region), string(e.Pool.Model), string(e.Pool.Path),
		e.Usage.Input, e.Usage.Output, e.Usage.CacheRead, e.Usage.CacheWrite, e.Hold, e.Forecast, e.Settled, e.Cost, e.PriceAsOf,
		int64(e.Queued), int64(e.FirstByte), int64(e.Latency), int64(e.Attempts),
		int64(e.ThrottledRequests), int64(e.ThrottledTokens), int64(e.ThrottledDay),
		int64(e.Status), string(e.Outcome), e.ErrorKind, e.ErrorMessage, e.Reason, e.Limit, e.Client, int64(e.JoinedRetries), e.Cache,
		e.MaxTokens, int64(e.ClientAttempts), int64(e.Body), //nolint:gosec // a digest: its bits are kept, whatever their sign
		e.Route, e.Ahead, int64(e.Expected), e.LimitAmount, int64(e.RetryAfter), e.Saved.Tokens, e.Saved.Cost,
	)
}

// scan reads one row of callColumns.
func scan(row interface{ Scan(dest ...any) error }) (ledger.Entry, error) {
	var (
		e       ledger.Entry
		arrived int64
		class   string
		body    int64
	)
	err := row.Scan(
		&e.ID, &arrived, &class, &e.Tenant, &e.Principal, &e.Run, &e.RunInferred,
		&e.Operation, &e.ModelID, &e.Pool.Account, &e.Pool.Region, &e.Pool.Model, &e.Pool.Path,
		&e.Usage.Input, &e.Usage.Output, &e.Usage.CacheRead, &e.Usage.CacheWrite, &e.Hold, &e.Forecast, &e.Settled, &e.Cost, &e.PriceAsOf,
		&e.Queued, &e.FirstByte, &e.Latency, &e.Attempts,
		&e.ThrottledRequests, &e.ThrottledTokens, &e.ThrottledDay,
		&e.Status, &e.Outcome, &e.ErrorKind, &e.ErrorMessage, &e.Reason, &e.Limit, &e.Client, &e.JoinedRetries, &e.Cache,
		&e.MaxTokens, &e.ClientAttempts, &body, &e.Route, &e.Ahead, &e.Expected, &e.LimitAmount, &e.RetryAfter, &e.Saved.Tokens, &e.Saved.Cost,
	)
	if err != nil {
		return ledger.Entry{}, err
	}
	e.Time = time.Unix(0, arrived).UTC()
	e.Class, _ = llm.ParseClass(class)
	e.Body = uint64(body) //nolint:gosec // as above
	return e, nil
}

// Append keeps all of entries or none, in one transaction; entries whose id is
// there stay as they are.
func (s *Store) Append(ctx context.Context, entries []ledger.Entry) error {
	if s.write == nil {
		return fmt.Errorf("append calls: %w", errReadOnly)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("append calls: %w", err)
	}
	// Once begun it is done within milliseconds; a context that can end would
	// cost the driver a goroutine per statement.
	if err := s.insert(context.WithoutCancel(ctx), entries); err != nil {
		return fmt.Errorf("append %d calls: %w", len(entries), err)
	}
	return nil
}

func (s *Store) insert(ctx context.Context, entries []ledger.Entry) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // nothing to undo after a commit
	//nolint:sqlclosecheck // the transaction closes its statements
	one, many := tx.StmtContext(ctx, s.statements.insertOne), tx.StmtContext(ctx, s.statements.insertMany)
	args := make([]any, 0, manyRows*callFields)
	for len(entries) > 0 {
		stmt, n := one, 1
		if len(entries) >= manyRows {
			stmt, n = many, manyRows
		}
		args = args[:0]
		for i := range n {
			args = bind(args, &entries[i])
		}
		if _, err := stmt.ExecContext(ctx, args...); err != nil {
			return err
		}
		entries = entries[n:]
	}
	return tx.Commit()
}

// Call finds one entry.
func (s *Store) Call(ctx context.Context, id llm.CallID) (ledger.Entry, error) {
	e, err := scan(s.read.QueryRowContext(ctx, "SELECT "+callColumns+" FROM calls WHERE id = ?", string(id)))
	if errors.Is(err, sql.ErrNoRows) {
		return ledger.Entry{}, fault.New(fault.NotFound, "no call %s in the ledger", id)
	}
	if err != nil {
		return ledger.Entry{}, fmt.Errorf("read call %s: %w", id, err)
	}
	return e, nil
}

// Calls lists entries, newest first.
func (s *Store) Calls(ctx context.Context, q ledger.Query) (entries []ledger.Entry, next llm.CallID, err error) {
	q, err = q.Checked()
	if err != nil {
		return nil, "", err
	}
	query, args, err := s.callsQuery(ctx, q)
	if err != nil {
		return nil, "", err
	}
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, "", fmt.Errorf("list calls: %w", err)
	}
	entries, err = collect(rows, scan)
	if err != nil {
		return nil, "", fmt.Errorf("list calls: %w", err)
	}
	entries, next = page(q, entries, func(e ledger.Entry) llm.CallID { return e.ID })
	return entries, next, nil
}

// callsQuery selects a page of calls by the index that passes over the fewest others.
func (s *Store) callsQuery(ctx context.Context, q ledger.Query) (string, []any, error) {
	var w where
	if q.Outcome != "" && q.Outcome != ledger.OK {
		w.add("c.outcome <> 'ok'") // as the index of failures says
	}
	w.equal("c.outcome", string(q.Outcome))
	if err := s.cursor(ctx, &w, q, "c.arrived", "c.seq"); err != nil {
		return "", nil, err
	}
	var index string
	switch rare, err := s.rare(ctx, q); {
	case err != nil:
		return "", nil, err
	case q.Run != "":
		index = "calls_run"
	case q.Outcome != "" && q.Outcome != ledger.OK:
		index = "calls_failed"
	case q.Tenant != "" && (q.Model == "" || rare):
		index = "calls_tenant"
	case q.Model != "":
		return modelCalls(w, q)
	default:
		index = "calls_arrived"
	}
	w.calls(q, "c")
	return "SELECT " + callColumns + " FROM calls c INDEXED BY " + index + w.String() + order(q), w.args, nil
}

// fewCalls is how many calls of a tenant are passed over rather than looked for.
const fewCalls = 5000

// rare says that there are few calls of the tenant.
func (s *Store) rare(ctx context.Context, q ledger.Query) (bool, error) {
	if q.Tenant == "" || q.Model == "" {
		return false, nil
	}
	n := 0
	err := s.read.QueryRowContext(ctx, "SELECT count(*) FROM (SELECT 1 FROM calls WHERE tenant = ? LIMIT "+strconv.Itoa(fewCalls+1)+")", string(q.Tenant)).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("list calls of %s: %w", q.Tenant, err)
	}
	return n <= fewCalls, nil
}

// modelCalls looks for a model twice, by both of its names: each has an index in the
// order of the page, and an OR of both has none.
func modelCalls(w where, q ledger.Query) (string, []any, error) {
	named, of := w.with("c.model_id = ? AND c.model_id <> c.model", q.Model), w.with("c.model = ?", q.Model)
	q.Model = ""
	named.calls(q, "c")
	of.calls(q, "c")
	return "SELECT " + callColumns + " FROM (SELECT * FROM (SELECT * FROM calls c INDEXED BY calls_model_id" + named.String() + order(q) + ")" +
		" UNION ALL SELECT * FROM (SELECT * FROM calls c INDEXED BY calls_model" + of.String() + order(q) + ")) c" + order(q), append(named.args, of.args...), nil
}

// collect reads all rows and closes them.
func collect[T any](rows *sql.Rows, read func(interface{ Scan(dest ...any) error }) (T, error)) (out []T, err error) {
	defer closeRows(rows, &err)
	for rows.Next() {
		item, err := read(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, item)
	}
	return out, rows.Err()
}
