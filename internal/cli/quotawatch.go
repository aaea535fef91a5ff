package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/daemon"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/filing"
	"github.com/headgate/headgate/internal/increase"
	"github.com/headgate/headgate/internal/llm"
)

// hookSecret is the variable that has a webhook's secret when no flag names one.
const hookSecret = "HEADGATE_WEBHOOK_SECRET" //nolint:gosec // the name of a variable

// watchFlags are those of quota watch.
type watchFlags struct {
	notify, secretEnv, region string
	once                      bool
	format                    choice
	set                       *settings
	server                    *server
}

func newQuotaWatchCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "watch [CODE…]",
		Short: "Follows requests until they are decided",
		Long: "Says how far requests are and each step that they take, and ends when all are\n" +
			"decided: with 3 when one was not granted. A value that has come counts as\n" +
			"granted. It follows the requests of the codes and ids that are named, or all\n" +
			"that are open. AWS is asked every quotas.refresh_open, and a gateway that runs\n" +
			"is told at once.\n\n" +
			"--notify sends each step to a program elsewhere, signed as Standard Webhooks\n" +
			"has it; the secret is in a variable of the environment.",
		Example: `headgate quota watch
headgate quota watch L-CCA5DF70 -o json
headgate quota watch --notify https://example.com/hook`,
		Args: cobra.ArbitraryArgs,
	}
	o := &watchFlags{format: choice{value: "table", allowed: []string{"table", "json"}}, set: newSettings(cmd, "data_dir")}
	o.server = newServer(cmd, o.set)
	addChoice(cmd, &o.format, "output", "o", "how to print, json one object a line:\n"+list(o.format.allowed))
	f := cmd.Flags()
	f.StringVar(&o.notify, "notify", "", "tell this https address of each step")
	f.StringVar(&o.secretEnv, "notify-secret-env", hookSecret, "variable with the secret that\nsigns it")
	f.BoolVar(&o.once, "once", false, "ask AWS one time, and end")
	f.StringVar(&o.region, "region", "", "the source Region (default: as configured)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), a, args) }
	return cmd
}

// hook makes the webhook; nil without one.
func (o *watchFlags) hook(a *app) (*daemon.Hook, error) {
	if o.notify == "" {
		return nil, nil //nolint:nilnil // none is wanted
	}
	secret := a.env(o.secretEnv)
	if secret == "" {
		return nil, usageError("export "+o.secretEnv+"=whsec_$(openssl rand -base64 32)", "--notify needs a secret to sign with, and %s is not set", o.secretEnv)
	}
	return daemon.NewHook(o.notify, secret)
}

func (o *watchFlags) run(ctx context.Context, a *app, picked []string) error {
	hook, err := o.hook(a)
	if err != nil {
		return err
	}
	d, err := openDesk(ctx, a, o.set, llm.Region(o.region))
	if err != nil {
		return err
	}
	defer d.close(a)
	f := increase.Follow(picked)
	if unknown := f.Unknown(d.snap); len(unknown) > 0 {
		return withHint(fault.New(fault.NotFound, "there is no request of %s", strings.Join(unknown, ", ")), "`headgate quota requests` shows those that there are")
	}
	w := filing.Watcher{
		Refresh: d.first, Every: d.cfg.Quotas.RefreshOpen.Std(),
		OnStep: func(ctx context.Context, s increase.Step) { o.tell(ctx, a, hook, s) },
		OnTrouble: func(err error, again time.Duration) {
			a.warn(fmt.Sprintf("AWS cannot be asked: %s; again in %s", fault.Message(err), duration(again)))
		},
	}
	if o.once {
		err = w.Once(ctx, f)
	} else {
		err = w.Run(ctx, f)
	}
	switch {
	case err != nil:
		return requestHint(err)
	case f.Followed() == 0:
		a.say("no request is open")
	case f.Refused():
		return fmt.Errorf("%w: a request was not granted", errCheck)
	}
	return nil
}

// first gives what the desk has just asked, and asks again from the second time on.
func (d *desk) first(ctx context.Context) (account.Snapshot, error) {
	if snap := d.snap; !snap.At.IsZero() {
		d.snap = account.Snapshot{}
		return snap, d.stale
	}
	return d.account.Refresh(ctx)
}

// tell prints a step, and has others know of it. What was there from the start is
// news to nobody else.
func (o *watchFlags) tell(ctx context.Context, a *app, hook *daemon.Hook, s increase.Step) {
	if o.format.value == "json" {
		_ = json.NewEncoder(a.out).Encode(s)
	} else {
		fmt.Fprintln(a.out, stepLine(s))
	}
	if s.From == "" {
		return
	}
	o.server.nudge(ctx, a, s.Region)
	if hook == nil {
		return
	}
	if err := hook.Tell(ctx, s); err != nil && !errors.Is(err, context.Canceled) {
		a.warn(err.Error())
	}
}

// stepLine is a step in one line.
func stepLine(s increase.Step) string {
	move := string(s.To)
	if s.From != "" && s.From != s.To {
		move = string(s.From) + " → " + string(s.To)
	}
	end := ""
	switch {
	case s.Decided && s.Granted:
		end = ", granted"
	case s.Decided:
		end = ", not granted"
	}
	text := fmt.Sprintf("%s  %s  %s%s  asked %s, has %s  request %s", instant(s.Time), s.Code, move, end, figure(&s.Desired), figure(s.Applied), s.Request)
	if s.CaseID != "" {
		text += ", case " + s.CaseID
	}
	return text
}
