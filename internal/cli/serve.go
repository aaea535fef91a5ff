package cli

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/daemon"
)

func newServeCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "The gateway in production, in front of Amazon Bedrock",
		Long: "The gateway in front of Amazon Bedrock, with the credentials of the AWS configuration in use.\n" +
			"Every key of the configuration is a flag as well, such as --queue.max-wait 30m.\n" +
			"The first signal drains: calls under way end, new ones are refused. A second one ends at once.",
		Example: `headgate serve --config headgate.yaml
headgate serve --config headgate.yaml --listen 127.0.0.1:9000
headgate config check --config headgate.yaml`,
		Args: exactly(),
	}
	set := newSettings(cmd, "listen", "data_dir", "time_scale", "insecure", "queue.max_wait",
		"upstream.region", "upstream.profile", "upstream.endpoint_url")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		ctx := cmd.Context()
		cfg, _, err := set.load(a)
		if err != nil {
			return withHint(err, "`headgate config show --origin` says where each value was set")
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
		gateway, err := daemon.NewGateway(ctx, cfg, a.logger(slog.LevelInfo))
		if err != nil {
			_ = ln.Close() // the error that counts is the other one
			return err
		}
		fmt.Fprintf(a.err, "headgate: listening on %s%s; point an AWS SDK at it with AWS_ENDPOINT_URL_BEDROCK_RUNTIME=%s\n",
			baseURL(ln), faster(cfg.TimeScale), baseURL(ln))
		return errors.Join(gateway.Run(ctx, ln), gateway.Close())
	}
	return cmd
}
