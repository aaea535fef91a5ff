package cli

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/alarm"
	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/daemon"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

func newAlarmCommand(a *app) *cobra.Command {
	return newGroup("alarm", "CloudWatch alarms on throttles, quotas, latency",
		newAlarmPlanCommand(a), newAlarmApplyCommand(a), newAlarmListCommand(a), newAlarmExportCommand(a))
}

// alarmFlags select what is watched.
type alarmFlags struct {
	models              []string
	account, topic      string
	perMinute, perDay   int64
	latency, firstToken time.Duration
	others              float64
	own                 []string
	tags                map[string]string
	set                 *settings
}

func newAlarmFlags(cmd *cobra.Command, a *app) *alarmFlags {
	o := &alarmFlags{set: newSettings(cmd, "upstream.region", "data_dir")}
	f := cmd.Flags()
	f.StringSliceVar(&o.models, "model", nil, "the ids that are called; those of one pool are summed\n(default: the profiles of every pool that is known)")
	f.Int64Var(&o.perMinute, "tokens-per-minute", 0, "the applied quota of --model\n(default: what is known of it)")
	f.Int64Var(&o.perDay, "tokens-per-day", 0, "the applied quota of --model\n(default: what is known of it)")
	f.DurationVar(&o.latency, "latency", time.Minute, "the 99th percentile of latency\nto alarm at")
	f.DurationVar(&o.firstToken, "first-token", 10*time.Second, "the 99th percentile of the time to the first token\nto alarm at")
	f.Float64Var(&o.others, "others", 20, "per cent of the tokens per minute that others may\nuse; 0 is no alarm. It needs metrics.cloudwatch in\nthe configuration, or --own")
	f.StringSliceVar(&o.own, "own", nil, "ids of --model that Headgate alone calls, such as an\napplication inference profile made for it")
	f.StringVar(&o.account, "account", "", "the account, twelve digits, for the header")
	f.StringVar(&o.topic, "topic", "", "ARN of the SNS topic to tell (default: nobody)")
	f.StringToStringVar(&o.tags, "tag", nil, "key=value, put on every alarm")
	_ = cmd.RegisterFlagCompletionFunc("model", completeModel(a))
	return o
}

// input is what the flags, AWS as it was last heard and the configuration say.
func (o *alarmFlags) input(ctx context.Context, a *app) (alarm.Input, error) {
	region := o.set.region(a)
	in := alarm.Input{
		Account: llm.AccountID(o.account), Region: region, Topic: o.topic, Tags: map[string]string{alarm.TagKey: alarm.TagValue},
		Latency: float64(o.latency.Milliseconds()), FirstToken: float64(o.firstToken.Milliseconds()),
	}
	maps.Copy(in.Tags, o.tags)
	in.Others = o.others
	switch {
	case o.others < 0 || o.others > 100:
		return in, usageError("", "--others must be from 0 to 100 per cent")
	case o.perMinute < 0 || o.perDay < 0 || o.latency <= 0 || o.firstToken <= 0:
		return in, usageError("", "quotas and durations must be above zero")
	case (o.perMinute > 0 || o.perDay > 0) && len(o.models) == 0:
		return in, usageError("for example --model us.anthropic.claude-sonnet-4-6", "a quota needs --model, whose it is")
	case o.topic != "" && !regexp.MustCompile(`^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]+(\.fifo)?$`).MatchString(o.topic):
		return in, usageError("for example arn:aws:sns:us-east-1:123456789012:alerts", "--topic must be the ARN of an SNS topic, not %q", o.topic)
	case o.account != "" && !regexp.MustCompile(`^\d{12}$`).MatchString(o.account):
		return in, usageError("", "--account must have twelve digits, not %q", o.account)
	}
	for _, id := range o.own {
		if !slices.Contains(o.models, id) {
			return in, usageError("", "--own %s must be one of --model", id)
		}
	}
	cfg, _, err := o.set.load(a)
	if err != nil {
		return in, err
	}
	in.Published = cfg.Metrics.CloudWatch != config.MetricsOff
	c, err := o.set.catalog(a)
	if err != nil {
		return in, err
	}
	if in.Targets, err = o.named(c, region); err != nil {
		return in, err
	}
	if o.others > 0 && !in.Published && len(o.own) == 0 {
		fmt.Fprintln(a.err, "headgate: no alarm on the use by others is planned: CloudWatch cannot tell them from Headgate without metrics.cloudwatch: put or emf, or --own")
	}
	if o.perMinute > 0 || o.perDay > 0 {
		for i := range in.Targets {
			in.Targets[i].TokensPerMinute, in.Targets[i].TokensPerDay = o.perMinute, o.perDay
		}
		return in, nil
	}
	return in, o.known(ctx, a, c, &in)
}

// named are the pools of --model.
func (o *alarmFlags) named(c *catalog.Catalog, region llm.Region) ([]alarm.Target, error) {
	var targets []alarm.Target
	for _, id := range o.models {
		t, err := c.Resolve(id, region)
		if err != nil {
			return nil, withHint(err, "`headgate model list` shows the models that there are")
		}
		pool := t.Pool(llm.AccountID(o.account))
		i := slices.IndexFunc(targets, func(t alarm.Target) bool { return t.Pool == pool })
		if i < 0 {
			i = len(targets)
			targets = append(targets, alarm.Target{Pool: pool})
		}
		targets[i].Profiles = append(targets[i].Profiles, id)
		if slices.Contains(o.own, id) {
			targets[i].Own = append(targets[i].Own, id)
		}
	}
	for _, t := range targets {
		if most := alarm.MostMetrics - 1; len(t.Profiles) > most {
			return nil, usageError("", "%d ids of one pool are more than an alarm can sum up: at most %d", len(t.Profiles), most)
		}
	}
	return targets, nil
}

// known fills in the quotas that AWS was last heard to apply, or that are
// configured, of the targets, or of every pool when there are none.
func (o *alarmFlags) known(ctx context.Context, a *app, c *catalog.Catalog, in *alarm.Input) error {
	cfg, _, err := o.set.load(a)
	if err != nil {
		return err
	}
	quotas, err := daemon.KnownQuotas(ctx, cfg, console.Filter{Region: in.Region}, len(o.models) > 0)
	if err != nil {
		return err
	}
	for _, q := range quotas.Quotas {
		i := slices.IndexFunc(in.Targets, func(t alarm.Target) bool {
			return t.Pool.Region == q.Pool.Region && t.Pool.Model == q.Pool.Model && t.Pool.Path == q.Pool.Path
		})
		if i < 0 && (len(o.models) > 0 || q.Pool.Model == "") {
			continue
		}
		if i < 0 {
			i = len(in.Targets)
			in.Targets = append(in.Targets, alarm.Target{Pool: q.Pool, Profiles: c.IDsOn(q.Pool)})
		}
		switch q.Limit {
		case quota.TokensPerMinute.String():
			in.Targets[i].TokensPerMinute = q.Applied
		case quota.TokensPerDay.String():
			in.Targets[i].TokensPerDay = q.Applied
		}
	}
	if len(in.Targets) == 0 {
		return usageError("`headgate quota list` asks AWS for them; or give --model and --tokens-per-minute, or set quotas.pools in the configuration", "no quotas are known in %s", in.Region)
	}
	if most := 10; len(o.models) == 0 && len(in.Targets) > most {
		a.warn(fmt.Sprintf("these are alarms on all %d pools that are known: --model names those that are used", len(in.Targets)))
	}
	for _, t := range in.Targets {
		if t.TokensPerMinute == 0 && t.TokensPerDay == 0 {
			a.warn("no token quota is known of " + t.Pool.String() + ": no alarm on its use is planned (give --tokens-per-minute)")
		}
	}
	return nil
}

func newAlarmPlanCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Which alarms to make, and why",
		Long: "Says which alarms to have for the quotas that are known: what AWS was last\n" +
			"heard to apply, the configuration's, or those of the flags. AWS is not asked,\n" +
			"and nothing is made.",
		Example: `headgate alarm plan --model us.anthropic.claude-sonnet-4-6
headgate alarm plan -o json`,
		Args: exactly(),
	}
	out := newOutput(cmd)
	o := newAlarmFlags(cmd, a)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		in, err := o.input(cmd.Context(), a)
		if err != nil {
			return err
		}
		alarms := alarm.Plan(in)
		return out.print(a, alarms, func(s *screen) { alarmTable(s, alarms) })
	}
	return cmd
}

func alarmTable(s *screen, alarms []alarm.Alarm) {
	rows := make([][]string, len(alarms))
	for i, al := range alarms {
		above := fmt.Sprintf("%g", al.Threshold)
		if al.Of > 0 {
			above += " % of " + thousands(al.Of)
		}
		rows[i] = []string{al.Name, al.Metric, al.Statistic, dash(strings.Join(al.Models, ",")), above, fmt.Sprintf("%d x %ds", al.Periods, al.Period), al.Why}
	}
	s.table([]column{
		{title: "name"},
		{title: "metric"},
		{title: "stat"},
		{title: "models", spare: 2},
		{title: "above", right: true},
		{title: "for", right: true},
		{title: "why", spare: 1},
	}, rows)
}

func newAlarmExportCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "export",
		Short: "The alarms as a template or as commands",
		Long: "Writes the alarms of `headgate alarm plan` to standard output: for Terraform\n" +
			"in its JSON syntax, for a file that ends in .tf.json; for CloudFormation; as a\n" +
			"script for the AWS command line; or as JSON of Headgate's own.",
		Example: `headgate alarm export --format terraform > alarms.tf.json
headgate alarm export --model us.anthropic.claude-sonnet-4-6 --format cli`,
		Args: exactly(),
	}
	format := choice{value: "cloudformation", allowed: []string{"terraform", "cloudformation", "cli", "json"}}
	addChoice(cmd, &format, "format", "", "what to write: terraform, cloudformation,\ncli or json")
	o := newAlarmFlags(cmd, a)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		in, err := o.input(cmd.Context(), a)
		if err != nil {
			return err
		}
		alarms := alarm.Plan(in)
		note := "Headgate's alarms for Amazon Bedrock, account " + dash(string(in.Account)) + ", Region " + string(in.Region)
		write := alarm.CloudFormation
		switch format.value {
		case "json":
			return writeJSON(a.out, alarms)
		case "terraform":
			write = alarm.Terraform
		case "cli":
			write = alarm.CLI
		}
		text, err := write(alarms, note)
		if err != nil {
			return err
		}
		_, err = a.out.Write(text)
		return err
	}
	return cmd
}
