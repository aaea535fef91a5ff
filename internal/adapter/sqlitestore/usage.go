package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/headgate/headgate/internal/ledger"
)

// usageSums are the fields of ledger.Sums over rows c of sums; of what sumFields names.
const usageSums = `sum(c.calls), sum(c.ok), sum(c.refused), sum(c.failed), sum(c.throttles), sum(c.waited), sum(c.avoided), sum(c.attempts),
	sum(c.queued), sum(c.latency), sum(c.input_tokens), sum(c.output_tokens), sum(c.cache_read_tokens), sum(c.cache_write_tokens),
	sum(c.hold), sum(c.settled), sum(c.nano), sum(c.free), sum(c.unpriced)`

func sumFields(s *ledger.Sums) []any {
	return []any{
		&s.Calls, &s.OK, &s.Refused, &s.Failed, &s.Throttles, &s.Waited, &s.Avoided, &s.Attempts,
		&s.Queued, &s.Latency, &s.Usage.Input, &s.Usage.Output, &s.Usage.CacheRead, &s.Usage.CacheWrite,
		&s.Held, &s.Settled, &s.NanoUSD, &s.Free, &s.Unpriced,
	}
}

// usageKeys are what the calls of a point have in common: account, region, model of
// the pool, path, tenant, model.
func usageKeys(by ledger.UsageBy) string {
	switch by {
	case ledger.UsageByPool:
		return "c.account, c.region, c.model, c.path, '', ''"
	case ledger.UsageByTenant:
		return "'', '', '', '', c.tenant, ''"
	case ledger.UsageByModel:
		return "'', '', '', '', '', CASE c.model WHEN '' THEN c.model_id ELSE c.model END"
	case ledger.UsageByNone:
	}
	return "'', '', '', '', '', ''"
}

// Usage sums up calls over time, from the roll-ups of whole steps.
func (s *Store) Usage(ctx context.Context, q ledger.UsageQuery) (ledger.Usage, error) {
	q, err := q.Checked()
	if err != nil {
		return ledger.Usage{}, err
	}
	length := int64(q.Step.Length() / time.Second)
	sp := span{step: min(length, stepQuarter), from: never, to: always}
	if length == stepDay {
		sp.step = stepDay
	}
	if !q.Since.IsZero() {
		sp.from = down(q.Since.UnixNano(), length*int64(time.Second))
	}
	if !q.Until.IsZero() {
		sp.to = up(q.Until.UnixNano(), length*int64(time.Second))
	}
	var w where
	w.summed(string(q.Tenant), q.Model)
	table, args := source([]span{sp}, &w)
	//nolint:gosec // only our own words are joined; values are parameters
	query := fmt.Sprintf("SELECT c.at / %d * %[1]d, %s, %s, count(*) OVER () FROM %s c GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1 DESC, 2 DESC, 3 DESC, 4 DESC, 5 DESC, 6 DESC, 7 DESC LIMIT %d",
		length, usageKeys(q.By), usageSums, table, q.Limit)
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return ledger.Usage{}, fmt.Errorf("sum up usage: %w", err)
	}
	all := 0
	points, err := collect(rows, func(row interface{ Scan(dest ...any) error }) (p ledger.UsagePoint, err error) {
		var at int64
		to := append([]any{&at, &p.Pool.Account, &p.Pool.Region, &p.Pool.Model, &p.Pool.Path, &p.Tenant, &p.Model}, sumFields(&p.Sums)...)
		err = row.Scan(append(to, &all)...)
		p.Time = time.Unix(at, 0).UTC()
		return p, err
	})
	if err != nil {
		return ledger.Usage{}, fmt.Errorf("sum up usage: %w", err)
	}
	slices.Reverse(points)
	return ledger.Usage{Points: points, More: all - len(points)}, nil
}

// Sums sums up all calls that q selects.
func (s *Store) Sums(ctx context.Context, q ledger.SumQuery) (ledger.Sums, error) {
	spans, err := s.spans(ctx, q.Since, q.Until, stepDay, stepQuarter, stepMinute)
	if err != nil {
		return ledger.Sums{}, err
	}
	var w where
	w.summed(string(q.Tenant), q.Model)
	table, args := source(spans, &w)
	var out ledger.Sums
	err = s.read.QueryRowContext(ctx, "SELECT "+usageSums+" FROM "+table+" c HAVING count(*) > 0", args...).Scan(sumFields(&out)...)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return ledger.Sums{}, fmt.Errorf("sum up calls: %w", err)
	}
	return out, nil
}
