package cli

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/advisor"
	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/fault"
)

// recommendReport is what quota recommend prints.
type recommendReport struct {
	workloadReport
	// Measured is what CloudWatch has, null where it was not asked.
	Measured *measured `json:"measured"`
	advisor.Recommendation
}

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

func (o *recommendation) recommend(ctx context.Context, a *app) (recommendReport, error) {
	var r recommendReport
	m, common, err := o.read(ctx, a)
	if err != nil {
		return r, err
	}
	if common.Source == "default" {
		if m, common, err = o.ask(ctx, a, m, common); err != nil {
			return r, err
		}
	}
	r.workloadReport = common
	others, err := o.others(ctx, a, m)
	if err != nil {
		return r, err
	}
	if o.watched != "" {
		if err := o.observe(ctx, a, m, others, &r); err != nil {
			return r, err
		}
	}
	r.Recommendation, err = advisor.Recommend(r.Workload, m.limits, m.rules(o.law), others)
	if slices.ContainsFunc(r.Advice, func(v advisor.Advice) bool { return v.Priority != advisor.Enough }) {
		r.Notes = append(r.Notes, "each model has quotas of its own, and so has each path to it: raising those of another model or family changes nothing here")
	}
	return r, err
}

// ask asks AWS where nothing is known of the account: what its defaults say of it
// would be wrong of a new one. Where that fails they must do.
func (o *recommendation) ask(ctx context.Context, a *app, m *aim, r workloadReport) (*aim, workloadReport, error) {
	cfg, _, err := o.set.load(a)
	if err != nil || cfg.Quotas.Source == config.QuotasStatic {
		return m, r, err
	}
	p := &place{region: m.pool.Region}
	a.askAWS(ctx, cfg, []*place{p}, false)
	if err := ctx.Err(); err != nil {
		return m, r, err
	}
	if p.err == nil {
		return o.read(ctx, a)
	}
	printWarning(a, p.unaskable())
	a.warn("these are AWS's published defaults, not what the account has: new accounts have far less")
	return m, r, nil
}

// named says that the flags name a workload, so that what CloudWatch has is not
// taken for it.
func (o *recommendation) named() bool {
	return slices.ContainsFunc([]string{"preset", "from-ledger", "runs-per-minute", "runs", "calls-per-run", "input-per-run", "output-per-run"}, o.cmd.Flags().Changed)
}

// observe puts what CloudWatch has into the report, the limits and the other paths.
// Beside a workload that is named it is an addition: without it the rest works.
func (o *recommendation) observe(ctx context.Context, a *app, m *aim, others []advisor.Other, r *recommendReport) error {
	since, err := parseInstant(o.watched, time.Now())
	if err != nil {
		return usageError("for example --from-cloudwatch 24h", "--from-cloudwatch: %v", err)
	}
	seen, err := o.measure(ctx, a, m, since)
	if err != nil {
		if ctx.Err() != nil || !o.named() {
			return quotaHint(err)
		}
		a.warn("the use by others is not counted: " + fault.Message(err))
		r.Notes = append(r.Notes, "the use by others is not counted: CloudWatch could not be asked")
		return nil
	}
	r.Measured = seen
	if !o.named() {
		if r.Workload, err = o.demand(seen, r.Workload); err != nil {
			return err
		}
		r.Notes = append(r.Notes, "a run is a single call here; CloudWatch does not see what calls reserve: --max-tokens states it")
	}
	for i := range m.limits {
		l := &m.limits[i]
		if of, ok := advisor.Measure(l.Kind, seen.minutes); ok {
			l.Used = &of
			if o.named() {
				l.Taken = of.Others
			} else {
				l.Floor = of.Peak
			}
		}
	}
	for i := range others {
		other := &others[i]
		pool := m.pool
		pool.Path = other.Path
		use, err := o.measure(ctx, a, &aim{cat: m.cat, model: m.model, pool: pool}, since)
		if err != nil {
			seen.Missing = append(seen.Missing, "whether "+string(other.Path)+" is idle: "+fault.Message(err))
			continue
		}
		other.Measured = true
		for k := range other.Limits {
			if of, ok := advisor.Measure(other.Limits[k].Kind, use.minutes); ok {
				other.Limits[k].Used, other.Limits[k].Taken = &of, of.Peak
			}
		}
	}
	return nil
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

// recommendTable writes what to ask for, then what helps without.
func recommendTable(s *screen, r recommendReport) {
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
	fields := append(r.facts(), [2]string{"binds", dash(r.Binding)})
	if seen := r.Measured; seen != nil {
		fields = append(fields, [2]string{"used", seen.text()})
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
