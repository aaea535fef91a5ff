package mysqlcheck

import (
	"bytes"
	"context"
	"database/sql"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/ddl"
	"github.com/headgate/headgate/internal/schema/schematest"
)

// given is the server that HEADGATE_MYSQL_DSN gives; the test is skipped without.
func given(t *testing.T) *Server {
	t.Helper()
	dsn := os.Getenv("HEADGATE_MYSQL_DSN")
	if dsn == "" {
		t.Skip("no MySQL or MariaDB server to try schemas on: set HEADGATE_MYSQL_DSN to the address of one")
	}
	return &Server{DSN: dsn}
}

// TestEveryDatabaseIsExecuted: what evidence alone makes of every database runs,
// takes all rows, and comes back from the catalogue as it was sent.
func TestEveryDatabaseIsExecuted(t *testing.T) {
	t.Parallel()
	e := given(t)
	for _, dir := range append(schematest.Databases(t), schematest.Hostile(t)) {
		schematest.Make(t, dir, e)
	}
}

// TestTheScriptsLoadWhatTheFilesHad, when a user runs them in the server's own
// client.
func TestTheScriptsLoadWhatTheFilesHad(t *testing.T) {
	t.Parallel()
	e := given(t)
	client, err := exec.LookPath("mysql")
	if err != nil {
		t.Skip("there is no mysql to run the scripts with")
	}
	script(t, e, client, schematest.Hostile(t))
	for _, dir := range schematest.Databases(t) {
		if filepath.Base(filepath.Dir(dir)) != "spider_en" { // many, and alike
			script(t, e, client, dir)
		}
	}
}

func script(t *testing.T, e *Server, client, dir string) {
	t.Helper()
	conf, err := config(e.DSN)
	if err != nil {
		t.Fatal("the address cannot be read")
	}
	host, port, err := net.SplitHostPort(conf.Addr)
	if err != nil {
		t.Skip("the client is run for addresses with a host and a port")
	}
	db, err := e.open()
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	const database = "headgate_verify_script"
	for _, st := range []string{"DROP DATABASE IF EXISTS " + database, "CREATE DATABASE " + database} {
		if _, err := db.ExecContext(t.Context(), st); err != nil {
			t.Fatal(err)
		}
	}
	defer func() {
		if _, err := db.ExecContext(context.WithoutCancel(t.Context()), "DROP DATABASE "+database); err != nil {
			t.Error(err)
		}
	}()
	m := schematest.Make(t, dir)
	cmd := exec.CommandContext(t.Context(), client, "-h", host, "-P", port, "-u", conf.User, "--local-infile=1", database)
	cmd.Dir, cmd.Env = m.Dir, append(os.Environ(), "MYSQL_PWD="+conf.Passwd)
	var scripts []byte
	for _, name := range []string{"ddl", "load"} {
		text, err := os.ReadFile(filepath.Join(m.Dir, name, "mysql.sql"))
		if err != nil {
			t.Fatal(err)
		}
		scripts = append(scripts, text...)
	}
	cmd.Stdin = bytes.NewReader(scripts)
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%s: %v\n%s", dir, err, out)
		return
	}
	m.Compare(t, func(ctx context.Context, table *schema.Table, fn func([]*string) error) error {
		return texts(ctx, db, database, table, fn)
	})
}

func texts(ctx context.Context, db *sql.DB, database string, table *schema.Table, fn func([]*string) error) error {
	names := make([]string, len(table.Columns))
	row, dest := make([]*string, len(names)), make([]any, len(names))
	for i, c := range table.Columns {
		names[i] = quote(c.Name)
		if c.Type.Kind == "float" || c.Type.Kind == "boolean" {
			names[i] = "CAST(" + names[i] + " AS CHAR)"
		}
		dest[i] = &row[i]
	}
	rows, err := db.QueryContext(ctx, "SELECT "+strings.Join(names, ", ")+" FROM "+quote(database)+"."+ddl.Quote(ddl.MySQL, table.Name))
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
