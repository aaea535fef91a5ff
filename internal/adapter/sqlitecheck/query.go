package sqlitecheck

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/headgate/headgate/internal/schema/ddl"
	"github.com/headgate/headgate/internal/schema/verify"
)

// prove joins what was split and compares it with the original, both ways.
func (t *trial) prove(ctx context.Context) error {
	for i, sp := range verify.Splits(t.s) {
		original := fmt.Sprintf("original %d", i) // no identifier of a schema has a space
		if err := t.keepOriginal(ctx, original, &sp); err != nil {
			return err
		}
		lost, added := sp.Difference(ddl.SQLite, original)
		var counts [2]int64
		for j, query := range []string{lost, added} {
			n, err := t.count(ctx, query)
			if err != nil {
				return fmt.Errorf("join the parts of %s: %w", sp.Base.Name, err)
			}
			counts[j] = n
		}
		proof, f := sp.Prove(counts[0], counts[1])
		t.out.Proofs = append(t.out.Proofs, proof)
		if f != nil {
			t.found(*f)
		}
	}
	return nil
}

func (t *trial) keepOriginal(ctx context.Context, name string, sp *verify.Split) error {
	marks := make([]string, len(sp.Columns))
	columns := make([]string, len(sp.Columns))
	for i, c := range sp.Columns {
		// As the schema's columns compare, so do these.
		columns[i], marks[i] = fmt.Sprintf("c%d %s", i, affinity(c)), "?"
	}
	if _, err := t.db.ExecContext(ctx, "CREATE TEMP TABLE "+quote(name)+" ("+strings.Join(columns, ", ")+")"); err != nil {
		return fmt.Errorf("keep the original of %s: %w", sp.Base.Name, err)
	}
	insert := "INSERT INTO " + quote(name) + " VALUES (" + strings.Join(marks, ", ") + ")"
	return t.fill(ctx, insert, sp.Columns, func(row func([]*string) error) error {
		return t.rows.Original(ctx, sp.Base.From.Table, sp.Columns, row)
	}, func(err error, _ *sql.Stmt) error { return err })
}
