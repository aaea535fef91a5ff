package pace

import (
	"sync"
	"time"

	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/estimate"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
	"github.com/headgate/headgate/internal/wire/bedrock"
)

// forecasts is what calls have taught. It is safe for concurrent use.
type forecasts struct {
	mu         sync.Mutex // guards what follows
	forecaster estimate.Forecaster
}

// demand is what a call is expected to use.
type demand struct {
	route     estimate.Route
	features  estimate.Features
	input     int64         // expected
	mean      int64         // settlement of the average call like it
	took      time.Duration // by the average call like it
	maxTokens int64
	unset     bool // the call does not bound its output
	burndown  int64
	charges   quota.Charges
}

// demand forecasts a call. An embedding has no output.
func (f *forecasts) demand(r estimate.Route, model catalog.Model, path llm.Path, p bedrock.Request) demand {
	d := demand{
		route:     r,
		features:  estimate.Features{TextBytes: p.TextBytes, Messages: p.Messages, Images: p.Images, Documents: p.Documents},
		maxTokens: p.MaxTokens,
		burndown:  model.BurndownOn(path),
	}
	switch {
	case model.Embedding:
		d.maxTokens = 0
	case !p.MaxTokensSet:
		d.maxTokens, d.unset = model.MaxOutput, true
	}
	f.mu.Lock()
	forecast := f.forecaster.Forecast(r, d.features, d.maxTokens)
	f.mu.Unlock()
	d.input, d.took = forecast.Usage.Input, forecast.Took
	d.mean = llm.Usage{Input: d.input, Output: forecast.Mean}.Settlement(d.burndown)
	var accounting quota.Accounting
	d.charges = quota.Charges{
		Tokens: quota.Charge{
			Hold:     accounting.Hold(forecast.Usage, d.maxTokens, d.burndown),
			Forecast: forecast.Usage.Settlement(d.burndown),
		},
		Extra: accounting.Extra(forecast.Usage, d.maxTokens, d.burndown),
	}
	return d
}

// settled is what the use of such a call charges.
func (d *demand) settled(u llm.Usage) quota.Settled {
	return quota.Settled{Tokens: u.Settlement(d.burndown)}
}

// broken is what an answer that broke off is charged: nobody says what it cost,
// so it is what passed of it, or what was expected, whichever is more.
func (d *demand) broken(u llm.Usage) quota.Settled {
	return quota.Settled{Tokens: max(u.Settlement(d.burndown), d.charges.Tokens.Forecast)}
}

// read is what a stream has cost that broke before its first content: it was
// admitted, and its input read.
func (d *demand) read(u llm.Usage) quota.Settled {
	u.Output = 0
	if u.Input+u.CacheRead+u.CacheWrite == 0 {
		u.Input = d.input
	}
	return d.settled(u)
}

// observe learns from a finished call that took so long.
func (f *forecasts) observe(d *demand, u llm.Usage, took time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.forecaster.Observe(d.route, d.features, u, took)
}
