package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/daemon"
)

func newServeCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "The gateway, in front of Amazon Bedrock",
		Long: "The gateway in front of Amazon Bedrock, with the credentials of the AWS\n" +
			"configuration in use. Every key of headgate.yaml is a flag as well, such as\n" +
			"--queue.max-depth 500; `headgate config show` lists them.\n" +
			"The first signal (Ctrl-C, SIGTERM) drains: calls under way end, new ones are\n" +
			"refused. A second one ends at once.",
		Example: `headgate serve --config headgate.yaml
headgate serve --config headgate.yaml --listen 127.0.0.1:9000
headgate serve --traces langsmith
headgate config check --config headgate.yaml`,
		Args: exactly(),
	}
	set := newSettings(cmd, "listen", "data_dir", "time_scale", "insecure", "queue.max_wait",
		"upstream.region", "upstream.profile", "upstream.endpoint_url")
	var traces string
	cmd.Flags().StringVar(&traces, "traces", "", "send a trace of each call: otlp or langsmith\n(key: LANGSMITH_API_KEY); default off")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		ctx := cmd.Context()
		given := map[string]string{}
		if traces != "" {
			given["traces.to"] = traces
		}
		cfg, _, err := set.loadWith(a, given)
		if err != nil {
			return err
		}
		if err := cfg.CheckExposure(); err != nil {
			return err
		}
		// Before anything is opened: two gateways must not share a data folder by
		// mistake, and the second one finds the port taken.
		ln, err := listen(ctx, cfg.Listen)
		if err != nil {
			return err
		}
		log := a.logger(slog.LevelInfo)
		gateway, err := daemon.NewGateway(ctx, cfg, log)
		if err != nil {
			_ = ln.Close() // the error that counts is the other one
			return err
		}
		fmt.Fprintf(a.err, "headgate: listening on %s%s\nheadgate: point an AWS SDK at it: AWS_ENDPOINT_URL_BEDROCK_RUNTIME=%s\n",
			baseURL(ln), faster(cfg.TimeScale), baseURL(ln))
		a.sayAPI(gateway)
		a.sayDashboard(ctx, gateway, baseURL(ln), cfg)
		defer a.sayDraining(ctx, cfg, log)()
		return errors.Join(gateway.Run(ctx, ln), gateway.Close())
	}
	return cmd
}

// sayAPI says where the API is, when it is not beside the data plane.
func (a *app) sayAPI(g *daemon.Gateway) {
	if at := g.AdminAddr(); at != nil {
		fmt.Fprintf(a.err, "headgate: the API listens on http://%s\n", local(at.String()))
	}
}

// sayDashboard prints the link that opens the dashboard, or what lets in where there
// is none.
func (a *app) sayDashboard(ctx context.Context, g *daemon.Gateway, base string, cfg config.Config) {
	if at := g.AdminAddr(); at != nil {
		base = "http://" + local(at.String())
	}
	create := "headgate token create" + readerFlags(config.Config{DataDir: cfg.DataDir, TimeScale: 1})
	link, err := g.DashboardLink(ctx)
	switch unguarded, unknown := g.Unguarded(ctx); {
	case err != nil || unknown != nil:
		printWarning(a, errors.Join(err, unknown))
	case unguarded:
		a.warn("other machines can reach the API, the metrics and the dashboard at " + base + ", and no token was made: nobody is let in")
		fmt.Fprintf(a.err, "headgate: hint: `%s --name laptop --role admin` makes one, while the gateway runs\n", create)
	case link == "":
		fmt.Fprintf(a.err, "headgate: dashboard: %s/ (`%s` makes what lets in)\n", base, create)
	default:
		fmt.Fprintf(a.err, "headgate: dashboard: %s%s (opens once, within ten minutes)\n", base, link)
	}
}

// sayDraining says, once ctx ends, what is waited for and how to not wait: a
// gateway that drains looks like one that hangs. The caller calls stop when it
// has drained; then it may no longer be said.
func (a *app) sayDraining(ctx context.Context, cfg config.Config, log *slog.Logger) (stop func()) {
	drained := make(chan struct{})
	said := make(chan struct{})
	longest := cfg.Drain.Delay.Std() + cfg.Drain.Timeout.Std()
	go func() {
		defer close(said)
		select {
		case <-ctx.Done():
		case <-drained:
			if ctx.Err() == nil {
				return // it failed by itself
			}
		}
		if isTerminal(a.err) {
			fmt.Fprintf(a.err, "\nheadgate: draining: the calls under way end first, within %s;\n"+
				"headgate: a second Ctrl-C ends at once and cuts them off\n", duration(longest))
			return
		}
		log.Info("draining: the calls under way end first; a second signal ends at once", slog.Duration("at_most", longest))
	}()
	return func() {
		close(drained)
		<-said
	}
}
