package dispatch

import (
	"sync"
	"time"

	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/estimate"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
	"github.com/headgate/headgate/internal/wire/bedrock"
)

// meter turns requests into charges and usage into settlements. It is safe for
// concurrent use.
type meter struct {
	accounting quota.Accounting

	mu         sync.Mutex // guards what follows
	forecaster estimate.Forecaster
}

func newMeter(a quota.Accounting) *meter { return &meter{accounting: a} }

// demand is what a call is expected to use.
type demand struct {
	features  estimate.Features
	usage     llm.Usage     // forecast
	expected  quota.Settled // of the average call like it
	took      time.Duration
	maxTokens int64
	unset     bool // the client did not bound its output
	charges   quota.Charges
}

func features(p bedrock.Request) estimate.Features {
	return estimate.Features{TextBytes: p.TextBytes, Messages: p.Messages, Images: p.Images, Documents: p.Documents}
}

// demand forecasts a call. An embedding has no output.
func (m *meter) demand(r estimate.Route, model catalog.Model, path llm.Path, rate rates, p bedrock.Request) demand {
	d := demand{features: features(p), maxTokens: p.MaxTokens}
	switch {
	case model.Embedding:
		d.maxTokens = 0
	case !p.MaxTokensSet:
		d.maxTokens, d.unset = model.MaxOutput, true
	}
	m.mu.Lock()
	forecast := m.forecaster.Forecast(r, d.features, d.maxTokens)
	m.mu.Unlock()
	d.usage, d.took = forecast.Usage, forecast.Took
	burndown := model.BurndownOn(path)
	average := llm.Usage{Input: d.usage.Input, Output: forecast.Mean}
	d.expected = quota.Settled{Tokens: average.Settlement(burndown), Input: average.Input, Output: average.Output, Priced: rate.priced(average)}
	d.charges = quota.Charges{
		Tokens: quota.Charge{
			Hold:     m.accounting.Hold(d.usage, d.maxTokens, burndown),
			Forecast: d.usage.Settlement(burndown),
		},
		Extra:  m.accounting.Extra(d.usage, d.maxTokens, burndown),
		Input:  quota.Charge{Hold: d.usage.Input + d.maxTokens, Forecast: d.usage.Input},
		Output: quota.Charge{Hold: 0, Forecast: d.usage.Output},
		Priced: quota.Charge{
			Hold:     rate.priced(llm.Usage{Input: d.usage.Input, Output: d.maxTokens}),
			Forecast: rate.priced(d.usage),
		},
	}
	return d
}

// settled is what a call's real use charges to each kind of limit.
func settled(model catalog.Model, path llm.Path, rate rates, u llm.Usage) quota.Settled {
	return quota.Settled{
		Tokens: u.Settlement(model.BurndownOn(path)),
		Input:  u.Input + u.CacheWrite,
		Output: u.Output,
		Priced: rate.priced(u),
	}
}

// observe learns from a finished call.
func (m *meter) observe(r estimate.Route, d demand, u llm.Usage, took time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forecaster.Observe(r, d.features, u, took)
}

// rates is a model's price on a path, if it is known.
type rates struct {
	price catalog.Price
	asOf  string // the date of price
	known bool
}

// priced weighs tokens by price, in units of an input token's. The weights that
// Bedrock uses for its daily limit are not published; without a price every
// token counts one.
func (r rates) priced(u llm.Usage) int64 {
	if !r.known || r.price.Input <= 0 {
		return u.Total()
	}
	return r.price.Cost(u) / r.price.Input
}
