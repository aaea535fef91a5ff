package cli

import (
	"context"
	"io"
	"os"

	"charm.land/fang/v2"
	"github.com/spf13/cobra"
)

// app is what every command shares. It is built once per Run.
type app struct {
	in       io.Reader
	out, err io.Writer
	// environ is the environment as KEY=value, read once.
	environ []string
	noColor bool
}

// Run runs one command line, args without the program's name, and returns the
// exit code of the process. It does not call os.Exit and keeps no state, so
// that tests may run it. When ctx ends, a command that serves drains and
// returns 0; any other is interrupted and returns 130.
func Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{in: stdin, out: stdout, err: stderr, environ: os.Environ()}
	root := newRoot(a) //nolint:contextcheck // cobra hands ctx to the commands
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)

	err := fang.Execute(ctx, root,
		fang.WithVersion(buildInfo().Version),
		fang.WithErrorHandler(func(w io.Writer, _ fang.Styles, err error) { printError(w, err) }),
	)
	return exitCode(err)
}

// newRoot builds the whole tree of commands.
func newRoot(a *app) *cobra.Command {
	root := newGroup("headgate", "Every call its turn: a quota-aware gateway for Amazon Bedrock",
		newDemoCommand(a),
		newSimulateCommand(a),
		newUpCommand(a),
		newServeCommand(a),
		newTopCommand(a),
		newEmulatorCommand(a),
		newModelCommand(a),
		newPlanCommand(a),
		newQuotaCommand(a),
		newCallCommand(a),
		newRunCommand(a),
		newCostCommand(a),
		newCacheCommand(a),
		newIAMCommand(a),
		newAlarmCommand(a),
		newDoctorCommand(a),
		newSchemaCommand(a),
		newTokenCommand(a),
		newConfigCommand(a),
		newVersionCommand(a),
	)
	root.Long = "Headgate stands between your programs and Amazon Bedrock and gives every call\n" +
		"its turn, so that nothing is throttled and nothing of the quota goes unused.\n" +
		"Point an unmodified AWS SDK at it; nothing else changes."
	root.Example = `# the story in a minute, offline
headgate demo

# try it offline: gateway and emulator in one process
headgate up

# in front of AWS
headgate serve --config headgate.yaml

# what happened, and why a call waited
headgate call list --since 1h`
	root.PersistentFlags().BoolVar(&a.noColor, "no-color", false, "no colour, even on a terminal (so does NO_COLOR)")
	root.SetFlagErrorFunc(flagError)
	root.InitDefaultCompletionCmd()
	if completion, _, err := root.Find([]string{"completion"}); err == nil {
		completion.Short = "The script by which a shell completes commands"
	}
	return root
}

// newGroup builds a noun: a command that only holds verbs. Without a verb it
// prints its help; with one that does not exist it says which is nearest.
func newGroup(use, short string, verbs ...*cobra.Command) *cobra.Command {
	group := &cobra.Command{
		Use:   use,
		Short: short,
		Args:  knownCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },

		SuggestionsMinimumDistance: 2,
	}
	group.AddCommand(verbs...)
	return group
}
