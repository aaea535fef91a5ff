package daemon

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/adapter/awsquotas"
	"github.com/headgate/headgate/internal/adapter/sqlitestore"
	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/discovery"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/filing"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/limit"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

// quotaSource asks AWS with the credentials of the upstream, or the emulator that
// takes its place.
func quotaSource(ctx context.Context, cfg config.Config, region llm.Region) (*awsquotas.Client, error) {
	if cfg.Upstream.Kind != config.UpstreamEmulator {
		return awsquotas.New(ctx, awsquotas.Options{Region: region, Profile: cfg.Upstream.Profile})
	}
	key, secret := emulatorCredentials()
	return awsquotas.NewStatic(awsquotas.Static{
		AccessKeyID: key, SecretAccessKey: secret, Region: region, EndpointURL: cmp.Or(cfg.Upstream.EndpointURL, config.EmulatorURL),
	})
}

// discover makes what keeps the limits up to date; nil where they are only
// configured. It asks nobody yet.
func (g *Gateway) discover(ctx context.Context, cat *catalog.Catalog, region llm.Region) (*discovery.Discoverer, error) {
	if g.cfg.Quotas.Source == config.QuotasStatic {
		return nil, nil //nolint:nilnil // nothing is discovered
	}
	source, err := quotaSource(ctx, g.cfg, region)
	if err != nil {
		return nil, &fault.Error{Kind: fault.Invalid, Op: "discover quotas", Err: err}
	}
	g.filer = filing.New(source, filings{g.store})
	before, _ := g.known.of(llm.Pool{Region: region})
	if g.teller, err = newTeller(g.cfg.Quotas.Notify, before, g.log); err != nil {
		return nil, err
	}
	of := func(id llm.AccountID) (account.Snapshot, bool) {
		return g.known.of(llm.Pool{Account: id, Region: region})
	}
	return discovery.New(discovery.Options{
		Source: source, Store: notes{g.store}, Catalog: cat, Region: region, Known: before, KnownOf: of,
		Every: g.cfg.Quotas.Refresh.Std(), OpenEvery: g.cfg.Quotas.RefreshOpen.Std(),
		OnSnapshot: g.adopt, Logger: g.log,
	}), nil
}

// notes keeps what discovery notices in the ledger.
type notes struct{ *sqlitestore.Store }

// Record keeps a note as an event.
func (s notes) Record(ctx context.Context, n discovery.Note) error {
	_, err := s.RecordEvent(ctx, ledger.Event{
		Time: n.Time, Kind: ledger.EventKind(n.Kind), Account: n.Account, Region: n.Region, Code: n.Code, Text: n.Text, Data: n.Data,
	})
	return err
}

// eventPatience bounds the writing of an event; the change itself is in force
// before it.
const eventPatience = 5 * time.Second

// settlePatience bounds the listing of requests.
const settlePatience = 30 * time.Second

// adopt puts what AWS says now in force: calls that wait and fit are let go at
// once.
func (g *Gateway) adopt(snap account.Snapshot) {
	g.known.put(snap)
	changed := g.limits.Refresh()
	g.dispatch.Refreshed(changed)
	if len(changed) > 0 {
		g.live.Adopted()
	}
	for _, a := range changed {
		g.tell(snap, a)
	}
	g.settle(snap)
	g.teller.see(snap)
}

// settle finds out what became of requests that a crash cut short.
func (g *Gateway) settle(snap account.Snapshot) {
	ctx, cancel := context.WithTimeout(context.Background(), settlePatience)
	defer cancel()
	found, err := g.filer.Resolve(ctx, snap.Account, snap.Region)
	if err != nil {
		g.log.Warn("what became of a request for a higher quota cannot be found out yet", slog.Any("error", err))
	}
	for _, r := range found {
		g.log.Info("a request for a higher quota had no recorded end", slog.String("code", r.Intent.Code), slog.Float64("value", r.Intent.Value),
			slog.String("request", r.End.Request.ID), slog.String("status", string(r.End.Request.Status)))
	}
}

// tell records what was adopted, for the log and for the ledger.
func (g *Gateway) tell(snap account.Snapshot, a limit.Adoption) {
	name := a.Pool.String()
	if a.Next {
		g.log.Warn("an account's own limit has come or gone; it holds from the next start on", slog.String("account", string(a.Pool.Account)), slog.String("region", string(a.Pool.Region)))
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), eventPatience)
	defer cancel()
	for i, kind := range a.Kinds {
		g.log.Info("a limit has changed and is in force", slog.String("pool", name), slog.String("limit", kind.String()),
			slog.String("before", amountText(a.Before[i])), slog.String("now", amountText(a.After[i])))
		data, err := json.Marshal(map[string]any{"pool": a.Pool, "limit": kind.String(), "before": amountOrNull(a.Before[i]), "now": amountOrNull(a.After[i])})
		if err == nil {
			_, err = g.store.RecordEvent(ctx, ledger.Event{
				Time: time.Now(), Kind: ledger.EventQuotaAdopted, Account: snap.Account, Region: snap.Region, Code: codeOf(snap, a, kind),
				Text: fmt.Sprintf("%s of %s: %s, was %s; in force without a restart", kind, name, amountText(a.After[i]), amountText(a.Before[i])),
				Data: data,
			})
		}
		if err != nil {
			g.log.Warn("an event could not be recorded", slog.Any("error", err))
		}
	}
}

// codeOf is the code of the row that a limit was adopted from; empty when none
// was.
func codeOf(snap account.Snapshot, a limit.Adoption, kind quota.Kind) string {
	for _, q := range snap.Quotas {
		if q.Limit == kind.String() && q.Variant == "" && q.Pool.Model == a.Pool.Model && q.Pool.Path == a.Pool.Path {
			return q.Code
		}
	}
	return ""
}

func amountText(n int64) string {
	if n == limit.Absent {
		return "none"
	}
	return strconv.FormatInt(n, 10)
}

func amountOrNull(n int64) any {
	if n == limit.Absent {
		return nil
	}
	return n
}
