package agent

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/ddl"
	"github.com/headgate/headgate/internal/schema/verify"
)

// writeRows writes a table's rows as CSV (RFC 4180, LF) with a header. Null is an
// empty cell, an empty text is an empty cell in quotes.
func writeRows(ctx context.Context, w io.Writer, rows verify.Rows, t *schema.Table) error {
	// A bufio.Writer keeps its first error, which Flush returns.
	b := bufio.NewWriterSize(w, 1<<16)
	put := func(text string) { _, _ = b.WriteString(text) }
	for i, c := range t.Columns {
		if i > 0 {
			put(",")
		}
		put(c.Name)
	}
	put("\n")
	err := rows.Scan(ctx, t, func(row []*string) error {
		for i, v := range row {
			if i > 0 {
				put(",")
			}
			switch {
			case v == nil:
			case *v == "" || strings.ContainsAny(*v, ",\"\r\n\\") || strings.TrimSpace(*v) != *v:
				put(`"`)
				put(strings.ReplaceAll(*v, `"`, `""`))
				put(`"`)
			default:
				put(*v)
			}
		}
		return b.WriteByte('\n')
	})
	if err != nil {
		return err
	}
	return b.Flush()
}

// loadScript says how the rows are loaded: commands for the dialect's own client,
// run in the run's folder after its DDL.
func loadScript(s *schema.Schema, d ddl.Dialect) []byte {
	var b strings.Builder
	switch d {
	case ddl.PostgreSQL:
		fmt.Fprintf(&b, "-- psql -d DATABASE -v ON_ERROR_STOP=1 -f ddl/postgres.sql -f load/postgres.sql\nBEGIN;\nSET CONSTRAINTS ALL DEFERRED; -- tables may refer to each other\n")
	case ddl.MySQL:
		fmt.Fprintf(&b, "-- cat ddl/mysql.sql load/mysql.sql | mysql --local-infile=1 DATABASE\nSET FOREIGN_KEY_CHECKS = 0; -- references may be circular; they were checked\n")
	case ddl.SQLite:
		fmt.Fprintf(&b, "-- sqlite3 %s.db '.read ddl/sqlite.sql' '.read load/sqlite.sql'\nPRAGMA foreign_keys = OFF;\n", s.Name)
	}
	for i := range s.Tables {
		if t := &s.Tables[i]; t.From.Table != "" {
			loadTable(&b, t, d)
		}
	}
	switch d {
	case ddl.PostgreSQL:
		b.WriteString("COMMIT;\n")
	case ddl.MySQL:
		b.WriteString("SET FOREIGN_KEY_CHECKS = 1;\n")
	case ddl.SQLite:
		b.WriteString("PRAGMA foreign_key_check;\n")
	}
	return []byte(b.String())
}

func loadTable(b *strings.Builder, t *schema.Table, d ddl.Dialect) {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = ddl.Quote(d, c.Name)
	}
	file, table := "load/"+t.Name+".csv", ddl.Quote(d, t.Name)
	switch d {
	case ddl.PostgreSQL:
		fmt.Fprintf(b, "\\copy %s (%s) from '%s' with (format csv, header true)\n", table, strings.Join(names, ", "), file)
	case ddl.MySQL:
		vars, sets := make([]string, len(names)), make([]string, len(names))
		for i, c := range t.Columns {
			vars[i] = fmt.Sprintf("@v%d", i+1)
			sets[i] = names[i] + " = " + fromMySQL(c, vars[i])
		}
		fmt.Fprintf(b, "LOAD DATA LOCAL INFILE '%s' INTO TABLE %s CHARACTER SET utf8mb4\n  FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"' ESCAPED BY '' LINES TERMINATED BY '\\n' IGNORE 1 LINES\n  (%s)\n  SET %s;\n",
			file, table, strings.Join(vars, ", "), strings.Join(sets, ", "))
	case ddl.SQLite:
		values := make([]string, len(names))
		for i, c := range t.Columns {
			values[i] = fromSQLite(c, names[i])
		}
		// The shell's import knows no null: what is empty in a column that may be is one.
		fmt.Fprintf(b, "CREATE TEMP TABLE \"staging %s\" (%s);\n.import --csv --skip 1 %s \"staging %s\"\nINSERT INTO main.%s SELECT %s FROM \"staging %s\";\nDROP TABLE \"staging %s\";\n",
			t.Name, strings.Join(names, ", "), file, t.Name, table, strings.Join(values, ", "), t.Name, t.Name)
	}
}

func fromSQLite(c schema.Column, name string) string {
	switch {
	case c.Type.Kind == "boolean":
		return fmt.Sprintf("CASE %s WHEN 'true' THEN 1 WHEN 'false' THEN 0 END", name)
	case c.Nullable || c.Type.Kind != "text":
		return "nullif(" + name + ", '')"
	}
	return name
}

func fromMySQL(c schema.Column, v string) string {
	switch {
	case c.Type.Kind == "boolean":
		return fmt.Sprintf("CASE %s WHEN 'true' THEN 1 WHEN 'false' THEN 0 END", v)
	case c.Type.Kind == "timestamp_tz": // the file has UTC
		return fmt.Sprintf("nullif(left(%s, char_length(%s) - 6), '')", v, v)
	case c.Nullable || c.Type.Kind != "text":
		return "nullif(" + v + ", '')"
	}
	return v
}
