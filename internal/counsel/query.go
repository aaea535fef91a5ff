package counsel

import (
	"time"

	"github.com/headgate/headgate/internal/advisor"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
	"github.com/headgate/headgate/internal/sim"
)

// UsualPreset is the workload that is meant when none is named, and UsualModel the
// model.
const (
	UsualPreset = "production"
	UsualModel  = llm.ModelID("anthropic.claude-haiku-4-5-20251001-v1:0")
)

// Query states a workload, and the pool and quotas that it meets. The zero value is
// the usual preset on the usual model, under the quotas that are known.
type Query struct {
	// Preset is development, production or heavy; empty: none is named, and
	// production is meant where nothing was recorded.
	Preset string
	// Recorded takes the workload from what was recorded since then; zero: it is
	// stated.
	Recorded time.Time
	// Changes to that workload; nil leaves what it has.
	RunsPerMinute *float64
	CallsPerRun   *float64
	InputPerRun   *int64
	OutputPerRun  *int64
	MaxTokens     *int64
	Latency       *time.Duration
	// Runs are to be done Within a time; 0: none, or as long as they take.
	Runs   *int64
	Within time.Duration

	// Model is one of the catalog, or a profile, which names its path; empty: the
	// usual one, or the recorded one. Region is that of recorded calls alone.
	Model  string
	Path   llm.Path
	Region llm.Region
	// Quotas are stated in the place of those that are known; nil: none are.
	Quotas map[quota.Kind]int64
	// Law is how limits per minute are taken to be enforced.
	Law sim.Law
	// Observed is from when on CloudWatch is read; zero: it is not.
	Observed time.Time
	// Spelled is how the asker writes the name of a parameter, such as max_tokens;
	// nil: so.
	Spelled func(parameter string) string
}

func (q *Query) spell(parameter string) string {
	if q.Spelled == nil {
		return parameter
	}
	return q.Spelled(parameter)
}

// wrong is a question that cannot be answered as it is asked.
func (q *Query) wrong(cure, format string, args ...any) error {
	err := fault.New(fault.Invalid, format, args...)
	if cure == "" {
		return err
	}
	return fault.WithCure(err, "%s", cure)
}

// statesCalls says that the asker says what calls are like.
func (q *Query) statesCalls() bool {
	return q.CallsPerRun != nil || q.InputPerRun != nil || q.OutputPerRun != nil || q.MaxTokens != nil || q.Latency != nil
}

// named says that a workload is named, so that what CloudWatch has is not taken for
// it.
func (q *Query) named() bool {
	return q.Preset != "" || !q.Recorded.IsZero() || q.RunsPerMinute != nil || q.Runs != nil || q.CallsPerRun != nil || q.InputPerRun != nil || q.OutputPerRun != nil
}

// workload is what was recorded or what the preset has, with what is changed.
func (q *Query) workload(r *Recorded) (advisor.Workload, error) {
	name := q.Preset
	if name == "" {
		name = UsualPreset
	}
	w, ok := advisor.Preset(name)
	if !ok {
		return w, q.wrong("", "%s must be development, production or heavy, not %q", q.spell("preset"), q.Preset)
	}
	if r != nil {
		w = r.Workload
	}
	set(&w.RunsPerMinute, q.RunsPerMinute)
	set(&w.CallsPerRun, q.CallsPerRun)
	set(&w.InputPerRun, q.InputPerRun)
	set(&w.OutputPerRun, q.OutputPerRun)
	set(&w.MaxTokens, q.MaxTokens)
	set(&w.Latency, q.Latency)
	w.Runs, w.Within = 0, q.Within
	set(&w.Runs, q.Runs)
	if w.Within > 0 {
		w.RunsPerMinute = float64(w.Runs) / w.Within.Minutes()
	}
	return w, nil
}

func set[T any](to, value *T) {
	if value != nil {
		*to = *value
	}
}
