package pgcheck

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/headgate/headgate/internal/schema/verify"
)

// catalog is what the server says of the trial's tables.
type catalog struct {
	shape       verify.Shape
	constraints []constraint
	notNull     map[string][]string // columns by table
}

// constraint is a key or a reference.
type constraint struct {
	table, kind, name, definition string // kind: p, u or f, as pg_constraint has it
	columns                       []string
	refTable                      string
	refColumns                    []string
}

const own = `(SELECT oid FROM pg_namespace WHERE nspname = current_schema())`

const columnsQuery = `SELECT t.relname::text, row_number() OVER (PARTITION BY t.oid ORDER BY a.attnum)::int, a.attname::text, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull
FROM pg_class t JOIN pg_attribute a ON a.attrelid = t.oid
WHERE t.relnamespace = ` + own + ` AND t.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped`

const constraintsQuery = `SELECT t.relname::text, c.contype::text, c.conname::text, pg_get_constraintdef(c.oid),
ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY k(n, i) JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.n ORDER BY k.i),
coalesce(r.relname::text, ''),
ARRAY(SELECT a.attname::text FROM unnest(c.confkey) WITH ORDINALITY k(n, i) JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.n ORDER BY k.i)
FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid LEFT JOIN pg_class r ON r.oid = c.confrelid
WHERE c.connamespace = ` + own + ` AND c.contype IN ('p', 'u', 'f')
ORDER BY array_position(ARRAY['p', 'u', 'f'], c.contype::text), t.relname, c.conname`

// catalog reads what the server has made.
func (t *trial) catalog(ctx context.Context) (*catalog, error) {
	out := &catalog{notNull: map[string][]string{}}
	rows, err := t.tx.Query(ctx, columnsQuery)
	if err != nil {
		return nil, err
	}
	var table, name, kind string
	var place int
	var nullable bool
	_, err = pgx.ForEachRow(rows, []any{&table, &place, &name, &kind, &nullable}, func() error {
		out.shape.Column(table, place, name, kind, nullable)
		if !nullable {
			out.notNull[table] = append(out.notNull[table], name)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if rows, err = t.tx.Query(ctx, constraintsQuery); err != nil {
		return nil, err
	}
	var c constraint
	_, err = pgx.ForEachRow(rows, []any{&c.table, &c.kind, &c.name, &c.definition, &c.columns, &c.refTable, &c.refColumns}, func() error {
		out.constraints = append(out.constraints, c)
		switch c.kind {
		case "p":
			out.shape.Key(c.table, verify.PrimaryKey, c.columns)
		case "u":
			out.shape.Key(c.table, verify.Unique, c.columns)
		default:
			out.shape.Reference(c.table, c.columns, c.refTable, c.refColumns)
		}
		c.columns, c.refColumns = nil, nil
		return nil
	})
	return out, err
}

// native is a type of the schema's statements as the server writes it.
func native(kind string) string {
	switch kind {
	case "timestamp", "time":
		return kind + " without time zone"
	}
	return kind
}
