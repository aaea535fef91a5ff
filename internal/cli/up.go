package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/daemon"
	"github.com/headgate/headgate/internal/llm"
)

// firstModel is what the first command to paste calls.
const firstModel = "us.anthropic.claude-haiku-4-5-20251001-v1:0"

func newUpCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Gateway and emulator together, to try an SDK with",
		Long: "The gateway in front of an emulated account: no AWS account, no network, no\n" +
			"cost. It prints what to set, and a first call to paste.",
		Example: `headgate up
headgate up --preset new-account
headgate up --requests-per-minute 2 --time-scale 60
headgate up --preset guide --case-after 1s --decide-after 5s`,
		Args: exactly(),
	}
	set := newSettings(cmd, "listen", "data_dir", "time_scale", "insecure", "queue.max_wait")
	e := newEmulation(cmd)
	beside := cmd.Flags().String("emulator-listen", "127.0.0.1:4580", "the emulator's own address")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		ctx := cmd.Context()
		cfg, _, err := set.loadWith(a, map[string]string{"upstream.kind": string(config.UpstreamEmulator)})
		if err != nil {
			return err
		}
		if err := errors.Join(cfg.CheckExposure(), checkExposed(*beside, cfg.Insecure)); err != nil {
			return err
		}
		cfg.Upstream.Region = cmp.Or(cfg.Upstream.Region, llm.Region(a.region()))
		return a.up(ctx, cfg, e, *beside)
	}
	return cmd
}

// up runs both until ctx ends. The gateway stops first, so that its calls can
// end.
func (a *app) up(ctx context.Context, cfg config.Config, e *emulation, beside string) error {
	log := a.logger(slog.LevelWarn)
	opts, err := e.options(cfg.Upstream.Region, cfg.TimeScale, log)
	if err != nil {
		return err
	}
	if !e.cmd.Flags().Changed("preset") {
		opts.Pools = cfg.Quotas.Pools // a flag goes before a file
	}
	emu, err := daemon.NewEmulator(opts)
	if err != nil {
		return err
	}
	emuLn, err := listen(ctx, beside)
	if err != nil {
		return withFlag(err, "--emulator-listen")
	}
	cfg.Upstream.EndpointURL = baseURL(emuLn)
	cfg.Quotas.Source, cfg.Quotas.Pools = upSource(cfg.Quotas.Source, opts), emu.Pools(cfg.Upstream.Region)
	ln, err := listen(ctx, cfg.Listen)
	if err != nil {
		_ = emuLn.Close() // the error that counts is the other one
		return err
	}
	gateway, err := daemon.NewGateway(ctx, cfg, log)
	if err != nil {
		_ = errors.Join(emuLn.Close(), ln.Close())
		return err
	}
	at := endpoint{url: baseURL(ln), region: string(cfg.Upstream.Region), key: daemon.EmulatorKey, secret: daemon.EmulatorSecret}
	fmt.Fprintf(a.err, "headgate: the gateway listens on %s, its emulator on port %s%s\n",
		at.url, port(emuLn), faster(cfg.TimeScale))
	if text := firstQuota(cfg.Quotas.Pools); text != "" {
		fmt.Fprintf(a.err, "headgate: quota of the first call's model: %s\n", text)
	}
	at.write(a.out)
	fmt.Fprintf(a.out, "# a first call\n%s\n\n# what became of it\nheadgate call list%s\n\n# what the quotas have left, and why\nheadgate quota list --used%s\n",
		at.firstCall(firstModel), readerFlags(cfg), serverFlag(at.url, gateway))
	a.sayAPI(gateway)
	a.sayDashboard(ctx, gateway, at.url, cfg)
	fmt.Fprintln(a.err, "headgate: ready; Ctrl-C stops both")
	defer a.sayDraining(ctx, cfg, log)()
	err = both(ctx,
		func(ctx context.Context) error { return gateway.Run(ctx, ln) },
		func(ctx context.Context) error { return emu.Run(ctx, emuLn) },
	)
	return errors.Join(err, gateway.Close())
}

// upSource is where the gateway has its limits from: from the emulator's Service
// Quotas, so that a request that is granted counts at once, unless some were given
// that Service Quotas has no row for.
func upSource(configured config.QuotaSource, opts daemon.EmulatorOptions) config.QuotaSource {
	listed := opts.Preset != daemon.PresetNone && opts.Preset != daemon.PresetNewAccount
	if configured == config.QuotasStatic || !listed || opts.QuotasFile != "" || opts.TokensPerDay != nil || len(opts.Pools) > 0 {
		return config.QuotasStatic
	}
	return config.QuotasDiscover
}

// firstQuota words what the pool of the first call has; empty when it has no
// limits.
func firstQuota(pools []config.Pool) string {
	var amounts []string
	for _, p := range pools {
		if p.Path != llm.PathGeo || !strings.HasSuffix(firstModel, string(p.Model)) {
			continue
		}
		for _, l := range []struct {
			amount *int64
			unit   string
		}{{p.RequestsPerMinute, "requests a minute"}, {p.TokensPerMinute, "tokens a minute"}, {p.TokensPerDay, "tokens a day"}} {
			if l.amount != nil {
				amounts = append(amounts, thousands(*l.amount)+" "+l.unit)
			}
		}
	}
	return strings.Join(amounts, ", ")
}

// readerFlags are the flags by which another command finds the ledger, and
// shows its durations as the gateway's clients were told them, where it needs
// any.
func readerFlags(cfg config.Config) string {
	flags := ""
	if cfg.DataDir != config.Default().DataDir {
		flags += " --data-dir " + cfg.DataDir
	}
	if cfg.TimeScale != 1 {
		flags += fmt.Sprintf(" --time-scale %g", cfg.TimeScale)
	}
	return flags
}

// serverFlag is the flag by which another command finds the API of a gateway whose
// data plane is at url, where it needs one.
func serverFlag(url string, g *daemon.Gateway) string {
	if at := g.AdminAddr(); at != nil {
		url = "http://" + local(at.String())
	}
	if url == "http://"+config.Default().Listen {
		return ""
	}
	return " --server " + url
}

// both runs front and back until ctx ends or one of them fails. The back stops
// after the front has.
func both(ctx context.Context, front, back func(context.Context) error) error {
	frontCtx, stopFront := context.WithCancel(ctx)
	defer stopFront()
	backCtx, stopBack := context.WithCancel(context.WithoutCancel(ctx))
	defer stopBack()
	ended := make(chan error, 1)
	go func() {
		defer stopFront()
		ended <- back(backCtx)
	}()
	err := front(frontCtx)
	stopBack()
	return errors.Join(err, <-ended)
}

// withFlag names the flag of a second address in the hint of an error about it.
func withFlag(err error, flag string) error {
	if h, ok := errors.AsType[*hintedError](err); ok {
		return withHint(h.err, "give another address with %s, such as %s 127.0.0.1:0", flag, flag)
	}
	return err
}
