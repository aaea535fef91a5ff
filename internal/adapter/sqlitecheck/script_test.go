package sqlitecheck_test

import (
	"context"
	"database/sql"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/headgate/headgate/internal/adapter/sqlitecheck"
	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/ddl"
	"github.com/headgate/headgate/internal/schema/schematest"
)

// TestTheScriptsLoadWhatTheFilesHad, when a user runs them in SQLite's own shell.
func TestTheScriptsLoadWhatTheFilesHad(t *testing.T) {
	t.Parallel()
	shell, err := exec.LookPath("sqlite3")
	if err != nil {
		t.Skip("there is no sqlite3 to run the scripts with")
	}
	t.Run("hostile", func(t *testing.T) {
		t.Parallel()
		script(t, shell, schematest.Hostile(t))
	})
	t.Run("databases", func(t *testing.T) {
		t.Parallel()
		for _, dir := range schematest.Databases(t) {
			if filepath.Base(filepath.Dir(dir)) != "spider_en" { // many, and alike
				script(t, shell, dir)
			}
		}
	})
}

func script(t *testing.T, shell, dir string) {
	t.Helper()
	m := schematest.Make(t, dir, &sqlitecheck.Engine{TempDir: t.TempDir()})
	cmd := exec.CommandContext(t.Context(), shell, "-bail", "made.db", ".read ddl/sqlite.sql", ".read load/sqlite.sql")
	cmd.Dir = m.Dir
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%s: %v\n%s", dir, err, out)
		return
	}
	db, err := sql.Open("sqlite", filepath.Join(m.Dir, "made.db"))
	if err != nil {
		t.Fatal(err)
	}
	m.Compare(t, func(ctx context.Context, table *schema.Table, fn func([]*string) error) error {
		return texts(ctx, db, table, fn)
	})
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

func texts(ctx context.Context, db *sql.DB, table *schema.Table, fn func([]*string) error) error {
	names := make([]string, len(table.Columns))
	row, dest := make([]*string, len(names)), make([]any, len(names))
	for i, c := range table.Columns {
		names[i] = "CAST(" + ddl.Quote(ddl.SQLite, c.Name) + " AS TEXT)"
		dest[i] = &row[i]
	}
	rows, err := db.QueryContext(ctx, "SELECT "+strings.Join(names, ", ")+" FROM "+ddl.Quote(ddl.SQLite, table.Name))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		if err := fn(row); err != nil {
			return err
		}
	}
	return rows.Err()
}
