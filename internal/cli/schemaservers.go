package cli

import (
	"cmp"
	"context"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/daemon"
	"github.com/headgate/headgate/internal/schema/ddl"
)

// schemaServers are the flags that say where schemas are executed.
type schemaServers struct {
	postgres, mysql string
	none            bool
}

func newSchemaServers(cmd *cobra.Command) *schemaServers {
	s := &schemaServers{}
	f := cmd.Flags()
	f.StringVar(&s.postgres, "postgres-dsn", "", "try the schema on this server, and take it back:\npostgres://USER:PASSWORD@HOST/DATABASE\n(default: "+daemon.PostgresVariable+", else a private\nserver where PostgreSQL is installed)")
	f.StringVar(&s.mysql, "mysql-dsn", "", "the same for MySQL or MariaDB:\nmysql://USER:PASSWORD@HOST/\n(default: "+daemon.MySQLVariable+", else the DDL is parsed)")
	f.BoolVar(&s.none, "no-servers", false, "start no private server: PostgreSQL's DDL is parsed")
	return s
}

func (s *schemaServers) open(ctx context.Context, a *app, dialects []ddl.Dialect) (*daemon.SchemaEngines, error) {
	return daemon.OpenSchemaEngines(ctx, dialects, daemon.SchemaServers{
		Postgres: cmp.Or(s.postgres, a.env(daemon.PostgresVariable)), MySQL: cmp.Or(s.mysql, a.env(daemon.MySQLVariable)), None: s.none,
	})
}
