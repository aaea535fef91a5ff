package cli

import (
	"strconv"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/advisor"
)

// recommendReport is what quota recommend prints.
type recommendReport struct {
	workloadReport
	advisor.Recommendation
}

func newQuotaRecommendCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "recommend",
		Short: "Which quotas to raise for a workload, and how",
		Long: "Says what to ask for of each quota so that the workload fits with a\n" +
			"fifth to spare, and how: a request to Service Quotas must exceed AWS's\n" +
			"default, so an account that has less needs a Support case up to it. Levers\n" +
			"are what helps without. Priority 1 is now, 2 soon, 0 enough. It asks AWS for\n" +
			"nothing.",
		Example: `headgate quota recommend --preset production
headgate quota recommend --runs 5000 --by 2h
headgate quota recommend --from-ledger 24h --path geo -o json`,
		Args: exactly(),
	}
	out := newOutput(cmd)
	o := newWorkloadFlags(a, cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		m, common, err := o.read(cmd.Context(), a)
		if err != nil {
			return err
		}
		others, err := o.others(cmd.Context(), a, m)
		if err != nil {
			return err
		}
		rec, err := advisor.Recommend(common.Workload, m.limits, m.rules(o.law), others)
		if err != nil {
			return err
		}
		r := recommendReport{workloadReport: common, Recommendation: rec}
		return out.print(a, r, func(s *screen) { recommendTable(s, r) })
	}
	return cmd
}

// recommendTable writes what to ask for, then what helps without.
func recommendTable(s *screen, r recommendReport) {
	rows := make([][]string, 0, len(r.Advice))
	for _, v := range r.Advice {
		rows = append(rows, []string{
			strconv.Itoa(v.Priority), v.Limit, dash(v.Code), thousands(v.Current), thousands(v.Default), thousands(v.Ask), rate(v.Gives), string(v.How),
		})
	}
	s.table([]column{
		{title: "Priority", right: true},
		{title: "Limit"},
		{title: "Code"},
		{title: "Current", right: true},
		{title: "Default", right: true, spare: 1},
		{title: "Ask", right: true},
		{title: "Runs/min", right: true},
		{title: "How"},
	}, rows)
	s.line("")
	fields := append(r.facts(), [2]string{"binds", dash(r.Binding)})
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
