package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/advisor"
	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/daemon"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/filing"
	"github.com/headgate/headgate/internal/increase"
	"github.com/headgate/headgate/internal/llm"
)

// requestFlags are those of quota request.
type requestFlags struct {
	work                  *workloadFlags
	server                *server
	recommended, dry, yes bool
	useCase, file         string
	since, region         string
	cmd                   *cobra.Command
}

func newQuotaRequestCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "request CODE N",
		Short: "Asks AWS for a higher quota, with the evidence",
		Long: "Asks Service Quotas for the value N of a quota, once it is sure that AWS would\n" +
			"take it: what AWS would refuse is refused here, with what to do instead. Where\n" +
			"only a Support case helps, its whole text is printed. The answers that AWS\n" +
			"asks for are written from what the ledger has measured, or from the workload\n" +
			"that the flags state. What is filed is an event in the ledger. It asks first;\n" +
			"--yes answers.",
		Example: `headgate quota request L-CCA5DF70 10500 --dry-run
headgate quota request L-CCA5DF70 10500 --out case.md --yes
headgate quota request --from-recommendation --preset production --dry-run`,
	}
	out := newOutput(cmd)
	o := &requestFlags{work: newWorkloadFlags(a, cmd), cmd: cmd}
	o.server = newServer(cmd, o.work.set)
	f := cmd.Flags()
	f.BoolVar(&o.recommended, "from-recommendation", false, "ask for what `headgate quota recommend` says of\nthe workload that the flags state")
	f.BoolVar(&o.dry, "dry-run", false, "say what would be asked, and write nothing")
	f.BoolVar(&o.yes, "yes", false, "do not ask")
	f.StringVar(&o.useCase, "use-case", "", "what the application does, and for whom, for AWS")
	f.StringVar(&o.file, "out", "", "write the text for AWS to this file (Markdown)\n(default: print it)")
	f.StringVar(&o.since, "since", "7d", "measure the calls from this long ago on")
	f.StringVar(&o.region, "region", "", "the source Region (default: as configured)")
	_ = cmd.MarkFlagFilename("out", "md")
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if o.recommended {
			return exactly()(cmd, args)
		}
		return exactly("CODE", "N")(cmd, args)
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), a, out, args) }
	return cmd
}

// run checks, shows, asks and files.
func (o *requestFlags) run(ctx context.Context, a *app, out *output, args []string) error {
	asks, err := o.given(args)
	if err != nil {
		return err
	}
	if o.region != "" {
		if err := o.cmd.Flags().Set("upstream.region", o.region); err != nil {
			return err
		}
	}
	if err := o.readUseCase(ctx, a, out); err != nil {
		return err
	}
	d, err := openDesk(ctx, a, o.work.set, "")
	if err != nil {
		return err
	}
	defer d.close(a)
	if o.recommended {
		if asks, err = o.recommend(ctx, a); err != nil {
			return err
		}
	}
	r, err := o.report(ctx, a, d, asks)
	if err != nil {
		return err
	}
	// People see what will be asked before they say yes; programs get the outcome.
	people := out.format.value == "table"
	if people {
		if err := o.print(a, out, r); err != nil {
			return err
		}
	}
	failed := o.submit(ctx, a, d, &r)
	if people {
		return failed
	}
	if err := o.print(a, out, r); err != nil {
		return err
	}
	return failed
}

// given reads the arguments.
func (o *requestFlags) given(args []string) ([]filing.Ask, error) {
	if o.recommended {
		return nil, nil
	}
	v, err := strconv.ParseFloat(args[1], 64)
	if err != nil {
		return nil, usageError("write it without commas, such as 10500", "%q is no value of a quota", args[1])
	}
	// What no quota can be needs no question to AWS.
	code := strings.ToUpper(args[0]) // as Service Quotas writes them
	for _, r := range increase.Check(account.Snapshot{}, increase.Ask{Code: code, Value: v}, time.Now()) {
		return nil, usageError(r.Cure, "%s", r.Text)
	}
	return []filing.Ask{{Code: code, Value: v}}, nil
}

// readUseCase asks on a terminal for what AWS asks for, where no flag says it.
func (o *requestFlags) readUseCase(ctx context.Context, a *app, out *output) error {
	if o.useCase != "" || o.dry || o.yes || out.format.value != "table" || !a.answers() {
		return nil
	}
	fmt.Fprint(a.err, "headgate: what does the application do, and for whom? AWS asks for it (Enter to leave it out): ")
	var err error
	o.useCase, err = line(ctx, a.in)
	return err
}

// recommend asks the advisor what the stated workload takes.
func (o *requestFlags) recommend(ctx context.Context, a *app) ([]filing.Ask, error) {
	m, err := o.work.consult(ctx, a)
	if err != nil {
		return nil, err
	}
	advice, err := m.Asks()
	if err != nil {
		return nil, err
	}
	var asks []filing.Ask
	for _, v := range advice {
		if v.Code == "" {
			a.warn(v.Limit + " of " + argument(m.Pool) + " has no code that is known: ask for it in the console")
			continue
		}
		asks = append(asks, filing.Ask{Code: v.Code, Value: float64(v.Ask), Why: v.Why})
	}
	if len(asks) == 0 {
		fmt.Fprintf(a.err, "headgate: the quotas of %s are enough for %s runs a minute: there is nothing to ask for\n", argument(m.Pool), rate(m.Workload.RunsPerMinute))
	}
	return asks, nil
}

// stated is the workload, where a flag says anything of it.
func (o *requestFlags) stated(ctx context.Context, a *app) (*advisor.Workload, error) {
	said := o.recommended
	for _, name := range []string{"preset", "from-ledger", "runs-per-minute", "runs", "calls-per-run", "input-per-run", "output-per-run", "max-tokens"} {
		said = said || o.cmd.Flags().Changed(name)
	}
	if !said {
		return nil, nil //nolint:nilnil // nothing is stated
	}
	q, err := o.work.query(a)
	if err != nil {
		return nil, err
	}
	c, err := o.work.counsel(a)
	if err != nil {
		return nil, err
	}
	w, err := c.Workload(ctx, q)
	return &w, err
}

// report looks at each ask.
func (o *requestFlags) report(ctx context.Context, a *app, d *desk, asks []filing.Ask) (filing.Report, error) {
	now := time.Now()
	since, err := parseInstant(o.since, now)
	if err != nil {
		return filing.Report{}, usageError("for example --since 7d", "--since: %s", err)
	}
	stated, err := o.stated(ctx, a)
	if err != nil {
		return filing.Report{}, err
	}
	elsewhere, err := d.account.OpenElsewhere(ctx, d.snap)
	if err != nil {
		return filing.Report{}, err
	}
	desk := filing.Desk{
		Snapshot: d.snap, OpenElsewhere: elsewhere, Stated: stated, UseCase: o.useCase, Now: now, Nearest: config.Nearest,
		Use: func(ctx context.Context, q account.Quota) (increase.Use, error) {
			return d.account.Use(ctx, q, since, now, d.scale)
		},
		Burndown: func(p llm.Pool) int64 { return d.account.Catalog.Assume(p.Model).BurndownOn(p.Path) },
	}
	r, err := desk.Look(ctx, asks)
	r.DryRun = o.dry
	return r, err
}

// submit files what is not refused, once that is confirmed. The error is that of the
// first ask that did not get through.
func (o *requestFlags) submit(ctx context.Context, a *app, d *desk, r *filing.Report) error {
	var failed error
	for i := range r.Requests {
		item := &r.Requests[i]
		if item.State == filing.Refused {
			failed = first(failed, refusalOf(item))
			continue
		}
		if o.dry {
			continue
		}
		what := fmt.Sprintf("asking AWS to raise %s (%s) to %s in %s of account %s", item.Code, dash(item.Name), increase.Number(item.Desired), r.Region, r.Account)
		if err := a.confirm(ctx, o.yes, what, item.Code); err != nil {
			return err
		}
		err := d.account.Filer().Submit(ctx, r, item)
		switch item.State {
		case filing.Filed:
			a.say(fmt.Sprintf("AWS has taken the request for %s of %s: %s, %s", increase.Number(item.Desired), item.Code, item.Request.ID, item.Request.Status))
			if err != nil {
				a.warn("that it was filed could not be recorded; it is found again by the next `headgate quota requests`: " + err.Error())
			}
		case filing.Failed:
			failed = first(failed, filingError(err))
		case filing.WouldFile, filing.Refused:
		}
	}
	if slices.ContainsFunc(r.Requests, func(i filing.Item) bool { return i.State == filing.Filed }) {
		o.server.nudge(ctx, a, r.Region)
		a.say("follow it with `headgate quota watch`")
	}
	return failed
}

// first is the error that came before; the other where there is none.
func first(err, next error) error {
	if err != nil {
		return err
	}
	return next
}

// filingError words why AWS did not take a request. What AWS refuses is no misuse
// of the command.
func filingError(err error) error {
	switch fault.KindOf(err) {
	case fault.Invalid:
		return withHint(errors.New("AWS refused the request: "+fault.Message(err)), "`headgate quota requests` shows what is open, `headgate quota list --all` what there is")
	case fault.Denied:
		return requestHint(err)
	case fault.Upstream, fault.Timeout, fault.Cancelled, fault.Internal:
		return withHint(err, "`headgate quota requests` finds out; nothing is filed twice")
	case fault.Throttled:
		return withHint(err, "try again in a minute; `headgate quota requests` shows what AWS has")
	case fault.NotFound, fault.Exhausted:
	}
	return err
}

// requestHint names the cure of a permission that is missing.
func requestHint(err error) error {
	return awsHint(err, "request")
}

// desk is what the commands about requests work at: the account, as AWS says that
// it is now.
type desk struct {
	account *daemon.Account
	snap    account.Snapshot
	cfg     config.Config
	scale   float64
	// stale says that AWS could not be asked, and that snap is from before.
	stale error
}

// openDesk asks AWS, and finds out what became of requests that were not recorded
// to their end. Where AWS cannot be asked, what it said before counts.
func openDesk(ctx context.Context, a *app, set *settings, region llm.Region) (*desk, error) {
	cfg, _, err := set.load(a)
	if err != nil {
		return nil, err
	}
	d := &desk{cfg: cfg.Scaled(), scale: cfg.TimeScale}
	if d.account, err = daemon.OpenAccount(ctx, cfg, region, slog.New(slog.DiscardHandler)); err != nil {
		return nil, requestHint(err)
	}
	if d.snap, err = d.account.Refresh(ctx); err != nil {
		if d.snap = d.account.Latest(); d.snap.At.IsZero() || ctx.Err() != nil {
			return nil, requestHint(errors.Join(err, d.account.Close()))
		}
		d.stale = err
		a.warn("AWS cannot be asked (" + strings.TrimSuffix(errorText(err), ".") + "); this is what it said at " + zoned(d.snap.At))
		return d, nil
	}
	for _, text := range increase.Unchecked(d.snap) {
		a.warn(text)
	}
	resolved, err := d.account.Filer().Resolve(ctx, d.snap.Account, d.snap.Region)
	if err != nil {
		a.warn("what became of an earlier request cannot be found out: " + err.Error())
	}
	for _, r := range resolved {
		what := "AWS does not have it"
		if r.End.Taken() {
			what = "AWS has it as " + r.End.Request.ID + ", " + string(r.End.Request.Status)
		}
		fmt.Fprintf(a.err, "headgate: the request for %s of %s from %s had no recorded end: %s\n", increase.Number(r.Intent.Value), r.Intent.Code, zoned(r.Intent.Time), what)
	}
	return d, nil
}

func (d *desk) close(a *app) {
	if err := d.account.Close(); err != nil {
		a.warn("close the ledger: " + err.Error())
	}
}

// writeFile writes what is for AWS.
func writeFile(name, text string) error {
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		return fault.Wrap(fault.Invalid, "write the text for AWS", err)
	}
	return nil
}
