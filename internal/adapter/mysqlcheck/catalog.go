package mysqlcheck

import (
	"context"
	"regexp"
	"strings"

	"github.com/headgate/headgate/internal/schema/ddl"
	"github.com/headgate/headgate/internal/schema/verify"
)

// The queries of the database's shape.
const (
	columnsQuery = "SELECT table_name, ordinal_position, column_name, column_type, is_nullable = 'YES' FROM information_schema.columns WHERE table_schema = database()"
	keysQuery    = "SELECT table_name, index_name, column_name FROM information_schema.statistics WHERE table_schema = database() AND non_unique = 0 ORDER BY table_name, index_name, seq_in_index"
	refersQuery  = "SELECT table_name, constraint_name, column_name, referenced_table_name, referenced_column_name FROM information_schema.key_column_usage " +
		"WHERE table_schema = database() AND referenced_table_name IS NOT NULL ORDER BY table_name, constraint_name, ordinal_position"
)

// compare finds where the server's catalogue says of a table otherwise than it was
// told.
func (t *trial) compare(ctx context.Context) error {
	var got verify.Shape
	var table, name, column, kind string
	var place int
	var nullable bool
	err := t.each(ctx, columnsQuery, []any{&table, &place, &column, &kind, &nullable}, func() { got.Column(table, place, column, plain(kind), nullable) })
	if err != nil {
		return failed(ctx, "read the catalogue", err)
	}
	t.keys = map[string][]string{}
	err = t.each(ctx, keysQuery, []any{&table, &name, &column}, func() { t.keys[table+" "+name] = append(t.keys[table+" "+name], column) })
	if err != nil {
		return failed(ctx, "read the catalogue", err)
	}
	for at, columns := range t.keys {
		table, name, _ := strings.Cut(at, " ") // no identifier of a schema has a space
		if name == "PRIMARY" {
			got.Key(table, verify.PrimaryKey, columns)
		} else {
			got.Key(table, verify.Unique, columns)
		}
	}
	type reference struct {
		table, to     string
		from, columns []string
	}
	refs := map[string]*reference{}
	var to, refColumn string
	err = t.each(ctx, refersQuery, []any{&table, &name, &column, &to, &refColumn}, func() {
		if refs[table+" "+name] == nil {
			refs[table+" "+name] = &reference{table: table, to: to}
		}
		r := refs[table+" "+name]
		r.from, r.columns = append(r.from, column), append(r.columns, refColumn)
	})
	for _, r := range refs {
		got.Reference(r.table, r.from, r.to, r.columns)
	}
	t.out.Findings = append(t.out.Findings, got.Against(verify.Expected(t.s, ddl.MySQL, t.native))...)
	return failed(ctx, "read the catalogue", err)
}

// each scans every row of a query into dest, and calls fn after each.
func (t *trial) each(ctx context.Context, query string, dest []any, fn func()) error {
	rows, err := t.conn.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		fn()
	}
	return rows.Err()
}

// native is a type of the schema's statements as the server writes it.
func (t *trial) native(kind string) string {
	switch {
	case kind == "boolean":
		return "tinyint(1)"
	case kind == "json" && t.mariaDB:
		return "longtext"
	}
	return kind
}

// plain leaves out the width that older servers give integers for show.
func plain(kind string) string {
	return regexp.MustCompile(`^(int|bigint)\(\d+\)`).ReplaceAllString(kind, "$1")
}
