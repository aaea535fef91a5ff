package cli

import (
	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/filing"
	"github.com/headgate/headgate/internal/llm"
)

func newQuotaRequestsCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "requests",
		Short: "Requests for more, and how far they are",
		Long: "Every request for a higher quota of Bedrock in the Region, open ones first.\n" +
			"Where AWS cannot be asked, those that it was last heard to have.",
		Example: `headgate quota requests
headgate quota requests --open -o json`,
		Args: exactly(),
	}
	out := newOutput(cmd)
	set := newSettings(cmd, "data_dir")
	open := cmd.Flags().Bool("open", false, "only those that are not decided yet")
	region := cmd.Flags().String("region", "", "the source Region (default: as configured)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		d, err := openDesk(cmd.Context(), a, set, llm.Region(*region))
		if err != nil {
			return err
		}
		defer d.close(a)
		rows := filing.Rows(d.snap, d.stale != nil, *open)
		if len(rows) == 0 {
			a.say("no requests match")
		}
		return out.print(a, rows, func(s *screen) { requestTable(s, rows) })
	}
	return cmd
}

func requestTable(s *screen, rows []filing.Row) {
	if len(rows) == 0 {
		return
	}
	cells := make([][]string, len(rows))
	for i, r := range rows {
		cells[i] = []string{
			string(r.Status), r.Code, dash(r.Name), figure(&r.Desired), figure(r.Applied), age(s.today, &r.Created, 1), dash(r.CaseID), r.ID,
		}
	}
	s.table([]column{
		{title: "Status"},
		{title: "Code"},
		{title: "Name", spare: 2},
		{title: "Asked", right: true},
		{title: "Applied", right: true},
		{title: "Age", right: true, spare: 1},
		{title: "Case"},
		{title: "Request"},
	}, cells)
}
