package sqlitecheck

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/verify"
)

// orphans counts the rows without a partner, those with a null left out.
func orphans(f schema.ForeignKey) string {
	var present, equal []string
	for i, c := range f.Columns {
		present = append(present, "a."+quote(c)+" IS NOT NULL")
		equal = append(equal, "b."+quote(f.RefColumns[i])+" = a."+quote(c))
	}
	return "SELECT count(*) FROM " + quote(f.Table) + " a WHERE " + strings.Join(present, " AND ") +
		" AND NOT EXISTS (SELECT 1 FROM " + quote(f.RefTable) + " b WHERE " + strings.Join(equal, " AND ") + ")"
}

// prove joins what was split and compares it with the original, both ways.
func (t *trial) prove(ctx context.Context) error {
	for i, sp := range verify.Splits(t.s) {
		original := fmt.Sprintf("original %d", i) // no identifier of a schema has a space
		if err := t.keepOriginal(ctx, original, &sp); err != nil {
			return err
		}
		joined, kept := "SELECT "+joinedColumns(&sp)+" FROM "+quote(sp.Base.Name)+joins(&sp), "SELECT * FROM "+quote(original)
		proof := verify.Proof{Original: sp.Base.From.Table, Parts: []string{sp.Base.Name}}
		for _, j := range sp.Joins {
			proof.Parts = append(proof.Parts, j.Part.Name)
		}
		var err error
		if proof.Lost, err = t.count(ctx, "SELECT count(*) FROM ("+kept+" EXCEPT "+joined+")"); err == nil {
			proof.Added, err = t.count(ctx, "SELECT count(*) FROM ("+joined+" EXCEPT "+kept+")")
		}
		if err != nil {
			return fmt.Errorf("join the parts of %s: %w", sp.Base.Name, err)
		}
		t.out.Proofs = append(t.out.Proofs, proof)
		if proof.Lost+proof.Added > 0 {
			t.found(verify.Finding{
				Constraint: verify.Lossless, Table: sp.Base.Name, Rows: proof.Lost + proof.Added,
				Message: fmt.Sprintf("joined again, %d rows are missing and %d are new", proof.Lost, proof.Added),
			})
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

func joinedColumns(sp *verify.Split) string {
	out := make([]string, len(sp.Columns))
	for i, c := range sp.Columns {
		table, column := sp.Owner(c.From)
		out[i] = quote(table) + "." + quote(column)
	}
	return strings.Join(out, ", ")
}

// joins are outer: a row without a determinant has no part.
func joins(sp *verify.Split) string {
	var b strings.Builder
	for _, j := range sp.Joins {
		equal := make([]string, len(j.Key.Columns))
		for i, c := range j.Key.Columns {
			equal[i] = quote(j.From) + "." + quote(c) + " = " + quote(j.Part.Name) + "." + quote(j.Key.RefColumns[i])
		}
		b.WriteString(" LEFT JOIN " + quote(j.Part.Name) + " ON " + strings.Join(equal, " AND "))
	}
	return b.String()
}
