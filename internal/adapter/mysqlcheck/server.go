package mysqlcheck

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/ddl"
	"github.com/headgate/headgate/internal/schema/verify"
)

const (
	hello   = 15 * time.Second // for a server to answer at all
	goodbye = 30 * time.Second // for the end of a trial
)

// Server is a MySQL or MariaDB server, given by its address, that schemas are tried
// on: each in a database of its own, which is dropped again. No other database is
// read or changed. It is safe for concurrent use: a trial has a connection of its
// own.
type Server struct {
	// DSN is an address as the driver takes it, user:password@tcp(host:3306)/, or a
	// URL, mysql://user:password@host:3306/. It is never printed.
	DSN string
}

var _ verify.Engine = (*Server)(nil)

// Check reports why the server cannot be reached.
func (e *Server) Check(ctx context.Context) error {
	db, err := e.open()
	if err != nil {
		return err
	}
	conn, err := dial(ctx, db)
	if err == nil {
		err = conn.Close()
	}
	return errors.Join(err, db.Close())
}

// Try makes the schema, loads all rows, and looks at every constraint. See
// verify.Engine.
func (e *Server) Try(ctx context.Context, s *schema.Schema, rows verify.Rows) (_ verify.Result, err error) {
	db, err := e.open()
	if err != nil {
		return verify.Result{}, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	conn, err := dial(ctx, db)
	if err != nil {
		return verify.Result{}, err
	}
	name := quote("headgate_verify_" + strings.ToLower(rand.Text()))
	defer func() {
		// One that was broken off has no connection any more: another one drops it.
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
		defer cancel()
		closed := conn.Close()
		if errors.Is(closed, sql.ErrConnDone) {
			closed = nil
		}
		_, dropped := db.ExecContext(last, "DROP DATABASE IF EXISTS "+name)
		err = errors.Join(err, closed, failed(last, "drop the database that was verified in", dropped))
	}()
	t := trial{conn: conn, s: s, rows: rows, out: verify.Result{Dialect: ddl.MySQL, Executed: true, Loaded: map[string]int64{}, Findings: []verify.Finding{}}}
	if err := t.run(ctx, name); err != nil {
		return verify.Result{}, failed(ctx, "try the schema", err)
	}
	return t.out, nil
}

func dial(ctx context.Context, db *sql.DB) (*sql.Conn, error) {
	soon, cancel := context.WithTimeout(ctx, hello)
	defer cancel()
	conn, err := db.Conn(soon)
	return conn, failed(ctx, "connect to the MySQL server", err)
}

func (e *Server) open() (*sql.DB, error) {
	conf, err := config(e.DSN)
	if err == nil && conf.Net != "tcp" && conf.Net != "unix" {
		err = errors.ErrUnsupported
	}
	if err != nil { // its text may have parts of the address, and so of a password
		return nil, fault.New(fault.Invalid, "the address of the MySQL server cannot be read: write it as mysql://USER:PASSWORD@HOST:3306/, with %%40 for an @ in the password")
	}
	conf.InterpolateParams = true // a batch has more values than a prepared statement may
	conf.Logger = &mysql.NopLogger{}
	conf.MultiStatements, conf.AllowAllFiles = false, false
	if err := conf.Apply(mysql.Charset("utf8mb4", "utf8mb4_bin")); err != nil {
		return nil, fault.Wrap(fault.Internal, "set up the MySQL driver", err)
	}
	connector, err := mysql.NewConnector(conf)
	if err != nil {
		return nil, fault.New(fault.Invalid, "the address of the MySQL server has settings that do not do")
	}
	return sql.OpenDB(connector), nil
}

// config reads an address in either form.
func config(dsn string) (*mysql.Config, error) {
	rest, isURL := strings.CutPrefix(dsn, "mysql://")
	if !isURL {
		rest, isURL = strings.CutPrefix(dsn, "mariadb://")
	}
	if !isURL {
		return mysql.ParseDSN(dsn)
	}
	u, err := url.Parse("mysql://" + rest)
	if err != nil {
		return nil, err
	}
	host := u.Host
	if u.Port() == "" {
		host += ":3306"
	}
	conf, err := mysql.ParseDSN("tcp(" + host + ")" + "/" + strings.TrimPrefix(u.EscapedPath(), "/") + "?" + u.RawQuery)
	if err != nil {
		return nil, err
	}
	conf.User = u.User.Username()
	conf.Passwd, _ = u.User.Password()
	return conf, nil
}

// failed gives an error of the server a kind and, where it is known, a cure. It
// never has the values that a message may quote.
func failed(ctx context.Context, op string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	e, ok := errors.AsType[*mysql.MySQLError](err)
	if !ok {
		if _, ours := errors.AsType[*fault.Error](err); ours {
			return err
		}
		return fault.Wrap(fault.Upstream, op, err)
	}
	kind, text := fault.Upstream, fmt.Sprintf("%q", e.Message)
	switch {
	case e.Number == 1044 || e.Number == 1142:
		kind, text = fault.Denied, text+": the user needs all rights to databases of this name: GRANT ALL ON `headgate\\_verify\\_%`.* TO …"
	case e.Number == 1045:
		kind, text = fault.Denied, text+": give another user or password"
	case refusal(e.Number) != "":
		text = "that a value was not taken"
	}
	return &fault.Error{Kind: kind, Op: op, Message: fmt.Sprintf("the server says %s (%d)", text, e.Number)}
}

func quote(name string) string { return ddl.Quote(ddl.MySQL, name) }
