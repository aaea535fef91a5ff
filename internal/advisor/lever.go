package advisor

import (
	"fmt"
	"math"

	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

// Lever is what gives more runs without a higher quota.
type Lever struct {
	Lever string `json:"lever"`
	Why   string `json:"why"`
	// Gives is the runs a minute of all limits together with the lever, nil where
	// no figure can be had.
	Gives *float64 `json:"gives_runs_per_minute"`
}

// packing is how many similar requests the lever of that name puts into one call.
const packing = 2

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
		try("fewer-calls", fmt.Sprintf("%.4g calls a run instead of %.4g, two steps merged into one, with the same tokens", fewer.CallsPerRun, w.CallsPerRun), fewer)
	}
	if b.By == ByRequests {
		packed := w
		packed.CallsPerRun /= packing
		try("packing", fmt.Sprintf("%d similar requests of different runs in one call, its answer taken apart by ids: %.4g calls a run, with the same tokens", packing, packed.CallsPerRun), packed)
	}
	for _, o := range others {
		if sum := together(w, limits, o.Limits, m); sum > f.RunsPerMinute {
			all = append(all, Lever{Lever: "path-" + string(o.Path), Why: pathWords(o.Path) + o.idle(), Gives: &sum})
		}
	}
	return append(all, Lever{Lever: "batch", Why: "batch jobs have quotas of their own, for work that can wait"})
}

// together is what two paths give, with what their account limits both of.
func together(w Workload, limits, others []Limit, m Model) float64 {
	sum, most := 0.0, math.Inf(1)
	for _, all := range [][]Limit{limits, others} {
		var own, shared []Limit
		for _, l := range all {
			if l.Kind == quota.AccountTokensPerDay {
				shared = append(shared, l)
			} else {
				own = append(own, l)
			}
		}
		if f, err := Plan(w, own, m); err == nil {
			sum += f.RunsPerMinute
		}
		if f, err := Plan(w, shared, m); err == nil && len(f.Bounds) > 0 {
			most = min(most, f.RunsPerMinute)
		}
	}
	return min(sum, most)
}

func pathWords(p llm.Path) string {
	return fmt.Sprintf("calls along %s draw on quotas of their own: use both paths, if it is idle. "+
		"Raising the quota of one path does nothing for calls along another, and none is a fixed multiple of the other", p)
}
