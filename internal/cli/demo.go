package cli

import (
	"context"
	"fmt"
	"math"
	"os"

	"charm.land/lipgloss/v2"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/headgate/headgate/internal/demo"
	"github.com/headgate/headgate/internal/fault"
)

// textWidth is how long a line of a paragraph gets.
const textWidth = 80

func newDemoCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "The story, offline: agents direct and through us",
		Long: "Ten agents with six dependent calls each start at once on an account that may\n" +
			"make two requests a minute: three times at the same time, with the AWS SDK\n" +
			"alone (direct), through Headgate in order of arrival (fifo), and with begun\n" +
			"runs first (headgate). SDK, HTTP and gateway are real, the accounts are\n" +
			"emulated; nothing leaves this machine.",
		Example: `headgate demo
headgate demo --agents 20 --requests-per-minute 4
headgate demo -o json`,
		Args: exactly(),
	}
	out := newOutput(cmd)
	o := demo.DefaultOptions()
	cmd.Flags().IntVar(&o.Agents, "agents", o.Agents, "how many agents start at once")
	cmd.Flags().IntVar(&o.RequestsPerMinute, "requests-per-minute", o.RequestsPerMinute, "requests a minute that each account may make")
	cmd.Flags().Float64Var(&o.TimeScale, "time-scale", o.TimeScale, "how many times faster than a clock time runs")
	cmd.Flags().Uint64Var(&o.Seed, "seed", o.Seed, "vary the emulator's answers")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return a.demo(cmd.Context(), o, out)
	}
	return cmd
}

// demo performs and prints what came of it, also when it was interrupted.
func (a *app) demo(ctx context.Context, o demo.Options, out *output) error {
	if err := o.Validate(); err != nil {
		return err
	}
	size, color := a.liveView()
	display := demo.NewDisplay(a.err, size, color)
	report, err := demo.Run(ctx, o, display.Show)
	display.Close()
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("run the demonstration: %w", err)
	}
	a.demoFailures(report)
	if failed := out.print(a, report, func(s *screen) { demoReport(s, o, report) }); failed != nil {
		return failed
	}
	if ctx.Err() != nil {
		return fault.New(fault.Cancelled, "interrupted: these are the figures until then")
	}
	return nil
}

// liveView says whether standard error can be drawn on, and in colour: size is
// nil when it cannot.
func (a *app) liveView() (size func() (width, height int), color bool) {
	f, ok := a.err.(*os.File)
	if !ok || !isTerminal(f) || a.env("TERM") == "dumb" {
		return nil, false
	}
	lipgloss.EnableLegacyWindowsANSI(f)
	return func() (width, height int) {
		width, height, err := term.GetSize(int(f.Fd()))
		if err != nil {
			return 80, 24
		}
		return width, height
	}, !a.noColor && a.env("NO_COLOR") == ""
}

// demoFailures says what went wrong where nothing should.
func (a *app) demoFailures(r demo.Report) {
	for _, arm := range []struct {
		name   string
		result demo.Result
	}{{"fifo", r.FIFO}, {"headgate", r.Headgate}} {
		if arm.result.Failure != nil {
			a.warn(fmt.Sprintf("%s: a call failed: %v", arm.name, arm.result.Failure))
		}
	}
}

// demoReport writes the table, the sentence and what to try next.
func demoReport(s *screen, o demo.Options, r demo.Report) {
	columns := []column{
		{title: "Set-up"},
		{title: "Runs", right: true},
		{title: "Mean", right: true},
		{title: "p95", right: true},
		{title: "Errors", right: true},
		{title: "429s", right: true},
		{title: "Calls", right: true},
		{title: "Quota", right: true},
		{title: "Wasted", right: true},
	}
	s.table(columns, [][]string{
		demoRow("direct", r.Direct), demoRow("fifo", r.FIFO), demoRow("headgate", r.Headgate),
	})
	s.line("\n%s\n%s\n\nNext: headgate up", lipgloss.Wrap(r.Story(), textWidth, ""), lipgloss.Wrap(o.Note(), textWidth, ""))
}

func demoRow(name string, r demo.Result) []string {
	return []string{
		name, fmt.Sprintf("%d/%d", r.RunsFinished, r.RunsStarted), nominal(r.RunMean), nominal(r.RunP95),
		thousands(int64(r.ClientErrors)), thousands(r.UpstreamThrottles), thousands(r.UpstreamCalls),
		fmt.Sprintf("%.1f %%", 100*r.QuotaUsed), thousands(r.TokensWasted),
	}
}

// nominal writes seconds as minutes and seconds, 12:30, if there are any.
func nominal(seconds *float64) string {
	if seconds == nil {
		return "-"
	}
	whole := int(math.Round(*seconds))
	return fmt.Sprintf("%d:%02d", whole/60, whole%60)
}
