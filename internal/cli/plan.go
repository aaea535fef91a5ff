package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/advisor"
)

// planReport is what plan prints.
type planReport struct {
	workloadReport
	// Fits says that what is wanted fits, by the formula.
	Fits bool `json:"fits"`
	// Formula and Simulated are the same figures, worked out and tried.
	Formula   planFigures     `json:"formula"`
	Simulated planFigures     `json:"simulated"`
	Bounds    []advisor.Bound `json:"bounds"`
	// With is what the simulator makes of quotas that are just what is needed.
	With *planFigures `json:"simulated_with_needed"`
	// Trial is how the simulator came to its figures.
	Trial planTrial `json:"trial"`
	// Differs says why, where the two differ by more than a few percent.
	Differs []string `json:"differs"`
}

// planFigures are what quotas give.
type planFigures struct {
	RunsPerMinute float64 `json:"runs_per_minute"`
	RunsPerHour   float64 `json:"runs_per_hour"`
	// Finish is how long the wanted number of runs takes in seconds, null where
	// none is asked for or they never end.
	Finish  *float64 `json:"finish_s"`
	Binding string   `json:"binding"` // the limit
}

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
		m, common, err := o.read(cmd.Context(), a)
		if err != nil {
			return err
		}
		w := common.Workload
		f, err := advisor.Plan(w, m.limits, m.rules(o.law))
		if err != nil {
			return err
		}
		r := planReport{workloadReport: common, Formula: figuresOf(f, w), Bounds: f.Bounds}
		r.Fits = fits(f, w)
		t, err := newTrial(o, m, w, a)
		if err != nil {
			return err
		}
		if err := t.run(cmd.Context(), a, &r); err != nil {
			return err
		}
		if *chart != "" {
			picture, err := t.chart(cmd.Context(), a, r)
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

// fits reports whether what is wanted fits.
func fits(f advisor.Forecast, w advisor.Workload) bool {
	if w.Within > 0 {
		took, ends := f.Finish(w.Runs)
		return ends && took <= w.Within
	}
	return len(f.Bounds) > 0 && f.RunsPerMinute >= w.RunsPerMinute*(1-1e-9)
}

func figuresOf(f advisor.Forecast, w advisor.Workload) planFigures {
	b, _ := f.Binding()
	p := planFigures{RunsPerMinute: f.RunsPerMinute, RunsPerHour: f.RunsPerHour, Binding: b.Limit}
	if took, ends := f.Finish(w.Runs); ends && w.Runs > 0 {
		p.Finish = new(took.Round(time.Millisecond).Seconds())
	}
	return p
}

// planTable writes a line for each way in which a limit holds runs back, then
// what that comes to.
func planTable(s *screen, r planReport) {
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
	fields := r.facts()
	for _, b := range r.Bounds {
		if b.Binds {
			fields = append(fields, [2]string{"why", b.Why})
		}
	}
	fields = append(fields, [2]string{"simulated", r.Trial.text(r.Law)})
	for _, text := range r.Differs {
		fields = append(fields, [2]string{"differs", text})
	}
	for _, text := range r.Notes {
		fields = append(fields, [2]string{"note", text})
	}
	s.fields(fields...)
}

// figuresTable writes what was worked out beside what was simulated.
func figuresTable(s *screen, r planReport) {
	columns := []column{{title: "Gives"}, {title: "Formula", right: true}, {title: "Simulated", right: true}}
	add := func(name string, of func(planFigures) string) []string {
		row := []string{name, of(r.Formula), of(r.Simulated)}
		if r.With != nil {
			row = append(row, of(*r.With))
		}
		return row
	}
	rows := [][]string{
		add("runs a minute", func(f planFigures) string { return rate(f.RunsPerMinute) }),
		add("runs an hour", func(f planFigures) string { return rate(f.RunsPerHour) }),
	}
	if n := r.Workload.Runs; n > 0 {
		rows = append(rows, add(runsOf(n)+" take", func(f planFigures) string {
			if f.Finish == nil {
				return "forever"
			}
			return spell(*f.Finish)
		}))
	}
	rows = append(rows, add("binds", func(f planFigures) string { return dash(f.Binding) }))
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
