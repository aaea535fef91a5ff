package advisor

import (
	"fmt"

	"github.com/headgate/headgate/internal/llm"
)

// Lever is what gives more runs without a higher quota.
type Lever struct {
	Lever string `json:"lever"`
	Why   string `json:"why"`
	// Gives is the runs a minute of all limits together with the lever, nil where
	// no figure can be had.
	Gives *float64 `json:"gives_runs_per_minute"`
}

// levers are those that help against the bound b of the forecast f.
func levers(w Workload, limits []Limit, m Model, f Forecast, b Bound, others []Other) []Lever {
	all := []Lever{}
	try := func(name, why string, changed Workload) {
		// Only figures that were checked, and made smaller.
		if g, err := Plan(changed, limits, m); err == nil && g.RunsPerMinute > f.RunsPerMinute {
			all = append(all, Lever{Lever: name, Why: why, Gives: &g.RunsPerMinute})
		}
	}
	if used := whole(float64(w.OutputPerRun) / w.CallsPerRun); b.By == ByAdmission {
		lower := w
		lower.MaxTokens = round(max(2*used, 1))
		reserved := int64(w.reservedOutput(m) / w.CallsPerRun)
		if lower.MaxTokens < reserved {
			try("max_tokens", fmt.Sprintf("each call reserves %d output tokens and uses %d: set max_tokens to %d", reserved, used, lower.MaxTokens), lower)
		}
	}
	if b.By != ByRequests && w.CallsPerRun > 1 {
		cached := w
		cached.InputPerRun = whole(float64(w.InputPerRun) / w.CallsPerRun)
		try("cache", "cache reads do not count: this much at most, if all calls of a run begin with the same input", cached)
	}
	if w.CallsPerRun >= 2 {
		fewer := w
		fewer.CallsPerRun--
		try("fewer-calls", fmt.Sprintf("%.4g calls a run instead of %.4g, with the same tokens", fewer.CallsPerRun, w.CallsPerRun), fewer)
	}
	for _, o := range others {
		if g, err := Plan(w, o.Limits, m); err == nil && g.RunsPerMinute > 0 {
			sum := f.RunsPerMinute + g.RunsPerMinute
			all = append(all, Lever{Lever: "path-" + string(o.Path), Why: pathWords(o.Path), Gives: &sum})
		}
	}
	return append(all, Lever{Lever: "batch", Why: "batch jobs have quotas of their own, for work that can wait"})
}

func pathWords(p llm.Path) string {
	return fmt.Sprintf("calls along %s draw on quotas of their own: use both paths, if it is idle. "+
		"Raising the quota of one path does nothing for calls along another, and none is a fixed multiple of the other", p)
}
