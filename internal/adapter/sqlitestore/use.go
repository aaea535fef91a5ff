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
	w.equal("model", string(q.Model))
	return w
}

// useColumns are what intervals sum up, of a call and of a minute, and how.
func useColumns() [][3]string {
	return [][3]string{
		{"1", "calls", "sum"},
		{"attempts", "attempts", "sum"},
		{"throttled_requests + throttled_tokens + throttled_day", "throttles", "sum"},
		{"hold", "hold", "sum"},
		{"settled", "settled", "sum"},
		{"input_tokens", "input_tokens", "sum"},
		{"output_tokens", "output_tokens", "sum"},
		{"cache_read_tokens", "cache_read_tokens", "sum"},
		{"cache_write_tokens", "cache_write_tokens", "sum"},
		{"queued", "queued", "sum"},
		{"input_tokens + cache_read_tokens + cache_write_tokens", "most_input", "max"},
		{"output_tokens", "most_output", "max"},
	}
}

// used sums up what calls of each pool used within q by interval: whole minutes are
// summed up already, the calls of their seconds are at both ends.
func (s *Store) used(ctx context.Context, q ledger.UseQuery) (query string, args []any, err error) {
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
		text, of := usedWithin(sp, q)
		parts = append(parts, text)
		args = append(args, of...)
	}
	if len(parts) == 0 {
		return "", nil, nil
	}
	query = strings.Join(parts, " UNION ALL ")
	if q.Width != time.Minute { // or no two parts have the same interval
		var sums []string
		for _, c := range useColumns() {
			sums = append(sums, c[2]+"("+c[1]+")")
		}
		query = "SELECT start, account, region, model, path, " + strings.Join(sums, ", ") + " FROM (" + query + ") GROUP BY 1, 2, 3, 4, 5"
	}
	return query + " ORDER BY 1, 2, 3, 4, 5", args, nil
}

// usedWithin sums up one span.
func usedWithin(sp span, q ledger.UseQuery) (string, []any) {
	var w where
	from, at, column, unit := "calls", "arrived + queued", 0, int64(1)
	if sp.step == stepMinute {
		from, at, column, unit = "use_minutes", "start", 1, int64(time.Second)
	} else {
		w.add("attempts > 0")
	}
	if sp.from != never {
		w.add(at+" >= ?", sp.from/unit)
	}
	if sp.to != always {
		w.add(at+" < ?", sp.to/unit)
	}
	w.equal("model", string(q.Model))
	whole := sp.step == stepMinute && q.Width == time.Minute // each row is an interval
	columns := make([]string, 0, len(useColumns()))
	for _, c := range useColumns() {
		if whole {
			columns = append(columns, c[1])
			continue
		}
		columns = append(columns, c[2]+"("+c[column]+") AS "+c[1])
	}
	text := "SELECT (" + at + ") / ? AS start, account, region, model, path, " + strings.Join(columns, ", ") + " FROM " + from + w.String()
	if !whole {
		text += " GROUP BY 1, 2, 3, 4, 5"
	}
	return text, append([]any{int64(q.Width) / unit}, w.args...)
}

// Intervals sums up calls by pool and interval.
func (s *Store) Intervals(ctx context.Context, q ledger.UseQuery) ([]ledger.Interval, error) {
	q, err := q.Checked()
	if err != nil {
		return nil, err
	}
	query, args, err := s.used(ctx, q)
	if err != nil || query == "" {
		return nil, err
	}
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("sum up intervals: %w", err)
	}
	out, err := collect(rows, func(row interface{ Scan(dest ...any) error }) (ledger.Interval, error) {
		var i ledger.Interval
		var start int64
		err := row.Scan(&start, &i.Pool.Account, &i.Pool.Region, &i.Pool.Model, &i.Pool.Path, &i.Calls, &i.Attempts, &i.Throttled, &i.Held, &i.Settled,
			&i.Usage.Input, &i.Usage.Output, &i.Usage.CacheRead, &i.Usage.CacheWrite, &i.Queued, &i.MostInput, &i.MostOutput)
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
