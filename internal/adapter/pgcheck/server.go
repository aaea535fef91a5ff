package pgcheck

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/ddl"
	"github.com/headgate/headgate/internal/schema/verify"
)

const (
	hello   = 15 * time.Second // for a server to answer at all
	goodbye = 10 * time.Second // for the end of a trial
)

// Server is a PostgreSQL server, given by its address, that schemas are tried on:
// each in a schema of its own, in one transaction that is rolled back, so that
// nothing of the database is changed or stays, whatever happens. It is safe for
// concurrent use: a trial has a connection of its own.
type Server struct {
	// DSN is an address as libpq takes it: a URL, or words like host=… dbname=….
	// It is never printed.
	DSN string
}

var _ verify.Engine = (*Server)(nil)

// Try makes the schema, loads all rows, and lets the server check every constraint.
// See verify.Engine.
func (e *Server) Try(ctx context.Context, s *schema.Schema, rows verify.Rows) (_ verify.Result, err error) {
	conn, err := e.connect(ctx)
	if err != nil {
		return verify.Result{}, err
	}
	defer func() {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
		defer cancel()
		err = errors.Join(err, conn.Close(last))
	}()
	tx, err := conn.Begin(ctx)
	if err != nil {
		return verify.Result{}, failed("begin a trial", err)
	}
	defer func() {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
		defer cancel()
		// A connection that is closed has rolled back by that.
		if e := tx.Rollback(last); e != nil && !conn.IsClosed() {
			err = errors.Join(err, failed("take a trial back", e))
		}
	}()
	t := trial{tx: tx, s: s, rows: rows, out: verify.Result{Dialect: ddl.PostgreSQL, Executed: true, Loaded: map[string]int64{}, Findings: []verify.Finding{}}}
	if err := t.run(ctx); err != nil {
		if ctx.Err() != nil {
			return verify.Result{}, ctx.Err()
		}
		return verify.Result{}, err
	}
	return t.out, nil
}

// Check reports why the server cannot be reached.
func (e *Server) Check(ctx context.Context) error {
	conn, err := e.connect(ctx)
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

func (e *Server) connect(ctx context.Context) (*pgx.Conn, error) {
	conf, err := pgx.ParseConfig(e.DSN)
	if err != nil { // its text may have parts of the address, and so of a password
		return nil, fault.New(fault.Invalid, "the address of the PostgreSQL server cannot be read: write it as postgres://USER:PASSWORD@HOST:5432/DATABASE, with %%40 for an @ in the password")
	}
	conf.RuntimeParams["application_name"] = "headgate"
	conf.DefaultQueryExecMode = pgx.QueryExecModeExec // nothing is prepared that a pooler would have to know
	soon, cancel := context.WithTimeout(ctx, hello)
	defer cancel()
	conn, err := pgx.ConnectConfig(soon, conf)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, failed("connect to the PostgreSQL server", err)
	}
	return conn, nil
}

// failed gives an error of the server a kind and, where it is known, a cure. It has
// what the server says of its state, and never the values that a message may quote.
func failed(op string, err error) error {
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return fault.Wrap(fault.Upstream, op, err)
	}
	kind, cure := fault.Upstream, ""
	switch {
	case e.Code == "42501":
		kind, cure = fault.Denied, ": the user needs the right to create schemas: GRANT CREATE ON DATABASE … TO …"
	case e.Code == "25006":
		kind, cure = fault.Denied, ": the server is read-only: give the address of one that takes writes"
	case strings.HasPrefix(e.Code, "28"):
		kind, cure = fault.Denied, ": give another user or password"
	}
	text := e.Message
	if value(e.Code) {
		text = "a value was not taken"
	}
	return &fault.Error{Kind: kind, Op: op, Message: fmt.Sprintf("PostgreSQL says %q (%s)%s", text, e.Code, cure)}
}

// value reports whether an error is about a value, which its message then quotes.
func value(code string) bool { return strings.HasPrefix(code, "22") || strings.HasPrefix(code, "23") }
