package desk

import (
	"context"
	"net/http"
	"time"

	"github.com/headgate/headgate/internal/alarm"
	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/monitor"
)

// AlarmsPath is where CloudWatch's alarms are.
const AlarmsPath = "/api/v1/alarms"

// What alarms ring at where nothing else is said, as with the command.
const (
	usualLatency    = time.Minute
	usualFirstToken = 10 * time.Second
	usualOthers     = 20.
)

// AlarmsWanted says which alarms to make.
type AlarmsWanted struct {
	Models     []string          `json:"models,omitempty" maxItems:"50" doc:"The ids that are called, those of one pool summed; the profiles of every pool that is known where they are left out."`
	PerMinute  int64             `json:"tokens_per_minute,omitempty" minimum:"0" maximum:"1000000000000" doc:"The applied quota of models, in the place of what is known of it."`
	PerDay     int64             `json:"tokens_per_day,omitempty" minimum:"0" maximum:"1000000000000" doc:"The applied quota of models, in the place of what is known of it."`
	Latency    *float64          `json:"latency_seconds,omitempty" exclusiveMinimum:"0" maximum:"3600" doc:"The 99th percentile of latency to alarm at; 60 where it is left out."`
	FirstToken *float64          `json:"first_token_seconds,omitempty" exclusiveMinimum:"0" maximum:"3600" doc:"The 99th percentile of the time to the first token to alarm at; 10 where it is left out."`
	Others     *float64          `json:"others,omitempty" minimum:"0" maximum:"100" doc:"Per cent of the tokens per minute that others may use; 0 is no such alarm, 20 where it is left out."`
	Own        []string          `json:"own,omitempty" maxItems:"50" doc:"Those of models that Headgate alone calls."`
	Topic      string            `json:"topic,omitempty" maxLength:"300" doc:"The ARN of the SNS topic that is told; nobody is where it is left out." example:"arn:aws:sns:us-east-1:123456789012:alerts"`
	Tags       map[string]string `json:"tags,omitempty" doc:"Put on every alarm."`
	Prune      bool              `json:"prune,omitempty" doc:"Deletes alarms of Headgate that are not planned any more."`
	DryRun     bool              `json:"dry_run,omitempty" doc:"Says what would be done, and does nothing."`
	Confirm    bool              `json:"confirm,omitempty" doc:"Must be true for alarms to be made, changed or deleted. CloudWatch charges for each, each month."`
}

func (w *AlarmsWanted) wanted() alarm.Wanted {
	out := alarm.Wanted{
		Models: w.Models, PerMinute: w.PerMinute, PerDay: w.PerDay, Latency: usualLatency, FirstToken: usualFirstToken, Others: usualOthers,
		Own: w.Own, Topic: w.Topic, Tags: w.Tags, Spelled: func(p string) string {
			if p == "model" {
				return "models"
			}
			return p
		},
	}
	if w.Latency != nil {
		out.Latency = *seconds(w.Latency)
	}
	if w.FirstToken != nil {
		out.FirstToken = *seconds(w.FirstToken)
	}
	if w.Others != nil {
		out.Others = *w.Others
	}
	return out
}

// Alarms are those that are there, beside those that should be.
type Alarms struct {
	// Alarms are Headgate's in CloudWatch, and Ringing the names of those in ALARM.
	Alarms  []alarm.Row `json:"alarms"`
	Ringing []string    `json:"ringing"`
	// Plan is what POST would do without anything said.
	Plan monitor.Report `json:"plan"`
	// Planned are the alarms that should be there, in full, by name.
	Planned []alarm.Alarm `json:"planned"`
	// Notes are what is to be known of the plan.
	Notes []string `json:"notes"`
}

// AlarmsDone is what there is to do about alarms, or what was done.
type AlarmsDone struct {
	monitor.Report
	// Planned are the alarms that should be there, in full, by name.
	Planned []alarm.Alarm `json:"planned"`
	Notes   []string      `json:"notes"`
}

type alarmsAnswer struct{ Body Alarms }

type alarmsInput struct{ Body AlarmsWanted }

type alarmsDoneAnswer struct{ Body AlarmsDone }

func (d *desk) alarms(api *console.API) {
	console.Register(api, console.Operation{
		ID: "list-alarms", Method: http.MethodGet, Path: AlarmsPath, Role: console.RoleRead, Tag: "alarms",
		Summary: "Headgate's alarms in CloudWatch: state, since when, why, and which should be there",
		Description: "The alarms of the gateway's Region whose names begin with headgate-, as `headgate alarm list -o json` prints them, and in plan how they differ from those that the known quotas call for. " +
			"Where no quota is known the plan is empty, and the notes say so.",
	}, func(ctx context.Context, _ *struct{}) (*alarmsAnswer, error) {
		a, err := d.opts.Alarms(ctx, (&AlarmsWanted{}).wanted())
		if err != nil {
			return nil, err
		}
		a.Ringing = []string{}
		for _, r := range a.Alarms {
			if r.State == alarm.StateAlarm {
				a.Ringing = append(a.Ringing, r.Name)
			}
		}
		return &alarmsAnswer{a}, nil
	})
	console.Register(api, console.Operation{
		ID: "apply-alarms", Method: http.MethodPost, Path: AlarmsPath, Role: console.RoleOperate, Tag: "alarms",
		Summary: "Makes the planned alarms in CloudWatch",
		Description: "Alarms that are missing are created, those that differ are changed, and the others are left alone, so that a second time changes nothing: what `headgate alarm apply -o json` prints. " +
			"With dry_run it says what would be done. Done, it is an event in the ledger.",
		MaxBody: 64 << 10,
	}, func(ctx context.Context, in *alarmsInput) (*alarmsDoneAnswer, error) {
		b := &in.Body
		if b.DryRun == b.Confirm {
			return nil, unconfirmed(b.DryRun, "Alarms are made, changed or deleted")
		}
		w := b.wanted()
		if err := w.Check(); err != nil {
			return nil, err
		}
		r, err := d.opts.Apply(ctx, w, b.Prune, b.DryRun)
		if err != nil {
			return nil, err
		}
		return &alarmsDoneAnswer{r}, nil
	})
}
