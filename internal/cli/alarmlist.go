package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/alarm"
	"github.com/headgate/headgate/internal/daemon"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/monitor"
)

// errRinging is the end of alarm list --check.
var errRinging = errors.New("in ALARM")

func newAlarmListCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "Headgate's alarms in CloudWatch: state, since when, why",
		Long: "Lists the alarms of a Region whose names begin with headgate-, with their\n" +
			"state, since when they are in it and why, in CloudWatch's words.",
		Example: `headgate alarm list
headgate alarm list --check
headgate alarm list -o json`,
		Args: exactly(),
	}
	out := newOutput(cmd)
	set := newSettings(cmd, "upstream.region")
	check := cmd.Flags().Bool("check", false, "end with 3 when one is in ALARM")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, _, err := set.load(a)
		if err != nil {
			return err
		}
		w, err := daemon.OpenWatch(cmd.Context(), cfg, set.region(a))
		if err != nil {
			return err
		}
		found, missing, err := monitor.Find(cmd.Context(), w.CloudWatch, w.Region)
		if err != nil {
			return iamHint(err)
		}
		if missing != nil {
			a.warn("the alarms' tags are not known: " + fault.Message(missing))
		}
		rows := alarm.Rows(found)
		var ringing []string
		for _, r := range rows {
			if r.State == alarm.StateAlarm {
				ringing = append(ringing, r.Name)
			}
		}
		if len(rows) == 0 {
			fmt.Fprintf(a.err, "headgate: there are no alarms of Headgate in %s (`headgate alarm apply` makes them)\n", w.Region)
		}
		if err := out.print(a, rows, func(s *screen) { alarmRowTable(s, rows) }); err != nil {
			return err
		}
		if *check && len(ringing) > 0 {
			return fmt.Errorf("%w: %s: %w", errRinging, strings.Join(ringing, ", "), errCheck)
		}
		return nil
	}
	return cmd
}

func alarmRowTable(s *screen, list []alarm.Row) {
	if len(list) == 0 {
		return
	}
	rows := make([][]string, len(list))
	for i, r := range list {
		since := "-"
		if r.Since != nil {
			since = s.instant(*r.Since)
		}
		rows[i] = []string{r.Name, string(r.State), since, r.Reason}
	}
	s.table([]column{{title: "Alarm"}, {title: "State"}, {title: "Since"}, {title: "Reason", spare: 1}}, rows)
}
