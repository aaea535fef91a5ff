package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/explain"
	"github.com/headgate/headgate/internal/ledger"
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
	set := newSettings(cmd, "data_dir")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return withLedger(cmd.Context(), a, set, func(ctx context.Context, cfg config.Config, l ledger.Reader) error {
			e, told, err := ledger.Explain(ctx, l, llm.CallID(args[0]), cfg.TimeScale)
			if err != nil {
				return withHint(err, "`headgate call list` shows the calls that there are; the answer's header x-headgate-call has a call's id")
			}
			return out.print(a, console.Explained{Call: console.NewCall(e), Explanation: told}, func(s *screen) { tellCall(a, s, cfg, e, told) })
		})
	}
	return cmd
}

// tellCall writes the summary, then a line for each step.
func tellCall(a *app, s *screen, cfg config.Config, e ledger.Entry, told explain.Explanation) {
	shown := a.scaled(cfg)
	s.fields([2]string{"call", string(e.ID)}, [2]string{"time", zoned(e.Time)}, [2]string{"in short", told.Summary})
	s.line("")
	fields := make([][2]string, 0, len(told.Steps))
	for _, step := range told.Steps {
		fields = append(fields, [2]string{"+" + duration(shown(time.Duration(step.AtMs)*time.Millisecond)), step.Text})
	}
	s.fields(fields...)
}
