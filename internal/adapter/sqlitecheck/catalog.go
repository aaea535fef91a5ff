package sqlitecheck

import (
	"context"
	"fmt"

	"github.com/headgate/headgate/internal/schema/ddl"
	"github.com/headgate/headgate/internal/schema/verify"
)

// The queries of a table's shape, whose name is their argument.
const (
	columnsQuery = `SELECT cid + 1, name, type, "notnull" = 0 FROM pragma_table_xinfo(?)`
	primaryQuery = `SELECT '', name FROM pragma_table_xinfo(?) WHERE pk > 0 ORDER BY pk`
	uniqueQuery  = `SELECT l.name, i.name FROM pragma_index_list(?) l, pragma_index_info(l.name) i WHERE l.origin = 'u' ORDER BY l.name, i.seqno`
	refersQuery  = `SELECT id, "table", "from", "to" FROM pragma_foreign_key_list(?) ORDER BY id, seq`
)

// compare finds where SQLite's catalogue says of a table otherwise than it was told.
func (t *trial) compare(ctx context.Context) error {
	var got verify.Shape
	for i := range t.s.Tables {
		if err := t.describe(ctx, t.s.Tables[i].Name, &got); err != nil {
			return fmt.Errorf("read what SQLite has of %s: %w", t.s.Tables[i].Name, err)
		}
	}
	t.out.Findings = append(t.out.Findings, got.Against(verify.Expected(t.s, ddl.SQLite, nil))...)
	return nil
}

func (t *trial) describe(ctx context.Context, table string, got *verify.Shape) error {
	var place int
	var name, kind string
	var nullable bool
	err := t.each(ctx, columnsQuery, table, []any{&place, &name, &kind, &nullable}, func() { got.Column(table, place, name, kind, nullable) })
	if err != nil {
		return err
	}
	for constraint, query := range map[verify.Constraint]string{verify.PrimaryKey: primaryQuery, verify.Unique: uniqueQuery} {
		var index string
		keys := map[string][]string{}
		if err := t.each(ctx, query, table, []any{&index, &name}, func() { keys[index] = append(keys[index], name) }); err != nil {
			return err
		}
		for _, columns := range keys {
			got.Key(table, constraint, columns)
		}
	}
	type reference struct {
		to            string
		from, columns []string
	}
	var id int
	var to, column string
	refs := map[int]*reference{}
	err = t.each(ctx, refersQuery, table, []any{&id, &to, &name, &column}, func() {
		if refs[id] == nil {
			refs[id] = &reference{to: to}
		}
		refs[id].from, refs[id].columns = append(refs[id].from, name), append(refs[id].columns, column)
	})
	for _, r := range refs {
		got.Reference(table, r.from, r.to, r.columns)
	}
	return err
}

// each scans every row of a query into dest, and calls fn after each.
func (t *trial) each(ctx context.Context, query, table string, dest []any, fn func()) error {
	rows, err := t.db.QueryContext(ctx, query, table)
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
