package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
)

func newQuotaShowCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show NAME",
		Short: "A quota, or a pool's limits, in words",
		Long: "NAME is a code of Service Quotas, a limit or a pool. A code is explained\n" +
			"without a gateway too: what draws on it, AWS's default, what calls are paced\n" +
			"by, requests and changes, how to raise it and what is easily got wrong. Of a\n" +
			"limit, or all of a pool, it says what is applied, what is believed of it and\n" +
			"why, and what is used. A pool is account/region/model/path as in the header\n" +
			"x-headgate-pool, without an account that is unknown (-/), or its model where\n" +
			"that has one path.",
		Example: `headgate quota show L-CCA5DF70
headgate quota show tokens_per_minute --model us.amazon.nova-lite-v1:0
headgate quota show us-east-1/amazon.nova-lite-v1:0/geo
headgate quota show amazon.nova-lite-v1:0 -o json`,
		Args: exactly("NAME"),
	}
	out := newOutput(cmd)
	q := newQuotaQuery(cmd)
	_ = cmd.RegisterFlagCompletionFunc("model", completeModel(a))
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		if strings.Contains(err.Error(), " in -/") {
			return usageError("leave the -/ out, which stands for an account that is not known", "headgate quota show: a name may not begin with -")
		}
		return flagError(cmd, err)
	})
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		name := args[0]
		if isCode(name) {
			reports, err := q.explain(cmd.Context(), a, name)
			if err != nil {
				return err
			}
			return out.print(a, reports, func(s *screen) {
				for i := range reports {
					if i > 0 {
						s.line("")
					}
					codeFields(s, &reports[i])
				}
			})
		}
		if model, ok := q.standsFor(a, name); ok {
			q.model, name = name, model
		}
		quotas, err := q.ask(cmd.Context(), a)
		if err != nil {
			return err
		}
		rows, err := pick(quotas.Quotas, name)
		if err != nil {
			return err
		}
		return out.print(a, rows, func(s *screen) {
			for i, r := range rows {
				if i > 0 {
					s.line("")
				}
				quotaFields(s, r, quotas.TimeScale)
			}
			quotas.Unpaced = nil // they have no limit to show
			a.sayQuotas(quotas)
		})
	}
	return cmd
}

// pick finds the limits that a word names: those of one pool, or one of a pool.
func pick(all []console.Quota, name string) ([]console.Quota, error) {
	rows := slices.DeleteFunc(slices.Clone(all), func(r console.Quota) bool {
		pool := argument(r.Pool)
		return !slices.Contains([]string{r.Limit, string(r.Pool.Model), pool, pool + "/" + r.Limit}, name)
	})
	if len(rows) == 0 {
		return nil, withHint(fault.New(fault.NotFound, "no limit and no pool is called %s", name),
			"`headgate quota list` shows those that there are, with --model, --region and --path as given here")
	}
	for _, r := range rows[1:] {
		if r.Pool != rows[0].Pool {
			return nil, usageError(fmt.Sprintf("name one pool, such as %s, or narrow it by --model, --path and --region", argument(r.Pool)),
				"%s is of more than one pool: %s", name, names(rows))
		}
	}
	return rows, nil
}

// argument names a pool as an argument can: it may not begin with a dash.
func argument(p llm.Pool) string { return strings.TrimPrefix(poolName(p), "-/") }

// names lists the pools of limits, as far as a line goes.
func names(rows []console.Quota) string {
	const most = 3
	var pools []string
	for _, r := range rows {
		if pool := argument(r.Pool); !slices.Contains(pools, pool) {
			pools = append(pools, pool)
		}
	}
	if more := len(pools) - most; more > 0 {
		pools = append(pools[:most], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(pools, ", ")
}

// quotaFields explains one limit.
func quotaFields(s *screen, r console.Quota, scale float64) {
	unit := "tokens"
	if strings.HasPrefix(r.Limit, "requests") {
		unit = "requests"
	}
	period := duration(time.Duration(r.Window * float64(time.Second)))
	switch r.Window {
	case time.Minute.Seconds():
		period = "minute"
	case (24 * time.Hour).Seconds():
		period = "day"
	}
	s.fields(
		[2]string{"pool", poolName(r.Pool)},
		[2]string{"limit", r.Limit},
		[2]string{"applied", fmt.Sprintf("%s %s a %s (%s)", thousands(r.Applied), unit, period, r.Source)},
		[2]string{"in force", inForce(r)},
		[2]string{"law", law(r)},
		[2]string{"used now", used(r)},
		[2]string{"status", string(r.Status) + statusWords(s, r)},
		[2]string{"throttles", throttles(s, r, scale)},
		[2]string{"why", r.Why},
	)
}

// inForce is what calls are paced by, and how sure that is.
func inForce(r console.Quota) string {
	text := thousands(r.Effective)
	switch {
	case r.Effective == r.Applied:
		text += ", all of it"
	case r.Lower != nil && r.Upper != nil && *r.Lower > 0:
		text += fmt.Sprintf(", %.0f %% of it; between %s and %s are there", percentOf(r), thousands(*r.Lower), thousands(*r.Upper))
	case r.Upper != nil:
		text += fmt.Sprintf(", %.0f %% of it; at most %s are there", percentOf(r), thousands(*r.Upper))
	}
	return text
}

func percentOf(r console.Quota) float64 {
	return 100 * float64(r.Effective) / float64(max(1, r.Applied))
}

func law(r console.Quota) string {
	text := string(r.Law)
	if r.Burst > 0 {
		text += fmt.Sprintf("; it is taken to hold what is earned in %s", duration(time.Duration(r.Burst*float64(time.Second))))
	}
	if r.Trial {
		text += "; a bucket is being tried"
	}
	if r.Spaced {
		text += "; calls go evenly spaced"
	}
	return text
}

func used(r console.Quota) string {
	if r.Used == nil {
		return "-"
	}
	text := thousands(*r.Used)
	if r.UsedShare != nil {
		text += fmt.Sprintf(", %.0f %% of what is in force", 100**r.UsedShare)
	}
	if r.Planned != nil && *r.Planned != *r.Used {
		text += fmt.Sprintf("; %s by forecast", thousands(*r.Planned))
	}
	return text
}

// statusWords is what a status means for calls.
func statusWords(s *screen, r console.Quota) string {
	text := map[console.Status]string{
		console.StatusZero:    ": no call is admitted",
		console.StatusBinding: ": all but used up",
		console.StatusTight:   ": four fifths or more are used",
		console.StatusLearned: ": less is enforced than is applied",
		console.StatusOK:      ": there is room",
	}[r.Status]
	if r.Waiting > 0 {
		text = ": " + waits(r.Waiting) + " for it"
	}
	if r.BlockedUntil != nil {
		text += "; a throttle holds it until " + s.instant(*r.BlockedUntil)
	}
	return text
}

func waits(calls int) string {
	if calls == 1 {
		return "a call waits"
	}
	return count(calls, "call") + " wait"
}

func throttles(s *screen, r console.Quota, scale float64) string {
	if r.Throttles == 0 {
		return "none that taught anything"
	}
	return fmt.Sprintf("%d, the last %s ago", r.Throttles, age(s.today, r.LastThrottle, scale))
}
