package daemon

import (
	"slices"

	"github.com/headgate/headgate/internal/adapter/mysqlcheck"
	"github.com/headgate/headgate/internal/adapter/pgcheck"
	"github.com/headgate/headgate/internal/adapter/sqlitecheck"
	"github.com/headgate/headgate/internal/schema/ddl"
	"github.com/headgate/headgate/internal/schema/verify"
)

// SchemaEngines are those that schemas are tried on: SQLite always, since it is here
// and loads every row, then those of the other dialects.
func SchemaEngines(dialects []ddl.Dialect, tempDir string) []verify.Engine {
	engines := []verify.Engine{&sqlitecheck.Engine{TempDir: tempDir}}
	if slices.Contains(dialects, ddl.PostgreSQL) {
		engines = append(engines, pgcheck.Parser{})
	}
	if slices.Contains(dialects, ddl.MySQL) {
		engines = append(engines, mysqlcheck.Parser{})
	}
	return engines
}
