package sqlitestore

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/explain"
	"github.com/headgate/headgate/internal/ledger"
)

// aroundWait bounds how long before a call another may have come that is still
// counted as around it.
const aroundWait = time.Hour

// Around counts the other calls of e's pool that were there at the time.
func (s *Store) Around(ctx context.Context, e ledger.Entry, scale float64) (explain.Around, error) {
	came, went := e.Time.UnixNano(), e.Time.UnixNano()
	ended := came // of its wait
	switch {
	case e.Attempts > 0:
		went += int64(e.Queued)
		ended = went
	case e.Outcome == ledger.Refused || e.Outcome == ledger.Cancelled:
		ended += int64(e.Latency)
	}
	minute := int64(float64(time.Minute) / max(1, scale))
	const first = "started >= :came AND started < :ended"
	var sums []string
	for i, condition := range []string{
		first,
		first + " AND class_rank < :rank",
		first + " AND tenant = :tenant",
		first + " AND tenant = :tenant AND run = :run AND run <> ''",
		"started < :came AND gone > :came",
		"started >= :went - :minute AND started < :went",
	} {
		tokens := "settled"
		if i == 4 {
			tokens = "hold"
		}
		sums = append(sums, fmt.Sprintf("count(*) FILTER (WHERE %s), coalesce(sum(%s) FILTER (WHERE %s), 0)", condition, tokens, condition))
	}
	var a explain.Around
	err := s.read.QueryRowContext(ctx, "SELECT "+strings.Join(sums, ", ")+` FROM (
		SELECT arrived + queued AS started, arrived + latency AS gone, tenant, run, hold, settled,
			CASE class WHEN 'interactive' THEN 0 WHEN 'batch' THEN 2 ELSE 1 END AS class_rank
		FROM calls WHERE arrived >= :since AND arrived < :ended AND attempts > 0 AND id <> :id
			AND account = :account AND region = :region AND model = :model AND path = :path)`,
		sql.Named("came", came), sql.Named("ended", max(ended, came)), sql.Named("went", went), sql.Named("minute", minute), sql.Named("rank", int64(e.Class)),
		sql.Named("tenant", string(e.Tenant)), sql.Named("run", string(e.Run)), sql.Named("since", came-int64(aroundWait)), sql.Named("id", string(e.ID)),
		sql.Named("account", string(e.Pool.Account)), sql.Named("region", string(e.Pool.Region)), sql.Named("model", string(e.Pool.Model)), sql.Named("path", string(e.Pool.Path)),
	).Scan(&a.First.Calls, &a.First.Tokens, &a.Urgent.Calls, &a.Urgent.Tokens, &a.Own.Calls, &a.Own.Tokens, &a.Run.Calls, &a.Run.Tokens,
		&a.Running.Calls, &a.Running.Tokens, &a.Minute.Calls, &a.Minute.Tokens)
	if err != nil {
		return explain.Around{}, fmt.Errorf("count the calls around %s: %w", e.ID, err)
	}
	return a, nil
}
