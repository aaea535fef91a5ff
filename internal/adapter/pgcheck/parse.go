// Package pgcheck tries a schema on PostgreSQL: its statements with the parser of
// the real server, and, where a server is to be had, the schema with its rows.
package pgcheck

import (
	pgquery "github.com/wasilibs/go-pgquery"

	"github.com/headgate/headgate/internal/fault"
)

// Parse reports the first mistake that PostgreSQL's parser finds in a script. The
// first call compiles the parser, which takes seconds. It is safe for concurrent
// use.
func Parse(script string) error {
	if _, err := pgquery.Parse(script); err != nil {
		return fault.Wrap(fault.Invalid, "parse as PostgreSQL", err)
	}
	return nil
}
