package sqlitestore

import (
	"context"
	"fmt"
	"time"

	"github.com/headgate/headgate/internal/ledger"
)

// longestWait bounds how long before it went upstream a call may have arrived,
// so that the index on arrivals can be used.
const longestWait = 24 * time.Hour

// upstream selects the calls that went upstream within q.
func upstream(q ledger.UseQuery) where {
	var w where
	w.add("attempts > 0")
	if !q.Since.IsZero() {
		w.add("arrived >= ?", q.Since.Add(-longestWait).UnixNano())
		w.add("arrived + queued >= ?", q.Since.UnixNano())
	}
	if !q.Until.IsZero() {
		w.add("arrived < ?", q.Until.UnixNano())
		w.add("arrived + queued < ?", q.Until.UnixNano())
	}
	return w
}

// Intervals sums up calls by pool and interval.
func (s *Store) Intervals(ctx context.Context, q ledger.UseQuery) ([]ledger.Interval, error) {
	q, err := q.Checked()
	if err != nil {
		return nil, err
	}
	w := upstream(q)
	//nolint:gosec // only our own words are joined; values are parameters
	rows, err := s.read.QueryContext(ctx, `SELECT account, region, model, path, (arrived + queued) / ? AS start,
		count(*), sum(attempts), sum(throttled_requests + throttled_tokens + throttled_day), sum(hold), sum(settled),
		sum(input_tokens), sum(output_tokens), sum(cache_read_tokens), sum(cache_write_tokens)
		FROM calls`+w.String()+` GROUP BY account, region, model, path, start ORDER BY start, account, region, model, path`,
		append([]any{int64(q.Width)}, w.args...)...)
	if err != nil {
		return nil, fmt.Errorf("sum up intervals: %w", err)
	}
	out, err := collect(rows, func(row interface{ Scan(dest ...any) error }) (ledger.Interval, error) {
		var i ledger.Interval
		var start int64
		err := row.Scan(&i.Pool.Account, &i.Pool.Region, &i.Pool.Model, &i.Pool.Path, &start, &i.Calls, &i.Attempts, &i.Throttled, &i.Held, &i.Settled,
			&i.Usage.Input, &i.Usage.Output, &i.Usage.CacheRead, &i.Usage.CacheWrite)
		i.Start = time.Unix(0, start*int64(q.Width)).UTC()
		return i, err
	})
	if err != nil {
		return nil, fmt.Errorf("sum up intervals: %w", err)
	}
	return out, nil
}

// Routes sums up calls that are alike.
func (s *Store) Routes(ctx context.Context, q ledger.UseQuery) ([]ledger.Route, error) {
	q, err := q.Checked()
	if err != nil {
		return nil, err
	}
	w := upstream(q)
	//nolint:gosec // only our own words are joined; values are parameters
	rows, err := s.read.QueryContext(ctx, `SELECT account, region, model, path, model_id, operation, tenant, client,
		min(arrived + queued), max(arrived + queued), count(*), sum(outcome <> 'ok'), count(DISTINCT CASE WHEN run <> '' THEN run END),
		sum(max_tokens < 0), sum(max(max_tokens, 0)), max(input_tokens + cache_read_tokens + cache_write_tokens), max(output_tokens),
		sum(input_tokens), sum(output_tokens), sum(cache_read_tokens), sum(cache_write_tokens), sum(hold), sum(settled),
		sum(queued), sum(latency), sum(attempts), sum(throttled_requests + throttled_tokens + throttled_day),
		sum(joined_retries), max(client_attempts), sum(body <> 0) - count(DISTINCT CASE WHEN body <> 0 THEN body END)
		FROM calls`+w.String()+` GROUP BY account, region, model, path, model_id, operation, tenant, client
		ORDER BY count(*) DESC, account, region, model, path, model_id, operation, tenant, client`, w.args...)
	if err != nil {
		return nil, fmt.Errorf("sum up routes: %w", err)
	}
	out, err := collect(rows, scanRoute)
	if err != nil {
		return nil, fmt.Errorf("sum up routes: %w", err)
	}
	return out, nil
}

func scanRoute(row interface{ Scan(dest ...any) error }) (ledger.Route, error) {
	var r ledger.Route
	var first, last int64
	err := row.Scan(&r.Pool.Account, &r.Pool.Region, &r.Pool.Model, &r.Pool.Path, &r.ModelID, &r.Operation, &r.Tenant, &r.Client,
		&first, &last, &r.Calls, &r.Failed, &r.Runs, &r.Unset, &r.MaxTokens, &r.MostInput, &r.MostOutput,
		&r.Usage.Input, &r.Usage.Output, &r.Usage.CacheRead, &r.Usage.CacheWrite, &r.Held, &r.Settled,
		&r.Queued, &r.Latency, &r.Attempts, &r.Throttled, &r.Joined, &r.ClientAttempts, &r.Repeats)
	r.First, r.Last = time.Unix(0, first).UTC(), time.Unix(0, last).UTC()
	return r, err
}
