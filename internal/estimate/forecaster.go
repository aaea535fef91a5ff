package estimate

import (
	"time"

	"github.com/headgate/headgate/internal/llm"
)

// quantile is the part of a route's calls whose output a forecast covers: enough
// that debt is rare, not so much that quota idles.
const quantile = 0.8

// maxRoutes bounds how many routes are told apart; those beyond share one.
const maxRoutes = 4096

// Route is what is expected to behave alike.
type Route struct {
	Model  llm.ModelID
	Tenant llm.Tenant
}

// Forecast is what a call is expected to use.
type Forecast struct {
	// Usage is rather too much than too little: what is set aside for the call.
	Usage llm.Usage
	// Mean is the output of the average call, for sums over many.
	Mean int64
	// Took is how long the route's calls take upstream on average; 0 when none was
	// seen.
	Took time.Duration
}

// Forecaster forecasts the calls of all routes, and learns from those that have
// ended. The zero value works.
type Forecaster struct {
	inputs map[llm.ModelID]*Input
	routes map[Route]*Output
	took   map[Route]time.Duration
}

// Forecast estimates a call with the features that may put out maxTokens.
func (f *Forecaster) Forecast(r Route, x Features, maxTokens int64) Forecast {
	in, out := f.of(r)
	return Forecast{
		Usage: llm.Usage{Input: in.Tokens(x), Output: out.Quantile(quantile, maxTokens)},
		Mean:  out.Mean(maxTokens),
		Took:  f.took[r],
	}
}

// Observe learns what a call has used, and how long it took.
func (f *Forecaster) Observe(r Route, x Features, u llm.Usage, took time.Duration) {
	in, out := f.of(r)
	in.Observe(x, u.Input+u.CacheRead+u.CacheWrite)
	out.Observe(u.Output)
	before, seen := f.took[r]
	switch {
	case !seen && len(f.took) >= maxRoutes:
	case !seen:
		f.took[r] = took
	default:
		f.took[r] = before + time.Duration(learn*float64(took-before))
	}
}

func (f *Forecaster) of(r Route) (*Input, *Output) {
	if f.inputs == nil {
		f.inputs, f.routes, f.took = map[llm.ModelID]*Input{}, map[Route]*Output{}, map[Route]time.Duration{}
	}
	id := r.Model
	if f.inputs[id] == nil && len(f.inputs) >= maxRoutes {
		id = ""
	}
	if f.inputs[id] == nil {
		f.inputs[id] = &Input{}
	}
	if f.routes[r] == nil && len(f.routes) >= maxRoutes {
		r = Route{}
	}
	if f.routes[r] == nil {
		f.routes[r] = &Output{}
	}
	return f.inputs[id], f.routes[r]
}
