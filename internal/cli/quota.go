package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/daemon"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/limit"
	"github.com/headgate/headgate/internal/llm"
)

func newQuotaCommand(a *app) *cobra.Command {
	return newGroup("quota", "The limits: applied, believed, used, and why",
		newQuotaListCommand(a), newQuotaShowCommand(a), newQuotaRecommendCommand(a))
}

// quotaQuery is the flags that select limits, and where they are asked for.
type quotaQuery struct {
	model, region, path string
	set                 *settings
	server              *server
}

func newQuotaQuery(cmd *cobra.Command) *quotaQuery {
	q := &quotaQuery{set: newSettings(cmd)}
	q.server = newServer(cmd, q.set)
	f := cmd.Flags()
	f.StringVar(&q.model, "model", "", "only limits of this model, or of a profile's\nmodel and path")
	f.StringVar(&q.region, "region", "", "only limits of this source Region")
	f.StringVar(&q.path, "path", "", "only limits of this path: on-demand, geo,\nglobal or mantle")
	return q
}

// filter is what the flags select. An id that stands for a model and a path, such
// as a profile's, selects both.
func (q *quotaQuery) filter(a *app) (console.Filter, error) {
	f := console.Filter{Model: llm.ModelID(q.model), Region: llm.Region(q.region), Path: llm.Path(q.path)}
	if f.Path != "" && !f.Path.Valid() {
		return f, usageError("for example --path geo", "--path must be on-demand, geo, global or mantle, not %q", q.path)
	}
	if q.model == "" {
		return f, nil
	}
	c, err := q.set.catalog(a)
	if err != nil {
		return f, err
	}
	// A gateway may know ids that this catalog does not.
	if t, err := c.Resolve(q.model, q.set.region(a)); err == nil && t.Model != f.Model {
		if f.Path != "" && f.Path != t.Path {
			return f, usageError("leave one of them out", "--model %s is of the path %s, and --path says %s", q.model, t.Path, f.Path)
		}
		f.Model, f.Path = t.Model, t.Path
	}
	return f, nil
}

// standsFor is the model that an id stands for, such as a profile's, when no other
// was selected.
func (q *quotaQuery) standsFor(a *app, id string) (model string, ok bool) {
	c, err := q.set.catalog(a)
	if q.model != "" || err != nil {
		return "", false
	}
	t, err := c.Resolve(id, q.set.region(a))
	return string(t.Model), err == nil && t.Known && string(t.Model) != id
}

// ask asks the gateway for what the flags select.
func (q *quotaQuery) ask(ctx context.Context, a *app) (console.Quotas, error) {
	var out console.Quotas
	f, err := q.filter(a)
	if err != nil {
		return out, err
	}
	base, err := q.server.address(a)
	if err != nil {
		return out, err
	}
	err = read(ctx, base, console.QuotasPath, f.Query(), &out)
	return out, err
}

func newQuotaListCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "Every limit: what is there, and what is used",
		Long: "Every limit of the running gateway: what is applied, what of it calls are\n" +
			"paced by, and how much is used now. Where no gateway answers, the\n" +
			"configuration's limits are listed.",
		Example: `headgate quota list
headgate quota list --model us.anthropic.claude-haiku-4-5-20251001-v1:0
headgate quota list --server http://127.0.0.1:9000 -o json`,
		Args: exactly(),
	}
	out := newOutput(cmd)
	q := newQuotaQuery(cmd)
	_ = cmd.RegisterFlagCompletionFunc("model", completeModel(a))
	all := cmd.Flags().Bool("all", false, "without a gateway: also limits that are as AWS's\ndefaults, of every model that AWS lists")
	busy := cmd.Flags().Bool("used", false, "only limits of which something is used or learned")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		quotas, err := q.ask(cmd.Context(), a)
		if errors.Is(err, errNoGateway) {
			quotas, err = q.known(cmd.Context(), a, err, *all)
		}
		if err != nil {
			return err
		}
		if *busy {
			quotas.Quotas = slices.DeleteFunc(quotas.Quotas, idle)
		}
		if len(quotas.Quotas) == 0 {
			fmt.Fprintln(a.err, "headgate: no limits match")
		}
		return out.print(a, quotas.Quotas, func(s *screen) {
			quotaTable(s, quotas)
			a.sayQuotas(quotas)
		})
	}
	return cmd
}

// idle reports whether nothing of a limit is used, waited for or learned.
func idle(q console.Quota) bool {
	return q.Throttles == 0 && q.Waiting == 0 && q.Status != console.StatusLearned && (q.Used == nil || *q.Used == 0)
}

// known takes the place of a gateway that is not there, as far as the
// configuration and what AWS was last heard to say can.
func (q *quotaQuery) known(ctx context.Context, a *app, missing error, all bool) (console.Quotas, error) {
	cfg, _, err := q.set.load(a)
	if err != nil {
		return console.Quotas{}, err
	}
	f, err := q.filter(a)
	if err != nil {
		return console.Quotas{}, err
	}
	quotas, err := daemon.KnownQuotas(ctx, cfg, f, all)
	if err != nil {
		return console.Quotas{}, err
	}
	if len(quotas.Quotas) == 0 && len(cfg.Quotas.Pools) == 0 {
		return console.Quotas{}, missing // nothing to fall back on
	}
	discovered := slices.ContainsFunc(quotas.Quotas, func(r console.Quota) bool { return r.Source == limit.Discovered })
	if discovered {
		fmt.Fprintf(a.err, "headgate: %s; this is what AWS was last heard to say, without what is used or learned\n", fault.Message(missing))
	} else {
		fmt.Fprintf(a.err, "headgate: %s; this is what %s has, without what is used or learned\n", fault.Message(missing), source(q.set))
	}
	return quotas, nil
}

// source names where a configuration is from.
func source(s *settings) string {
	if s.file == "" {
		return "the configuration"
	}
	return s.file
}

// sayQuotas says beside a table what it does not show.
func (a *app) sayQuotas(q console.Quotas) {
	if q.TimeScale > 1 {
		fmt.Fprintf(a.err, "headgate: the gateway runs %g times faster than real time; durations and ages are shown times %g\n", q.TimeScale, q.TimeScale)
	}
	for _, p := range q.Unpaced {
		a.warn(p.String() + " has no known limits: its calls are not paced (set quotas.pools)")
	}
}
