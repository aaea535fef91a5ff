// Package advisor turns quotas into what a workload gets out of them, and a
// wanted workload into the quotas that it needs. It is arithmetic over stated
// figures: what an account really does is for the ledger and the simulator.
package advisor

import (
	"time"

	"github.com/headgate/headgate/internal/fault"
)

// Workload is runs of calls, each call with an equal part of its run's tokens.
type Workload struct {
	// RunsPerMinute is how many are wanted; 0 where only the most is asked for.
	RunsPerMinute float64 `json:"runs_per_minute"`
	// Runs are to be done Within a time, all of them known at its beginning: then
	// that is what is wanted, in place of RunsPerMinute. Within is 0 where they have
	// as long as they take.
	Runs   int64         `json:"runs"`
	Within time.Duration `json:"within_ns"`
	// CallsPerRun is at least 1: a mean where it is no whole number.
	CallsPerRun float64 `json:"calls_per_run"`
	// InputPerRun is what counts: what is read from the cache does not, what is
	// written to it does.
	InputPerRun  int64 `json:"input_tokens_per_run"`
	OutputPerRun int64 `json:"output_tokens_per_run"` // as generated, without burndown
	// MaxTokens is of a call; 0 is unset, which reserves the model's maximum.
	MaxTokens int64 `json:"max_tokens"`
	// Latency is how long a call lasts, and so how long its reservation stands;
	// 0 is taken as a whole minute, the worst that a minute's window can see.
	Latency time.Duration `json:"latency_ns"`
	// Basis is what the figures rest on, for evidence; empty is what was stated.
	Basis string `json:"-"`
}

// Preset is the workload of a name: development, production or heavy. They are
// runs of 6 calls at 20, 100 and 125 requests a minute, which is 3.3, 16.7 and
// 20.8 runs.
func Preset(name string) (Workload, bool) {
	w := Workload{CallsPerRun: 6, InputPerRun: 2000, OutputPerRun: 1500, MaxTokens: 4096, Latency: 10 * time.Second}
	switch name {
	case "development":
		w.RunsPerMinute = 20. / 6
	case "production":
		w.RunsPerMinute = 100. / 6
	case "heavy":
		w.RunsPerMinute = 125. / 6
	default:
		return Workload{}, false
	}
	return w, true
}

// Model is how the model called counts.
type Model struct {
	// Burndown is how many quota tokens an output token settles as; below 1 is 1.
	Burndown int64
	// MaxOutput is what a call without max_tokens reserves, and the most that one
	// may ask for; 0 is not known.
	MaxOutput int64
	// Bucket says that limits per minute refill all the time, so that what calls
	// hold and give back again takes nothing from others for long. Otherwise
	// every minute counts what is held in it, which is right under any law.
	Bucket bool
}

// most bounds every figure: products of such stay exact enough as float64.
const most = 1 << 40

// check refuses figures that no run can have.
func (w Workload) check(m Model) error {
	for _, v := range []int64{w.InputPerRun, w.OutputPerRun, w.MaxTokens, w.Runs} {
		if v < 0 || v > most {
			return invalid("a figure of the workload is negative or beyond 2^40")
		}
	}
	switch {
	case !(w.CallsPerRun >= 1 && w.CallsPerRun <= most):
		return invalid("a run needs at least one call, and has %v", w.CallsPerRun)
	case !(w.RunsPerMinute >= 0 && w.RunsPerMinute <= most):
		return invalid("runs per minute must be a number of at least 0, not %v", w.RunsPerMinute)
	case w.Latency < 0:
		return invalid("a call cannot last less than no time")
	case m.MaxOutput > 0 && w.MaxTokens > m.MaxOutput:
		return invalid("max_tokens of %d is above the model's maximum of %d: Bedrock refuses such calls", w.MaxTokens, m.MaxOutput)
	case w.MaxTokens > 0 && float64(w.OutputPerRun) > w.CallsPerRun*float64(w.MaxTokens):
		return invalid("%d output tokens do not come from %v calls of at most %d (max_tokens)", w.OutputPerRun, w.CallsPerRun, w.MaxTokens)
	}
	return w.checkDeadline()
}

func (w Workload) checkDeadline() error {
	switch path := w.Path(); {
	case w.Within == 0:
		return nil
	case w.Within < 0:
		return invalid("the deadline is past")
	case w.Runs == 0:
		return invalid("a deadline is of a number of runs")
	case w.Within <= path:
		return invalid("a run takes %v even if none of its calls waits: %v is too short for it", path, w.Within)
	}
	return nil
}

// Path is how long a run lasts of which no call waits, each being made when the
// one before it is answered.
func (w Workload) Path() time.Duration {
	return time.Duration(w.CallsPerRun * w.standing() * float64(time.Minute))
}

func invalid(format string, args ...any) error {
	return fault.New(fault.Invalid, format, args...)
}

// settled is the quota tokens that a run costs in the end: input + burndown ×
// output.
func (w Workload) settled(m Model) float64 {
	return float64(w.InputPerRun) + float64(max(m.Burndown, 1))*float64(w.OutputPerRun)
}

// reserved is the tokens that each call of the run sets aside when admitted, all
// calls together: input + max_tokens. Burndown has no part in it.
func (w Workload) reserved(m Model) float64 {
	return float64(w.InputPerRun) + w.reservedOutput(m)
}

func (w Workload) reservedOutput(m Model) float64 {
	each := w.MaxTokens
	if each == 0 {
		each = m.MaxOutput
	}
	return w.CallsPerRun * float64(each)
}

// standing is for how many minutes a call and its reservation last.
func (w Workload) standing() float64 {
	if w.Latency == 0 {
		return 1
	}
	return w.Latency.Minutes()
}
