package sqlitestore

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/ledger"
)

// upstream selects the calls that went upstream within q.
func upstream(q ledger.UseQuery) where {
	var w where
	w.add("attempts > 0")
	if !q.Since.IsZero() {
		w.add("arrived + queued >= ?", q.Since.UnixNano())
	}
	if !q.Until.IsZero() {
		w.add("arrived + queued < ?", q.Until.UnixNano())
	}
	return w
}

// used is a table of what calls of each pool used within q, by the nanosecond at:
// whole minutes are summed up already, their seconds are at both ends.
func (s *Store) used(ctx context.Context, q ledger.UseQuery) (table string, args []any, err error) {
	var steps []int64
	if q.Width%time.Minute == 0 {
		steps = []int64{stepMinute}
	}
	spans, err := s.spans(ctx, q.Since, q.Until, steps...)
	if err != nil {
		return "", nil, err
	}
	parts := []string{}
	for _, sp := range spans {
		var w where
		columns, at := "arrived + queued AS at, account, region, model, path, 1 AS calls, attempts, throttled_requests + throttled_tokens + throttled_day AS throttles", "arrived + queued"
		from, unit := "calls", int64(1)
		if sp.step == stepMinute {
			columns, at = "start * 1000000000 AS at, account, region, model, path, calls, attempts, throttles", "start"
			from, unit = "use_minutes", int64(time.Second)
		} else {
			w.add("attempts > 0")
		}
		if sp.from != never {
			w.add(at+" >= ?", sp.from/unit)
		}
		if sp.to != always {
			w.add(at+" < ?", sp.to/unit)
		}
		parts = append(parts, "SELECT "+columns+", hold, settled, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens FROM "+from+w.String())
		args = append(args, w.args...)
	}
	if len(parts) == 0 {
		return "", nil, nil
	}
	return "(" + strings.Join(parts, " UNION ALL ") + ")", args, nil
}

// Intervals sums up calls by pool and interval.
func (s *Store) Intervals(ctx context.Context, q ledger.UseQuery) ([]ledger.Interval, error) {
	q, err := q.Checked()
	if err != nil {
		return nil, err
	}
	table, args, err := s.used(ctx, q)
	if err != nil || table == "" {
		return nil, err
	}
	//nolint:gosec // only our own words are joined; values are parameters
	rows, err := s.read.QueryContext(ctx, `SELECT account, region, model, path, at / ? AS start,
		sum(calls), sum(attempts), sum(throttles), sum(hold), sum(settled),
		sum(input_tokens), sum(output_tokens), sum(cache_read_tokens), sum(cache_write_tokens)
		FROM `+table+` GROUP BY account, region, model, path, start ORDER BY start, account, region, model, path`,
		append([]any{int64(q.Width)}, args...)...)
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
