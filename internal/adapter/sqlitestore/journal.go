package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// errReadOnly is a programmer's mistake: a reader was asked to write.
var errReadOnly = errors.New("the database was opened for reading only")

// Save replaces the state of one pool. It survives a kill of the process once
// Save has returned.
func (s *Store) Save(ctx context.Context, pool string, state []byte) error {
	if s.write == nil {
		return fmt.Errorf("save limit state: %w", errReadOnly)
	}
	if state == nil {
		state = []byte{} // an empty state is not NULL
	}
	// A context that can end costs the driver a goroutine per statement; this
	// one takes microseconds.
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("save limit state: %w", err)
	}
	if _, err := s.statements.saveLimit.ExecContext(context.WithoutCancel(ctx), pool, state, time.Now().UnixNano()); err != nil {
		return fmt.Errorf("save limit state of %s: %w", pool, err)
	}
	return nil
}

// Load gives the state of every pool that was ever saved; the map and its
// bytes are the caller's.
func (s *Store) Load(ctx context.Context) (_ map[string][]byte, err error) {
	rows, err := s.read.QueryContext(ctx, "SELECT pool, state FROM limit_state")
	if err != nil {
		return nil, fmt.Errorf("load limit state: %w", err)
	}
	defer closeRows(rows, &err)
	out := map[string][]byte{}
	for rows.Next() {
		var pool string
		var state []byte
		if err := rows.Scan(&pool, &state); err != nil {
			return nil, fmt.Errorf("load limit state: %w", err)
		}
		out[pool] = state
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("load limit state: %w", err)
	}
	return out, nil
}

// closeRows closes rows and keeps the first error.
func closeRows(rows *sql.Rows, err *error) {
	if e := rows.Close(); e != nil && *err == nil {
		*err = fmt.Errorf("close rows: %w", e)
	}
}
