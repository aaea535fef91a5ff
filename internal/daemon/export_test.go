package daemon

import (
	"context"
	"net/http"

	"github.com/headgate/headgate/internal/access"
	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/filing"
	"github.com/headgate/headgate/internal/ledger"
)

// FilerOf is a Filer with the account's journal that asks another than its AWS.
func (a *Account) FilerOf(s filing.Source) *filing.Filer { return filing.New(s, filings{a.Ledger}) }

// API is what is Headgate's own of a gateway, as its listener serves it.
type API struct {
	http.Handler
	console *console.Console
}

// Operations are those below /api.
func (a API) Operations() []console.Operation { return a.console.Operations() }

// API is that of the gateway.
func (g *Gateway) API() API { return API{g.own, g.console} }

// Keeper is who lets in.
func (g *Gateway) Keeper() *access.Keeper { return g.access }

// Keep writes calls and events as if there had been some.
func (g *Gateway) Keep(ctx context.Context, calls []ledger.Entry, events ...ledger.Event) error {
	for _, e := range events {
		if _, err := g.store.RecordEvent(ctx, e); err != nil {
			return err
		}
	}
	return g.store.Append(ctx, calls)
}
