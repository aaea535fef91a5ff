package sqlitestore

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/ledger"
)

// RecordEvent keeps an event, or finds that another process has kept it. It
// survives a kill of the process once RecordEvent has returned.
func (s *Store) RecordEvent(ctx context.Context, e ledger.Event) (int64, error) {
	if s.write == nil {
		return 0, fmt.Errorf("record event: %w", errReadOnly)
	}
	id, err := s.recordEvent(ctx, e)
	if err != nil {
		return 0, fmt.Errorf("record event: %w", err)
	}
	return id, nil
}

func (s *Store) recordEvent(ctx context.Context, e ledger.Event) (int64, error) {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer func() { _ = tx.Rollback() }() // once it is committed, nothing
	if e.Kind.Repeatable() {
		rows, err := tx.QueryContext(ctx, "SELECT "+eventColumns+" FROM events WHERE kind = ? AND account = ? AND region = ? AND code = ? ORDER BY id",
			string(e.Kind), string(e.Account), string(e.Region), e.Code)
		if err != nil {
			return 0, err
		}
		before, err := collect(rows, scanEvent)
		if err != nil {
			return 0, err
		}
		if same := e.Told(before); same != nil {
			return same.ID, nil
		}
	}
	data := sql.NullString{String: string(e.Data), Valid: e.Data != nil}
	result, err := tx.ExecContext(ctx, "INSERT INTO events (at, kind, account, region, code, text, data) VALUES (?, ?, ?, ?, ?, ?, ?)",
		e.Time.UnixNano(), string(e.Kind), string(e.Account), string(e.Region), e.Code, e.Text, data)
	if err != nil {
		return 0, err
	}
	id, err := result.LastInsertId()
	if err != nil {
		return 0, err
	}
	return id, tx.Commit()
}

const eventColumns = "id, at, kind, account, region, code, text, data"

// Events lists events, oldest first.
func (s *Store) Events(ctx context.Context, q ledger.EventQuery) ([]ledger.Event, error) {
	if q.Limit < 0 || q.Limit > ledger.MaxLimit {
		return nil, fault.New(fault.Invalid, "limit must be from 1 to %d, not %d", ledger.MaxLimit, q.Limit)
	}
	if q.Limit == 0 {
		q.Limit = ledger.DefaultLimit
	}
	var w where
	if !q.Since.IsZero() {
		w.add("at >= ?", q.Since.UnixNano())
	}
	if !q.Until.IsZero() {
		w.add("at < ?", q.Until.UnixNano())
	}
	if q.After > 0 {
		w.add("id > ?", q.After)
	}
	if q.Before > 0 {
		w.add("id < ?", q.Before)
	}
	w.equal("kind", string(q.Kind))
	w.equal("account", string(q.Account))
	w.equal("region", string(q.Region))
	w.equal("code", q.Code)
	newest := q.Before > 0 || q.Since.IsZero() && q.After == 0
	direction := " ORDER BY id"
	if newest {
		direction = " ORDER BY id DESC"
	}
	//nolint:gosec // only our own words are joined; values are parameters
	rows, err := s.read.QueryContext(ctx, "SELECT "+eventColumns+" FROM events"+w.String()+direction+" LIMIT "+strconv.Itoa(q.Limit), w.args...)
	if err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	out, err := collect(rows, scanEvent)
	if err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	if newest {
		slices.Reverse(out)
	}
	return out, nil
}

func scanEvent(row interface{ Scan(dest ...any) error }) (ledger.Event, error) {
	var (
		e    ledger.Event
		at   int64
		data sql.NullString
	)
	if err := row.Scan(&e.ID, &at, &e.Kind, &e.Account, &e.Region, &e.Code, &e.Text, &data); err != nil {
		return ledger.Event{}, err
	}
	e.Time = time.Unix(0, at).UTC()
	if data.Valid {
		e.Data = []byte(data.String)
	}
	return e, nil
}
