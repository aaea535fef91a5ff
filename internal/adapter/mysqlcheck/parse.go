// Package mysqlcheck tries a schema on MySQL: its statements with a parser of the
// dialect, and, where a server is given, the schema with its rows.
package mysqlcheck

import (
	"github.com/pingcap/tidb/pkg/parser"
	_ "github.com/pingcap/tidb/pkg/parser/test_driver" // values of literals, which the parser leaves to others

	"github.com/headgate/headgate/internal/fault"
)

// Parse reports the first mistake that the parser finds in a script. It is safe for
// concurrent use.
func Parse(script string) error {
	if _, _, err := parser.New().Parse(script, "", ""); err != nil {
		return fault.Wrap(fault.Invalid, "parse as MySQL", err)
	}
	return nil
}
