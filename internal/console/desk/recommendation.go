package desk

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/counsel"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
)

// recordedFor is how much of the ledger is looked at where nothing is stated.
const recordedFor = 24 * time.Hour

type recommendationsInput struct {
	Preset        string         `query:"preset" enum:"development,production,heavy" doc:"The workload that the others change. Without it, and without any figure, what was recorded of the last day."`
	RecordedSince time.Time      `query:"recorded_since" doc:"Takes the workload from the calls in the ledger since this time (RFC 3339)."`
	RunsPerMinute Given[float64] `query:"runs_per_minute" minimum:"0" maximum:"1000000000" doc:"Runs a minute that are wanted."`
	Runs          Given[int64]   `query:"runs" minimum:"1" maximum:"1000000000" doc:"How many runs are to be done, all at once."`
	Within        Given[float64] `query:"within_seconds" exclusiveMinimum:"0" maximum:"31536000" doc:"The time in which all runs are to be done; it needs runs."`
	CallsPerRun   Given[float64] `query:"calls_per_run" minimum:"1" maximum:"10000" doc:"Calls of a run, a mean."`
	InputPerRun   Given[int64]   `query:"input_tokens_per_run" minimum:"0" maximum:"1000000000000" doc:"Input tokens of a run, less those read from the cache."`
	OutputPerRun  Given[int64]   `query:"output_tokens_per_run" minimum:"0" maximum:"1000000000000" doc:"Output tokens of a run."`
	MaxTokens     Given[int64]   `query:"max_tokens" minimum:"0" maximum:"1000000000" doc:"max_tokens of a call; 0: not set, which reserves the model's maximum."`
	Latency       Given[float64] `query:"latency_seconds" exclusiveMinimum:"0" maximum:"86400" doc:"How long a call lasts."`
	Model         string         `query:"model" maxLength:"200" doc:"A model, or a profile, which names its path."`
	Path          llm.Path       `query:"path" enum:"on-demand,geo,global,mantle" doc:"Without it that of the profile, else the first that the model has."`
	Law           string         `query:"law" maxLength:"40" doc:"How limits per minute are enforced; sliding, which is safe under any law, where it is left out."`
	ObservedSince time.Time      `query:"observed_since" doc:"Asks CloudWatch what everybody in the account used since this time: as the workload itself, or, where one is stated or recorded, as what others take of the quota beside it."`
}

// query also says that nothing of a workload is stated.
func (in *recommendationsInput) query() (q counsel.Query, unstated bool, err error) {
	w := Workload{
		Preset: in.Preset, RunsPerMinute: in.RunsPerMinute.pointer(), Runs: in.Runs.pointer(), Within: in.Within.pointer(), CallsPerRun: in.CallsPerRun.pointer(),
		InputPerRun: in.InputPerRun.pointer(), OutputPerRun: in.OutputPerRun.pointer(), MaxTokens: in.MaxTokens.pointer(), Latency: in.Latency.pointer(),
		Model: in.Model, Path: in.Path, Law: in.Law,
	}
	if !in.RecordedSince.IsZero() {
		w.RecordedSince = &in.RecordedSince
	}
	q, err = w.query()
	q.Observed = in.ObservedSince
	figures := in.RunsPerMinute.Is || in.Runs.Is || in.CallsPerRun.Is || in.InputPerRun.Is || in.OutputPerRun.Is
	return q, !figures && in.Preset == "" && in.RecordedSince.IsZero() && in.ObservedSince.IsZero(), err
}

type recommendationsAnswer struct{ Body counsel.Recommendation }

func (d *desk) recommendations(api *console.API) {
	console.Register(api, console.Operation{
		ID: "recommend-quotas", Method: http.MethodGet, Path: RecommendationsPath, Role: console.RoleRead, Tag: "plan",
		Summary: "Which quotas to raise for a workload, and how",
		Description: "What to ask for of each quota so that the workload fits with a fifth to spare, and the way to it, with levers that help without: what `headgate quota recommend -o json` prints. " +
			"Without parameters the workload is what the ledger has of the last day, of the pool that was called most; where it has nothing, the preset production: the notes say so. Nothing is changed at AWS.",
	}, func(ctx context.Context, in *recommendationsInput) (*recommendationsAnswer, error) {
		q, unstated, err := in.query()
		if err != nil {
			return nil, err
		}
		var r counsel.Recommendation
		if unstated {
			r, err = d.usual(ctx, q)
		} else {
			r, err = d.recommended(ctx, q)
		}
		if err != nil {
			return nil, err
		}
		return &recommendationsAnswer{r}, nil
	})
}

func (d *desk) recommended(ctx context.Context, q counsel.Query) (counsel.Recommendation, error) {
	warnings := &warnings{}
	r, err := d.opts.Counsel(warnings.add).Recommend(ctx, q)
	r.Notes = append(r.Notes, warnings.texts...)
	return r, err
}

// usual is for who states nothing: what was recorded of the busiest pool, else the
// usual preset.
func (d *desk) usual(ctx context.Context, q counsel.Query) (counsel.Recommendation, error) {
	q.Recorded = time.Now().Add(-recordedFor)
	r, err := d.recommended(ctx, q)
	if several, ok := errors.AsType[*counsel.PoolsError](err); ok {
		busiest := several.Pools[0]
		q.Model, q.Path, q.Region = string(busiest.Model), busiest.Path, busiest.Region
		if r, err = d.recommended(ctx, q); err == nil {
			r.Notes = append(r.Notes, fmt.Sprintf("calls of the last day went to %d pools: this is of the one that was called most; model and path choose another", len(several.Pools)))
		}
	}
	if err == nil || fault.KindOf(err) != fault.NotFound {
		return r, err
	}
	q.Recorded, q.Preset = time.Time{}, counsel.UsualPreset
	if r, err = d.recommended(ctx, q); err == nil {
		r.Notes = append(r.Notes, "nothing was called in the last day: the workload is the preset "+counsel.UsualPreset)
	}
	return r, err
}
