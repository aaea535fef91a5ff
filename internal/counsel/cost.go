package counsel

import (
	"math"
	"time"

	"github.com/headgate/headgate/internal/price"
)

// Cost is what a run of the workload costs, made call by call, without a prompt
// cache.
type Cost struct {
	// PerRun is in nano-USD; nil where it is not known, and then Why says why.
	PerRun *int64 `json:"per_run_nano_usd"`
	Why    string `json:"why"`
	// PriceAsOf is a day, such as 2026-10-09; empty where no price is known.
	PriceAsOf string `json:"price_as_of"`
}

// Cost is by the catalog's price for the matter's pool. Calls of a run are a mean:
// they are taken to be the nearest whole number, which decides about the rates of
// long prompts alone.
func (m *Matter) Cost() Cost {
	p, known := m.c.opts.Catalog.PriceIn(m.model.ID, m.Pool.Path, m.Pool.Region)
	w := price.Workload{Calls: int64(math.Round(max(m.Workload.CallsPerRun, 1))), Input: m.Workload.InputPerRun, Output: m.Workload.OutputPerRun}
	offer, err := price.Of(p, known, m.model, w, price.Standard)
	if err != nil { // beyond what can be added up
		return Cost{Why: err.Error()}
	}
	out := Cost{PerRun: offer.NanoUSD, Why: offer.Why}
	if known && !p.AsOf.IsZero() {
		out.PriceAsOf = p.AsOf.Format(time.DateOnly)
	}
	return out
}
