package daemon

import (
	"strings"

	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
	"github.com/headgate/headgate/internal/schema/agent"
	"github.com/headgate/headgate/internal/schema/judge"
)

// SchemaRate is what a model may be sent a minute, by what a gateway paces its calls
// by: the least of each kind. Requests are those that are stated, where they are.
func SchemaRate(rows []console.Quota, stated int64) agent.Rate {
	rate := agent.Rate{Requests: stated}
	for i := range rows {
		q, to := &rows[i], &rate.Tokens
		switch {
		case q.Pool.Model == "" || q.Effective <= 0:
			continue
		case q.Limit == quota.RequestsPerMinute.String():
			if stated > 0 {
				continue
			}
			to = &rate.Requests
		case q.Limit != quota.TokensPerMinute.String():
			continue
		}
		if *to == 0 || q.Effective < *to {
			*to = q.Effective
		}
	}
	return rate
}

// SchemaTogether reports whether the steps of a schema share calls: when fewer go in
// a minute than a schema may take.
func SchemaTogether(r agent.Rate) bool {
	return r.Requests > 0 && r.Requests < int64(len(judge.Steps()))
}

// SchemaCost is what calls cost by a catalog, in nano-USD; nil where that is not
// known.
func SchemaCost(cat *catalog.Catalog, region llm.Region) func(model, pool string, u judge.Usage) *int64 {
	return func(model, pool string, u judge.Usage) *int64 {
		p := llm.Pool{}
		if parts := strings.SplitN(pool, "/", 4); len(parts) == 4 { // as llm.Pool.String writes it
			p.Region, p.Model, p.Path = llm.Region(parts[1]), llm.ModelID(parts[2]), llm.Path(parts[3])
		} else {
			t, err := cat.Resolve(model, region)
			if err != nil {
				return nil
			}
			p = t.Pool("")
		}
		rates, ok := cat.PriceIn(p.Model, p.Path, p.Region)
		if !ok {
			return nil
		}
		return new(rates.Cost(llm.Usage{Input: u.Input, Output: u.Output, CacheRead: u.CacheRead, CacheWrite: u.CacheWrite}))
	}
}
