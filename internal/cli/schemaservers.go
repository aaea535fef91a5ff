package cli

import (
	"cmp"
	"context"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/daemon"
	"github.com/headgate/headgate/internal/schema/ddl"
)

// These variables have the addresses when no flags do: other users of the machine see
// what flags say.
const (
	postgresVariable = "HEADGATE_POSTGRES_DSN"
	mysqlVariable    = "HEADGATE_MYSQL_DSN"
)

// schemaServers are the flags that say where schemas are executed.
type schemaServers struct {
	postgres, mysql string
	none            bool
}

func newSchemaServers(cmd *cobra.Command) *schemaServers {
	s := &schemaServers{}
	f := cmd.Flags()
	f.StringVar(&s.postgres, "postgres-dsn", "", "try the schema on this server, and take it back:\npostgres://USER:PASSWORD@HOST/DATABASE\n(default: "+postgresVariable+", else a private\nserver where PostgreSQL is installed)")
	f.StringVar(&s.mysql, "mysql-dsn", "", "the same for MySQL or MariaDB:\nmysql://USER:PASSWORD@HOST/\n(default: "+mysqlVariable+", else the DDL is parsed)")
	f.BoolVar(&s.none, "no-servers", false, "start no private server: PostgreSQL's DDL is parsed")
	return s
}

func (s *schemaServers) open(ctx context.Context, a *app, dialects []ddl.Dialect) (*daemon.SchemaEngines, error) {
	return daemon.OpenSchemaEngines(ctx, dialects, daemon.SchemaServers{
		Postgres: cmp.Or(s.postgres, a.env(postgresVariable)), MySQL: cmp.Or(s.mysql, a.env(mysqlVariable)), None: s.none,
	})
}
