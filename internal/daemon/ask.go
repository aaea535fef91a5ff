package daemon

import (
	"context"
	"log/slog"
	"time"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/alarm"
	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/console/desk"
	"github.com/headgate/headgate/internal/discovery"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/filing"
	"github.com/headgate/headgate/internal/increase"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/monitor"
)

// askedLately is for how long what AWS said of requests counts as now.
const askedLately = 15 * time.Second

// measuredFor is how much of the ledger speaks for a request.
const measuredFor = 7 * 24 * time.Hour

// account is the gateway's own, with the ledger that it has open. Do not close it.
func (g *Gateway) account(ctx context.Context) (*Account, error) {
	a := &Account{Ledger: g.store, Catalog: g.catalog, Region: g.region, known: g.known, asked: g.discovery}
	var err error
	if a.AWS, err = quotaSource(ctx, g.given, g.region); err != nil {
		return nil, fault.Wrap(fault.Invalid, "ask Service Quotas", err)
	}
	if a.asked == nil { // limits are only configured: AWS is asked for this alone
		before, _ := g.known.of(llm.Pool{Region: g.region})
		a.asked = discovery.New(discovery.Options{
			Source: a.AWS, Store: notes{g.store}, Catalog: g.catalog, Region: g.region, Known: before, KnownOf: a.Remembered, Logger: slog.New(slog.DiscardHandler),
		})
	}
	return a, nil
}

// asked is what AWS says of the account now. Where it cannot be asked, it is what it
// said before, and stale says why.
func (g *Gateway) asked(ctx context.Context, always bool) (a *Account, snap account.Snapshot, stale, err error) {
	if a, err = g.account(ctx); err != nil {
		return nil, snap, nil, err
	}
	if snap = a.Latest(); !always && !snap.At.IsZero() && time.Since(snap.At) < askedLately {
		return a, snap, nil, nil
	}
	fresh, stale := a.Refresh(ctx)
	if stale == nil {
		return a, fresh, nil, nil
	}
	if snap.At.IsZero() || ctx.Err() != nil {
		return nil, snap, nil, fault.WithCure(stale, "GET %s says what is missing", desk.DoctorPath)
	}
	return a, snap, stale, nil
}

// requests are those that AWS has, open ones first.
func (g *Gateway) requests(ctx context.Context, open bool) (rows []filing.Row, stale, err error) {
	_, snap, stale, err := g.asked(ctx, false)
	if err != nil {
		return nil, nil, err
	}
	return filing.Rows(snap, stale != nil, open), stale, nil
}

// look says whether AWS would take a request for more; file asks it, once.
func (g *Gateway) look(ctx context.Context, ask filing.Ask, l desk.Looking) (r filing.Report, file func(context.Context, *filing.Report) error, err error) {
	a, snap, _, err := g.asked(ctx, true)
	if err != nil {
		return r, nil, err
	}
	elsewhere, err := a.OpenElsewhere(ctx, snap)
	if err != nil {
		return r, nil, err
	}
	now := time.Now()
	d := filing.Desk{
		Snapshot: snap, OpenElsewhere: elsewhere, Stated: l.Stated, UseCase: l.UseCase, Now: now, Nearest: config.Nearest,
		Use: func(ctx context.Context, q account.Quota) (increase.Use, error) {
			return a.Use(ctx, q, now.Add(-measuredFor), now, g.given.TimeScale)
		},
		Burndown: func(p llm.Pool) int64 { return g.catalog.Assume(p.Model).BurndownOn(p.Path) },
	}
	if r, err = d.Look(ctx, []filing.Ask{ask}); err != nil {
		return r, nil, err
	}
	return r, func(ctx context.Context, r *filing.Report) error {
		err := a.Filer().Submit(ctx, r, &r.Requests[0])
		if err != nil && r.Requests[0].State == filing.Filed {
			g.log.Warn("that a request was filed could not be recorded; it is found again", slog.String("code", ask.Code), slog.Any("error", err))
		}
		if _, err := a.Refresh(context.WithoutCancel(ctx)); err != nil {
			g.log.Warn("AWS could not be asked after a request was filed", slog.Any("error", err))
		}
		return err
	}, nil
}

// alarmsThere are the alarms that there are, and what is planned.
func (g *Gateway) alarmsThere(ctx context.Context, wanted alarm.Wanted) (desk.Alarms, error) {
	out := desk.Alarms{Alarms: []alarm.Row{}, Planned: []alarm.Alarm{}, Notes: []string{}, Plan: monitor.Report{Region: g.region, DryRun: true, Alarms: []monitor.Applied{}, Missing: []string{}}}
	w, err := OpenWatch(ctx, g.given, g.region)
	if err != nil {
		return out, err
	}
	found, missing, err := monitor.Find(ctx, w.CloudWatch, w.Region)
	if err != nil {
		return out, err
	}
	out.Alarms = alarm.Rows(found)
	if missing != nil {
		out.Notes = append(out.Notes, "the alarms' tags are not known: "+fault.Message(missing))
	}
	done, err := g.applyAlarms(ctx, wanted, false, true)
	out.Notes = append(out.Notes, done.Notes...)
	if err != nil && fault.KindOf(err) == fault.Invalid { // no quota is known
		out.Notes = append(out.Notes, "nothing is planned: "+fault.Message(err))
		return out, nil
	}
	out.Plan, out.Planned = done.Report, done.Planned
	return out, err
}

// applyAlarms makes what is wanted, or says what that would be.
func (g *Gateway) applyAlarms(ctx context.Context, wanted alarm.Wanted, prune, dry bool) (desk.AlarmsDone, error) {
	out := desk.AlarmsDone{Planned: []alarm.Alarm{}, Notes: []string{}}
	wanted.Region = g.region
	in, notes, err := AlarmInput(ctx, g.given, wanted)
	for _, n := range notes {
		out.Notes = append(out.Notes, n.Text)
	}
	if err != nil {
		return out, err
	}
	out.Planned = alarm.Plan(in)
	w, err := OpenWatch(ctx, g.given, g.region)
	if err != nil {
		return out, err
	}
	r, changes, err := w.Compare(ctx, in, len(wanted.Models) > 0, prune)
	out.Report = r
	if out.DryRun = dry; err != nil || dry {
		return out, err
	}
	failed, unrecorded := w.Apply(ctx, &out.Report, changes)
	if unrecorded != nil {
		g.log.Warn("an event could not be recorded", slog.Any("error", unrecorded))
	}
	return out, failed
}
