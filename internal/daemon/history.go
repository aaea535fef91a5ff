package daemon

import (
	"context"

	"github.com/headgate/headgate/internal/adapter/sqlitestore"
	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/ledger"
)

// History are the events of the data folder's ledger that a query selects; none
// where there is no ledger.
func History(ctx context.Context, cfg config.Config, q ledger.EventQuery) ([]ledger.Event, error) {
	store, err := sqlitestore.Open(ctx, cfg.DataDir, sqlitestore.Options{ReadOnly: true})
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer store.Close()
	return store.Events(ctx, q)
}
