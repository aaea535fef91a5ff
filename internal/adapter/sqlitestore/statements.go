package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// statements are what the writer says again and again, prepared once on its
// only connection.
type statements struct {
	insertOne  *sql.Stmt
	insertMany *sql.Stmt // manyRows at once
	saveLimit  *sql.Stmt
}

// manyRows of one statement: fewer calls into the driver per row.
const manyRows = 16

func prepareStatements(ctx context.Context, db *sql.DB) (*statements, error) {
	s := &statements{}
	for _, p := range []struct {
		to   **sql.Stmt
		text string
	}{
		{&s.insertOne, insertCalls(1)},
		{&s.insertMany, insertCalls(manyRows)},
		{&s.saveLimit, `INSERT INTO limit_state (pool, state, saved_at) VALUES (?, ?, ?)
			ON CONFLICT (pool) DO UPDATE SET state = excluded.state, saved_at = excluded.saved_at`},
	} {
		stmt, err := db.PrepareContext(ctx, p.text) //nolint:sqlclosecheck // close closes it
		if err != nil {
			return nil, errors.Join(fmt.Errorf("prepare: %w", err), s.close())
		}
		*p.to = stmt
	}
	return s, nil
}

func (s *statements) close() error {
	var errs []error
	for _, stmt := range []*sql.Stmt{s.insertOne, s.insertMany, s.saveLimit} {
		if stmt != nil {
			errs = append(errs, stmt.Close())
		}
	}
	return errors.Join(errs...)
}

// insertCalls inserts n rows and leaves those alone whose id is there.
func insertCalls(n int) string {
	row := "(?" + strings.Repeat(", ?", callFields-1) + ")"
	return "INSERT INTO calls (" + callColumns + ") VALUES " + row + strings.Repeat(", "+row, n-1) + " ON CONFLICT (id) DO NOTHING"
}
