package desk

import (
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/counsel"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
	"github.com/headgate/headgate/internal/sim"
)

// Workload states runs of calls, and the pool that they meet. What is left out is
// that of the preset, or of what was recorded.
type Workload struct {
	Preset        string     `json:"preset,omitempty" enum:"development,production,heavy" doc:"The workload that the others change; production where nothing was recorded."`
	RecordedSince *time.Time `json:"recorded_since,omitempty" doc:"Takes the workload from the calls in the ledger since this time, in the place of a preset." example:"2026-11-23T06:00:00Z"`
	RunsPerMinute *float64   `json:"runs_per_minute,omitempty" minimum:"0" maximum:"1000000000" doc:"Runs a minute that are wanted." example:"16.7"`
	Runs          *int64     `json:"runs,omitempty" minimum:"1" maximum:"1000000000" doc:"How many runs are to be done, all at once."`
	Within        *float64   `json:"within_seconds,omitempty" exclusiveMinimum:"0" maximum:"31536000" doc:"The time in which all runs are to be done; it needs runs."`
	CallsPerRun   *float64   `json:"calls_per_run,omitempty" minimum:"1" maximum:"10000" doc:"Calls of a run, a mean." example:"6"`
	InputPerRun   *int64     `json:"input_tokens_per_run,omitempty" minimum:"0" maximum:"1000000000000" doc:"Input tokens of a run, less those read from the cache." example:"2000"`
	OutputPerRun  *int64     `json:"output_tokens_per_run,omitempty" minimum:"0" maximum:"1000000000000" doc:"Output tokens of a run." example:"1500"`
	MaxTokens     *int64     `json:"max_tokens,omitempty" minimum:"0" maximum:"1000000000" doc:"max_tokens of a call; 0: not set, which reserves the model's maximum." example:"4096"`
	Latency       *float64   `json:"latency_seconds,omitempty" exclusiveMinimum:"0" maximum:"86400" doc:"How long a call lasts." example:"10"`
	Model         string     `json:"model,omitempty" maxLength:"200" doc:"A model, or a profile, which names its path; without it the recorded one, else Claude Haiku 4.5." example:"us.anthropic.claude-sonnet-4-6"`
	Path          llm.Path   `json:"path,omitempty" enum:"on-demand,geo,global,mantle" doc:"Without it that of the profile, else the first that the model has."`
	Law           string     `json:"law,omitempty" maxLength:"40" doc:"How limits per minute are enforced: sliding, which is safe under any law and the default, bucket, fixed or another that the simulator knows."`
}

// query is the workload as counsel is asked about it.
func (w *Workload) query() (counsel.Query, error) {
	q := counsel.Query{
		Preset: w.Preset, RunsPerMinute: w.RunsPerMinute, Runs: w.Runs, CallsPerRun: w.CallsPerRun, InputPerRun: w.InputPerRun, OutputPerRun: w.OutputPerRun,
		MaxTokens: w.MaxTokens, Latency: seconds(w.Latency), Model: w.Model, Path: w.Path, Law: sim.SafeLaw(), Spelled: spelled,
	}
	if w.RecordedSince != nil {
		if q.Recorded = *w.RecordedSince; w.Preset != "" {
			return q, wrong("preset", "The keys preset and recorded_since both name the workload. Leave one of them out.")
		}
	}
	if w.Within != nil {
		switch q.Within = *seconds(w.Within); {
		case w.Runs == nil:
			return q, wrong("within_seconds", "The key within_seconds says by when how many runs are to be done? The key runs is missing.")
		case w.RunsPerMinute != nil:
			return q, wrong("runs_per_minute", "The keys within_seconds and runs_per_minute both say how fast runs are to be done. Leave one of them out.")
		}
	}
	if w.Law != "" {
		if err := q.Law.UnmarshalText([]byte(w.Law)); err != nil {
			return q, wrong("law", "The law is not known: "+err.Error()+".")
		}
	}
	return q, nil
}

func wrong(parameter, detail string) error {
	return &console.Problem{Status: 400, Parameter: parameter, Detail: detail}
}

func seconds(s *float64) *time.Duration {
	if s == nil {
		return nil
	}
	return new(time.Duration(*s * float64(time.Second)))
}

// spelled is how the API writes what engines call by the names of flags.
func spelled(parameter string) string {
	switch parameter {
	case "latency":
		return "latency_seconds"
	case "from_ledger":
		return "recorded_since"
	case "input_per_run":
		return "input_tokens_per_run"
	case "output_per_run":
		return "output_tokens_per_run"
	}
	if _, ok := kindNamed(parameter); ok {
		return "quotas." + parameter
	}
	return parameter
}

func kindNamed(name string) (quota.Kind, bool) {
	for k := range quota.Kind(quota.Kinds) {
		if k.String() == name {
			return k, true
		}
	}
	return 0, false
}

// Given is a parameter that may be left out, so that its zero can be told from
// nothing.
type Given[T any] struct {
	Value T
	Is    bool
}

// Schema is that of the value.
func (g Given[T]) Schema(r huma.Registry) *huma.Schema {
	return huma.SchemaFromType(r, reflect.TypeFor[T]())
}

// Receiver is where the value is put.
func (g *Given[T]) Receiver() reflect.Value { return reflect.ValueOf(g).Elem().Field(0) }

// OnParamSet notes that there is one.
func (g *Given[T]) OnParamSet(is bool, _ any) { g.Is = is }

func (g *Given[T]) pointer() *T {
	if !g.Is {
		return nil
	}
	return &g.Value
}
