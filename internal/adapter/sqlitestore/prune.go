package sqlitestore

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"time"

	"github.com/headgate/headgate/internal/ledger"
)

var _ ledger.Pruner = (*Store)(nil)

// Prune forgets what is oldest of a kind. Before the zero time is any.
func (s *Store) Prune(ctx context.Context, kind ledger.Kept, before time.Time, most int) (int, error) {
	if s.write == nil {
		return 0, fmt.Errorf("prune: %w", errReadOnly)
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	end := int64(math.MaxInt64)
	if !before.IsZero() {
		end = before.UnixNano()
	}
	ctx = context.WithoutCancel(ctx) // once begun it is done within milliseconds
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer tx.Rollback() //nolint:errcheck // nothing to undo after a commit
	var n int
	switch kind {
	case ledger.KeptCalls:
		n, err = pruneCalls(ctx, tx, end, most)
	case ledger.KeptMinutes:
		n, err = pruneSums(ctx, tx, stepMinute, end, most)
	case ledger.KeptQuarters:
		n, err = pruneSums(ctx, tx, stepQuarter, end, most)
	}
	if err != nil || n == 0 {
		return 0, err
	}
	return n, tx.Commit()
}

// pruneCalls deletes calls, and the runs whose newest call is among them.
func pruneCalls(ctx context.Context, tx *sql.Tx, end int64, most int) (int, error) {
	var last sql.NullInt64
	var n int
	err := tx.QueryRowContext(ctx, `SELECT max(arrived), count(*) FROM (
		SELECT arrived FROM calls INDEXED BY calls_arrived WHERE arrived < ? ORDER BY arrived LIMIT ?)`, end, most).Scan(&last, &n)
	if err != nil || n == 0 {
		return 0, err
	}
	// Calls of the same instant go together, so that what is kept begins after them.
	until := last.Int64
	for _, text := range []string{
		"DELETE FROM run_models WHERE (run, tenant) IN (SELECT run, tenant FROM runs WHERE latest_arrived <= ?)",
		"DELETE FROM runs WHERE latest_arrived <= ?",
		"DELETE FROM calls WHERE arrived <= ?",
	} {
		if _, err := tx.ExecContext(ctx, text, until); err != nil {
			return 0, err
		}
	}
	return n, keptSince(ctx, tx, stepCall, until/int64(time.Second)+1)
}

// pruneSums deletes the sums of a step, and with minutes what was used in them. Sums lie
// by what they are of: those of each are old from its first on.
func pruneSums(ctx context.Context, tx *sql.Tx, step, end int64, most int) (int, error) {
	const of = "FROM dims d CROSS JOIN (SELECT column1 AS l FROM (VALUES (0), (1), (2))) CROSS JOIN rollups r ON r.level = l AND r.step = ? AND r.dim = d.id"
	if end = down(end, step*int64(time.Second)) / int64(time.Second); end > maxSecond {
		var first sql.NullInt64
		err := tx.QueryRowContext(ctx, "SELECT min(r.start) "+of, step).Scan(&first)
		if err != nil || !first.Valid {
			return 0, err
		}
		end = first.Int64 + stepDay
	}
	result, err := tx.ExecContext(ctx, "DELETE FROM rollups WHERE (level, step, dim, start) IN (SELECT r.level, r.step, r.dim, r.start "+of+" AND r.start < ? LIMIT ?)", step, end, most)
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	if err != nil {
		return 0, err
	}
	if step == stepMinute { // those who ask for use ask for less far back
		result, err := tx.ExecContext(ctx, "DELETE FROM use_minutes WHERE (start, account, region, model, path) IN (SELECT start, account, region, model, path FROM use_minutes WHERE start < ? ORDER BY start LIMIT ?)", end, most)
		if err != nil {
			return 0, err
		}
		used, err := result.RowsAffected()
		if err != nil {
			return 0, err
		}
		n = max(n, used)
	}
	return int(n), keptSince(ctx, tx, step, end)
}

// maxSecond is beyond every second that there is a call of.
const maxSecond = math.MaxInt64 / int64(time.Second) / 2

// keptSince notes from which second on a step is whole.
func keptSince(ctx context.Context, tx *sql.Tx, step, since int64) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO kept VALUES (?, ?) ON CONFLICT DO UPDATE SET since = max(since, excluded.since)", step, since)
	return err
}

// Size is how many bytes the database takes, what is still in its log included, and
// how many of them are free.
func (s *Store) Size(ctx context.Context) (bytes, free int64, err error) {
	var page, pages, empty int64
	err = s.read.QueryRowContext(ctx, `SELECT (SELECT page_size FROM pragma_page_size), (SELECT page_count FROM pragma_page_count),
		(SELECT freelist_count FROM pragma_freelist_count)`).Scan(&page, &pages, &empty)
	if err != nil {
		return 0, 0, fmt.Errorf("measure the database: %w", err)
	}
	return page * pages, page * empty, nil
}

// shrinkPages is how many pages one Shrink gives back: 16 MiB at most.
const shrinkPages = 4096

// Shrink gives free pages back to the disk.
func (s *Store) Shrink(ctx context.Context) error {
	if s.write == nil {
		return fmt.Errorf("shrink: %w", errReadOnly)
	}
	if _, err := s.write.ExecContext(context.WithoutCancel(ctx), fmt.Sprintf("PRAGMA incremental_vacuum(%d)", shrinkPages)); err != nil {
		return fmt.Errorf("shrink the database: %w", err)
	}
	// The file itself becomes shorter when its log is folded into it.
	if _, err := s.write.ExecContext(context.WithoutCancel(ctx), "PRAGMA wal_checkpoint(PASSIVE)"); err != nil {
		return fmt.Errorf("shrink the database: %w", err)
	}
	return nil
}
