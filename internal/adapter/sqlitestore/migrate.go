package sqlitestore

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/headgate/headgate/internal/fault"
)

// migrations are numbered from 0001 without gaps; a released one never changes.
//
//go:embed migrations/*.sql
var migrations embed.FS

// applicationID marks a SQLite file as ours (sqlite.org/pragma.html#pragma_application_id):
// "HgLd" in ASCII.
const applicationID = 0x48674c64

// migrate brings the schema up to date. Each step is a transaction with its
// version, so that a crash in between, or two processes at once, leave a
// whole step or none.
func migrate(ctx context.Context, db *sql.DB) error {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	for i, name := range names {
		if err := step(ctx, db, name, i+1); err != nil {
			return fmt.Errorf("migrate to schema %d: %w", i+1, err)
		}
	}
	return nil
}

func step(ctx context.Context, db *sql.DB, name string, version int) error {
	text, err := migrations.ReadFile(name)
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // nothing to undo after a commit
	current, err := inspect(ctx, tx)
	if err != nil {
		return err
	}
	if current >= version {
		return nil
	}
	// The pragmas take no parameters; both values are our own numbers.
	script := fmt.Sprintf("%s\nPRAGMA application_id = %d; PRAGMA user_version = %d;", text, applicationID, version)
	if _, err := tx.ExecContext(ctx, script); err != nil {
		return err
	}
	return tx.Commit()
}

// querier is a database or a transaction.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// inspect is the schema version of a database: 0 when it is empty. It refuses
// what another program made and what a newer Headgate made.
func inspect(ctx context.Context, q querier) (version int, err error) {
	var application, tables int
	row := q.QueryRowContext(ctx, `SELECT
		(SELECT user_version FROM pragma_user_version),
		(SELECT application_id FROM pragma_application_id),
		(SELECT count(*) FROM sqlite_schema)`)
	if err := row.Scan(&version, &application, &tables); err != nil {
		return 0, fmt.Errorf("read the schema version: %w", err)
	}
	latest, err := latestVersion()
	switch {
	case err != nil:
		return 0, err
	case tables > 0 && application != applicationID:
		return 0, fault.New(fault.Invalid, "the SQLite database there was not made by Headgate; move it away, or name another folder with --data-dir")
	case version > latest:
		return 0, fault.New(fault.Invalid,
			"the database was written by a newer Headgate (schema %d, this one knows %d); upgrade, or name another folder with --data-dir", version, latest)
	}
	return version, nil
}

// checkSchema refuses to read a database that is not up to date.
func checkSchema(ctx context.Context, db *sql.DB) error {
	version, err := inspect(ctx, db)
	if err != nil {
		return err
	}
	latest, err := latestVersion()
	switch {
	case err != nil:
		return err
	case version == 0:
		return fault.New(fault.NotFound, "there is no record of calls yet; start `headgate serve` or `headgate up`")
	case version < latest:
		return fault.New(fault.Invalid, "the database has the older schema %d; start the gateway of this version once to bring it to %d", version, latest)
	}
	return nil
}

func latestVersion() (int, error) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return 0, fmt.Errorf("read migrations: %w", err)
	}
	return len(names), nil
}
