package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/alarm"
	"github.com/headgate/headgate/internal/daemon"
	"github.com/headgate/headgate/internal/llm"
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
	w := alarm.Wanted{
		Models: o.models, PerMinute: o.perMinute, PerDay: o.perDay, Latency: o.latency, FirstToken: o.firstToken, Others: o.others, Own: o.own,
		Account: llm.AccountID(o.account), Region: o.set.region(a), Topic: o.topic, Tags: o.tags, Spelled: flagNamed,
	}
	if err := w.Check(); err != nil {
		return alarm.Input{}, err
	}
	cfg, _, err := o.set.load(a)
	if err != nil {
		return alarm.Input{}, err
	}
	in, notes, err := daemon.AlarmInput(ctx, cfg, w)
	for _, n := range notes {
		if n.Warning {
			a.warn(n.Text)
		} else {
			a.say(n.Text)
		}
	}
	return in, err
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
