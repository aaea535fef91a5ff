package pgcheck

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/ddl"
	"github.com/headgate/headgate/internal/schema/schematest"
)

// started is a private server; the test is skipped where there is none.
func started(t *testing.T) *Private {
	t.Helper()
	p := NewPrivate("")
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	<-p.ready
	if p.why != "" {
		t.Skip(p.why)
	}
	return p
}

// TestEveryDatabaseIsExecuted: what evidence alone makes of every database runs on
// PostgreSQL, takes all rows, and comes back from its catalogue as it was sent.
func TestEveryDatabaseIsExecuted(t *testing.T) {
	t.Parallel()
	dirs := append(schematest.Databases(t), schematest.Hostile(t))
	p := started(t)
	for _, dir := range dirs {
		m := schematest.Make(t, dir, p)
		if len(m.Schema.Tables) == 0 {
			t.Errorf("%s has no tables", dir)
		}
	}
	if len(dirs) < 50 {
		t.Errorf("only %d databases were made", len(dirs))
	}
}

// TestTheScriptsLoadWhatTheFilesHad, when a user runs them in PostgreSQL's own
// client.
func TestTheScriptsLoadWhatTheFilesHad(t *testing.T) {
	t.Parallel()
	psql, err := exec.LookPath("psql")
	if err != nil {
		t.Skip("there is no psql to run the scripts with")
	}
	p := started(t)
	load(t, p, psql, "hostile", schematest.Hostile(t))
	for i, dir := range schematest.Databases(t) {
		if filepath.Base(filepath.Dir(dir)) != "spider_en" { // many, and alike
			load(t, p, psql, fmt.Sprintf("made%d", i), dir)
		}
	}
}

func load(t *testing.T, p *Private, psql, database, dir string) {
	t.Helper()
	m := schematest.Make(t, dir)
	conn, err := pgx.Connect(t.Context(), p.server.DSN)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "CREATE DATABASE "+database); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	dsn := strings.Replace(p.server.DSN, "dbname=postgres", "dbname="+database, 1)
	cmd := exec.CommandContext(t.Context(), psql, "-X", "-q", "-d", dsn, "-v", "ON_ERROR_STOP=1", "-f", "ddl/postgres.sql", "-f", "load/postgres.sql")
	cmd.Dir = m.Dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", dir, err, out)
		return
	}
	if conn, err = pgx.Connect(t.Context(), dsn+" timezone=UTC"); err != nil {
		t.Fatal(err)
	}
	m.Compare(t, func(ctx context.Context, table *schema.Table, fn func([]*string) error) error {
		return texts(ctx, conn, table, fn)
	})
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func texts(ctx context.Context, conn *pgx.Conn, table *schema.Table, fn func([]*string) error) error {
	names := make([]string, len(table.Columns))
	row, dest := make([]*string, len(names)), make([]any, len(names))
	for i, c := range table.Columns {
		names[i] = ddl.Quote(ddl.PostgreSQL, c.Name) + "::text"
		dest[i] = &row[i]
	}
	rows, err := conn.Query(ctx, "SELECT "+strings.Join(names, ", ")+" FROM "+ddl.Quote(ddl.PostgreSQL, table.Name))
	if err != nil {
		return err
	}
	_, err = pgx.ForEachRow(rows, dest, func() error { return fn(row) })
	return err
}
