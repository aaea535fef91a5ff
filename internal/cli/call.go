package cli

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
)

func newCallCommand(a *app) *cobra.Command {
	return newGroup("call", "The ledger by calls: usage, cost, waits and why",
		newCallListCommand(a), newCallShowCommand(a), newCallExplainCommand(a))
}

func newCallListCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "Calls, newest first",
		Example: `headgate call list --since 1h
headgate call list --outcome refused
headgate call list --tenant search -o csv > calls.csv`,
		Args: exactly(),
	}
	out := newOutput(cmd)
	from := newRecords(cmd)
	q := newQuery(cmd)
	cmd.Flags().StringVar(&q.run, "run", "", "only calls of this run")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		query, err := q.read()
		if err != nil {
			return err
		}
		return from.read(a, func(ctx context.Context, r records) error {
			page, err := r.calls(ctx, query)
			if err != nil {
				return err
			}
			a.page(cmd, len(page.Calls), "calls", page.Next)
			return out.print(a, page.Calls, func(s *screen) { callTable(a, s, r.timeScale(), page.Calls) })
		})
	}
	return cmd
}

// page says on standard error what a list does not show.
func (a *app) page(cmd *cobra.Command, rows int, noun string, next llm.CallID) {
	switch {
	case rows == 0:
		fmt.Fprintf(a.err, "headgate: no %s match\n", noun)
	case next != "":
		fmt.Fprintf(a.err, "headgate: there is more: %s --before %s\n", cmd.CommandPath(), next)
	}
}

func callTable(a *app, s *screen, scale float64, calls []console.Call) {
	if len(calls) == 0 {
		return
	}
	shown := a.scaled(scale)
	rows := make([][]string, 0, len(calls))
	for _, e := range calls {
		rows = append(rows, []string{
			string(e.ID), s.instant(e.Time), string(e.Outcome), string(e.Tenant), dash(string(e.Run)),
			e.ModelID, thousands(e.Usage.Total()), duration(shown(e.Queued)), duration(shown(e.Latency)),
			strconv.Itoa(e.Attempts), dollars(nano(e.Cost)),
		})
	}
	s.table([]column{
		{title: "Call"},
		{title: "Time"},
		{title: "Outcome"},
		{title: "Tenant", spare: 3},
		{title: "Run", spare: 1},
		{title: "Model", spare: 6},
		{title: "Tokens", right: true, spare: 4},
		{title: "Waited", right: true},
		{title: "Took", right: true},
		{title: "Attempts", right: true, spare: 5},
		{title: "Cost", right: true, spare: 2},
	}, rows)
}

// scaled is how durations are shown under a time scale: multiplied, and said
// so once.
func (a *app) scaled(scale float64) func(ms int64) time.Duration {
	if scale > 1 {
		fmt.Fprintf(a.err, "headgate: durations are shown times %g, the time scale; JSON, YAML and CSV have real time\n", scale)
	}
	return func(ms int64) time.Duration {
		return time.Duration(float64(ms) * float64(time.Millisecond) * max(scale, 1))
	}
}

func newCallShowCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "show CALL",
		Short:   "One call: its tokens and cost, its wait and why",
		Example: "headgate call show c_06h0ee8ahn6w0004\nheadgate call show c_06h0ee8ahn6w0004 -o json",
		Args:    exactly("CALL"),
	}
	out := newOutput(cmd)
	from := newRecords(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return from.read(a, func(ctx context.Context, r records) error {
			c, err := r.call(ctx, llm.CallID(args[0]))
			if err != nil {
				return withHint(err, "`headgate call list` shows the calls that there are; the answer's header x-headgate-call has a call's id")
			}
			return out.print(a, c, func(s *screen) { callFields(a, s, r.timeScale(), c) })
		})
	}
	return cmd
}

func callFields(a *app, s *screen, scale float64, e console.Call) {
	shown := a.scaled(scale)
	run := string(e.Run)
	if e.RunInferred && run != "" {
		run += " (inferred)"
	}
	s.fields(
		[2]string{"call", string(e.ID)},
		[2]string{"time", zoned(e.Time)},
		[2]string{"outcome", ended(e)},
		[2]string{"operation", string(e.Operation)},
		[2]string{"model", e.ModelID},
		[2]string{"route", dash(e.Route)},
		[2]string{"pool", e.Pool.String()},
		[2]string{"class", e.Class},
		[2]string{"tenant", string(e.Tenant)},
		[2]string{"run", dash(run)},
		[2]string{"client", dash(e.Client)},
		[2]string{"principal", dash(e.Principal)},
		[2]string{"tokens", fmt.Sprintf("%s input, %s output, %s cache read, %s cache write",
			thousands(e.Usage.Input), thousands(e.Usage.Output), thousands(e.Usage.CacheRead), thousands(e.Usage.CacheWrite))},
		[2]string{"quota tokens", fmt.Sprintf("%s held, %s expected, %s settled", thousands(e.Hold), thousands(e.Forecast), thousands(e.Settled))},
		[2]string{"cost", dollars(nano(e.Cost)) + priced(e.PriceAsOf)},
		[2]string{"waited", duration(shown(e.Queued)) + why(e)},
		[2]string{"first byte", duration(shown(e.FirstByte))},
		[2]string{"took", duration(shown(e.Latency))},
		[2]string{"attempts", attempts(e)},
		[2]string{"throttled", fmt.Sprintf("%d by requests, %d by tokens, %d by the day", e.ThrottledRequests, e.ThrottledTokens, e.ThrottledDay)},
		[2]string{"error", dash(failure(e))},
	)
}

// nano is an amount in nano-USD.
func nano(usd *float64) int64 {
	if usd == nil {
		return ledger.UnknownCost
	}
	return int64(math.Round(*usd * 1e9))
}

// ended is how a call ended, with the upstream's status when it was sent.
func ended(e console.Call) string {
	if e.Status == 0 {
		return string(e.Outcome)
	}
	return fmt.Sprintf("%s (%d)", e.Outcome, e.Status)
}

// attempts is what was sent for a call, and what its client sent again.
func attempts(e console.Call) string {
	switch {
	case e.JoinedRetries > 0:
		return fmt.Sprintf("%d upstream; the client came back %s and took up its place", e.Attempts, count(e.JoinedRetries, "time"))
	case e.Attempts == 0:
		return "0, it was never sent upstream"
	}
	return fmt.Sprintf("%d upstream", e.Attempts)
}

func priced(asOf string) string {
	if asOf == "" {
		return ""
	}
	return " (prices of " + asOf + ")"
}

// why is the scheduler's reason for a wait, and the limit that it was for when
// the reason does not name it.
func why(e console.Call) string {
	text := ""
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	if e.Limit != "" && !strings.Contains(e.Reason, e.Limit) {
		text += " [" + e.Limit + "]"
	}
	return text
}

func failure(e console.Call) string {
	if e.ErrorMessage == "" {
		return e.ErrorKind
	}
	return e.ErrorKind + ": " + e.ErrorMessage
}
