package daemon

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"strings"

	"github.com/headgate/headgate/internal/adapter/sqlitestore"
	"github.com/headgate/headgate/internal/advisor"
	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/counsel"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

// Knowledge is what a configuration and its data folder tell counsel: what AWS was
// last heard to say, what calls have used, and CloudWatch where it is asked for. It
// works without a gateway and next to a running one. It is for one question: what it
// has read it does not read again.
type Knowledge struct {
	// Skipped is told how many recorded calls without an answer are left out. May be
	// nil.
	Skipped func(calls int)

	cfg   config.Config
	cat   *catalog.Catalog
	store *sqlitestore.Store                                         // of a gateway; nil: the folder is opened
	ask   func(ctx context.Context, region llm.Region) (bool, error) // by a gateway; nil: without
	rows  map[llm.Pool][]console.Quota
}

// NewKnowledge reads nothing yet. The configuration is that of a command, not scaled.
func NewKnowledge(cfg config.Config, cat *catalog.Catalog) *Knowledge {
	return &Knowledge{cfg: cfg, cat: cat, rows: map[llm.Pool][]console.Quota{}}
}

// Limits are what is known of a pool without a gateway, else AWS's defaults.
func (k *Knowledge) Limits(ctx context.Context, pool llm.Pool) (counsel.Limits, error) {
	rows, err := k.known(ctx, pool)
	if err != nil {
		return counsel.Limits{}, err
	}
	out := counsel.Limits{Limits: counsel.Published(k.cat, pool.Model, pool.Path), From: "default"}
	var found, shared []advisor.Limit
	for i := range rows {
		r := &rows[i]
		kind, ok := kindOf(r.Limit)
		if !ok || r.Pool.Model != pool.Model && kind != quota.AccountTokensPerDay {
			continue
		}
		if len(found)+len(shared) > 0 && r.Pool.Account != out.Account {
			out.Several = true
			break // rows are sorted by account
		}
		out.Account = r.Pool.Account
		l := advisor.Limit{Kind: kind, Adjustable: true}
		for _, d := range out.Limits {
			if d.Kind == kind {
				l = d
			}
		}
		if r.UsedSharePeak != nil && kind != quota.AccountTokensPerDay {
			peak := *r.UsedSharePeak
			if out.PeakShare != nil {
				peak = max(peak, *out.PeakShare)
			}
			out.PeakShare = &peak
		}
		l = applied(l, r)
		if kind == quota.AccountTokensPerDay {
			shared = append(shared, l)
			continue
		}
		found = append(found, l)
		out.From, out.AsOf = string(r.Source), r.AsOf
	}
	if len(found) > 0 {
		out.Limits = found
	}
	out.Limits = append(out.Limits, shared...)
	return out, nil
}

// applied is a default with what is known to apply.
func applied(l advisor.Limit, r *console.Quota) advisor.Limit {
	l.Open = r.OpenRequest
	l.Amount, l.Code, l.Name = r.Applied, cmp.Or(r.Code, l.Code), cmp.Or(r.Name, l.Name)
	if r.Default != nil {
		l.Default = int64(*r.Default)
	}
	if r.Adjustable != nil {
		l.Adjustable = *r.Adjustable
	}
	return l
}

// known are the rows of a pool and its account, read once for each model.
func (k *Knowledge) known(ctx context.Context, pool llm.Pool) ([]console.Quota, error) {
	key := llm.Pool{Region: pool.Region, Model: pool.Model}
	rows, ok := k.rows[key]
	if !ok {
		all, err := k.remember(ctx, console.Filter{Model: pool.Model, Region: pool.Region})
		if err != nil {
			return nil, err
		}
		rows = all.Quotas
		k.rows[key] = rows
	}
	return slices.DeleteFunc(slices.Clone(rows), func(r console.Quota) bool { return !(console.Filter{Path: pool.Path}).Match(r.Pool) }), nil
}

func (k *Knowledge) remember(ctx context.Context, f console.Filter) (console.Quotas, error) {
	if k.store == nil {
		return KnownQuotas(ctx, k.cfg, f, true)
	}
	r, err := remember(ctx, k.cfg, k.cat, k.store, f, true)
	return r.Quotas, err
}

// Recorded measures a workload by the ledger.
func (k *Knowledge) Recorded(ctx context.Context, q counsel.RecordQuery) (_ *counsel.Recorded, err error) {
	l := k.store
	if l == nil {
		if l, err = sqlitestore.Open(ctx, k.cfg.DataDir, sqlitestore.Options{ReadOnly: true}); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, l.Close()) }()
	}
	r, skipped, err := recorded(ctx, l, k.cat, k.cfg.TimeScale, q)
	if skipped > 0 && k.Skipped != nil && err == nil {
		k.Skipped(skipped)
	}
	return r, err
}

// Measured reads CloudWatch.
func (k *Knowledge) Measured(ctx context.Context, q counsel.MeasureQuery) (_ *counsel.Measured, err error) {
	w, err := OpenWatch(ctx, k.cfg, q.Pool.Region)
	if err != nil {
		return nil, err
	}
	if k.store != nil {
		return everyoneOn(ctx, w, k.cat, k.store, k.cfg.TimeScale, q)
	}
	l, err := sqlitestore.Open(ctx, k.cfg.DataDir, sqlitestore.Options{ReadOnly: true})
	switch {
	case err == nil:
		defer func() { err = errors.Join(err, l.Close()) }()
		return everyoneOn(ctx, w, k.cat, l, k.cfg.TimeScale, q)
	case fault.KindOf(err) == fault.NotFound:
		return everyoneOn(ctx, w, k.cat, nil, k.cfg.TimeScale, q)
	}
	return nil, err
}

// Ask has AWS asked for the quotas of a Region; false where they are only configured.
func (k *Knowledge) Ask(ctx context.Context, region llm.Region) (asked bool, err error) {
	k.Forget()
	switch {
	case k.cfg.Quotas.Source == config.QuotasStatic:
		return false, nil
	case k.ask != nil:
		return k.ask(ctx, region)
	}
	a, err := OpenAccount(ctx, k.cfg, region, slog.New(slog.DiscardHandler))
	if err != nil {
		return false, err
	}
	_, err = a.Refresh(ctx)
	return true, errors.Join(err, a.Close())
}

// Forget drops the limits that were read, for when AWS was asked anew.
func (k *Knowledge) Forget() { clear(k.rows) }

// number writes n with its noun: 1 run, 2,000 runs.
func number(n int64, noun string) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits + " " + noun + strings.Repeat("s", min(1, int(max(n, 1)-1)))
}
