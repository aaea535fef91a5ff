package daemon

import (
	"cmp"
	"context"
	"errors"
	"log/slog"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/adapter/awsquotas"
	"github.com/headgate/headgate/internal/adapter/sqlitestore"
	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/discovery"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
)

// Account is the account of AWS and the Region that a configuration names, as a
// command deals with it: what AWS said of it last, what it says now, and the
// record beside. It works without a gateway and next to a running one. It is safe
// for concurrent use. Close it when done.
type Account struct {
	// AWS asks AWS, or the emulator that takes its place.
	AWS *awsquotas.Client
	// Ledger is that of the data folder, open for writing.
	Ledger  *sqlitestore.Store
	Catalog *catalog.Catalog
	Region  llm.Region

	asked *discovery.Discoverer
	known *snapshots
}

// OpenAccount finds credentials, which it does not try yet, and opens the ledger,
// which it makes where there is none. An empty region is that of the
// configuration, of the environment or of the AWS profile. Errors are *fault.Error.
func OpenAccount(ctx context.Context, cfg config.Config, region llm.Region, log *slog.Logger) (_ *Account, err error) {
	a := &Account{Region: cmp.Or(region, cfg.Upstream.Region)}
	if a.Catalog, err = loadCatalog(cfg.Catalog); err != nil {
		return nil, err
	}
	if a.Region == "" {
		aws, err := bedrockAdapter(ctx, cfg)
		if err != nil {
			return nil, err
		}
		a.Region = aws.Region()
	}
	if a.AWS, err = quotaSource(ctx, cfg, a.Region); err != nil {
		return nil, &fault.Error{Kind: fault.Invalid, Op: "ask Service Quotas", Err: err}
	}
	if a.Ledger, err = sqlitestore.Open(ctx, cfg.DataDir, sqlitestore.Options{}); err != nil {
		return nil, err
	}
	known, err := a.Ledger.Snapshots(ctx)
	if err != nil {
		return nil, errors.Join(err, a.Close())
	}
	a.known = newSnapshots(a.Catalog, known)
	before, _ := a.known.of(llm.Pool{Region: a.Region})
	a.asked = discovery.New(discovery.Options{
		Source: a.AWS, Store: notes{a.Ledger}, Catalog: a.Catalog, Region: a.Region, Known: before, KnownOf: a.Remembered, Logger: log,
	})
	return a, nil
}

// Latest is what AWS was last heard to say; its At is zero when it was never asked.
func (a *Account) Latest() account.Snapshot { return a.asked.Latest() }

// Remembered is what AWS was heard to say of an account in the Region before; false
// when it was never asked.
func (a *Account) Remembered(id llm.AccountID) (account.Snapshot, bool) {
	return a.known.of(llm.Pool{Account: id, Region: a.Region})
}

// Refresh asks AWS now, keeps the answer in the data folder and writes an event for
// each change. What cannot be asked keeps its former answer, and is named in the
// snapshot; the error is that of an account of which nothing could be asked.
func (a *Account) Refresh(ctx context.Context) (account.Snapshot, error) { return a.asked.Refresh(ctx) }

// Close closes the ledger.
func (a *Account) Close() error { return a.Ledger.Close() }
