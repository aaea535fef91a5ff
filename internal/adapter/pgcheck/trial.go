package pgcheck

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/ddl"
	"github.com/headgate/headgate/internal/schema/verify"
)

// trial is one run of a schema, in one transaction.
type trial struct {
	tx   pgx.Tx
	s    *schema.Schema
	rows verify.Rows
	out  verify.Result
}

// run makes the schema as it is written, compares what the server's catalogue has of
// it, and then loads as a dump is loaded: without keys and references, which are
// put back when all rows are there, so that the server checks each over all rows.
func (t *trial) run(ctx context.Context) error {
	if err := t.begin(ctx); err != nil {
		return err
	}
	if err := t.make(ctx); err != nil || !t.out.Executed {
		return err
	}
	c, err := t.catalog(ctx)
	if err != nil {
		return failed("read the catalogue", err)
	}
	t.out.Findings = append(t.out.Findings, c.shape.Against(verify.Expected(t.s, ddl.PostgreSQL, native))...)
	told := len(t.out.Findings)
	if err := t.loosen(ctx, c); err != nil {
		return failed("take constraints off", err)
	}
	for i := range t.s.Tables {
		if err := t.load(ctx, &t.s.Tables[i]); err != nil {
			return fmt.Errorf("load %s: %w", t.s.Tables[i].Name, err)
		}
	}
	if len(t.out.Findings) > told {
		return nil // what was not loaded is missing to keys and references
	}
	if err := t.tighten(ctx, c); err != nil {
		return err
	}
	return t.prove(ctx)
}

// make runs the schema's statements, to the first one that the server has something
// against: then it is not executed.
func (t *trial) make(ctx context.Context) error {
	for _, st := range ddl.Statements(t.s, ddl.PostgreSQL) {
		said, err := t.attempt(ctx, st)
		if err != nil {
			return failed("make the schema", err)
		}
		if said != nil {
			t.out.Executed = false
			t.found(verify.Finding{Constraint: verify.Syntax, Message: fmt.Sprintf("%s (%s) in: %.200s", said.Message, said.Code, st)})
			break
		}
	}
	return nil
}

// begin makes a schema of the trial's own, and names without one are of it.
func (t *trial) begin(ctx context.Context) error {
	var version string
	if err := t.tx.QueryRow(ctx, "SELECT version()").Scan(&version); err != nil {
		return failed("ask for the version", err)
	}
	words := strings.Fields(version)
	t.out.Engine = strings.Join(words[:min(2, len(words))], " ")
	name := ddl.Quote(ddl.PostgreSQL, "headgate_verify_"+strings.ToLower(rand.Text()))
	for _, st := range []string{
		"CREATE SCHEMA " + name,
		"SET LOCAL search_path = " + name,
		"SET LOCAL client_min_messages = error",
		"SET LOCAL statement_timeout = 0",
		"SET LOCAL datestyle = 'ISO, YMD'",
		"SET LOCAL timezone = 'UTC'",
		"SET LOCAL standard_conforming_strings = on",
	} {
		if _, err := t.tx.Exec(ctx, st); err != nil {
			return failed("make a schema to verify in", err)
		}
	}
	return nil
}

// attempt runs a statement; what the server has against it leaves the transaction
// as it was. The error is for a server that does not answer.
func (t *trial) attempt(ctx context.Context, statement string) (*pgconn.PgError, error) {
	point, err := t.tx.Begin(ctx)
	if err != nil {
		return nil, err
	}
	_, err = point.Exec(ctx, statement)
	return settle(ctx, point, err)
}

// settle keeps what was done since a point, or takes it back when the server had
// something against it.
func settle(ctx context.Context, point pgx.Tx, err error) (*pgconn.PgError, error) {
	if err == nil {
		return nil, point.Commit(ctx)
	}
	said, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return nil, err
	}
	return said, point.Rollback(ctx)
}

func (t *trial) found(f verify.Finding) { t.out.Findings = append(t.out.Findings, f) }

func (t *trial) count(ctx context.Context, query string) (n int64, err error) {
	err = t.tx.QueryRow(ctx, query).Scan(&n)
	return n, err
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
		if _, err := t.tx.Exec(ctx, "CREATE TABLE "+quote(original)+" ("+strings.Join(declared(&kept), ", ")+")"); err != nil {
			return failed("keep the original of "+sp.Base.Name, err)
		}
		_, err := t.copyIn(ctx, &kept, func(ctx context.Context, fn func([]*string) error) error {
			return t.rows.Original(ctx, sp.Base.From.Table, sp.Columns, fn)
		})
		if err != nil {
			return failed("keep the original of "+sp.Base.Name, err)
		}
		lost, added := sp.Difference(ddl.PostgreSQL, original)
		var counts [2]int64
		for j, query := range []string{lost, added} {
			if counts[j], err = t.count(ctx, query); err != nil {
				return failed("join the parts of "+sp.Base.Name, err)
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

// declared are a table's columns with their types and nothing else.
func declared(t *schema.Table) []string {
	out := ddl.Types(t, ddl.PostgreSQL)
	for i, c := range t.Columns {
		out[i] = quote(c.Name) + " " + out[i]
	}
	return out
}

func quote(name string) string { return ddl.Quote(ddl.PostgreSQL, name) }
