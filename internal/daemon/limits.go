package daemon

import (
	"cmp"
	"slices"

	"github.com/headgate/headgate/internal/adapt"
	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/limit"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

// limitSource says which limits a pool has: what was discovered and what is
// configured, in the order of precedence that quotas.source names; else AWS's
// defaults where the catalog knows them; else none. Discovered may be nil.
func limitSource(cfg config.Config, cat *catalog.Catalog, discovered *snapshots) limit.Source {
	if cfg.Quotas.Source == config.QuotasStatic {
		discovered = nil
	}
	return func(pool llm.Pool) limit.Limits {
		out := limit.Limits{Pool: pool, Account: accountLimits(cfg, pool), Provenance: limit.Configured}
		p, ok := configured(cfg, pool)
		if ok {
			out.Pool = p.ID()
			out.Limits, out.Account = poolLimits(p), accountLimits(cfg, p.ID())
		}
		own, shared := discovered.limits(pool)
		if cfg.Quotas.Source == config.QuotasBoth {
			shared = overlaid(shared, out.Account)
		}
		if len(shared) > 0 {
			out.Account = shared
		}
		switch {
		case len(own) > 0 && ok && cfg.Quotas.Source == config.QuotasBoth:
			out.Limits = overlaid(own, out.Limits)
			return out
		case len(own) > 0:
			out.Limits, out.Provenance = own, limit.Discovered
			return out
		case ok:
			return out
		}
		if out.Limits = discovered.published(pool); len(out.Limits) > 0 {
			out.Provenance = limit.Default
			return out
		}
		out.Provenance = limit.Unlimited
		for _, q := range cat.Quotas(pool.Model, pool.Path) {
			if kind, ok := kinds[q.Kind]; ok && q.Known && q.Until.IsZero() {
				out.Limits = append(out.Limits, quota.Limit{Kind: kind, Amount: q.Limit()})
				out.Provenance = limit.Default
			}
		}
		return out
	}
}

// inRegion is q with the Region of pools and accounts that name none: where calls
// go.
func inRegion(q config.Quotas, region llm.Region) config.Quotas {
	q.Pools, q.Accounts = slices.Clone(q.Pools), slices.Clone(q.Accounts)
	for i := range q.Pools {
		q.Pools[i].Region = cmp.Or(q.Pools[i].Region, region)
	}
	for i := range q.Accounts {
		q.Accounts[i].Region = cmp.Or(q.Accounts[i].Region, region)
	}
	return q
}

// seePools makes the limits of every configured pool known before its first call.
func (g *Gateway) seePools() {
	for _, p := range g.cfg.Quotas.Pools {
		g.limits.Pool(p.ID())
	}
}

// accounting is how the upstream is configured to count.
func accounting(a config.Accounting) quota.Accounting {
	return quota.Accounting{
		ReserveCacheRead: a.ReserveCacheRead, ReserveBurndown: a.ReserveBurndown, MinReservedOutput: a.MinReservedOutput,
		RefundDelay: a.RefundDelay.Std(), ChargeRejected: a.ChargeRejected,
	}
}

func learnMode(l config.Learn) adapt.Mode {
	switch l {
	case config.LearnThrottles:
		return adapt.ModeThrottles
	case config.LearnOff:
		return adapt.ModeOff
	case config.LearnTrials:
	}
	return adapt.ModeTrials
}

// kinds are the catalog's quotas that pace calls.
var kinds = map[catalog.QuotaKind]quota.Kind{ //nolint:gochecknoglobals // a constant table
	catalog.RequestsPerMinute:     quota.RequestsPerMinute,
	catalog.TokensPerMinute:       quota.TokensPerMinute,
	catalog.InputTokensPerMinute:  quota.InputTokensPerMinute,
	catalog.OutputTokensPerMinute: quota.OutputTokensPerMinute,
	catalog.TokensPerDay:          quota.TokensPerDay,
}

// configured finds the configuration of a pool. A pool configured without an
// account is that of the credentials, whichever they are.
func configured(cfg config.Config, pool llm.Pool) (config.Pool, bool) {
	for _, p := range cfg.Quotas.Pools {
		id := p.ID()
		if id.Account == "" || pool.Account == "" {
			id.Account = pool.Account
		}
		if id == pool {
			return p, true
		}
	}
	return config.Pool{}, false
}

func poolLimits(p config.Pool) []quota.Limit {
	var out []quota.Limit
	for _, l := range [...]struct {
		kind   quota.Kind
		amount *int64
	}{
		{quota.RequestsPerMinute, p.RequestsPerMinute},
		{quota.TokensPerMinute, p.TokensPerMinute},
		{quota.InputTokensPerMinute, p.InputTokensPerMinute},
		{quota.OutputTokensPerMinute, p.OutputTokensPerMinute},
		{quota.TokensPerDay, p.TokensPerDay},
	} {
		if l.amount != nil {
			out = append(out, quota.Limit{Kind: l.kind, Amount: *l.amount})
		}
	}
	return out
}

func accountLimits(cfg config.Config, pool llm.Pool) []quota.Limit {
	for _, a := range cfg.Quotas.Accounts {
		if a.TokensPerDay == nil || a.Region != pool.Region || a.ID != "" && pool.Account != "" && a.ID != pool.Account {
			continue
		}
		unit := quota.UnitTokens
		if a.Unit == config.UnitPriced {
			unit = quota.UnitPriced
		}
		return []quota.Limit{{Kind: quota.AccountTokensPerDay, Amount: *a.TokensPerDay, Unit: unit}}
	}
	return nil
}

// accountOf is the account that the configuration speaks of, when it speaks of
// just one.
func accountOf(cfg config.Config) llm.AccountID {
	var account llm.AccountID
	ids := make([]llm.AccountID, 0, len(cfg.Quotas.Pools)+len(cfg.Quotas.Accounts))
	for _, p := range cfg.Quotas.Pools {
		ids = append(ids, p.Account)
	}
	for _, a := range cfg.Quotas.Accounts {
		ids = append(ids, a.ID)
	}
	for _, id := range ids {
		if id != "" && account != "" && id != account {
			return ""
		}
		if id != "" {
			account = id
		}
	}
	return account
}
