package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/advisor"
	"github.com/headgate/headgate/internal/counsel"
)

// recommendation is the flags of quota recommend.
type recommendation struct {
	*workloadFlags
	watched string // how much of CloudWatch
}

func newQuotaRecommendCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "recommend",
		Short: "Which quotas to raise for a workload, and how",
		Long: "Says what to ask for of each quota so that the workload fits with a\n" +
			"fifth to spare, and how: a request to Service Quotas must exceed AWS's\n" +
			"default, so an account that has less needs a Support case up to it. Levers\n" +
			"are what helps without. Priority 1 is now, 2 soon, 0 enough. Where a request\n" +
			"is open already, the way is to wait for it.\n\n" +
			"Where nothing is known of the account yet, AWS is asked.\n\n" +
			"With --from-cloudwatch, what everybody in the account used counts: as the\n" +
			"workload itself, or, where one is stated or taken from the ledger, as what\n" +
			"others take of the quota beside it. Nothing is changed in AWS.",
		Example: `headgate quota recommend --preset production
headgate quota recommend --from-cloudwatch 24h
headgate quota recommend --from-ledger 24h --from-cloudwatch 24h
headgate quota recommend --runs 5000 --by 2h
headgate quota recommend --from-ledger 24h --path geo -o json`,
		Args: exactly(),
	}
	out := newOutput(cmd)
	o := recommendation{workloadFlags: newWorkloadFlags(a, cmd)}
	cmd.Flags().StringVar(&o.watched, "from-cloudwatch", "", "what everybody in the account used since, such\nas 24h; CloudWatch keeps minutes for 15 days")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		r, err := o.recommend(cmd.Context(), a)
		if err != nil {
			return err
		}
		return out.print(a, r, func(s *screen) { recommendTable(s, r) })
	}
	return cmd
}

func (o *recommendation) recommend(ctx context.Context, a *app) (counsel.Recommendation, error) {
	q, err := o.query(a)
	if err != nil {
		return counsel.Recommendation{}, err
	}
	if o.watched != "" {
		if q.Observed, err = parseInstant(o.watched, time.Now()); err != nil {
			return counsel.Recommendation{}, usageError("for example --from-cloudwatch 24h", "--from-cloudwatch: %v", err)
		}
	}
	c, err := o.counsel(a)
	if err != nil {
		return counsel.Recommendation{}, err
	}
	r, err := c.Recommend(ctx, q)
	if o.watched != "" {
		err = quotaHint(err)
	}
	return r, err
}

// quotaHint says which policy allows what was refused.
func quotaHint(err error) error {
	return awsHint(err, "quota")
}

// beforeAfter is the runs a minute that a quota allows now, and once what is asked for is
// granted.
func beforeAfter(v advisor.Advice) string {
	if v.Ask == 0 {
		return rate(v.Gives)
	}
	return rate(v.Before) + "→" + rate(v.Gives)
}

// narrow is a limit's name for a table that has to fit into 80 columns.
func narrow(limit string) string {
	return strings.NewReplacer("_per_minute", "/min", "_per_day", "/day").Replace(limit)
}

// measuredText says what was measured.
func measuredText(r *counsel.Measured) string {
	ids := "no id of the pool"
	if len(r.IDs) > 0 {
		ids = strings.Join(r.IDs, ", ")
	}
	text := fmt.Sprintf("%s and %s of %s since %s, by CloudWatch", calls(r.Calls), count(int(r.Throttles), "throttle"), ids, instant(r.Since))
	if r.Own != nil {
		return text + fmt.Sprintf("; %s through Headgate", count(int(*r.Own), "request"))
	}
	return text + "; there is no ledger, so all of it counts as others'"
}

// recommendTable writes what to ask for, then what helps without.
func recommendTable(s *screen, r counsel.Recommendation) {
	rows := make([][]string, 0, len(r.Advice))
	for _, v := range r.Advice {
		rows = append(rows, []string{
			strconv.Itoa(v.Priority), narrow(v.Limit), dash(v.Code), thousands(v.Current), thousands(v.Default), thousands(v.Needed), thousands(v.Ask), beforeAfter(v), string(v.How),
		})
	}
	s.table([]column{
		{title: "Prio", right: true},
		{title: "Limit"},
		{title: "Code"},
		{title: "Current", right: true, spare: 3},
		{title: "Default", right: true, spare: 1},
		{title: "Needed", right: true, spare: 2},
		{title: "Ask", right: true},
		{title: "Runs/min", right: true},
		{title: "How"},
	}, rows)
	s.line("")
	fields := append(workloadFacts(&r.Report), [2]string{"binds", dash(r.Binding)})
	if seen := r.Measured; seen != nil {
		fields = append(fields, [2]string{"used", measuredText(seen)})
		for _, l := range seen.Limits {
			fields = append(fields, [2]string{"used", fmt.Sprintf("%s: 95 %% of the busy minutes at most %s, the busiest %s; others at most %s, %.0f %% of all",
				l.Limit, thousands(l.P95), thousands(l.Peak), thousands(l.Others), 100*l.OthersShare)})
		}
		for _, text := range seen.Missing {
			fields = append(fields, [2]string{"missing", text})
		}
	}
	for _, text := range r.Notes {
		fields = append(fields, [2]string{"note", text})
	}
	s.fields(fields...)
	for _, v := range r.Advice {
		if v.Priority != advisor.Enough {
			s.line("%s: %s", v.Limit, v.Why)
		}
	}
	for _, l := range r.Levers {
		gives := ""
		if l.Gives != nil {
			gives = " (" + rate(*l.Gives) + " runs a minute)"
		}
		s.line("lever %s: %s%s", l.Lever, l.Why, gives)
	}
}
