package pgcheck

import (
	"context"

	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/ddl"
	"github.com/headgate/headgate/internal/schema/verify"
)

// Parser is PostgreSQL's parser as an engine: it reads a schema and executes
// nothing.
type Parser struct{}

var _ verify.Engine = Parser{}

// Try parses the schema's statements. See verify.Engine.
func (Parser) Try(_ context.Context, s *schema.Schema, _ verify.Rows) (verify.Result, error) {
	r := verify.Result{Dialect: ddl.PostgreSQL, Engine: "PostgreSQL's parser", Findings: []verify.Finding{}}
	if err := Parse(string(ddl.Script(s, ddl.PostgreSQL))); err != nil {
		r.Findings = append(r.Findings, verify.Finding{Constraint: verify.Syntax, Message: err.Error()})
	}
	return r, nil
}
