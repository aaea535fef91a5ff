package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/daemon"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
)

func newCallCommand(a *app) *cobra.Command {
	return newGroup("call", "The ledger by calls: usage, cost, waits and why",
		newCallListCommand(a), newCallShowCommand(a), newCallExplainCommand(a))
}

// withLedger opens the ledger of the configuration for reading, and closes it
// when use has returned.
func withLedger(ctx context.Context, a *app, set *settings, use func(context.Context, config.Config, ledger.Reader) error) error {
	cfg, _, err := set.load(a)
	if err != nil {
		return err
	}
	l, err := daemon.OpenLedger(ctx, cfg)
	if err != nil {
		return err
	}
	defer l.Close()
	return use(ctx, cfg, l)
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
	set := newSettings(cmd, "data_dir")
	q := newQuery(cmd)
	cmd.Flags().StringVar(&q.run, "run", "", "only calls of this run")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		query, err := q.read()
		if err != nil {
			return err
		}
		return withLedger(cmd.Context(), a, set, func(ctx context.Context, cfg config.Config, l ledger.Reader) error {
			entries, next, err := l.Calls(ctx, query)
			if err != nil {
				return err
			}
			rows := console.NewCalls(entries)
			a.page(cmd, len(rows), "calls", next)
			return out.print(a, rows, func(s *screen) { callTable(a, s, cfg, entries) })
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

func callTable(a *app, s *screen, cfg config.Config, entries []ledger.Entry) {
	if len(entries) == 0 {
		return
	}
	shown := a.scaled(cfg)
	rows := make([][]string, 0, len(entries))
	for _, e := range entries {
		rows = append(rows, []string{
			string(e.ID), s.instant(e.Time), string(e.Outcome), string(e.Tenant), dash(string(e.Run)),
			e.ModelID, thousands(e.Usage.Total()), duration(shown(e.Queued)), duration(shown(e.Latency)),
			strconv.Itoa(e.Attempts), dollars(e.Cost),
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
func (a *app) scaled(cfg config.Config) func(time.Duration) time.Duration {
	if cfg.TimeScale > 1 {
		fmt.Fprintf(a.err, "headgate: durations are shown times %g, the time scale; JSON, YAML and CSV have real time\n", cfg.TimeScale)
	}
	return func(d time.Duration) time.Duration { return time.Duration(float64(d) * max(cfg.TimeScale, 1)) }
}

func newCallShowCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "show CALL",
		Short:   "One call: its tokens and cost, its wait and why",
		Example: "headgate call show c_06h0ee8ahn6w0004\nheadgate call show c_06h0ee8ahn6w0004 -o json",
		Args:    exactly("CALL"),
	}
	out := newOutput(cmd)
	set := newSettings(cmd, "data_dir")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return withLedger(cmd.Context(), a, set, func(ctx context.Context, cfg config.Config, l ledger.Reader) error {
			e, err := l.Call(ctx, llm.CallID(args[0]))
			if err != nil {
				return withHint(err, "`headgate call list` shows the calls that there are; the answer's header x-headgate-call has a call's id")
			}
			return out.print(a, console.NewCall(e), func(s *screen) { callFields(a, s, cfg, e) })
		})
	}
	return cmd
}

func callFields(a *app, s *screen, cfg config.Config, e ledger.Entry) {
	shown := a.scaled(cfg)
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
		[2]string{"class", e.Class.String()},
		[2]string{"tenant", string(e.Tenant)},
		[2]string{"run", dash(run)},
		[2]string{"client", dash(e.Client)},
		[2]string{"principal", dash(e.Principal)},
		[2]string{"tokens", fmt.Sprintf("%s input, %s output, %s cache read, %s cache write",
			thousands(e.Usage.Input), thousands(e.Usage.Output), thousands(e.Usage.CacheRead), thousands(e.Usage.CacheWrite))},
		[2]string{"quota tokens", fmt.Sprintf("%s held, %s expected, %s settled", thousands(e.Hold), thousands(e.Forecast), thousands(e.Settled))},
		[2]string{"cost", dollars(e.Cost) + priced(e.PriceAsOf)},
		[2]string{"waited", duration(shown(e.Queued)) + why(e)},
		[2]string{"first byte", duration(shown(e.FirstByte))},
		[2]string{"took", duration(shown(e.Latency))},
		[2]string{"attempts", attempts(e)},
		[2]string{"throttled", fmt.Sprintf("%d by requests, %d by tokens, %d by the day", e.ThrottledRequests, e.ThrottledTokens, e.ThrottledDay)},
		[2]string{"error", dash(failure(e))},
	)
}

// ended is how a call ended, with the upstream's status when it was sent.
func ended(e ledger.Entry) string {
	if e.Status == 0 {
		return string(e.Outcome)
	}
	return fmt.Sprintf("%s (%d)", e.Outcome, e.Status)
}

// attempts is what was sent for a call, and what its client sent again.
func attempts(e ledger.Entry) string {
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
func why(e ledger.Entry) string {
	text := ""
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	if e.Limit != "" && !strings.Contains(e.Reason, e.Limit) {
		text += " [" + e.Limit + "]"
	}
	return text
}

func failure(e ledger.Entry) string {
	if e.ErrorMessage == "" {
		return e.ErrorKind
	}
	return e.ErrorKind + ": " + e.ErrorMessage
}
