package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/console/client"
	"github.com/headgate/headgate/internal/daemon"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/limit"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

// quotaList is the flags of quota list, and what it has found.
type quotaList struct {
	*quotaQuery

	all, busy, refresh bool

	cfg    config.Config
	filter console.Filter
	live   *console.Quotas // nil: no gateway answers, or it is not asked
	at     remote          // it
	absent error           // that no gateway answers; nil where none was asked
	rows   []limitRow
	failed []error // of places of which there is nothing new to show
}

func newQuotaListCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "Every limit: what is there, and what is used",
		Long: "Every limit: what AWS applies, its default, what calls are paced by, how much\n" +
			"is used now and was in the last day, and what that means. The running gateway\n" +
			"is asked; where there is none, what AWS was last heard to say is listed, and\n" +
			"where that is nothing AWS is asked. What AWS does not tell is as configured,\n" +
			"else AWS's published default, which is marked.",
		Example: `headgate quota list
headgate quota list --refresh --region us-east-1,us-west-2
headgate quota list --profile dev,prod --all -o json
headgate quota list --model us.anthropic.claude-haiku-4-5-20251001-v1:0`,
		Args: exactly(),
	}
	out := newOutput(cmd)
	l := &quotaList{quotaQuery: newQuotaQuery(cmd)}
	_ = cmd.RegisterFlagCompletionFunc("model", completeModel(a))
	f := cmd.Flags()
	f.BoolVar(&l.all, "all", false, "also limits that are as AWS's defaults, of every\nmodel that AWS lists, and rows that are no limits\nor were not matched to a model")
	f.BoolVar(&l.busy, "used", false, "only limits of which something is used or learned")
	f.BoolVar(&l.refresh, "refresh", false, "ask AWS now, through the running gateway if there\nis one for the Region")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := l.find(cmd.Context(), a); err != nil {
			return err
		}
		if len(l.rows) == 0 {
			fmt.Fprintln(a.err, "headgate: no limits match")
		}
		err := out.print(a, l.rows, func(s *screen) {
			quotaTable(s, l.rows, l.scale())
			if l.live != nil {
				a.sayQuotas(*l.live)
			}
		})
		for i, failed := range l.failed {
			if i == len(l.failed)-1 {
				return errors.Join(err, failed)
			}
			printError(a.err, failed)
		}
		return err
	}
	return cmd
}

func (l *quotaList) scale() float64 {
	if l.live != nil {
		return l.live.TimeScale
	}
	return l.cfg.TimeScale
}

// find fills in the rows.
func (l *quotaList) find(ctx context.Context, a *app) (err error) {
	if l.cfg, _, err = l.set.load(a); err != nil {
		return err
	}
	if l.filter, err = l.quotaQuery.filter(a); err != nil {
		return err
	}
	if l.refresh && l.cfg.Quotas.Source == config.QuotasStatic {
		return usageError("leave quotas.source out, or set it to both", "--refresh asks AWS, and quotas.source is static")
	}
	l.rows = []limitRow{}
	if len(l.profiles) == 0 {
		if err := l.askGateway(ctx, a); err != nil {
			return err
		}
	}
	all := places(l.profiles, l.from())
	rest := slices.DeleteFunc(slices.Clone(all), func(p *place) bool { return l.served(p.region) })
	if err := l.refreshServed(ctx, a, all); err != nil {
		return err
	}
	if l.cfg.Quotas.Source != config.QuotasStatic && len(rest) > 0 {
		if err := l.hear(ctx, a, rest); err != nil {
			return err
		}
	}
	return l.remember(ctx, a, rest)
}

// askGateway asks the running gateway, if there is one.
func (l *quotaList) askGateway(ctx context.Context, a *app) (err error) {
	if l.at, err = l.server.remote(a); err != nil {
		return err
	}
	live, err := readQuotas(ctx, l.at, l.filter)
	switch {
	case errors.Is(err, client.ErrAbsent):
		l.absent = err
	case err != nil:
		return err
	default:
		l.live = &live
	}
	return nil
}

// served reports whether the gateway tells of a Region.
func (l *quotaList) served(region llm.Region) bool {
	return l.live != nil && (region == "" || region == l.live.Region ||
		slices.ContainsFunc(l.live.Quotas, func(q console.Quota) bool { return q.Pool.Region == region }))
}

// refreshServed has the gateway ask AWS, and asks it again.
func (l *quotaList) refreshServed(ctx context.Context, a *app, all []*place) error {
	if !l.refresh {
		return nil
	}
	for _, p := range all {
		if !l.served(p.region) {
			continue
		}
		got, err := l.at.client().Refresh(ctx, p.region)
		if err != nil {
			l.failed = append(l.failed, advised(err))
			continue
		}
		fmt.Fprintf(a.err, "headgate: AWS lists %s quotas of account %s in %s; %s\n", thousands(int64(got.Listed)), got.Account, got.Region, changed(len(got.Changes)))
		if err := l.askGateway(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

func changed(n int) string {
	if n == 0 {
		return "nothing has changed"
	}
	return count(n, "change")
}

// hear asks AWS for what is not remembered, or everything with --refresh.
func (l *quotaList) hear(ctx context.Context, a *app, rest []*place) error {
	if len(l.profiles) == 0 && !l.refresh {
		known, err := daemon.Remember(ctx, l.cfg, l.filter, false)
		if err != nil {
			return err
		}
		rest = slices.DeleteFunc(slices.Clone(rest), func(p *place) bool {
			return slices.ContainsFunc(known.Snapshots, func(s account.Snapshot) bool { return p.region == "" || p.region == s.Region })
		})
	}
	a.askAWS(ctx, l.cfg, rest, l.refresh)
	if err := ctx.Err(); err != nil {
		return err
	}
	return nil
}

// remember adds what is known without the gateway: of the rest everything, and with
// --all of what it serves the quotas that no call has used.
func (l *quotaList) remember(ctx context.Context, a *app, rest []*place) error {
	if l.live != nil {
		for i := range l.live.Quotas {
			r := paced(&l.live.Quotas[i])
			// The gateway names no account in pools where the configuration names none.
			if r.Pool.Account == "" && r.Pool.Region == l.live.Region {
				r.Pool.Account = l.live.Account
			}
			l.rows = append(l.rows, r)
		}
	}
	known, err := daemon.Remember(ctx, l.cfg, l.filter, l.all || l.filter.Model != "")
	if err != nil {
		return err
	}
	in := slices.Clone(rest)
	if l.live != nil && l.all && l.live.Account != "" {
		in = append(in, &place{account: l.live.Account, region: l.live.Region})
	}
	for i := range known.Quotas.Quotas {
		q := &known.Quotas.Quotas[i]
		mine := slices.ContainsFunc(in, func(p *place) bool { return p.has(q.Pool) })
		if mine && !slices.ContainsFunc(l.rows, func(r limitRow) bool { return r.limitName() == q.Limit && same(r.Pool, q.Pool) }) {
			l.rows = append(l.rows, paced(q))
		}
	}
	if err := l.fallBack(ctx, a, rest); err != nil {
		return err
	}
	var oldest time.Time
	for i := range known.Snapshots {
		snap := &known.Snapshots[i]
		if !slices.ContainsFunc(in, func(p *place) bool { return p.has(llm.Pool{Account: snap.Account, Region: snap.Region}) }) ||
			l.filter.Region != "" && l.filter.Region != snap.Region {
			continue
		}
		a.sayMissing(snap)
		if l.all {
			l.rows = append(l.rows, others(snap, l.filter, l.rows)...)
		}
		if oldest.IsZero() || snap.At.Before(oldest) {
			oldest = snap.At
		}
	}
	l.sayWithout(a, rest, oldest)
	if l.busy {
		l.rows = slices.DeleteFunc(l.rows, idle)
	}
	slices.SortStableFunc(l.rows, func(a, b limitRow) int {
		if a.matched() != b.matched() {
			return map[bool]int{true: -1, false: 1}[a.matched()]
		}
		if order := llm.ComparePools(a.Pool, b.Pool); order != 0 || !a.matched() {
			return order
		}
		return cmp.Compare(kindNumber(*a.Limit), kindNumber(*b.Limit))
	})
	return nil
}

// kindNumber is where the limit of a name stands among all; 0 for one without.
func kindNumber(name string) quota.Kind {
	for k := range quota.Kind(quota.Kinds) {
		if k.String() == name {
			return k
		}
	}
	return 0
}

// same reports whether two pools are one: an account that is not named is
// whichever it is.
func same(a, b llm.Pool) bool {
	if a.Account == "" || b.Account == "" {
		a.Account, b.Account = "", ""
	}
	return a == b
}

// fallBack deals with places that AWS could not be asked about. Of a single one
// that nobody insisted on asking about, AWS's published defaults are shown when
// there is nothing else.
func (l *quotaList) fallBack(ctx context.Context, a *app, rest []*place) error {
	for _, p := range rest {
		if p.err == nil {
			continue
		}
		err := p.unaskable()
		if len(rest) > 1 || l.refresh || l.live != nil {
			l.failed = append(l.failed, err)
			continue
		}
		printWarning(a, err)
		if len(l.rows) > 0 {
			continue
		}
		region := p.region
		if region == "" {
			region = l.set.region(a)
		}
		defaults, err := daemon.DefaultQuotas(ctx, l.cfg, l.filter, region)
		if err != nil {
			return err
		}
		for i := range defaults.Quotas {
			l.rows = append(l.rows, paced(&defaults.Quotas[i]))
		}
		a.warn("these are AWS's published defaults, not what the account has: new accounts have far less")
	}
	return nil
}

// sayWithout says where rows are from that no gateway tells.
func (l *quotaList) sayWithout(a *app, rest []*place, oldest time.Time) {
	if l.absent == nil || len(l.rows) == 0 || slices.ContainsFunc(rest, func(p *place) bool { return p.asked || p.err != nil }) {
		return
	}
	from := "this is what " + source(l.set) + " has"
	if slices.ContainsFunc(l.rows, func(r limitRow) bool { return r.Source == limit.Discovered }) {
		from = "this is what AWS said " + age(time.Now(), &oldest, 1) + " ago (--refresh asks again)"
	}
	fmt.Fprintf(a.err, "headgate: %s; %s, without what is used or learned\n", fault.Message(l.absent), from)
}

// idle reports whether nothing of a limit is used, waited for or learned.
func idle(q limitRow) bool {
	none := func(share *float64) bool { return share == nil || *share == 0 }
	return q.Throttles == 0 && q.Waiting == 0 && q.Status != console.StatusLearned && (q.Used == nil || *q.Used == 0) && none(q.UsedSharePeak)
}
