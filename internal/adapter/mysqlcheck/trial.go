package mysqlcheck

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/go-sql-driver/mysql"

	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/ddl"
	"github.com/headgate/headgate/internal/schema/verify"
)

// trial is one run of a schema, in a database of its own.
type trial struct {
	conn    *sql.Conn
	s       *schema.Schema
	rows    verify.Rows
	out     verify.Result
	mariaDB bool
	keys    map[string][]string // columns of unique keys, by table and name of the key
}

func (t *trial) run(ctx context.Context, database string) error {
	if err := t.begin(ctx, database); err != nil {
		return err
	}
	for _, st := range ddl.Statements(t.s, ddl.MySQL) {
		_, err := t.conn.ExecContext(ctx, st)
		said, ok := errors.AsType[*mysql.MySQLError](err)
		if err != nil && !ok {
			return err
		}
		if ok {
			t.out.Executed = false
			t.found(verify.Finding{Constraint: verify.Syntax, Message: fmt.Sprintf("%s (%d) in: %.200s", said.Message, said.Number, st)})
			break
		}
	}
	if !t.out.Executed {
		return nil
	}
	if err := t.compare(ctx); err != nil {
		return err
	}
	// Tables may refer to each other, so references are looked at when all rows are there.
	if _, err := t.conn.ExecContext(ctx, "SET SESSION foreign_key_checks = 0"); err != nil {
		return err
	}
	told := len(t.out.Findings)
	for i := range t.s.Tables {
		if err := t.load(ctx, &t.s.Tables[i]); err != nil {
			return err
		}
	}
	if len(t.out.Findings) > told {
		return nil // without the rows that were refused, others would seem to refer to nothing
	}
	if err := t.references(ctx); err != nil {
		return err
	}
	return t.prove(ctx)
}

// begin makes the database, and what is strict stricter.
func (t *trial) begin(ctx context.Context, database string) error {
	var version string
	if err := t.conn.QueryRowContext(ctx, "SELECT version()").Scan(&version); err != nil {
		return err
	}
	number, _, _ := strings.Cut(version, "-")
	name := "MySQL"
	for _, other := range []string{"MariaDB", "TiDB"} {
		if strings.Contains(version, other) {
			name = other
		}
	}
	t.mariaDB = name == "MariaDB"
	t.out.Engine = name + " " + number
	for _, st := range []string{
		"SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
		"SET SESSION time_zone = '+00:00'",
		"SET SESSION foreign_key_checks = 1",
		"SET SESSION unique_checks = 1",
		"CREATE DATABASE " + database + " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
		"USE " + database,
	} {
		if _, err := t.conn.ExecContext(ctx, st); err != nil {
			return failed(ctx, "make a database to verify in", err)
		}
	}
	return nil
}

func (t *trial) found(f verify.Finding) { t.out.Findings = append(t.out.Findings, f) }

func (t *trial) count(ctx context.Context, query string) (n int64, err error) {
	err = t.conn.QueryRowContext(ctx, query).Scan(&n)
	return n, err
}

// references looks for rows without the row that they refer to.
func (t *trial) references(ctx context.Context) error {
	for i := range t.s.Tables {
		for _, f := range t.s.Tables[i].ForeignKeys {
			n, err := t.count(ctx, verify.Orphans(ddl.MySQL, f))
			if err != nil {
				return failed(ctx, "check the reference of "+f.Table+" to "+f.RefTable, err)
			}
			if n > 0 {
				t.found(verify.Finding{
					Constraint: verify.ForeignKey, Table: f.Table, Columns: f.Columns, RefTable: f.RefTable, Rows: n,
					Message: fmt.Sprintf("%d rows have no partner in %s", n, f.RefTable),
				})
			}
		}
	}
	return nil
}

// prove joins what was split and compares it with the original, both ways.
func (t *trial) prove(ctx context.Context) error {
	for i, sp := range verify.Splits(t.s) {
		original := fmt.Sprintf("original %d", i) // no identifier of a schema has a space
		kept := schema.Table{Name: original}
		for j, c := range sp.Columns {
			c.Name = fmt.Sprintf("c%d", j)
			kept.Columns = append(kept.Columns, c)
		}
		types := ddl.Types(&kept, ddl.MySQL)
		for j, c := range kept.Columns {
			types[j] = quote(c.Name) + " " + types[j]
		}
		if _, err := t.conn.ExecContext(ctx, "CREATE TABLE "+quote(original)+" ("+strings.Join(types, ", ")+")"); err != nil {
			return failed(ctx, "keep the original of "+sp.Base.Name, err)
		}
		b := batch{trial: t, table: &kept, refused: func(err *mysql.MySQLError) error { return err }}
		err := t.rows.Original(ctx, sp.Base.From.Table, sp.Columns, func(row []*string) error { return b.add(ctx, row) })
		if err = errors.Join(err, b.end(ctx)); err != nil {
			return failed(ctx, "keep the original of "+sp.Base.Name, err)
		}
		lost, added := sp.Difference(ddl.MySQL, original)
		var counts [2]int64
		for j, query := range []string{lost, added} {
			if counts[j], err = t.count(ctx, query); err != nil {
				return failed(ctx, "join the parts of "+sp.Base.Name, err)
			}
		}
		proof, f := sp.Prove(counts[0], counts[1])
		t.out.Proofs = append(t.out.Proofs, proof)
		if f != nil {
			t.found(*f)
		}
	}
	return nil
}
