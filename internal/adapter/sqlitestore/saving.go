package sqlitestore

import (
	"context"
	"fmt"
	"time"

	"github.com/headgate/headgate/internal/ledger"
)

// Savings sums up what the cache has saved.
func (s *Store) Savings(ctx context.Context, q ledger.SavingQuery) (ledger.Savings, error) {
	const day = int64(24 * time.Hour / time.Second)
	query, args := `SELECT
		coalesce(sum(calls) FILTER (WHERE cache = 'hit'), 0), coalesce(sum(calls) FILTER (WHERE cache = 'joined'), 0),
		coalesce(sum(calls) FILTER (WHERE cache = 'miss'), 0), coalesce(sum(tokens), 0), coalesce(sum(nano), 0)
		FROM savings WHERE 1`, []any(nil)
	if !q.Since.IsZero() {
		query, args = query+" AND day > ?", append(args, q.Since.Unix()-day)
	}
	if !q.Until.IsZero() {
		query, args = query+" AND day < ?", append(args, q.Until.Unix())
	}
	if q.Tenant != "" {
		query, args = query+" AND tenant = ?", append(args, string(q.Tenant))
	}
	if q.Model != "" {
		query, args = query+" AND model = ?", append(args, string(q.Model))
	}
	var out ledger.Savings
	if err := s.read.QueryRowContext(ctx, query, args...).Scan(&out.Hits, &out.Joined, &out.Misses, &out.Tokens, &out.Cost); err != nil {
		return out, fmt.Errorf("sum up savings: %w", err)
	}
	return out, nil
}
