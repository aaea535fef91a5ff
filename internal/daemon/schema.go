package daemon

import (
	"context"
	"slices"

	"github.com/headgate/headgate/internal/adapter/mysqlcheck"
	"github.com/headgate/headgate/internal/adapter/pgcheck"
	"github.com/headgate/headgate/internal/adapter/sqlitecheck"
	"github.com/headgate/headgate/internal/schema/ddl"
	"github.com/headgate/headgate/internal/schema/verify"
)

// SchemaServers says which servers schemas are executed on, beside SQLite, which is
// in this process. The zero value is a private PostgreSQL server, where PostgreSQL
// is installed.
type SchemaServers struct {
	// Postgres is the address of a server, and a secret; empty: a private one.
	Postgres string
	// MySQL is the address of a MySQL or MariaDB server, and a secret; empty: none,
	// and the statements are parsed.
	MySQL string
	// None starts no private server.
	None bool
	// TempDir is where private servers and databases are made; empty: the system's.
	TempDir string
}

// SchemaEngines are databases that schemas are tried on. Close ends what runs for
// them.
type SchemaEngines struct {
	// List has SQLite always, first, since it is here and loads every row.
	List []verify.Engine

	stop  context.CancelFunc // nil where nothing runs
	ended chan error
}

// OpenSchemaEngines opens the engines of the dialects. A server that is given must
// answer; a private one starts meanwhile, and whoever tries a schema on it waits
// until it has. When ctx ends, so does that.
func OpenSchemaEngines(ctx context.Context, dialects []ddl.Dialect, servers SchemaServers) (*SchemaEngines, error) {
	e := &SchemaEngines{List: []verify.Engine{&sqlitecheck.Engine{TempDir: servers.TempDir}}}
	var mysql verify.Engine = mysqlcheck.Parser{}
	if s := (&mysqlcheck.Server{DSN: servers.MySQL}); s.DSN != "" && slices.Contains(dialects, ddl.MySQL) {
		if err := s.Check(ctx); err != nil {
			return nil, err
		}
		mysql = s
	}
	if slices.Contains(dialects, ddl.PostgreSQL) {
		postgres, err := e.postgres(ctx, servers)
		if err != nil {
			return nil, err
		}
		e.List = append(e.List, postgres)
	}
	if slices.Contains(dialects, ddl.MySQL) {
		e.List = append(e.List, mysql)
	}
	return e, nil
}

func (e *SchemaEngines) postgres(ctx context.Context, servers SchemaServers) (verify.Engine, error) {
	switch {
	case servers.Postgres != "":
		s := &pgcheck.Server{DSN: servers.Postgres}
		return s, s.Check(ctx)
	case servers.None:
		return pgcheck.Parser{}, nil
	}
	p := pgcheck.NewPrivate(servers.TempDir)
	ctx, e.stop = context.WithCancel(ctx)
	e.ended = make(chan error, 1)
	go func() { e.ended <- p.Run(ctx) }()
	return p, nil
}

// Close stops what was started and removes what it had. Call it once, when no trial
// runs any more.
func (e *SchemaEngines) Close() error {
	if e.stop == nil {
		return nil
	}
	e.stop()
	return <-e.ended
}
