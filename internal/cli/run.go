package cli

import (
	"cmp"
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
)

func newRunCommand(a *app) *cobra.Command {
	return newGroup("run", "The ledger by runs: their calls, waits and cost",
		newRunListCommand(a), newRunShowCommand(a))
}

// runReport is a run with its calls, oldest first.
type runReport struct {
	console.Run
	Entries []console.Call `json:"entries"`
}

func newRunListCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "Runs, the one with the newest call first",
		Example: `headgate run list --since 1h
headgate run list --tenant search -o json`,
		Args: exactly(),
	}
	out := newOutput(cmd)
	from := newRecords(cmd)
	q := newQuery(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		query, err := q.read()
		if err != nil {
			return err
		}
		return from.read(a, func(ctx context.Context, r records) error {
			page, err := r.runs(ctx, query)
			if err != nil {
				return err
			}
			a.page(cmd, len(page.Runs), "runs", page.Next)
			return out.print(a, page.Runs, func(s *screen) { runTable(a, s, r.timeScale(), page.Runs) })
		})
	}
	return cmd
}

func runTable(a *app, s *screen, scale float64, runs []console.Run) {
	if len(runs) == 0 {
		return
	}
	shown := a.scaled(scale)
	rows := make([][]string, 0, len(runs))
	for _, r := range runs {
		rows = append(rows, []string{
			string(r.ID), string(r.Tenant), string(r.Outcome), strconv.Itoa(r.Calls), strconv.Itoa(r.Failed),
			s.instant(r.First), duration(shown(r.Took)), duration(shown(r.Queued)),
			thousands(r.Usage.Total()), runCost(r),
		})
	}
	s.table([]column{
		{title: "Run"},
		{title: "Tenant", spare: 3},
		{title: "Outcome"},
		{title: "Calls", right: true},
		{title: "Failed", right: true},
		{title: "Began", spare: 1},
		{title: "Took", right: true},
		{title: "Waited", right: true},
		{title: "Tokens", right: true, spare: 4},
		{title: "Cost", right: true, spare: 2},
	}, rows)
}

// runCost is what the priced calls of a run cost together, marked when there
// are others.
func runCost(r console.Run) string {
	switch r.Unpriced {
	case 0:
		return dollars(nano(r.Cost))
	case r.Calls:
		return dollars(ledger.UnknownCost)
	}
	return dollars(nano(r.Cost)) + "+"
}

func newRunShowCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show RUN",
		Short: "One run with its calls, oldest first",
		Example: `headgate run show agent-7
headgate run show agent-7 --tenant search -o json`,
		Args: exactly("RUN"),
	}
	out := newOutput(cmd)
	from := newRecords(cmd)
	tenant := cmd.Flags().String("tenant", "", "whose run it is, when tenants share names\n(default: the newest)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return from.read(a, func(ctx context.Context, r records) error {
			run, err := r.run(ctx, llm.Tenant(*tenant), llm.RunID(args[0]))
			if err != nil {
				return withHint(err, "`headgate run list` shows the runs that there are; the header x-headgate-run names a call's run")
			}
			return out.print(a, runReport{Run: run.Run, Entries: run.Calls}, func(s *screen) {
				runFields(s, run.Run, turnedAway(run.Calls))
				s.line("")
				callTable(a, s, r.timeScale(), run.Calls)
			})
		})
	}
	return cmd
}

// turnedAway says how often a run was refused, and why at last; empty when it never
// was.
func turnedAway(calls []console.Call) string {
	times, why := 0, ""
	for _, e := range calls {
		if e.Outcome == ledger.Refused {
			times++
			why = cmp.Or(e.Reason, e.ErrorMessage)
		}
	}
	switch times {
	case 0:
		return ""
	case 1:
		return "once: " + why
	}
	return fmt.Sprintf("%d times, at last: %s", times, why)
}

func runFields(s *screen, r console.Run, turnedAway string) {
	name := string(r.ID)
	if r.Inferred {
		name += " (inferred)"
	}
	fields := [][2]string{
		{"run", name},
		{"tenant", string(r.Tenant)},
		{"outcome", string(r.Outcome)},
		{"calls", fmt.Sprintf("%d, %d failed", r.Calls, r.Failed)},
		{"began", zoned(r.First)},
		{"ended", zoned(r.Last)},
		{"quota tokens", thousands(r.Settled) + " settled"},
		{"cost", runCost(r)},
	}
	if turnedAway != "" {
		fields = append(fields, [2]string{"refused", turnedAway})
	}
	s.fields(fields...)
}
