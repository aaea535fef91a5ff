package cli

import (
	"cmp"
	"context"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/daemon"
	"github.com/headgate/headgate/internal/schema/ddl"
)

// postgresVariable has the address when no flag does: other users of the machine see
// what flags say.
const postgresVariable = "HEADGATE_POSTGRES_DSN"

// schemaServers are the flags that say where schemas are executed.
type schemaServers struct {
	postgres string
	none     bool
}

func newSchemaServers(cmd *cobra.Command) *schemaServers {
	s := &schemaServers{}
	f := cmd.Flags()
	f.StringVar(&s.postgres, "postgres-dsn", "", "try the schema on this server, and take it back:\npostgres://USER:PASSWORD@HOST/DATABASE\n(default: "+postgresVariable+", else a private\nserver where PostgreSQL is installed)")
	f.BoolVar(&s.none, "no-servers", false, "start no private server: PostgreSQL's DDL is parsed")
	return s
}

func (s *schemaServers) open(ctx context.Context, a *app, dialects []ddl.Dialect) (*daemon.SchemaEngines, error) {
	return daemon.OpenSchemaEngines(ctx, dialects, daemon.SchemaServers{
		Postgres: cmp.Or(s.postgres, a.env(postgresVariable)), None: s.none,
	})
}
