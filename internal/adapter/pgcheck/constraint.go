package pgcheck

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/ddl"
	"github.com/headgate/headgate/internal/schema/verify"
)

// loosen takes the constraints off the empty tables: references first, as they stand
// on keys.
func (t *trial) loosen(ctx context.Context, c *catalog) error {
	for _, k := range slices.Backward(c.constraints) {
		if _, err := t.tx.Exec(ctx, "ALTER TABLE "+quote(k.table)+" DROP CONSTRAINT "+quote(k.name)); err != nil {
			return err
		}
	}
	for _, table := range slices.Sorted(maps.Keys(c.notNull)) {
		if _, err := t.tx.Exec(ctx, alterEach(table, "DROP NOT NULL", c.notNull[table])); err != nil {
			return err
		}
	}
	return nil
}

// tighten puts the constraints back on the loaded tables. What the server refuses is
// counted.
func (t *trial) tighten(ctx context.Context, c *catalog) error {
	for _, table := range slices.Sorted(maps.Keys(c.notNull)) {
		said, err := t.attempt(ctx, alterEach(table, "SET NOT NULL", c.notNull[table]))
		if err != nil {
			return failed("check what may not be null", err)
		}
		if said == nil {
			continue
		}
		if err := t.nulls(ctx, t.s.Table(table), c.notNull[table]); err != nil {
			return failed("count nulls of "+table, err)
		}
	}
	for _, k := range c.constraints {
		said, err := t.attempt(ctx, "ALTER TABLE "+quote(k.table)+" ADD CONSTRAINT "+quote(k.name)+" "+k.definition)
		if err != nil {
			return failed("check "+k.name, err)
		}
		if said == nil {
			continue
		}
		f, err := t.broken(ctx, k)
		if err != nil {
			return failed("count what breaks "+k.name, err)
		}
		if f != nil {
			t.found(*f)
		} else if t.out.Held() { // else the key that it refers to was not taken
			return failed("check "+k.name, said)
		}
	}
	return nil
}

// nulls finds the columns with nulls, but those of the primary key, which is found
// as a whole.
func (t *trial) nulls(ctx context.Context, table *schema.Table, columns []string) error {
	for _, c := range columns {
		if table.PrimaryKey != nil && slices.Contains(table.PrimaryKey.Columns, c) {
			continue
		}
		n, err := t.count(ctx, verify.Absent(ddl.PostgreSQL, table.Name, []string{c}))
		if err != nil {
			return err
		}
		if n > 0 {
			t.found(verify.Finding{
				Constraint: verify.NotNull, Table: table.Name, Columns: []string{c}, Rows: n,
				Message: fmt.Sprintf("%d rows of %s have no %s", n, table.Name, c),
			})
		}
	}
	return nil
}

// broken counts the rows that break a key or a reference; nil where none does.
func (t *trial) broken(ctx context.Context, k constraint) (*verify.Finding, error) {
	f := verify.Finding{Table: k.table, Columns: k.columns, RefTable: k.refTable}
	names := strings.Join(k.columns, ", ")
	var err error
	switch k.kind {
	case "f":
		f.Constraint = verify.ForeignKey
		f.Rows, err = t.count(ctx, verify.Orphans(ddl.PostgreSQL, schema.ForeignKey{Table: k.table, Columns: k.columns, RefTable: k.refTable, RefColumns: k.refColumns}))
		f.Message = fmt.Sprintf("%d rows have no partner in %s", f.Rows, k.refTable)
	case "u":
		f.Constraint = verify.Unique
		f.Rows, err = t.count(ctx, verify.Repeated(ddl.PostgreSQL, k.table, k.columns))
		f.Message = fmt.Sprintf("%d rows of %s have the %s of another", f.Rows, k.table, names)
	default:
		f.Constraint = verify.PrimaryKey
		var absent int64
		if f.Rows, err = t.count(ctx, verify.Repeated(ddl.PostgreSQL, k.table, k.columns)); err == nil {
			absent, err = t.count(ctx, verify.Absent(ddl.PostgreSQL, k.table, k.columns))
		}
		f.Message = fmt.Sprintf("%d rows of %s have the %s of another, and %d have none", f.Rows, k.table, names, absent)
		f.Rows += absent
	}
	if err != nil || f.Rows == 0 {
		return nil, err
	}
	return &f, nil
}

// alterEach does the same to several columns, in one pass over the table.
func alterEach(table, what string, columns []string) string {
	each := make([]string, len(columns))
	for i, c := range columns {
		each[i] = "ALTER COLUMN " + quote(c) + " " + what
	}
	return "ALTER TABLE " + quote(table) + " " + strings.Join(each, ", ")
}
