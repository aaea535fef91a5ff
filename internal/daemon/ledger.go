// Package daemon is where Headgate is put together: it alone knows the
// adapters, and builds from a configuration what the command line runs.
package daemon

import (
	"context"
	"log/slog"

	"github.com/headgate/headgate/internal/adapter/sqlitestore"
	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/ledger"
)

// Ledger is an opened ledger that is only read. Close it when done.
type Ledger interface {
	ledger.Reader
	Close() error
}

// OpenLedger opens the ledger of a configuration for reading. It works beside
// a running gateway and never writes: where no gateway has been yet the error
// is of kind NotFound.
func OpenLedger(ctx context.Context, cfg config.Config) (Ledger, error) {
	return sqlitestore.Open(ctx, cfg.DataDir, sqlitestore.Options{ReadOnly: true})
}

// retention forgets what the configuration says is not kept.
func retention(store ledger.Pruner, cfg config.Ledger, log *slog.Logger) *ledger.Retention {
	return ledger.NewRetention(store, ledger.RetentionOptions{Keep: cfg.Keep.Std(), MaxBytes: int64(cfg.MaxBytes), Logger: log})
}
