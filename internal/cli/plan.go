package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/counsel"
)

func newPlanCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "What quotas give a workload, and what it needs",
		Long: "Works out how many runs a minute the quotas allow, how long a number of runs\n" +
			"takes, which limit binds and why; and how much of each is needed for a rate\n" +
			"or a deadline. Then it lets the gateway's own pacing try the same in virtual\n" +
			"time, shows both side by side, and says why where they differ.\n\n" +
			"Quotas are those of the flags, else what AWS was last heard to apply or the\n" +
			"configuration names, else AWS's defaults: quotas_from says which.",
		Example: `headgate plan --preset production
headgate plan --requests-per-minute 2 --tokens-per-minute 500000 --runs 100
headgate plan --runs 5000 --by 2h --chart plan.svg
headgate plan --from-ledger 24h -o json`,
		Args: exactly(),
	}
	out := newOutput(cmd)
	o := newWorkloadFlags(a, cmd)
	chart := cmd.Flags().String("chart", "", "draw runs over requests a minute into this SVG\nfile")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *chart != "" {
			if err := checkChart(*chart); err != nil {
				return err
			}
		}
		m, err := o.consult(cmd.Context(), a)
		if err != nil {
			return err
		}
		r, err := m.Plan(cmd.Context(), true)
		if err != nil {
			return err
		}
		if *chart != "" {
			picture, err := planPicture(cmd.Context(), m, r)
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Clean(*chart), picture, 0o644); err != nil { //nolint:gosec // a picture for everyone
				return fmt.Errorf("write chart: %w", err)
			}
		}
		var v any = r
		if out.format.value == "csv" {
			v = r.Bounds
		}
		return out.print(a, v, func(s *screen) { planTable(s, r) })
	}
	return cmd
}

// planTable writes a line for each way in which a limit holds runs back, then
// what that comes to.
func planTable(s *screen, r counsel.PlanReport) {
	rows := make([][]string, 0, len(r.Bounds))
	for _, b := range r.Bounds {
		mark := "-"
		if b.Binds {
			mark = "binds"
		}
		rows = append(rows, []string{b.Limit, string(b.By), thousands(b.Amount), rate(b.RunsPerMinute), known(b.Needed), mark})
	}
	s.table([]column{
		{title: "Limit"},
		{title: "By"},
		{title: "Amount", right: true},
		{title: "Runs/min", right: true},
		{title: "Needed", right: true},
		{title: "Binds"},
	}, rows)
	s.line("")
	figuresTable(s, r)
	s.line("")
	fields := workloadFacts(&r.Report)
	for _, b := range r.Bounds {
		if b.Binds {
			fields = append(fields, [2]string{"why", b.Why})
		}
	}
	fields = append(fields, [2]string{"simulated", trialText(r.Trial, r.Law)})
	for _, text := range r.Differs {
		fields = append(fields, [2]string{"differs", text})
	}
	for _, text := range r.Notes {
		fields = append(fields, [2]string{"note", text})
	}
	s.fields(fields...)
}

// trialText is how the simulator came to its figures, in words.
func trialText(t *counsel.PlanTrial, law string) string {
	if t.Runs == 0 {
		return "nothing, since nothing is let in"
	}
	text := fmt.Sprintf("%s in %s with the gateway's own pacing, limits as %s, %d throttled", runsOf(t.Runs), duration(time.Duration(t.Minutes*float64(time.Minute))), law, t.Throttles)
	if t.Scale > 1 {
		text += fmt.Sprintf("; limits and work divided by %d", t.Scale)
	}
	if t.Recorded {
		text += "; calls of the sizes that were measured"
	}
	return text
}

// figuresTable writes what was worked out beside what was simulated.
func figuresTable(s *screen, r counsel.PlanReport) {
	columns := []column{{title: "Gives"}, {title: "Formula", right: true}, {title: "Simulated", right: true}}
	add := func(name string, of func(counsel.PlanFigures) string) []string {
		row := []string{name, of(r.Formula), of(*r.Simulated)}
		if r.With != nil {
			row = append(row, of(*r.With))
		}
		return row
	}
	rows := [][]string{
		add("runs a minute", func(f counsel.PlanFigures) string { return rate(f.RunsPerMinute) }),
		add("runs an hour", func(f counsel.PlanFigures) string { return rate(f.RunsPerHour) }),
	}
	if n := r.Workload.Runs; n > 0 {
		rows = append(rows, add(runsOf(n)+" take", func(f counsel.PlanFigures) string {
			if f.Finish == nil {
				return "forever"
			}
			return spell(*f.Finish)
		}))
	}
	rows = append(rows, add("binds", func(f counsel.PlanFigures) string { return dash(f.Binding) }))
	if r.With != nil {
		columns = append(columns, column{title: "With what is needed", right: true})
	}
	s.table(columns, rows)
}

// quotasFrom is where limits are from, in words.
func quotasFrom(source string, asOf *time.Time) string {
	switch {
	case asOf != nil:
		return source + ", as of " + asOf.UTC().Format(time.RFC3339)
	case source == "default":
		return "AWS's defaults: the account may have less"
	}
	return source
}

// rate is a rate with two places.
func rate(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }
