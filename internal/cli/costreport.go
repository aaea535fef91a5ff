package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
)

func newCostCommand(a *app) *cobra.Command {
	return newGroup("cost", "Money: what a workload will cost, what calls did",
		newCostEstimateCommand(a), newCostReportCommand(a))
}

// costFlags are those of cost report.
type costFlags struct {
	by                          choice
	since, until, tenant, model string
	limit                       int
}

func newCostReportCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "report",
		Short: "What the calls of the ledger cost",
		Long: "Sums up what the calls of the ledger cost, at the prices of the day that they\n" +
			"were made. Days begin at midnight in your time zone, and so does --since 7d.\n" +
			"A sum that lacks calls whose cost nobody knows is marked + and says how many:\n" +
			"they have no price, or broke off before Bedrock said what they had used. What\n" +
			"was never sent, or was turned away, costs nothing.\n\n" +
			"JSON has money in nano-USD: usd_nano, null when no part of it is known.",
		Example: `headgate cost report
headgate cost report --by model --since 30d
headgate cost report --by run --tenant search --since 24h --limit 10 -o json`,
		Args: exactly(),
	}
	out := newOutput(cmd)
	from := newRecords(cmd)
	o := costFlags{by: choice{value: string(ledger.CostByDay), allowed: []string{
		string(ledger.CostByDay), string(ledger.CostByModel), string(ledger.CostByTenant), string(ledger.CostByRun),
	}}}
	addChoice(cmd, &o.by, "by", "", "a row for each "+list(o.by.allowed))
	f := cmd.Flags()
	f.StringVar(&o.since, "since", "7d", "from this long ago (24h, 7d) on, or from this\nday or time (2026-11-01)")
	f.StringVar(&o.until, "until", "", "before this long ago, or before this day or time")
	f.StringVar(&o.model, "model", "", "only calls to this model")
	f.StringVar(&o.tenant, "tenant", "", "only this tenant's")
	f.IntVar(&o.limit, "limit", ledger.DefaultLimit, "at most so many rows, from 1 to 1000: the newest\ndays, or what cost most")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		q, err := o.read(time.Now())
		if err != nil {
			return err
		}
		return from.read(a, func(ctx context.Context, r records) error {
			costs, err := r.costs(ctx, q)
			if err != nil {
				return err
			}
			return a.reportCosts(out, q, costs)
		})
	}
	return cmd
}

// read turns the flags into a query.
func (o *costFlags) read(now time.Time) (ledger.CostQuery, error) {
	q := ledger.CostQuery{
		By: ledger.CostBy(o.by.value), Tenant: llm.Tenant(o.tenant), Model: o.model, Zone: now.Location(), Limit: o.limit,
	}
	if o.limit < 1 || o.limit > ledger.MaxLimit {
		return q, usageError("", "--limit must be from 1 to %d, not %d", ledger.MaxLimit, o.limit)
	}
	var err error
	if q.Since, err = parseDay(o.since, now); err != nil {
		return q, usageError("for example --since 7d, or --since 2026-11-01", "--since: %s", err)
	}
	if q.Until, err = parseDay(o.until, now); err != nil {
		return q, usageError("for example --until 1d, or --until 2026-11-08", "--until: %s", err)
	}
	if !q.Until.IsZero() && !q.Since.Before(q.Until) {
		return q, usageError("", "nothing is between --since %s and --until %s", zoned(q.Since), zoned(q.Until))
	}
	return q, nil
}

// parseDay is parseInstant, but so many days ago begin at midnight.
func parseDay(text string, now time.Time) (time.Time, error) {
	at, err := parseInstant(text, now)
	if _, ago := parseAgo(text); ago != nil || !strings.HasSuffix(text, "d") {
		return at, err
	}
	year, month, day := at.Date()
	return time.Date(year, month, day, 0, 0, 0, 0, now.Location()), err
}

// calls writes a number of calls.
func calls(n int64) string {
	if n == 1 {
		return "1 call"
	}
	return thousands(n) + " calls"
}

func (a *app) reportCosts(out *output, q ledger.CostQuery, r console.Costs) error {
	if len(r.Rows) == 0 {
		fmt.Fprintln(a.err, "headgate: no calls match")
	}
	a.remark(r.Warnings, r.Notes)
	var v any = r
	if out.format.value == "csv" {
		v = r.Rows
	}
	return out.print(a, v, func(s *screen) {
		if len(r.Rows) > 0 {
			costTable(s, r)
			s.line("")
			s.line("%s", span(q, r))
		}
	})
}

// remark says what there is to know about an answer on standard error.
func (a *app) remark(warnings, notes []string) {
	for _, warning := range warnings {
		a.warn(warning)
	}
	for _, note := range notes {
		fmt.Fprintf(a.err, "headgate: note: %s\n", note)
	}
}
