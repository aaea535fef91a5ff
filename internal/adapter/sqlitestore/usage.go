package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/headgate/headgate/internal/ledger"
)

// usageSums are the columns that ledger.Sums sums up, in the order of sumFields.
func usageSums() []string {
	return []string{
		"calls", "ok", "refused", "failed", "throttles", "waited", "avoided", "attempts", "queued", "latency",
		"input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "hold", "settled", "nano", "free", "unpriced",
	}
}

func sumFields(s *ledger.Sums) []any {
	return []any{
		&s.Calls, &s.OK, &s.Refused, &s.Failed, &s.Throttles, &s.Waited, &s.Avoided, &s.Attempts,
		&s.Queued, &s.Latency, &s.Usage.Input, &s.Usage.Output, &s.Usage.CacheRead, &s.Usage.CacheWrite,
		&s.Held, &s.Settled, &s.NanoUSD, &s.Free, &s.Unpriced,
	}
}

// usageKeys are what the calls of a point have in common: its time, then account,
// region, model of the pool, path, tenant, model.
func usageKeys(q ledger.UsageQuery) []string {
	at := fmt.Sprintf("AT / %d * %[1]d", int64(q.Step.Length()/time.Second))
	switch q.By {
	case ledger.UsageByPool:
		return []string{at, "account", "region", "model", "path", "''", "''"}
	case ledger.UsageByTenant:
		return []string{at, "''", "''", "''", "''", "tenant", "''"}
	case ledger.UsageByModel:
		return []string{at, "''", "''", "''", "''", "''", modelName}
	case ledger.UsageByNone:
	}
	return []string{at, "''", "''", "''", "''", "''", "''"}
}

// usageSpan is the whole steps that are asked for, from the roll-ups that they are
// made of, or from calls where there are none so small.
func usageSpan(q ledger.UsageQuery, l level) span {
	length := int64(q.Step.Length() / time.Second)
	sp := span{step: min(length, stepQuarter), from: never, to: always}
	switch {
	case length == stepDay:
		sp.step = stepDay
	case length == stepMinute && l != levelAll:
		sp.step = stepCall
	}
	if !q.Since.IsZero() {
		sp.from = down(q.Since.UnixNano(), length*int64(time.Second))
	}
	if !q.Until.IsZero() {
		sp.to = up(q.Until.UnixNano(), length*int64(time.Second))
	}
	return sp
}

// Usage sums up calls over time.
func (s *Store) Usage(ctx context.Context, q ledger.UsageQuery) (ledger.Usage, error) {
	q, err := q.Checked()
	if err != nil {
		return ledger.Usage{}, err
	}
	r := rolled{level: levelOf(q.By == ledger.UsageByTenant, string(q.Tenant)), tenant: string(q.Tenant), model: q.Model, keys: usageKeys(q), sums: usageSums()}
	r.spans = []span{usageSpan(q, r.level)}
	query, args := r.query()
	query = "SELECT *, count(*) OVER () FROM (" + query + ") ORDER BY k1 DESC, k2 DESC, k3 DESC, k4 DESC, k5 DESC, k6 DESC, k7 DESC LIMIT " + strconv.Itoa(q.Limit)
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
func (s *Store) Sums(ctx context.Context, q ledger.SumQuery) (out ledger.Sums, err error) {
	r := rolled{level: levelOf(false, string(q.Tenant)), tenant: string(q.Tenant), model: q.Model, sums: usageSums()}
	if r.spans, err = s.spans(ctx, q.Since, q.Until, r.level.steps()...); err != nil {
		return ledger.Sums{}, err
	}
	query, args := r.query()
	err = s.read.QueryRowContext(ctx, query, args...).Scan(sumFields(&out)...)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return ledger.Sums{}, fmt.Errorf("sum up calls: %w", err)
	}
	return out, nil
}
