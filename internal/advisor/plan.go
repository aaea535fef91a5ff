package advisor

// Forecast is what the limits allow together.
type Forecast struct {
	workload      Workload
	RunsPerMinute float64 `json:"runs_per_minute"`
	RunsPerHour   float64 `json:"runs_per_hour"`
	// Bounds has one that binds, the lowest, unless there are no limits: then
	// nothing is known and the rates are 0.
	Bounds []Bound `json:"bounds"`
}

// Plan works out how many runs a minute the limits allow, steadily, and what is
// needed of each for what is wanted. Requests: amount / calls. Tokens: amount /
// settlement, which is input + burndown × output; and, unless limits are buckets,
// amount / (settlement + (hold - settlement) × the part of a minute that a call
// lasts), where the hold is input + max_tokens: what a minute sees, after Little's
// law. A day's limit is spread over 1,440 minutes.
func Plan(w Workload, limits []Limit, m Model) (Forecast, error) {
	if err := w.check(m); err != nil {
		return Forecast{}, err
	}
	f := Forecast{workload: w, Bounds: []Bound{}}
	least := -1
	for _, l := range limits {
		for _, b := range bounds(w, l, m) {
			if b.PerRun <= 0 {
				continue // what takes nothing is not held back
			}
			f.Bounds = append(f.Bounds, b)
			if i := len(f.Bounds) - 1; least < 0 || b.RunsPerMinute < f.Bounds[least].RunsPerMinute {
				least = i
			}
		}
	}
	if least >= 0 {
		f.Bounds[least].Binds = true
		f.RunsPerMinute = f.Bounds[least].RunsPerMinute
		f.RunsPerHour = 60 * f.RunsPerMinute
	}
	return f, nil
}

// Binding is the bound that holds the workload back; false without limits.
func (f Forecast) Binding() (Bound, bool) {
	for _, b := range f.Bounds {
		if b.Binds {
			return b, true
		}
	}
	return Bound{}, false
}
