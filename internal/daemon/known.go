package daemon

import (
	"context"
	"time"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/adapt"
	"github.com/headgate/headgate/internal/adapter/sqlitestore"
	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/limit"
	"github.com/headgate/headgate/internal/llm"
)

// known is what a data folder has of accounts: the console's Known.
type known struct {
	snapshots *snapshots
	use       ledger.UseReader // nil: nothing was called
	timeScale float64
}

// Snapshot finds what AWS said of a pool's account and Region.
func (k *known) Snapshot(p llm.Pool) (account.Snapshot, bool) { return k.snapshots.of(p) }

// Intervals sums up use by nominal minutes.
func (k *known) Intervals(ctx context.Context, since time.Time) ([]ledger.Interval, error) {
	if k.use == nil {
		return nil, nil
	}
	width := time.Duration(float64(time.Minute) / max(1, k.timeScale))
	return k.use.Intervals(ctx, ledger.UseQuery{Since: since, Width: width})
}

// KnownQuotas are the limits that a configuration names and that AWS was last
// heard to apply, in the form in which a gateway tells of them: what is known
// while none is there to ask. With all, every limit that AWS lists for a model is
// among them, else those that differ from its default or have an open request.
func KnownQuotas(ctx context.Context, cfg config.Config, f console.Filter, all bool) (console.Quotas, error) {
	k, err := Remember(ctx, cfg, f, all)
	return k.Quotas, err
}

// Remembered is what a data folder and a configuration tell of accounts.
type Remembered struct {
	Quotas console.Quotas
	// Snapshots are what AWS was last heard to say, of every account and Region.
	// Nobody but the caller changes them.
	Snapshots []account.Snapshot
}

// Remember is KnownQuotas with the snapshots that they are from. Neither the data
// folder nor what it holds need be there.
func Remember(ctx context.Context, cfg config.Config, f console.Filter, all bool) (Remembered, error) {
	cat, err := loadCatalog(cfg.Catalog)
	if err != nil {
		return Remembered{}, err
	}
	store, err := sqlitestore.Open(ctx, cfg.DataDir, sqlitestore.Options{ReadOnly: true})
	switch {
	case err == nil:
		defer store.Close()
	case fault.KindOf(err) != fault.NotFound:
		return Remembered{}, err
	}
	return remember(ctx, cfg, cat, store, f, all)
}

// remember is Remember with a data folder that is open; store is nil where there is
// none.
func remember(ctx context.Context, cfg config.Config, cat *catalog.Catalog, store *sqlitestore.Store, f console.Filter, all bool) (Remembered, error) {
	k := &known{timeScale: cfg.TimeScale, snapshots: newSnapshots(cat, nil)}
	if store != nil {
		kept, err := store.Snapshots(ctx)
		if err != nil {
			return Remembered{}, err
		}
		k.use, k.snapshots = store, newSnapshots(cat, kept)
	}
	if cfg.Upstream.Region != "" {
		cfg.Quotas = inRegion(cfg.Quotas, cfg.Upstream.Region)
	}
	limits := limit.NewMemory(limit.Options{Source: limitSource(cfg, cat, k.snapshots)})
	for _, p := range cfg.Quotas.Pools {
		limits.Pool(p.ID())
	}
	if cfg.Quotas.Source != config.QuotasStatic {
		for _, p := range k.snapshots.pools(all) {
			limits.Pool(p)
		}
	}
	return Remembered{k.unasked(ctx, limits, f), k.snapshots.list}, nil
}

// DefaultQuotas are AWS's published defaults in a Region, as far as they are
// known: what an account has may be far less.
func DefaultQuotas(ctx context.Context, cfg config.Config, f console.Filter, region llm.Region) (console.Quotas, error) {
	cat, err := loadCatalog(cfg.Catalog)
	if err != nil {
		return console.Quotas{}, err
	}
	limits := limit.NewMemory(limit.Options{Source: limitSource(config.Config{}, cat, nil)})
	for _, q := range cat.AllQuotas() {
		if _, paces := kinds[q.Kind]; paces && q.Model != "" && q.Known && q.Until.IsZero() {
			limits.Pool(llm.Pool{Region: region, Model: q.Model, Path: q.Path})
		}
	}
	out := (&known{}).unasked(ctx, limits, f)
	for i := range out.Quotas {
		row := &out.Quotas[i]
		for _, q := range cat.Quotas(row.Pool.Model, row.Pool.Path) {
			if kinds[q.Kind].String() == row.Limit && q.Known && q.Until.IsZero() {
				value := float64(q.Default)
				row.Code, row.Name, row.Default = q.Code, q.Name, &value
				if q.Adjustable != catalog.AdjustableUnknown {
					yes := q.Adjustable == catalog.AdjustableYes
					row.Adjustable = &yes
				}
			}
		}
	}
	return out, nil
}

// unasked tells of limits without what only a gateway would know.
func (k *known) unasked(ctx context.Context, limits *limit.Memory, f console.Filter) console.Quotas {
	out := console.QuotasOf(ctx, console.Options{Limits: limits, Known: k}, time.Now(), f)
	for i := range out.Quotas {
		q := &out.Quotas[i]
		q.Lower, q.Upper, q.Used, q.UsedShare, q.Planned = nil, nil, nil, nil, nil
		q.Law, q.Status = adapt.LawUnknown, console.Judge(q)
		why := "no gateway was there to ask: this is what AWS said"
		switch {
		case q.Source == limit.Default:
			why = "this is AWS's default: what the account has was not told, and may be less"
		case q.Source != limit.Discovered:
			why, q.AsOf = "no gateway was there to ask: this is what is configured", nil
		}
		if q.Code == "" && q.Source == limit.Default {
			q.AsOf = nil // nobody was asked
		}
		if q.Status != console.StatusZero {
			q.Why = why
		}
	}
	return out
}

// pools are those of which a limit is listed: with all every one, else those that
// have another value than AWS's default, or an open request.
func (s *snapshots) pools(all bool) []llm.Pool {
	seen := map[llm.Pool]bool{}
	var out []llm.Pool
	for _, snap := range s.list {
		for _, q := range snap.Quotas {
			_, paces := kindOf(q.Limit)
			_, open := snap.Open(q.Code)
			other := q.Applied != nil && (q.Default == nil || *q.Applied != *q.Default)
			if q.Pool.Model != "" && paces && !seen[q.Pool] && (all || other || open) {
				seen[q.Pool] = true
				out = append(out, q.Pool)
			}
		}
	}
	return out
}

var _ console.Known = (*known)(nil)
