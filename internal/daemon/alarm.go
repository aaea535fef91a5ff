package daemon

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/headgate/headgate/internal/alarm"
	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/monitor"
	"github.com/headgate/headgate/internal/quota"
)

// AlarmNote is what is to be known of alarms that are planned.
type AlarmNote struct {
	Text    string
	Warning bool
}

// AlarmInput is what is wanted of alarms, which has been checked, with what AWS was
// last heard to apply and what the configuration says. Notes go with an error too.
func AlarmInput(ctx context.Context, cfg config.Config, w alarm.Wanted) (alarm.Input, []AlarmNote, error) {
	cat, err := loadCatalog(cfg.Catalog)
	if err != nil {
		return alarm.Input{}, nil, err
	}
	w.Published = cfg.Metrics.CloudWatch != config.MetricsOff
	in, err := w.Input(cat)
	if err != nil {
		return in, nil, err
	}
	var notes []AlarmNote
	if w.Others > 0 && !w.Published && len(w.Own) == 0 {
		notes = append(notes, AlarmNote{Text: "no alarm on the use by others is planned: CloudWatch cannot tell them from Headgate without metrics.cloudwatch: put or emf, or " + spelled(w.Spelled)("own")})
	}
	if w.PerMinute > 0 || w.PerDay > 0 {
		return in, notes, nil
	}
	more, err := alarmTargets(ctx, cfg, cat, w, &in)
	return in, append(notes, more...), err
}

func spelled(by func(string) string) func(string) string {
	if by == nil {
		return func(parameter string) string { return parameter }
	}
	return by
}

// alarmTargets adds the pools that are known, where none are named, and the quotas.
func alarmTargets(ctx context.Context, cfg config.Config, cat *catalog.Catalog, w alarm.Wanted, in *alarm.Input) (notes []AlarmNote, err error) {
	spell := spelled(w.Spelled)
	warn := func(format string, args ...any) { notes = append(notes, AlarmNote{fmt.Sprintf(format, args...), true}) }
	quotas, err := KnownQuotas(ctx, cfg, console.Filter{Region: in.Region}, len(w.Models) > 0)
	if err != nil {
		return notes, err
	}
	for _, q := range quotas.Quotas {
		i := slices.IndexFunc(in.Targets, func(t alarm.Target) bool {
			return t.Pool.Region == q.Pool.Region && t.Pool.Model == q.Pool.Model && t.Pool.Path == q.Pool.Path
		})
		if i < 0 && (len(w.Models) > 0 || q.Pool.Model == "") {
			continue
		}
		if i < 0 {
			i = len(in.Targets)
			in.Targets = append(in.Targets, alarm.Target{Pool: q.Pool, Profiles: cat.IDsOn(q.Pool)})
		}
		switch q.Limit {
		case quota.TokensPerMinute.String():
			in.Targets[i].TokensPerMinute = q.Applied
		case quota.TokensPerDay.String():
			in.Targets[i].TokensPerDay = q.Applied
		}
	}
	if len(in.Targets) == 0 {
		return notes, fault.WithCure(fault.New(fault.Invalid, "no quotas are known in %s", in.Region), "`headgate quota list` asks AWS for them; or give %s and %s, or set quotas.pools in the configuration", spell("model"), spell("tokens_per_minute"))
	}
	if most := 10; len(w.Models) == 0 && len(in.Targets) > most {
		warn("these are alarms on all %d pools that are known: %s names those that are used", len(in.Targets), spell("model"))
	}
	for _, t := range in.Targets {
		if t.TokensPerMinute == 0 && t.TokensPerDay == 0 {
			warn("no token quota is known of %s: no alarm on its use is planned (give %s)", t.Pool, spell("tokens_per_minute"))
		}
	}
	return notes, nil
}

// Compare says what there is to do. Of the alarms that are not planned only
// those count that the same flags could have planned.
func (w *Watch) Compare(ctx context.Context, in alarm.Input, narrow, prune bool) (monitor.Report, []alarm.Change, error) {
	r := monitor.Report{Region: w.Region, Alarms: []monitor.Applied{}, Missing: []string{}}
	found, missing, err := monitor.Find(ctx, w.CloudWatch, w.Region)
	if err != nil {
		return r, nil, err
	}
	if missing != nil {
		r.Missing = append(r.Missing, "the alarms' tags are not compared: "+fault.Message(missing))
	}
	if r.Account, err = w.Account(ctx); err != nil {
		r.Missing = append(r.Missing, "the account is not known: "+fault.Message(err))
	}
	mine := found[:0]
	for _, f := range found {
		if alarm.Mine(f.Name, in, narrow) {
			mine = append(mine, f)
		}
	}
	changes := alarm.Compare(alarm.Plan(in), mine, prune)
	for _, c := range changes {
		r.Alarms = append(r.Alarms, monitor.Applied{Change: c})
	}
	return r, changes, nil
}

// Apply makes the changes and records what was done as an event, also when ctx has
// ended by then. The first error is that of the first change that failed, the second
// one says that the event could not be recorded.
func (w *Watch) Apply(ctx context.Context, r *monitor.Report, changes []alarm.Change) (failed, unrecorded error) {
	r.Alarms, failed = monitor.Apply(ctx, w.CloudWatch, w.Region, changes)
	return failed, w.recordAlarms(ctx, r)
}

func (w *Watch) recordAlarms(ctx context.Context, r *monitor.Report) error {
	done := map[alarm.Do][]string{alarm.Create: {}, alarm.Update: {}, alarm.Delete: {}}
	errs := map[string]string{}
	for _, x := range r.Alarms {
		switch {
		case x.Error != "":
			errs[x.Name] = x.Error
		case x.Done:
			done[x.Do] = append(done[x.Do], x.Name)
		}
	}
	data, err := json.Marshal(map[string]any{"created": done[alarm.Create], "updated": done[alarm.Update], "deleted": done[alarm.Delete], "failed": errs})
	text := fmt.Sprintf("%d created, %d updated, %d deleted", len(done[alarm.Create]), len(done[alarm.Update]), len(done[alarm.Delete]))
	if len(errs) > 0 {
		text += fmt.Sprintf(", %d failed", len(errs))
	}
	if err == nil {
		// Also when the command was interrupted: what was done is recorded.
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		err = w.Record(late, ledger.Event{Time: time.Now(), Kind: ledger.EventAlarmsApplied, Account: r.Account, Region: r.Region, Text: "alarms: " + text, Data: data})
	}
	return err
}
