package cli

import (
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/advisor"
	"github.com/headgate/headgate/internal/llm"
)

// planReport is what plan prints.
type planReport struct {
	Pool     llm.Pool         `json:"pool"`
	Workload advisor.Workload `json:"workload"`
	// Source is where the limits are from, and AsOf when AWS was asked.
	Source string     `json:"quotas_from"`
	AsOf   *time.Time `json:"quotas_as_of"`
	Fits   bool       `json:"fits"`
	advisor.Forecast
}

func newPlanCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "What quotas give a workload, and what it needs",
		Long: "Works out how many runs a minute the quotas allow, which of them binds and\n" +
			"why, and how much the wanted rate needs of each. Quotas are those of the\n" +
			"flags, else what AWS was last heard to apply or the configuration names,\n" +
			"else AWS's defaults: quotas_from says which.",
		Example: `headgate plan --preset production
headgate plan --requests-per-minute 2 --tokens-per-minute 500000
headgate plan --runs-per-minute 50 --max-tokens 0 --path geo -o json`,
		Args: exactly(),
	}
	out := newOutput(cmd)
	o := newWorkloadFlags(a, cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		w, err := o.workload()
		if err != nil {
			return err
		}
		m, err := o.aim(cmd.Context(), a)
		if err != nil {
			return err
		}
		f, err := advisor.Plan(w, m.limits, m.rules())
		if err != nil {
			return err
		}
		r := planReport{Pool: m.pool, Workload: w, Source: m.source, AsOf: m.asOf, Forecast: f}
		r.Fits = len(f.Bounds) > 0 && f.RunsPerMinute >= w.RunsPerMinute
		if len(f.Bounds) == 0 {
			fmt.Fprintln(a.err, "headgate: no quota of this pool is known; state one, for example --requests-per-minute 100")
		}
		return out.print(a, r, func(s *screen) { planTable(s, r) })
	}
	return cmd
}

// planTable writes a line for each way in which a limit holds runs back.
func planTable(s *screen, r planReport) {
	rows := make([][]string, 0, len(r.Bounds))
	for _, b := range r.Bounds {
		mark := "-"
		if b.Binds {
			mark = "binds"
		}
		rows = append(rows, []string{b.Limit, string(b.By), thousands(b.Amount), rate(b.RunsPerMinute), thousands(b.Needed), mark})
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
	fields := [][2]string{
		{"pool", argument(r.Pool)},
		{"quotas", quotasFrom(r.Source, r.AsOf)},
		{"wanted", rate(r.Workload.RunsPerMinute) + " runs a minute"},
	}
	if b, ok := r.Binding(); ok {
		fields = append(fields,
			[2]string{"possible", rate(r.RunsPerMinute) + " runs a minute, " + rate(r.RunsPerHour) + " an hour"},
			[2]string{"why", b.Why})
	}
	s.fields(fields...)
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
