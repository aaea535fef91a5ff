package counsel

import (
	"context"
	"time"

	"github.com/headgate/headgate/internal/advisor"
	"github.com/headgate/headgate/internal/sim"
)

// PlanReport is what quotas give a workload, and what it needs.
type PlanReport struct {
	Report
	// Fits says that what is wanted fits, by the formula.
	Fits bool `json:"fits"`
	// Formula and Simulated are the same figures, worked out and tried; Simulated is
	// null where nothing was tried.
	Formula   PlanFigures     `json:"formula"`
	Simulated *PlanFigures    `json:"simulated"`
	Bounds    []advisor.Bound `json:"bounds"`
	// With is what the simulator makes of quotas that are just what is needed.
	With *PlanFigures `json:"simulated_with_needed"`
	// Trial is how the simulator came to its figures; null where nothing was tried.
	Trial *PlanTrial `json:"trial"`
	// Differs says why, where the two differ by more than a few percent; never nil.
	Differs []string `json:"differs"`
}

// PlanFigures are what quotas give.
type PlanFigures struct {
	RunsPerMinute float64 `json:"runs_per_minute"`
	RunsPerHour   float64 `json:"runs_per_hour"`
	// Finish is how long the wanted number of runs takes in seconds, null where
	// none is asked for or they never end.
	Finish  *float64 `json:"finish_s"`
	Binding string   `json:"binding"` // the limit
}

// PlanTrial is how the simulator came to its figures.
type PlanTrial struct {
	Policy sim.Policy `json:"policy"`
	// Runs were made in Minutes of virtual time, with limits and work divided by
	// Scale.
	Runs      int64   `json:"runs"`
	Minutes   float64 `json:"minutes"`
	Scale     int64   `json:"scale"`
	Throttles int64   `json:"throttles"`
	// Recorded says that the calls made were those of the ledger, in their sizes.
	Recorded bool `json:"recorded_sizes"`
}

// Plan works the figures out and, where they are to be tried, has the simulator
// try them too.
func (m *Matter) Plan(ctx context.Context, try bool) (PlanReport, error) {
	f, err := advisor.Plan(m.Workload, m.limits, m.rules())
	if err != nil {
		return PlanReport{}, err
	}
	r := PlanReport{Report: m.Report, Formula: figuresOf(f, m.Workload), Bounds: f.Bounds, Differs: []string{}, Fits: fits(f, m.Workload)}
	if !try {
		return r, nil
	}
	t, err := m.newTrial()
	if err != nil {
		return r, err
	}
	return r, t.run(ctx, &r)
}

// fits reports whether what is wanted fits.
func fits(f advisor.Forecast, w advisor.Workload) bool {
	if w.Within > 0 {
		took, ends := f.Finish(w.Runs)
		return ends && took <= w.Within
	}
	return len(f.Bounds) > 0 && f.RunsPerMinute >= w.RunsPerMinute*(1-1e-9)
}

func figuresOf(f advisor.Forecast, w advisor.Workload) PlanFigures {
	b, _ := f.Binding()
	p := PlanFigures{RunsPerMinute: f.RunsPerMinute, RunsPerHour: f.RunsPerHour, Binding: b.Limit}
	if took, ends := f.Finish(w.Runs); ends && w.Runs > 0 {
		p.Finish = new(took.Round(time.Millisecond).Seconds())
	}
	return p
}
