package catalog

import (
	"errors"
	"strings"

	"github.com/headgate/headgate/internal/llm"
)

// nanoPerMillion turns whole USD per million tokens into nano-USD per token.
const nanoPerMillion = 1000

// Price is what a model's tokens cost on one path, in nano-USD per token: one
// USD per million tokens is 1,000. Rates finer than that are rounded to the
// nearest nano-USD, which is at most half a dollar in a billion tokens.
type Price struct {
	Model llm.ModelID
	Path  llm.Path
	// Region is the source Region that the row is for; "" for the general one.
	Region llm.Region
	// The rates of the base tier. A cache rate of 0 is not known: such tokens
	// cost what input costs. A CacheWrite1h of 0 costs what CacheWrite5m does.
	Input, Output, CacheRead, CacheWrite5m, CacheWrite1h int64
	// BatchPercent is what batch inference costs relative to these rates; 0 when
	// it is not offered, or not known to be.
	BatchPercent int64
	// Tiers are the rates of longer prompts, by rising threshold.
	Tiers []PriceTier
	Origin
}

// PriceTier holds the rates, in nano-USD per token, of requests whose prompt,
// cached or not, is longer than Above tokens. They are for the whole request.
type PriceTier struct {
	Above                                                int64
	Input, Output, CacheRead, CacheWrite5m, CacheWrite1h int64
}

// Cost is the price of a call in nano-USD. Cache writes are priced at the
// five-minute rate.
func (p Price) Cost(u llm.Usage) int64 { return p.CostWith(u, 0) }

// CostWith is Cost for a call of whose cache writes oneHour tokens were written
// to live for an hour.
func (p Price) CostWith(u llm.Usage, oneHour int64) int64 {
	r := p.tier(u.Input + u.CacheRead + u.CacheWrite)
	oneHour = min(max(oneHour, 0), u.CacheWrite)
	read, write := orElse(r.CacheRead, r.Input), orElse(r.CacheWrite5m, r.Input)
	return u.Input*r.Input + u.Output*r.Output + u.CacheRead*read +
		(u.CacheWrite-oneHour)*write + oneHour*orElse(r.CacheWrite1h, write)
}

// BatchCost is the price of a call in a batch job in nano-USD; false when
// batch inference is not offered, or not known to be.
func (p Price) BatchCost(u llm.Usage) (int64, bool) {
	return p.Cost(u) * p.BatchPercent / 100, p.BatchPercent > 0
}

// tier is the rates for a prompt of so many tokens.
func (p Price) tier(prompt int64) PriceTier {
	rates := PriceTier{0, p.Input, p.Output, p.CacheRead, p.CacheWrite5m, p.CacheWrite1h}
	for _, t := range p.Tiers {
		if prompt > t.Above {
			rates = t
		}
	}
	return rates
}

func orElse(rate, otherwise int64) int64 {
	if rate == 0 {
		return otherwise
	}
	return rate
}

type priceKey struct {
	model  llm.ModelID
	region llm.Region
}

// priceRow holds the global path's prices as its row gives them.
type priceRow struct {
	Price
	geoPercent int64
}

// Price is the general price of a model on a path; PriceIn knows Regions whose
// prices differ. False when no price is known.
func (c *Catalog) Price(model llm.ModelID, path llm.Path) (Price, bool) {
	return c.PriceIn(model, path, "")
}

// PriceIn is the price of a model on a path for calls from a source Region:
// that Region's own row, else the general one. False when none is known.
func (c *Catalog) PriceIn(model llm.ModelID, path llm.Path, source llm.Region) (Price, bool) {
	row, ok := c.prices[priceKey{model, source}]
	if !ok {
		row, ok = c.prices[priceKey{model, ""}]
	}
	if !ok || !path.Valid() {
		return Price{}, false
	}
	p := row.Price
	p.Path = path
	if path != llm.PathGlobal && row.geoPercent != 100 {
		p = p.scaled(row.geoPercent)
	} else {
		p.Tiers = append([]PriceTier(nil), p.Tiers...)
	}
	return p, true
}

// scaled is p with every rate at a percentage of itself, rounded to nearest.
func (p Price) scaled(percent int64) Price {
	scale := func(rates ...*int64) {
		for _, r := range rates {
			*r = (*r*percent + 50) / 100
		}
	}
	scale(&p.Input, &p.Output, &p.CacheRead, &p.CacheWrite5m, &p.CacheWrite1h)
	p.Tiers = append([]PriceTier(nil), p.Tiers...)
	for i := range p.Tiers {
		t := &p.Tiers[i]
		scale(&t.Input, &t.Output, &t.CacheRead, &t.CacheWrite5m, &t.CacheWrite1h)
	}
	return p
}

var errRate = errors.New(`must be USD per million tokens as decimal text, such as "1.25"`)

// maxRate bounds prices to 1,000,000 USD per million tokens, so that no sum of
// tokens that a call can have overflows.
const maxRate = 1_000_000 * nanoPerMillion

// parseRate reads USD per million tokens as decimal text into nano-USD per
// token, rounded to nearest.
func parseRate(text string) (int64, error) {
	whole, fraction, point := strings.Cut(text, ".")
	if whole == "" || point && fraction == "" || len(text) > 32 {
		return 0, errRate
	}
	var nano int64
	for _, digits := range []string{whole, (fraction + "000")[:3]} {
		for _, d := range []byte(digits) {
			if d < '0' || d > '9' || nano > maxRate {
				return 0, errRate
			}
			nano = nano*10 + int64(d-'0')
		}
	}
	if len(fraction) > 3 {
		if strings.Trim(fraction, "0123456789") != "" {
			return 0, errRate
		}
		if fraction[3] >= '5' {
			nano++
		}
	}
	if nano > maxRate {
		return 0, errRate
	}
	return nano, nil
}
