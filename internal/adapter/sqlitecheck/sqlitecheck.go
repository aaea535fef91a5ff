// Package sqlitecheck tries a schema on SQLite, in this process: its statements are
// executed, all rows are loaded, every key and reference is checked, and what was
// split is joined again and compared.
package sqlitecheck

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"modernc.org/sqlite"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/ddl"
	"github.com/headgate/headgate/internal/schema/verify"
)

// Engine is SQLite. It is safe for concurrent use.
type Engine struct {
	// TempDir is where databases are made, and removed again; empty: the system's.
	TempDir string
}

var _ verify.Engine = (*Engine)(nil)

// Try makes the schema in a database of its own and loads the rows. See
// verify.Engine.
func (e *Engine) Try(ctx context.Context, s *schema.Schema, rows verify.Rows) (_ verify.Result, err error) {
	dir, err := os.MkdirTemp(e.TempDir, "headgate-verify-")
	if err != nil {
		return verify.Result{}, fault.Wrap(fault.Denied, "make a folder to verify in", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	// Nothing here outlives the trial, so nothing is forced to the disk. References
	// are checked after the load, all at once.
	connector, err := sqlite.NewConnector("file:" + filepath.ToSlash(filepath.Join(dir, "try.db")) +
		"?_pragma=journal_mode(OFF)&_pragma=synchronous(OFF)&_pragma=foreign_keys(0)&_pragma=temp_store(FILE)")
	if err != nil {
		return verify.Result{}, fmt.Errorf("open a database to verify in: %w", err)
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(1)
	defer func() { err = errors.Join(err, db.Close()) }()
	t := trial{db: db, s: s, rows: rows, out: verify.Result{Dialect: ddl.SQLite, Executed: true, Loaded: map[string]int64{}, Findings: []verify.Finding{}}}
	if err := t.run(ctx); err != nil {
		return verify.Result{}, err
	}
	return t.out, nil
}

// trial is one run of a schema.
type trial struct {
	db   *sql.DB
	s    *schema.Schema
	rows verify.Rows
	out  verify.Result
}

func (t *trial) run(ctx context.Context) error {
	var version string
	if err := t.db.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version); err != nil {
		return fmt.Errorf("ask SQLite for its version: %w", err)
	}
	t.out.Engine = "SQLite " + version
	for _, st := range ddl.Statements(t.s, ddl.SQLite) {
		if _, err := t.db.ExecContext(ctx, st); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			t.found(verify.Finding{Constraint: verify.Syntax, Message: fmt.Sprintf("%v in: %.200s", err, st)})
		}
	}
	if !t.out.Held() {
		t.out.Executed = false
		return nil
	}
	if err := t.compare(ctx); err != nil {
		return err
	}
	found := len(t.out.Findings)
	for i := range t.s.Tables {
		if err := t.load(ctx, &t.s.Tables[i]); err != nil {
			return err
		}
	}
	if len(t.out.Findings) > found {
		return nil // without the rows that were refused, others would seem to refer to nothing
	}
	if err := t.references(ctx); err != nil {
		return err
	}
	return t.prove(ctx)
}

func (t *trial) found(f verify.Finding) { t.out.Findings = append(t.out.Findings, f) }

// references looks for rows without the row that they refer to.
func (t *trial) references(ctx context.Context) error {
	for i := range t.s.Tables {
		for _, f := range t.s.Tables[i].ForeignKeys {
			n, err := t.count(ctx, verify.Orphans(ddl.SQLite, f))
			if err != nil {
				return fmt.Errorf("check the reference of %s to %s: %w", f.Table, f.RefTable, err)
			}
			if n > 0 {
				t.found(verify.Finding{
					Constraint: verify.ForeignKey, Table: f.Table, Columns: f.Columns, RefTable: f.RefTable, Rows: n,
					Message: fmt.Sprintf("%d rows have no partner in %s", n, f.RefTable),
				})
			}
		}
	}
	// SQLite's own check of the same, which knows how it compares values of different types.
	rows, err := t.db.QueryContext(ctx, "SELECT count(*) FROM pragma_foreign_key_check")
	if err != nil {
		return fmt.Errorf("check references: %w", err)
	}
	defer rows.Close()
	var own int64
	for rows.Next() {
		if err := rows.Scan(&own); err != nil {
			return fmt.Errorf("check references: %w", err)
		}
	}
	if own > 0 && t.out.Held() {
		t.found(verify.Finding{Constraint: verify.Syntax, Rows: own, Message: fmt.Sprintf("SQLite's foreign_key_check finds %d rows", own)})
	}
	return rows.Err()
}

func (t *trial) count(ctx context.Context, query string) (n int64, err error) {
	err = t.db.QueryRowContext(ctx, query).Scan(&n)
	return n, err
}

func quote(name string) string { return ddl.Quote(ddl.SQLite, name) }
