package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/alarm"
	"github.com/headgate/headgate/internal/daemon"
	"github.com/headgate/headgate/internal/monitor"
)

func newAlarmApplyCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "apply",
		Short: "Makes the planned alarms in CloudWatch",
		Long: "Makes what `headgate alarm plan` shows: alarms that are missing are created,\n" +
			"those that differ are changed, and the others are left alone, so that a second\n" +
			"time changes nothing. Alarms of Headgate that are not planned any more are\n" +
			"listed as left over, and deleted with --prune alone. What is done is an event\n" +
			"in the ledger. It asks first; --yes answers.",
		Example: `headgate alarm apply --dry-run
headgate alarm apply --topic arn:aws:sns:us-east-1:123456789012:alerts --yes
headgate alarm apply --model us.anthropic.claude-sonnet-4-6 -o json`,
		Args: exactly(),
	}
	out := newOutput(cmd)
	o := newAlarmFlags(cmd, a)
	f := cmd.Flags()
	dry := f.Bool("dry-run", false, "say what would be done, and do nothing")
	yes := f.Bool("yes", false, "do not ask")
	prune := f.Bool("prune", false, "delete alarms of Headgate that are not planned any more")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		ctx := cmd.Context()
		in, err := o.input(ctx, a)
		if err != nil {
			return err
		}
		w, err := o.watch(ctx, a)
		if err != nil {
			return err
		}
		r, changes, err := w.Compare(ctx, in, len(o.models) > 0, *prune)
		if err != nil {
			return iamHint(err)
		}
		r.DryRun = *dry
		if what := alarmWork(changes); what != "" && !*dry {
			if err := a.confirm(ctx, *yes, fmt.Sprintf("%s in %s of account %s", what, r.Region, dash(string(r.Account))), "yes"); err != nil {
				return err
			}
			var unrecorded error
			err, unrecorded = w.Apply(ctx, &r, changes)
			if unrecorded != nil {
				a.warn("the event could not be recorded: " + unrecorded.Error())
			}
			err = partly(r.Alarms, err)
		}
		for _, text := range r.Missing {
			a.warn(text)
		}
		if printed := out.print(a, r, func(s *screen) { appliedTable(s, r) }); printed != nil {
			return printed
		}
		return iamHint(err)
	}
	return cmd
}

// watch opens CloudWatch of the configuration.
func (o *alarmFlags) watch(ctx context.Context, a *app) (*daemon.Watch, error) {
	cfg, _, err := o.set.load(a)
	if err != nil {
		return nil, err
	}
	return daemon.OpenWatch(ctx, cfg, o.set.region(a))
}

// alarmWork counts what is to be done, in words; empty: nothing is.
func alarmWork(changes []alarm.Change) string {
	n := map[alarm.Do]int{}
	for _, c := range changes {
		n[c.Do]++
	}
	var parts []string
	for _, w := range []struct {
		do   alarm.Do
		verb string
	}{{alarm.Create, "making"}, {alarm.Update, "changing"}, {alarm.Delete, "deleting"}} {
		if n[w.do] == 0 {
			continue
		}
		text := w.verb + " " + count(n[w.do], "alarm")
		if w.do == alarm.Create {
			text += " (CloudWatch charges for each, each month)"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

// partly says how far it came before err; nil for a nil err.
func partly(applied []monitor.Applied, err error) error {
	if err == nil {
		return nil
	}
	done, failed := 0, 0
	for _, x := range applied {
		if x.Done {
			done++
		}
		if x.Error != "" {
			failed++
		}
	}
	return fmt.Errorf("%s done, %d not; `headgate alarm apply` again goes on where this ended: %w", count(done, "change"), failed, err)
}

// iamHint says which policy allows what was refused.
func iamHint(err error) error {
	return awsHint(err, "alarm")
}

func appliedTable(s *screen, r monitor.Report) {
	rows := make([][]string, len(r.Alarms))
	for i, x := range r.Alarms {
		rows[i] = []string{x.Name, did(x, r.DryRun), dash(strings.Join(x.Differs, ","))}
	}
	s.table([]column{{title: "Alarm"}, {title: "Result"}, {title: "Differs", spare: 1}}, rows)
	for _, x := range r.Alarms {
		if x.Error != "" {
			s.line("%s: %s", x.Name, x.Error)
		}
	}
}

// did is what became of a change in one word or two.
func did(x monitor.Applied, dry bool) string {
	switch {
	case x.Error != "":
		return "failed"
	case x.Do == alarm.Leave:
		return "as planned"
	case x.Do == alarm.LeftOver:
		return "left over"
	case dry:
		return "would " + string(x.Do)
	case x.Done:
		return strings.TrimSuffix(string(x.Do), "e") + "ed"
	}
	return "not done"
}
