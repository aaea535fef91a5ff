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
	CallsPerRun   int64   `json:"calls_per_run"`
	InputPerRun   int64   `json:"input_tokens_per_run"`  // without what the cache gives
	OutputPerRun  int64   `json:"output_tokens_per_run"` // as generated, without burndown
	// MaxTokens is of a call; 0 is unset, which reserves the model's maximum.
	MaxTokens int64 `json:"max_tokens"`
	// Latency is how long a call lasts, and so how long its reservation stands;
	// 0 is taken as a whole minute, the worst that a minute's window can see.
	Latency time.Duration `json:"latency_ns"`
}

// Preset is the workload of a name: development, production or heavy. They are
// runs of 6 calls at 20, 100 and 125 requests a minute.
func Preset(name string) (Workload, bool) {
	w := Workload{CallsPerRun: 6, InputPerRun: 2000, OutputPerRun: 1500, MaxTokens: 4096, Latency: 10 * time.Second}
	switch name {
	case "development":
		w.RunsPerMinute = 3.3
	case "production":
		w.RunsPerMinute = 16.7
	case "heavy":
		w.RunsPerMinute = 20.8
	default:
		return Workload{}, false
	}
	return w, true
}

// Model is how the model called counts.
type Model struct {
	// Burndown is how many quota tokens an output token settles as; below 1 is 1.
	Burndown int64
	// MaxOutput is what a call without max_tokens reserves.
	MaxOutput int64
}

// check refuses figures that no run can have.
func (w Workload) check() error {
	const most = 1 << 40 // products of these stay exact enough as float64
	for _, v := range []int64{w.CallsPerRun, w.InputPerRun, w.OutputPerRun, w.MaxTokens} {
		if v < 0 || v > most {
			return invalid("a figure of the workload is negative or beyond 2^40")
		}
	}
	switch {
	case w.CallsPerRun == 0:
		return invalid("a run needs at least one call")
	case !(w.RunsPerMinute >= 0 && w.RunsPerMinute <= most):
		return invalid("runs per minute must be a number of at least 0")
	case w.Latency < 0:
		return invalid("a call cannot last less than no time")
	}
	return nil
}

func invalid(text string) error {
	return fault.New(fault.Invalid, "%s", text)
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
	return float64(w.CallsPerRun) * float64(each)
}

// standing is for how many minutes a reservation stands.
func (w Workload) standing() float64 {
	if w.Latency == 0 {
		return 1
	}
	return w.Latency.Minutes()
}
