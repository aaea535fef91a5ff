package pgcheck

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/evidence"
	"github.com/headgate/headgate/internal/schema/verify"
)

// errRefused ends the reading of rows that the server takes no more of.
var errRefused = errors.New("the server takes no more rows")

// scanFunc hands each row to fn.
type scanFunc func(ctx context.Context, fn func([]*string) error) error

// load puts all rows of a table in, or finds which of its columns have values that
// their types do not take.
func (t *trial) load(ctx context.Context, table *schema.Table) error {
	t.out.Loaded[table.Name] = 0
	if table.From.Table == "" {
		return nil
	}
	scan := func(ctx context.Context, fn func([]*string) error) error { return t.rows.Scan(ctx, table, fn) }
	point, err := t.tx.Begin(ctx)
	if err != nil {
		return failed("load", err)
	}
	n, err := t.copyIn(ctx, table, scan)
	said, err := settle(ctx, point, err)
	switch {
	case err != nil:
		return err
	case said == nil:
		t.out.Loaded[table.Name] = n
		_, err := t.tx.Exec(ctx, "ANALYZE "+quote(table.Name)) // else what follows is planned for a few rows
		return failedIf("count what was loaded", err)
	case !value(said.Code):
		return failed("load", said)
	}
	found := len(t.out.Findings)
	if err := t.misfits(ctx, table, scan); err != nil {
		return err
	}
	if len(t.out.Findings) == found {
		return failed("load", said)
	}
	return nil
}

func failedIf(op string, err error) error {
	if err == nil {
		return nil
	}
	return failed(op, err)
}

// misfits loads the rows as texts and asks the server of each whether its column's
// type takes it.
func (t *trial) misfits(ctx context.Context, table *schema.Table, scan scanFunc) error {
	texts := schema.Table{Name: "texts of " + table.Name, Columns: make([]schema.Column, len(table.Columns))}
	for i := range texts.Columns {
		texts.Columns[i] = schema.Column{Name: fmt.Sprintf("c%d", i), Type: schema.Type{Kind: string(evidence.TypeText)}}
	}
	if _, err := t.tx.Exec(ctx, "CREATE TABLE "+quote(texts.Name)+" ("+strings.Join(declared(&texts), ", ")+")"); err != nil {
		return failed("load as texts", err)
	}
	if _, err := t.copyIn(ctx, &texts, scan); err != nil {
		return failed("load as texts", err)
	}
	columns := declared(&schema.Table{Columns: table.Columns})
	for i, c := range table.Columns {
		kind := strings.TrimPrefix(columns[i], quote(c.Name)+" ")
		if kind == "text" || kind == "bytea" {
			continue
		}
		const take = `CREATE OR REPLACE FUNCTION "takes"(v text) RETURNS boolean LANGUAGE plpgsql AS ` +
			`$$ BEGIN PERFORM v::%s; RETURN true; EXCEPTION WHEN data_exception THEN RETURN false; END $$`
		if _, err := t.tx.Exec(ctx, fmt.Sprintf(take, kind)); err != nil {
			return failed("look for values of another type", err)
		}
		column := quote(texts.Columns[i].Name)
		n, err := t.count(ctx, "SELECT coalesce(sum(n), 0)::bigint FROM (SELECT "+column+" AS v, count(*) AS n FROM "+quote(texts.Name)+
			" WHERE "+column+" IS NOT NULL GROUP BY 1) AS different WHERE NOT \"takes\"(v)")
		if err != nil {
			return failed("look for values of another type", err)
		}
		if n > 0 {
			t.found(verify.Finding{
				Constraint: verify.TypeOf, Table: table.Name, Columns: []string{c.Name}, Rows: n,
				Message: fmt.Sprintf("%d values of %s.%s are no %s", n, table.Name, c.Name, kind),
			})
		}
	}
	return nil
}

// copyIn copies rows into a table, and says how many.
func (t *trial) copyIn(ctx context.Context, table *schema.Table, scan scanFunc) (int64, error) {
	from, to := io.Pipe()
	scanned := make(chan error, 1)
	go func() {
		w := bufio.NewWriterSize(to, 1<<16)
		var line []byte
		err := scan(ctx, func(row []*string) error {
			line = appendRow(line[:0], table.Columns, row)
			_, err := w.Write(line)
			return err
		})
		if err == nil {
			err = w.Flush()
		}
		_ = to.CloseWithError(err) // nil: the end of the rows
		scanned <- err
	}()
	tag, err := t.tx.Conn().PgConn().CopyFrom(ctx, from, "COPY "+quote(table.Name)+" FROM STDIN")
	_ = from.CloseWithError(errRefused)
	if scan := <-scanned; scan != nil && !errors.Is(scan, errRefused) {
		return 0, scan
	}
	return tag.RowsAffected(), err
}

// appendRow appends a row in COPY's text format.
func appendRow(b []byte, columns []schema.Column, row []*string) []byte {
	for i, v := range row {
		if i > 0 {
			b = append(b, '\t')
		}
		switch {
		case v == nil:
			b = append(b, `\N`...)
		case columns[i].Type.Kind == string(evidence.TypeBinary):
			b = hex.AppendEncode(append(b, `\\x`...), []byte(*v))
		default:
			b = appendText(b, *v)
		}
	}
	return append(b, '\n')
}

// appendText escapes what COPY's text format gives a meaning.
func appendText(b []byte, text string) []byte {
	for {
		i := strings.IndexAny(text, "\\\t\n\r")
		if i < 0 {
			return append(b, text...)
		}
		b = append(append(b, text[:i]...), '\\')
		switch text[i] {
		case '\t':
			b = append(b, 't')
		case '\n':
			b = append(b, 'n')
		case '\r':
			b = append(b, 'r')
		default:
			b = append(b, '\\')
		}
		text = text[i+1:]
	}
}
