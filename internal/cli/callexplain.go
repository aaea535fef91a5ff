package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/llm"
)

func newCallExplainCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "explain CALL",
		Short: "One call in words: why it waited, and where it went",
		Long: "CALL is an id of the ledger: the answer's header x-headgate-call has it.\n" +
			"What is said of other calls is what the ledger has of them: those that are\n" +
			"still under way are not in it.",
		Example: "headgate call explain c_06h0ee8ahn6w0004\nheadgate call explain c_06h0ee8ahn6w0004 -o json",
		Args:    exactly("CALL"),
	}
	out := newOutput(cmd)
	from := newRecords(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return from.read(a, func(ctx context.Context, r records) error {
			told, err := r.explanation(ctx, llm.CallID(args[0]))
			if err != nil {
				return withHint(err, "`headgate call list` shows the calls that there are; the answer's header x-headgate-call has a call's id")
			}
			return out.print(a, told, func(s *screen) { tellCall(a, s, r.timeScale(), told) })
		})
	}
	return cmd
}

// tellCall writes the summary, then a line for each step.
func tellCall(a *app, s *screen, scale float64, told console.Explained) {
	shown := a.scaled(scale)
	s.fields([2]string{"call", string(told.Call.ID)}, [2]string{"time", zoned(told.Call.Time)}, [2]string{"in short", told.Summary})
	s.line("")
	fields := make([][2]string, 0, len(told.Steps))
	for _, step := range told.Steps {
		fields = append(fields, [2]string{"+" + duration(shown(step.AtMs)), step.Text})
	}
	s.fields(fields...)
}
