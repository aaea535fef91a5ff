package daemon

import (
	"cmp"
	"context"
	"log/slog"

	"github.com/headgate/headgate/internal/access"
	"github.com/headgate/headgate/internal/adapter/sqlitestore"
	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/console/guard"
)

// Access is who may use the API of the gateways that have a data folder. It works
// without a gateway and beside a running one, which sees a change within a second.
// Close it when done.
type Access struct {
	*access.Keeper
	store *sqlitestore.Store
}

// OpenAccess opens the data folder of a configuration, which is made where there is
// none unless it is only read.
func OpenAccess(ctx context.Context, cfg config.Config, readOnly bool, log *slog.Logger) (*Access, error) {
	store, err := sqlitestore.Open(ctx, cfg.DataDir, sqlitestore.Options{ReadOnly: readOnly})
	if err != nil {
		return nil, err
	}
	return &Access{access.New(store, log), store}, nil
}

// Close frees the database.
func (a *Access) Close() error { return a.store.Close() }

// DashboardLink makes a link that opens the dashboard once: what follows the
// address of the API. It is empty where other machines can reach the API, as a link
// is in no more hands than those of whoever sees what the gateway prints.
func (g *Gateway) DashboardLink(ctx context.Context) (string, error) {
	if g.exposed() {
		return "", nil
	}
	secret, _, err := g.access.NewLink(ctx, access.RoleAdmin)
	if err != nil {
		return "", err
	}
	return guard.LinkPath(secret), nil
}

// Unguarded reports that other machines can reach the API and no token was made, so
// that it lets nobody in.
func (g *Gateway) Unguarded(ctx context.Context) (bool, error) {
	guarded, err := g.access.Guarded(ctx)
	return g.exposed() && !guarded, err
}

// exposed reports whether other machines can reach the API.
func (g *Gateway) exposed() bool {
	return !config.Loopback(cmp.Or(g.cfg.AdminListen, g.cfg.Listen))
}
