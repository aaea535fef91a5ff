package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/console/client"
	"github.com/headgate/headgate/internal/daemon"
	"github.com/headgate/headgate/internal/diagnosis"
	"github.com/headgate/headgate/internal/fault"
)

// doctorFlags are those of doctor.
type doctorFlags struct {
	envFile string
	since   time.Duration
	set     *settings
	server  *server
}

func newDoctorCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "What is wrong, why, and the command that mends it",
		Long: "Looks at credentials, permissions, models, quotas, recent calls, the gateway\n" +
			"and its data folder, and says what is wrong, why that matters, and which\n" +
			"command mends it. It changes nothing. What cannot be looked at is named, with\n" +
			"the reason. It ends with 3 when a finding is an error.",
		Example: `headgate doctor
headgate doctor --env-file .env
headgate doctor --since 1h -o json`,
		Args: exactly(),
	}
	out := newOutput(cmd)
	o := &doctorFlags{set: newSettings(cmd, "data_dir", "upstream.region", "upstream.profile")}
	o.server = newServer(cmd, o.set)
	f := cmd.Flags()
	f.StringVar(&o.envFile, "env-file", "", "a file of environment variables, such as .env:\nits models, Region and retries are checked;\nno secret of it is shown")
	f.DurationVar(&o.since, "since", 24*time.Hour, "how far back calls are looked at")
	_ = cmd.MarkFlagFilename("env-file")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		report, err := o.diagnose(cmd.Context(), a)
		if err != nil {
			return err
		}
		if out.format.value == "csv" {
			err = out.print(a, report.Findings, nil)
		} else {
			err = out.print(a, report, func(s *screen) { doctorTable(s, report) })
		}
		if n := report.Count(diagnosis.Error); err == nil && n > 0 {
			err = fmt.Errorf("%w: %s", errCheck, count(n, "error"))
		}
		return err
	}
	return cmd
}

// diagnose makes the report.
func (o *doctorFlags) diagnose(ctx context.Context, a *app) (diagnosis.Report, error) {
	if o.since <= 0 {
		return diagnosis.Report{}, usageError("for example --since 24h", "--since must be longer than 0, not %v", o.since)
	}
	cfg, _, err := o.set.load(a)
	if err != nil {
		return diagnosis.Report{}, err
	}
	at, err := o.server.remote(a)
	if err != nil {
		return diagnosis.Report{}, err
	}
	return daemon.Diagnose(ctx, cfg, daemon.DoctorOptions{
		EnvFile: o.envFile, Window: o.since,
		Gateway: func(ctx context.Context) (diagnosis.Gateway, time.Duration, error) { return askGateway(ctx, at) },
		Slow:    func(what string) { fmt.Fprintf(a.err, "headgate: waiting for %s\n", what) },
	})
}

// askGateway looks for the gateway at an address.
func askGateway(ctx context.Context, at remote) (diagnosis.Gateway, time.Duration, error) {
	g := diagnosis.Gateway{URL: at.base, Ours: daemon.Version()}
	asked := time.Now()
	quotas, err := readQuotas(ctx, at, console.Filter{})
	switch {
	case errors.Is(err, client.ErrAbsent):
		return g, 0, nil
	case ctx.Err() != nil:
		return g, 0, ctx.Err()
	case fault.KindOf(err) == fault.Denied:
		g.Refused = fault.Message(err)
		return g, 0, nil
	case err != nil:
		g.Other = true
		return g, 0, nil //nolint:nilerr // that it is another's is the finding
	}
	g = daemon.GatewayFacts(quotas)
	g.URL = at.base
	behind := time.Duration(0)
	if !quotas.Time.IsZero() {
		behind = asked.Add(time.Since(asked) / 2).Sub(quotas.Time)
	}
	return g, behind, nil
}

// doctorTable writes the findings below each other, and what was looked at.
func doctorTable(s *screen, r diagnosis.Report) {
	for _, f := range r.Findings {
		s.line("%s  %s", f.Severity, strings.TrimRight(f.ID+"  "+f.About, " "))
		s.fields([2]string{"  seen", f.Evidence}, [2]string{"  why ", f.Why})
		s.line("  mend  %s", f.Mend) // in one piece, however long: it is to be pasted
		s.line("")
	}
	checked := make([]string, len(r.Checked))
	for i, c := range r.Checked {
		checked[i] = string(c)
	}
	verdict := "all fine"
	if len(r.Findings) > 0 {
		verdict = severities(r)
	}
	s.line("%s: account %s, Region %s", verdict, dash(string(r.Account)), dash(string(r.Region)))
	s.fields(append([][2]string{{"checked", strings.Join(checked, ", ")}}, unchecked(r)...)...)
}

// unchecked are the checks that could not be made, those of one reason together.
func unchecked(r diagnosis.Report) [][2]string {
	var reasons []string
	checks := map[string][]string{}
	for _, u := range r.Unchecked {
		if checks[u.Reason] == nil {
			reasons = append(reasons, u.Reason)
		}
		checks[u.Reason] = append(checks[u.Reason], string(u.Check))
	}
	var out [][2]string
	for _, reason := range reasons {
		out = append(out, [2]string{"not checked", strings.Join(checks[reason], ", ") + ": " + reason})
	}
	return out
}

// severities counts the findings.
func severities(r diagnosis.Report) string {
	var words []string
	for _, s := range []diagnosis.Severity{diagnosis.Error, diagnosis.Warning, diagnosis.Info} {
		n := r.Count(s)
		switch {
		case n == 0:
		case s == diagnosis.Info:
			words = append(words, fmt.Sprintf("%d info", n))
		default:
			words = append(words, count(n, string(s)))
		}
	}
	return strings.Join(words, ", ")
}
