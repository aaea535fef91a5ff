package cli

import (
	"github.com/spf13/cobra"
)

func newSchemaCommand(a *app) *cobra.Command {
	return newGroup("schema", "From sample files to a verified database schema",
		newSchemaGenerateCommand(a), newSchemaBatchCommand(a), newSchemaEvalCommand(a))
}
